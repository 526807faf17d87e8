"""Trying passwords: how many tries an account and an address have, and what gets round that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from service.app import engine_of
from service.auth.passwords import is_password, set_password
from service.auth.throttle import (
    MOST_AN_ACCOUNT,
    MOST_AN_ADDRESS,
    WITHIN,
    begin_try,
    succeed,
    wait_of,
)
from service.db import db
from service.models import PasskeyChallenge, SignInAttempt, User
from tests.harness import Employer, make_employer
from tests.signing_in import PASSWORD, person, token_of, type_in


@pytest.fixture
def alone(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword, where one database says as much as two."""
    made = make_employer(new_database("sqlite"), tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()


@pytest.fixture
def maria(alone: Employer) -> User:
    return administrator(alone)


def administrator(employer: Employer) -> User:
    return person(employer, "administrator", email="maria@example.com", password=PASSWORD)


def test_ten_failures_shut_the_account_for_a_while_even_to_the_right_password(
    employer: Employer,
) -> None:
    administrator(employer)
    for _ in range(MOST_AN_ACCOUNT):
        answer = type_in(employer.app.test_client(), "maria@example.com", "wrong wrong wrong")
        assert answer.status_code == 422
    shut = type_in(employer.app.test_client(), "MARIA@example.com", PASSWORD)
    other = type_in(employer.app.test_client(), "tomas@example.com", PASSWORD)
    employer.clock.advance(WITHIN)
    again = type_in(employer.app.test_client(), "maria@example.com", PASSWORD)

    assert shut.status_code == 429
    assert 0 < int(shut.headers["Retry-After"]) <= WITHIN.total_seconds() + 1
    assert other.status_code == 422
    assert again.status_code == 303


def test_whoever_goes_on_trying_does_not_keep_the_owner_out_for_ever(
    alone: Employer, maria: User
) -> None:
    for _ in range(MOST_AN_ACCOUNT + 5):
        type_in(alone.app.test_client(), maria.email, "wrong wrong wrong")
        alone.clock.advance(timedelta(seconds=50))
    alone.clock.advance(WITHIN - timedelta(minutes=5))

    assert type_in(alone.app.test_client(), maria.email, PASSWORD).status_code == 303


def test_a_new_password_waits_for_whoever_is_signing_in_by_the_old_one(employer: Employer) -> None:
    if engine_of(employer.app).dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: the second comes after the first")
    maria = administrator(employer)
    with employer.work() as signing_in:
        assert is_password(signing_in.session, signing_in.session.get_one(User, maria.id), PASSWORD)
        with employer.work() as setting:
            setting.session.execute(text("SET LOCAL lock_timeout = '200ms'"))
            row = setting.session.get_one(User, maria.id)
            with pytest.raises(OperationalError):
                set_password(setting.session, row, "seven pale kites", setting.now)
            setting.session.rollback()


def test_of_two_last_tries_at_once_not_both_are_judged(employer: Employer) -> None:
    with employer.work() as work:
        for _ in range(MOST_AN_ACCOUNT - 1):
            begin_try(work.session, work.now, "maria@example.com", "192.0.2.1")

    # On PostgreSQL neither sees the other's row before it is committed.
    waits, now = [], employer.now
    with employer.session() as one, employer.session() as other:
        first = begin_try(one, now, "maria@example.com", "192.0.2.2")
        one.commit()
        second = begin_try(other, now, "maria@example.com", "192.0.2.3")
        other.commit()
        for session, attempt_id in ((one, first), (other, second)):
            waits.append(wait_of(session, now, attempt_id))
            session.commit()

    assert sum(wait is None for wait in waits) == 1


def test_strangers_who_fail_on_purpose_do_not_shut_the_owner_out(
    alone: Employer, maria: User
) -> None:
    own, other = alone.app.test_client(), alone.app.test_client()
    assert type_in(own, maria.email, PASSWORD).status_code == 303
    own.post("/sign-out", data={"token": token_of(own, "/account")})
    tomas = person(alone, "administrator", name="Tomas", password=PASSWORD)
    with alone.work() as work:
        for email in [maria.email, tomas.email] * MOST_AN_ACCOUNT:
            begin_try(work.session, work.now, email, "192.0.2.1")
    cookie = own.get_cookie("keepword-known")
    assert cookie is not None

    # Neither a browser that was never here nor a made-up mark of one gets round the throttle.
    assert type_in(other, maria.email, PASSWORD).status_code == 429
    for made_up in ("", ".", "x", "x." + "0" * 64, cookie.value[:-1], f"x{cookie.value}"):
        other.set_cookie("keepword-known", made_up)
        assert type_in(other, maria.email, PASSWORD).status_code == 429
    # Her own browser opens, for her alone, and has no more tries than any other.
    assert type_in(own, tomas.email, PASSWORD).status_code == 429
    assert type_in(own, maria.email, PASSWORD).status_code == 303
    own.post("/sign-out", data={"token": token_of(own, "/account")})
    for _ in range(MOST_AN_ACCOUNT):
        assert type_in(own, maria.email, "wrong wrong wrong").status_code == 422
    assert type_in(own, maria.email, PASSWORD).status_code == 429


def test_an_address_is_held_off_over_many_accounts(alone: Employer, maria: User) -> None:
    with alone.work() as work:
        for number in range(MOST_AN_ADDRESS):
            begin_try(work.session, work.now, f"a{number}@example.com", "127.0.0.1")
    here = type_in(alone.app.test_client(), maria.email, PASSWORD)
    elsewhere = alone.app.test_client()
    token = token_of(elsewhere)
    there = elsewhere.post(
        "/sign-in",
        data={"token": token, "email": maria.email, "password": PASSWORD},
        environ_base={"REMOTE_ADDR": "192.0.2.9"},
    )

    assert here.status_code == 429
    assert there.status_code == 303


def test_a_success_forgets_the_failures_before_it(alone: Employer, maria: User) -> None:
    for _ in range(MOST_AN_ACCOUNT - 1):
        type_in(alone.app.test_client(), maria.email, "wrong wrong wrong")
    assert type_in(alone.app.test_client(), maria.email, PASSWORD).status_code == 303
    with alone.session() as session:
        assert not session.scalars(select(SignInAttempt).where(SignInAttempt.counts)).all()


def test_challenges_for_passkeys_are_held_off_like_passwords_and_coming_in_takes_them_back(
    alone: Employer,
) -> None:
    def ask(client: FlaskClient, token: str) -> TestResponse:
        headers = {"X-Keepword-Token": token}
        return client.post("/sign-in/passkey/options", json={}, headers=headers)

    browser = alone.app.test_client()
    token = token_of(browser)
    answers = [ask(browser, token) for _ in range(MOST_AN_ACCOUNT + 1)]

    assert [answer.status_code for answer in answers] == [200] * MOST_AN_ACCOUNT + [429]
    assert answers[-1].get_json()["fault"].startswith("Too many tries.")
    assert int(answers[-1].headers["Retry-After"]) > 0
    with alone.session() as session:
        # One that is refused leaves no challenge behind.
        assert len(session.scalars(select(PasskeyChallenge)).all()) == MOST_AN_ACCOUNT
        (tried,) = set(session.scalars(select(SignInAttempt.account)))
        last = session.scalars(select(SignInAttempt)).first()
        assert tried is not None
        assert last is not None
        # Whoever comes in by one of them does not weigh on the colleagues in the same office.
        succeed(session, last.id)
        session.commit()
        assert not session.scalars(select(SignInAttempt).where(SignInAttempt.counts)).all()
    assert ask(browser, token).status_code == 200

    # A new visit each time does not get round it: the address is held off.
    with alone.work() as work:
        for number in range(MOST_AN_ADDRESS):
            begin_try(work.session, work.now, f"passkey of visit:{number}", "127.0.0.1")
    stranger = alone.app.test_client()
    assert ask(stranger, token_of(stranger)).status_code == 429
