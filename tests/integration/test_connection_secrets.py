"""Signing secrets that change: the new one counts at once, the old one until its hour."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from service.models import Connection
from service.parts import parts
from service.secret_box import SealedSecretError, SecretBox
from service.workflows.connection_secrets import (
    live_count,
    live_secrets,
    live_until,
    reseal,
    rotate_secrets,
    sealing_of,
)
from service.workflows.connection_settings import opened_settings, set_credentials
from service.workflows.connections import BadConnectionError, add_connection
from service.workflows.work import Office, Work
from tests.harness import Employer

OLD = "an invented old secret"
NEW = "an invented new secret"


def make(employer: Employer, vendor: str = "greenhouse", secrets: tuple[str, ...] = (OLD,)) -> None:
    with employer.work() as work:
        add_connection(work, "main", vendor, [*secrets], rejections_by="keepword")


def row_of(work: Work) -> Connection:
    return work.session.scalars(select(Connection)).one()


def answered(employer: Employer, secret: str, number: int) -> int:
    body = json.dumps({"action": "ping", "payload": {"number": number}}).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Signature": f"sha256 {digest}", "Content-Type": "application/json"}
    client = employer.app.test_client()
    return client.post("/hooks/ats/main", data=body, headers=headers).status_code


def with_keys(employer: Employer, newest: str, *previous: str) -> Office:
    office = parts(employer.app).office
    return Office(**{**vars(office), "box": SecretBox(newest, *previous)})


def test_an_old_secret_counts_until_its_hour_and_then_ends_by_itself(employer: Employer) -> None:
    make(employer)
    with employer.work() as work:
        until = rotate_secrets(work, row_of(work), [NEW], keep_old_for=timedelta(hours=2))

    before = [answered(employer, secret, number) for number, secret in enumerate((OLD, NEW))]
    employer.clock.advance(timedelta(hours=2) - timedelta(seconds=1))
    last = [answered(employer, secret, number + 2) for number, secret in enumerate((OLD, NEW))]
    # It ends within a burst too, while the process remembers whom it let in a moment ago.
    employer.clock.advance(timedelta(seconds=1))
    after = [answered(employer, secret, number + 4) for number, secret in enumerate((OLD, NEW))]

    assert (before, last, after) == ([200, 200], [200, 200], [401, 200])
    with employer.work() as work:
        assert until == work.now
        assert live_secrets(work, row_of(work)) == [NEW]
        assert live_count(row_of(work), work.now) == 1


def test_a_second_rotation_makes_no_secret_live_for_longer(employer: Employer) -> None:
    make(employer)
    with employer.work() as work:
        first = rotate_secrets(work, row_of(work), ["b"], keep_old_for=timedelta(hours=1))
        rotate_secrets(work, row_of(work), ["c"], keep_old_for=timedelta(hours=9))

        assert live_secrets(work, row_of(work)) == ["c", "b", OLD]
        assert live_until(row_of(work), work.now) == first


def test_a_secret_that_comes_back_is_new_again(employer: Employer) -> None:
    make(employer)
    with employer.work() as work:
        rotate_secrets(work, row_of(work), [NEW])
        rotate_secrets(work, row_of(work), [OLD])

        assert live_secrets(work, row_of(work)) == [OLD, NEW]
        assert live_until(row_of(work), work.now) == work.now + timedelta(hours=24)


def test_each_vendor_has_its_own_most(employer: Employer) -> None:
    make(employer, "smartrecruiters")
    with employer.work() as work:
        for number in range(15):
            rotate_secrets(work, row_of(work), [f"secret {number}"])
        with pytest.raises(BadConnectionError, match="16 may be"):
            rotate_secrets(work, row_of(work), ["one too many"])
        rotate_secrets(work, row_of(work), ["in need"], keep_old_for=timedelta(0))

        assert live_secrets(work, row_of(work)) == ["in need"]


def test_an_entry_from_before_secrets_could_end_still_counts(employer: Employer) -> None:
    make(employer)
    with employer.work() as work:
        row_of(work).secrets = [work.office.box.seal(OLD)]

    assert answered(employer, OLD, 1) == 200
    with employer.work() as work:
        rotate_secrets(work, row_of(work), [NEW])
        assert live_secrets(work, row_of(work)) == [NEW, OLD]


def test_everything_is_sealed_anew_under_the_newest_key(employer: Employer) -> None:
    make(employer, "lever")
    with employer.work() as work:
        set_credentials(work, row_of(work), {"api_key": "an invented API key"})
        rotate_secrets(work, row_of(work), [NEW], keep_old_for=timedelta(hours=2))
        until = live_until(row_of(work), work.now)
    both = with_keys(employer, "a key of tomorrow", "an invented secret key for tests only")
    alone = with_keys(employer, "a key of tomorrow")

    with employer.work() as work:
        (before,) = reseal(Work(work.session, work.now, both))
    with employer.work() as work:
        later, row = Work(work.session, work.now, alone), row_of(work)

        assert (before.newest, before.previous, before.unreadable) == (0, 3, 0)
        assert sealing_of(alone.box, row).newest == 3
        assert live_secrets(later, row) == [NEW, OLD]
        assert live_until(row, work.now) == until
        assert opened_settings(later, row) == {"api_key": "an invented API key"}
        with pytest.raises(SealedSecretError):
            live_secrets(work, row)


def test_a_lost_key_is_mended_by_entering_the_secret_again(employer: Employer) -> None:
    make(employer)
    lost = with_keys(employer, "a key of tomorrow")
    with employer.work() as work:
        there = Work(work.session, work.now, lost)
        with pytest.raises(SealedSecretError):
            live_secrets(there, row_of(work))
        rotate_secrets(there, row_of(work), [NEW])

        assert live_secrets(there, row_of(work)) == [NEW]
