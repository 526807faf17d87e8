"""Behind a reverse proxy tries are counted by who makes them, and nobody is at this machine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.auth.throttle import begin_try
from service.db import db
from service.models import SignInAttempt
from service.proxies import networks_of
from tests.harness import Employer, make_employer
from tests.signing_in import token_of

PROXY, ELSEWHERE = "127.0.0.1", "192.0.2.200"

Make = Callable[..., Employer]


@pytest.fixture
def make(new_database: Any, tmp_path: Path) -> Iterator[Make]:
    """Make a running Keepword that trusts these proxies, where one database says enough."""
    made = []

    def one(trusted: str) -> Employer:
        url = new_database("sqlite", started=True)
        made.append(make_employer(url, tmp_path, trusted_proxies=networks_of(trusted)))
        return made[-1]

    yield one
    for each in made:
        with each.app.app_context():
            db.engine.dispose()


def asked_from(employer: Employer, peer: str, forwarded: str | None) -> str:
    """Ask for a new password; return the (digested) address the try is counted for."""
    client = employer.app.test_client()
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    client.post(
        "/sign-in/forgot",
        data={"token": token_of(client, "/sign-in/forgot"), "email": "nobody@example.com"},
        headers=headers,
        environ_overrides={"REMOTE_ADDR": peer},
    )
    with employer.session() as session:
        newest = select(SignInAttempt.address).order_by(SignInAttempt.at.desc(), SignInAttempt.id)
        found = session.scalars(newest).all()
        for row in session.scalars(select(SignInAttempt)):
            session.delete(row)
        session.commit()
        return found[0]


def test_tries_are_counted_by_who_makes_them_whatever_they_write(make: Make) -> None:
    trusting = make("127.0.0.1")
    someone = asked_from(trusting, "203.0.113.9", None)

    assert asked_from(trusting, PROXY, "203.0.113.9") == someone
    assert asked_from(trusting, PROXY, "198.51.100.1, 203.0.113.9") == someone
    assert asked_from(trusting, PROXY, "198.51.100.1") != someone
    assert asked_from(trusting, ELSEWHERE, "203.0.113.9") == asked_from(trusting, ELSEWHERE, None)


def test_without_a_trusted_proxy_no_header_counts_and_the_log_says_so_once(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    plain = make("")
    with caplog.at_level(logging.WARNING, logger="keepword.proxies"):
        assert asked_from(plain, PROXY, "203.0.113.9") == asked_from(plain, PROXY, None)
        asked_from(plain, PROXY, "203.0.113.10")

    (said,) = [each.getMessage() for each in caplog.records if each.name == "keepword.proxies"]
    assert "KEEPWORD_TRUSTED_PROXIES" in said
    assert "203.0.113" not in said


def test_nobody_behind_a_proxy_is_taken_for_somebody_at_this_machine(make: Make) -> None:
    here = {"Host": "localhost:8000"}
    trusting, plain = make("127.0.0.1"), make("10.0.0.0/8")
    for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "::1"}):
        answer = trusting.app.test_client().get(
            "/", headers={**here, **headers}, environ_overrides={"REMOTE_ADDR": PROXY}
        )
        assert answer.status_code == 401, headers
    local = plain.app.test_client().get("/", headers=here, environ_overrides={"REMOTE_ADDR": PROXY})
    assert local.status_code == 200


def test_one_visitor_of_the_newer_net_has_one_count(make: Make) -> None:
    employer = make("")
    with employer.work() as work:
        for address in ("2001:db8:1:2::9", "2001:db8:1:2:ffff::1", "2001:db8:1:3::9"):
            begin_try(work.session, work.now, None, address)
        counts = work.session.scalars(select(SignInAttempt.address)).all()
    assert (len(counts), len(set(counts))) == (3, 2)
