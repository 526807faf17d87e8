"""What an edit of a calendar does to promises that were paused or moved before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from service.workflows.calendars import current_document, edit_calendar
from service.workflows.promise_changes import pause, reschedule, resume
from service.workflows.recalculate import Recalculated
from tests.harness import Employer
from tests.integration.promise_steps import HOUR, get, owe_reply

TUESDAY = datetime(2026, 3, 3, tzinfo=UTC)
SATURDAY = datetime(2026, 3, 7, tzinfo=UTC)


def close(employer: Employer, day: str) -> Recalculated:
    with employer.work() as work:
        company = work.calendar_row()
        document = current_document(work, company)
        own = {**document.get("days", {}), day: []}
        return edit_calendar(work, company, {**document, "days": own})


def due(employer: Employer, promise_id: str) -> datetime:
    with employer.work() as work:
        return get(work, promise_id).due_at


def resumed(employer: Employer) -> str:
    """A promise that waited for the candidate for an hour: due on Tuesday at ten."""
    promise_id = owe_reply(employer)
    with employer.work() as work:
        pause(work, get(work, promise_id), "their papers")
    employer.clock.advance(HOUR)
    with employer.work() as work:
        resume(work, get(work, promise_id))
    employer.clock.advance(timedelta(seconds=20))
    return promise_id


def moved(employer: Employer, within: str) -> str:
    with employer.work() as work:
        promise = get(work, owe_reply(employer))
        return reschedule(
            work, promise, within=within, due_at=None, reason="later", candidate_told=True
        ).id


def test_a_day_that_lies_after_them_moves_none(employer: Employer) -> None:
    paused = resumed(employer)
    employer.clock.move_to(TUESDAY - 6 * HOUR)
    told = moved(employer, "5 days")  # on a Saturday evening, as a person said
    employer.clock.advance(timedelta(seconds=20))

    edited = close(employer, "2026-12-24")

    assert (edited.examined, edited.moved, edited.kept_old) == (2, [], [])
    assert (due(employer, paused), due(employer, told)) == (
        TUESDAY + 10 * HOUR,
        SATURDAY + 18 * HOUR,
    )


def test_a_day_before_them_is_given_back_whole(employer: Employer) -> None:
    paused = resumed(employer)

    (changed,) = close(employer, "2026-03-03").moved

    # Counted in minutes from now: nothing is taken from it, and less than one is added.
    late = changed.after - (TUESDAY + 34 * HOUR)
    assert (changed.promise_id, changed.before) == (paused, TUESDAY + 10 * HOUR)
    assert timedelta() <= late < timedelta(minutes=1)
