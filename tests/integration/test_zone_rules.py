"""Wall-clock promises after the rules of their zone changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from service.domain.promises import State
from service.models import Promise
from service.workflows.zone_rules import follow_zone_rules
from tests.harness import Employer
from tests.integration.promise_steps import HOUR, application_of, get, make, story

FRIDAY_AT_FIVE = datetime(2026, 3, 6, 17, tzinfo=UTC)


def _stored_under_old_rules(promise: Promise, off: timedelta) -> None:
    """Make a promise look as if its zone had been ``off`` when it was stored."""
    promise.first_due_at = promise.due_at = promise.due_at + off
    promise.ladder = [
        {**rung, "at": (datetime.fromisoformat(rung["at"]) + off).isoformat()}
        for rung in promise.ladder
    ]
    promise.next_check_at = datetime.fromisoformat(promise.ladder[promise.rung]["at"])


def test_a_wall_clock_promise_follows_its_zone(employer: Employer) -> None:
    promise_id = make(employer, within="friday 17:00")
    with employer.work() as work:
        _stored_under_old_rules(get(work, promise_id), -HOUR)
    with employer.work() as work:
        assert follow_zone_rules(work) == [promise_id]
    with employer.work() as work:
        promise = get(work, promise_id)

        assert (promise.due_at, promise.first_due_at) == (FRIDAY_AT_FIVE, FRIDAY_AT_FIVE)
        assert FRIDAY_AT_FIVE.isoformat() in [rung["at"] for rung in promise.ladder]
        assert promise.due_version == 2
        assert "promise_recalculated" in story(work, application_of(work, promise_id).id)
        assert follow_zone_rules(work) == []


def test_a_promise_counted_in_time_keeps_its_instant(employer: Employer) -> None:
    promise_id = make(employer, within="2 business days")
    with employer.work() as work:
        _stored_under_old_rules(get(work, promise_id), -HOUR)
        work.session.flush()

        assert follow_zone_rules(work) == []


def test_new_rules_break_no_word_and_mend_none(employer: Employer) -> None:
    promise_id = make(employer, within="friday 17:00")
    with employer.work() as work:
        _stored_under_old_rules(get(work, promise_id), HOUR)
    employer.clock.move_to(FRIDAY_AT_FIVE + HOUR / 2)
    with employer.work() as work:
        assert follow_zone_rules(work) == []
    employer.clock.move_to(FRIDAY_AT_FIVE + 2 * HOUR)
    with employer.work() as work:
        assert follow_zone_rules(work) == []
        assert get(work, promise_id).state == State.OPEN
