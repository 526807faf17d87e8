"""API keys: only a digest is stored; expired, revoked and foreign ones open nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from service.auth.keys import (
    BadScopeError,
    caller_with,
    make_key,
    note_use,
    revoke_key,
)
from service.models import ApiKey
from tests.harness import Employer, add_user


def test_a_key_is_shown_once_and_only_its_digest_is_stored(employer: Employer) -> None:
    secret = employer.key("read")
    with employer.session() as session:
        stored = session.execute(text("SELECT * FROM api_key")).mappings().one()

    assert secret.startswith("kw_")
    assert len(secret) == 43
    assert not any(secret in str(value) for value in stored.values())
    assert stored["start"] == secret[:9]


def test_a_key_names_its_caller(employer: Employer) -> None:
    with employer.work() as work:
        maria = add_user(work)
    hers, robots = employer.key("write", user_id=maria.id), employer.key("read")
    with employer.session() as session:
        by_her = caller_with(session, employer.now, hers)
        by_robot = caller_with(session, employer.now, robots)

    assert by_her is not None
    assert by_her.actor == f"user:{maria.id}"
    assert by_robot is not None
    assert by_robot.actor == f"key:{by_robot.key_id}"


def test_a_higher_scope_includes_the_lower_ones(employer: Employer) -> None:
    may = {}
    for scope in ("read", "write", "admin"):
        secret = employer.key(scope)
        with employer.session() as session:
            caller = caller_with(session, employer.now, secret)
        assert caller is not None
        may[scope] = [wanted for wanted in ("read", "write", "admin") if caller.may(wanted)]

    assert may == {
        "read": ["read"],
        "write": ["read", "write"],
        "admin": ["read", "write", "admin"],
    }


def test_a_scope_that_does_not_exist_is_refused(employer: Employer) -> None:
    for scopes in ((), ("root",), ("read", "root")):
        with (
            employer.session() as session,
            pytest.raises(BadScopeError, match="read, write, admin"),
        ):
            make_key(session, employer.now, "test", scopes)


def test_an_unknown_key_opens_nothing(employer: Employer) -> None:
    employer.key("admin")
    for secret in ("", "kw_", "kw_" + "0" * 40, "Bearer x", "kw_ÿ", "kw_\x00"):
        with employer.session() as session:
            assert caller_with(session, employer.now, secret) is None, secret


def test_a_digest_is_no_key(employer: Employer) -> None:
    employer.key("admin")
    with employer.session() as session:
        digest = session.scalars(select(ApiKey.digest)).one()

        assert caller_with(session, employer.now, digest) is None
        assert caller_with(session, employer.now, f"kw_{digest}") is None


def test_a_key_opens_nothing_from_the_instant_it_expires(employer: Employer) -> None:
    ends = employer.now + timedelta(days=1)
    with employer.session() as session:
        _, secret = make_key(session, employer.now, "test", ("read",), expires_at=ends)
        session.commit()

        assert caller_with(session, ends - timedelta(microseconds=1), secret) is not None
        assert caller_with(session, ends, secret) is None


def test_a_revoked_key_opens_nothing_and_keeps_when_it_was_revoked(employer: Employer) -> None:
    with employer.session() as session:
        key, secret = make_key(session, employer.now, "test", ("read",))
        revoke_key(key, employer.now)
        revoke_key(key, employer.now + timedelta(days=1))
        session.commit()

        assert caller_with(session, employer.now, secret) is None
        assert session.get_one(ApiKey, key.id).revoked_at == employer.now


def test_a_key_in_the_name_of_somebody_who_has_left_opens_nothing(employer: Employer) -> None:
    with employer.work() as work:
        maria = add_user(work)
        # Made in the very moment in which she was deactivated: nobody revoked it.
        maria.active = False
    secret = employer.key("admin", user_id=maria.id)

    with employer.session() as session:
        assert caller_with(session, employer.now, secret) is None


def test_the_last_use_is_noted_at_most_once_an_hour(employer: Employer) -> None:
    seen = []
    with employer.session() as session:
        _, secret = make_key(session, employer.now, "test", ("read",))
        session.commit()
        for minutes in (0, 30, 90):
            at = employer.now + timedelta(minutes=minutes)
            caller = caller_with(session, at, secret)
            assert caller is not None
            note_use(session, at, caller)
            session.commit()
            session.expire_all()
            seen.append(session.scalars(select(ApiKey.last_used_at)).one())

    first, last = employer.now, employer.now + timedelta(minutes=90)
    assert seen == [first, first, last]
