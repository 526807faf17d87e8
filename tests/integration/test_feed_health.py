"""A feed's health as machines and people are told it, from deliveries that really came."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from sqlalchemy import select

from service.models import Connection
from service.workflows.connection_secrets import rotate_secrets
from service.workflows.connections import add_connection
from tests.harness import Employer
from tests.reading_metrics import metric
from tests.reading_pages import html_of, page_of, turn_loops

SECRET, OTHER = "an invented greenhouse secret", "another invented secret"
HOOK = "/hooks/ats/main"


def connect(employer: Employer, name: str = "main") -> None:
    with employer.work() as work:
        add_connection(work, name, "greenhouse", [SECRET], rejections_by="keepword")


def post(employer: Employer, number: int = 0, secret: str = SECRET, name: str = "main") -> int:
    body = b'{"action": "ping", "payload": {"web_hook_id": %d}}' % number
    signature = "sha256 " + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    answer = employer.app.test_client().post(
        f"/hooks/ats/{name}", data=body, headers={"Signature": signature}
    )
    return answer.status_code


def row(employer: Employer) -> Connection:
    with employer.session() as session:
        return session.scalars(select(Connection)).one()


def warnings(employer: Employer) -> list[str]:
    found = employer.app.test_client().get("/readyz").get_json()["warnings"]
    return [each["code"] for each in found if each["code"].startswith("feed-")]


def speak_hourly(employer: Employer, hours: int, first: int = 0) -> None:
    for number in range(first, first + hours):
        assert post(employer, number) == 200
        employer.clock.advance(timedelta(hours=1))
    employer.turn()


def test_a_feed_learns_its_habit_and_is_alarmed_beyond_it(employer: Employer) -> None:
    connect(employer)
    speak_hourly(employer, 8)
    assert len(row(employer).silences) == 7
    turn_loops(employer)

    employer.clock.advance(timedelta(days=1))
    assert warnings(employer) == []

    employer.clock.advance(timedelta(days=2))
    turn_loops(employer)
    assert warnings(employer) == ["feed-silent:main"]
    assert metric(employer, "connection_fault", connection="main", fault="silent") == 1
    assert metric(employer, "connection_quiet_after_seconds", connection="main") == 16 * 3600
    page = page_of(employer, "/outbox")
    assert "main used to speak and has been silent for longer than its habit" in page
    assert "See in the ATS whether its webhook is still switched on" in page

    assert post(employer, 99) == 200
    assert warnings(employer) == []
    assert 'role="alert"' not in html_of(employer)


def test_a_weekend_is_no_silence(employer: Employer) -> None:
    connect(employer)
    employer.clock.advance(timedelta(days=4, hours=1))
    speak_hourly(employer, 7)

    employer.clock.advance(timedelta(days=3))

    assert warnings(employer) == []


def test_failing_signatures_are_alarmed_and_one_authentic_delivery_clears_them(
    employer: Employer,
) -> None:
    connect(employer)
    assert post(employer, 1) == 200
    employer.clock.advance(timedelta(minutes=1))

    assert [post(employer, each, OTHER) for each in (2, 3)] == [401, 401]
    assert warnings(employer) == []
    assert post(employer, 4, OTHER) == 401
    assert warnings(employer) == ["feed-refused:main"]
    assert "3 posts in a row were refused" in page_of(employer)

    assert post(employer, 5) == 200
    assert warnings(employer) == []
    assert row(employer).refused_since == 0


def test_news_that_is_not_worked_in_is_alarmed(employer: Employer) -> None:
    connect(employer)
    assert post(employer, 1) == 200
    employer.clock.advance(timedelta(minutes=11))

    assert warnings(employer) == ["feed-backlog:main"]
    age = metric(employer, "deliveries_oldest_waiting_age_seconds", connection="main")
    assert age == 11 * 60


def test_a_burst_is_noted_with_its_first_delivery_and_then_every_few_seconds(
    employer: Employer,
) -> None:
    connect(employer)
    start = employer.now
    for number in range(8):
        assert post(employer, number) == 200
        assert employer.now - (row(employer).last_authentic_at or start) < timedelta(seconds=10)
        employer.clock.advance(timedelta(seconds=1))

    noted = row(employer)
    assert noted.first_authentic_at == start
    assert noted.last_authentic_at == start + timedelta(seconds=5)


def test_a_connection_that_was_switched_off_takes_nothing_although_it_spoke_just_now(
    employer: Employer,
) -> None:
    connect(employer)
    assert post(employer, 1) == 200
    with employer.work() as work:
        work.session.scalars(select(Connection)).one().active = False

    assert post(employer, 2) == 404


def test_a_new_secret_counts_at_once_and_the_old_one_no_longer_than_it_was_kept(
    employer: Employer,
) -> None:
    connect(employer)
    assert post(employer, 1) == 200
    with employer.work() as work:
        found = work.session.scalars(select(Connection)).one()
        rotate_secrets(work, found, [OTHER], keep_old_for=timedelta(seconds=3))

    assert [post(employer, 2, OTHER), post(employer, 3, SECRET)] == [200, 200]
    employer.clock.advance(timedelta(seconds=2))
    assert post(employer, 4, SECRET) == 200
    employer.clock.advance(timedelta(seconds=2))
    assert [post(employer, 5, SECRET), post(employer, 6, OTHER)] == [401, 200]
