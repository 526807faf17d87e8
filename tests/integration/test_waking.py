"""Letters wait for decent hours where the person lives, and start early enough for their word."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from service.domain.policies import Trigger
from service.models import Application, Job, Message, Promise
from service.workflows.calendars import add_calendar, current_document, edit_calendar
from service.workflows.composing import Letter
from service.workflows.decide import reject
from service.workflows.enqueue import enqueue_letter
from service.workflows.promise_changes import reschedule
from service.workflows.rule_promises import arm_silence, trigger
from service.workflows.waking import asleep, waking_hours
from service.workflows.work import Work
from tests.doubles.calendars import WORKWEEK
from tests.harness import Employer, add_application, add_user
from tests.integration.promise_steps import holding_by

OFFICE = {
    "name": "Toronto office",
    "time_zone": "America/Toronto",
    "hours": WORKWEEK,
    "holidays": {"country": "CA", "subdivision": "ON"},
}
STATUS = {"next_word_by": "Friday 13 March"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def someone(work: Work, zone: str | None = None, **fields: Any) -> Application:
    """A candidate for a job of the Toronto office."""
    calendar = add_calendar(work, OFFICE)
    job = Job(title="Chef", status="open", created_at=work.now, calendar_id=calendar.id)
    application = add_application(work, job=job, owner=add_user(work), **fields)
    application.candidate.time_zone = zone
    work.session.flush()
    return application


def letter(
    work: Work, application: Application, kind: str = "status-update", **fields: Any
) -> Message:
    values = STATUS if kind == "status-update" else {}
    return enqueue_letter(work, application, Letter(kind, f"test:{kind}", values, **fields))


def rejection(work: Work, application: Application, **fields: Any) -> Message:
    decision = reject(
        work,
        application,
        reason=None,
        decided_by_id=application.owner_id,
        decided_at=work.now,
        source="test",
    )
    return letter(work, application, "rejection-interview", decision=decision, **fields)


def letter_rung(promise: Promise) -> datetime:
    """When the ladder's one letter goes."""
    (found,) = (rung["at"] for rung in promise.ladder if rung["template"])
    return datetime.fromisoformat(found)


def test_a_letter_written_at_night_says_that_it_waits_and_until_when(employer: Employer) -> None:
    employer.clock.move_to(at("2026-03-06T21:30"))
    with employer.work() as work:
        message = letter(work, add_application(work))

        assert (message.state, message.hold_until) == ("held", at("2026-03-09T08:00"))
        assert message.reason == "waits for the person's morning: Mon 9 Mar 08:00"
    employer.move_to(at("2026-03-09T07:59"))
    assert employer.transport.sent == []
    employer.move_to(at("2026-03-09T08:00"))
    assert [mail.kind for mail in employer.transport.sent] == ["status-update"]


@pytest.mark.parametrize(
    ("zone", "until"),
    [
        ("Asia/Tokyo", "2026-03-02T23:00"),  # Tuesday 08:00 there
        ("Europe/Berlin", None),  # 16:00 there
        (None, None),  # 10:00 in Toronto
        ("Mars/Olympus", None),
        ("Pacific/Honolulu", "2026-03-02T18:00"),
    ],
)
def test_the_candidates_zone_counts_and_else_the_jobs(
    employer: Employer, zone: str | None, until: str | None
) -> None:
    employer.clock.move_to(at("2026-03-02T15:00"))
    with employer.work() as work:
        message = letter(work, someone(work, zone))

        assert message.hold_until == (at(until) if until else None)


def test_the_job_without_a_calendar_has_the_companys_hours(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)

        assert waking_hours(work, application).zone.key == "UTC"
        assert waking_hours(work, application) is waking_hours(work, add_application(work))


def test_a_receipt_and_what_is_urgent_go_at_any_hour(employer: Employer) -> None:
    employer.clock.move_to(at("2026-03-07T03:00"))
    with employer.work() as work:
        receipt = letter(work, add_application(work), "acknowledgement")
        urgent = letter(work, add_application(work), urgent=True)

        assert (receipt.state, urgent.state) == ("ready", "ready")
        assert asleep(work, add_application(work), "acknowledgement") is None
        assert asleep(work, add_application(work), "status-update", urgent=True) is None
        assert asleep(work, add_application(work), "status-update") is not None
    employer.turn()
    assert len(employer.transport.sent) == 2


def test_a_rejection_is_held_for_an_hour_by_day(employer: Employer) -> None:
    with employer.work() as work:
        message = rejection(work, add_application(work))

        assert message.hold_until == at("2026-03-02T10:00")
        assert message.reason == "held so that it can be taken back"


@pytest.mark.parametrize("urgent", [False, True])
def test_a_rejection_never_goes_into_the_weekend_however_urgent(
    employer: Employer,
    urgent: bool,
) -> None:
    employer.clock.move_to(at("2026-03-06T14:30"))
    with employer.work() as work:
        message = rejection(work, add_application(work), urgent=urgent)

        assert message.hold_until == at("2026-03-09T08:00")
        assert message.reason == (
            "held so that it can be taken back; then no rejection goes out on a Friday after "
            "15:00; waits for the person's morning: Mon 9 Mar 08:00"
        )
        wait = asleep(work, add_application(work), "rejection-interview", urgent=urgent)
        assert wait is None  # it is not 15:00 yet


def test_a_rejection_waits_over_the_eve_of_a_holiday(employer: Employer) -> None:
    employer.clock.move_to(at("2026-04-02T14:00"))
    with employer.work() as work:
        message = rejection(work, someone(work))

        # Easter Monday is no holiday in Ontario.
        assert message.hold_until == at("2026-04-06T12:00")
        assert "on the eve of Good Friday" in (message.reason or "")


def test_a_letter_that_becomes_ready_in_the_evening_waits_for_the_morning(
    employer: Employer,
) -> None:
    employer.clock.move_to(at("2026-03-05T18:30"))
    with employer.work() as work:
        message_id = rejection(work, add_application(work)).id
    employer.move_to(at("2026-03-05T20:30"))

    with employer.work() as work:
        message = work.session.get_one(Message, message_id)
        assert employer.transport.sent == []
        assert (message.state, message.hold_until) == ("held", at("2026-03-06T08:00"))
        assert message.reason == "waits for the person's morning: Fri 6 Mar 08:00"
    employer.move_to(at("2026-03-06T08:00"))
    assert len(employer.transport.sent) == 1


def test_a_letter_owed_by_a_time_that_is_night_for_the_person_starts_the_day_before(
    employer: Employer,
) -> None:
    with employer.work() as work:
        application = someone(work, "Asia/Tokyo", applied_at=at("2026-03-03T14:00"))
        arm_silence(work, application)
        promise = work.session.scalars(
            select(Promise).where(Promise.wording.startswith("A letter"))
        ).one()

        # Due on Tuesday at 9:00 in Toronto, four hours before that it is Monday 13:00 there and
        # Tuesday 02:00 in Tokyo: the letter starts on Monday at 19:30 in Tokyo.
        assert promise.due_at == at("2026-03-17T13:00")
        assert letter_rung(promise) == at("2026-03-16T10:30")
        promise_id = promise.id
    employer.move_to(at("2026-03-16T10:30"))

    with employer.work() as work:
        promise = work.session.get_one(Promise, promise_id)
        (mail,) = employer.transport.sent
        assert mail.kind == "status-update"
        assert employer.now < promise.due_at


def test_a_letter_owed_on_a_monday_morning_starts_before_the_weekend(employer: Employer) -> None:
    employer.clock.move_to(at("2026-03-03T15:00"))
    with employer.work() as work:
        application = someone(work, "America/Vancouver")
        promise = holding_by(work, application, at("2026-03-09T13:00"))

        # Monday 9:00 in Toronto is 6:00 in Vancouver.
        assert letter_rung(promise) == at("2026-03-07T03:30")
        assert promise.due_at == at("2026-03-09T13:00")


def test_a_letter_owed_after_a_holiday_starts_before_it(employer: Employer) -> None:
    employer.clock.move_to(at("2026-03-30T15:00"))
    with employer.work() as work:
        application = someone(work, "America/Vancouver")
        promise = holding_by(work, application, at("2026-04-06T14:00"))

        # Good Friday and the weekend lie before; Thursday 19:30 in Vancouver.
        assert letter_rung(promise) == at("2026-04-03T02:30")


def test_a_moved_date_moves_its_letter_to_a_decent_hour_too(employer: Employer) -> None:
    employer.clock.move_to(at("2026-03-03T15:00"))
    with employer.work() as work:
        promise = holding_by(work, someone(work, "America/Vancouver"), at("2026-03-05T20:00"))
        assert letter_rung(promise) == promise.due_at

        moved = reschedule(
            work, promise, within=None, due_at=at("2026-03-09T13:00"), reason=None,
            candidate_told=True,
        )  # fmt: skip

        assert letter_rung(moved) == at("2026-03-07T03:30")


def test_no_letter_starts_before_its_promise(employer: Employer) -> None:
    employer.clock.move_to(at("2026-03-09T12:30"))
    with employer.work() as work:
        promise = holding_by(work, someone(work, "America/Vancouver"), at("2026-03-09T13:00"))

        assert letter_rung(promise) == employer.now
        letter_at_once = waking_hours(
            work, work.session.get_one(Application, promise.application_id)
        ).next_at(employer.now)
        assert letter_at_once > promise.due_at


def test_a_day_off_announced_late_moves_the_letter_to_a_decent_hour(employer: Employer) -> None:
    with employer.work() as work:
        application = someone(work, "Asia/Tokyo", applied_at=at("2026-03-03T14:00"))
        arm_silence(work, application)
        promise = work.session.scalars(
            select(Promise).where(Promise.wording.startswith("A letter"))
        ).one()
        before = letter_rung(promise)
        calendar = work.calendar_row(application.job)
        document = current_document(work, calendar)
        # Monday the 16th, on which the letter was to go, is no working day any more.
        edit_calendar(work, calendar, {**document, "days": {"2026-03-16": []}})

        assert (before, promise.due_at) == (at("2026-03-16T10:30"), at("2026-03-18T13:00"))
        assert letter_rung(promise) == at("2026-03-17T10:30")


def test_a_receipt_goes_when_the_promise_is_made(employer: Employer) -> None:
    employer.clock.move_to(at("2026-03-07T03:00"))
    with employer.work() as work:
        application = someone(work, "Asia/Tokyo")
        (promise,) = trigger(work, application, Trigger.APPLIED, "applied", work.now)

        assert letter_rung(promise) == employer.now
    employer.turn()
    assert [mail.kind for mail in employer.transport.sent] == ["acknowledgement"]
