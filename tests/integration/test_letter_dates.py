"""The dates a letter states: days go in, words come out, and what is promised is kept in mind."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from service.domain.promises import PromiseError
from service.models import Application, Job, Message, Promise
from service.workflows.calendars import add_calendar
from service.workflows.ladder_letters import write_for_rung
from service.workflows.letter_dates import dated
from service.workflows.messages import Wish, preview_letter, write_letter
from service.workflows.rule_promises import arm_silence
from service.workflows.work import Work
from tests.doubles.calendars import WORKWEEK
from tests.harness import Employer, add_application, add_user
from tests.integration.promise_steps import holding_by
from tests.integration.watching import message_of, run_dispatch


def _status(day: str) -> Wish:
    return Wish("status-update", {"next_word_by": day})


def test_a_day_becomes_words_and_a_word_that_is_given(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        preview = preview_letter(work, application, _status("2026-03-13"))
        message = write_letter(work, application, _status("2026-03-13"))

        assert message.promises_on == date(2026, 3, 13)
        assert "by Friday 13 March" in message.text
        assert preview.rendered.text == message.text
        assert message.values["next_word_by"] == "Friday 13 March"


def test_the_day_by_which_they_answer_promises_nothing(employer: Employer) -> None:
    values = {"scheduling_link": "https://calendar.example.com/1", "reply_by": "2026-03-05"}
    with employer.work() as work:
        message = write_letter(work, add_application(work), Wish("interview-scheduling", values))

        assert message.promises_on is None
        assert "by Thursday 5 March" in message.text


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        ("Friday 13 March", "letter-date-not-understood", "write year-month-day"),
        ("13.03.2026", "letter-date-not-understood", "2026-03-13"),
        ("2026-02-30", "letter-date-not-understood", "is no date"),
        ("20260313", "letter-date-not-understood", "is no date"),
        ("2026-W11-5", "letter-date-not-understood", "is no date"),
        ("٢٠٢٦-٠٣-١٣", "letter-date-not-understood", "is no date"),
        ("2026-03-01", "letter-date-in-the-past", "name a day from 2026-03-02 on"),
        ("2027-03-04", "letter-date-too-far", "more than a year ahead"),
    ],
)
@pytest.mark.parametrize("name", ["next_word_by", "reply_by"])
def test_a_day_that_cannot_be_meant_is_refused_with_its_remedy(
    employer: Employer, name: str, value: str, code: str, said: str
) -> None:
    with employer.work() as work, pytest.raises(PromiseError, match=said) as refused:
        dated(work, add_application(work), {name: value})

    assert (refused.value.code, refused.value.pointer) == (code, f"/values/{name}")


def test_today_and_a_year_from_now_may_be_named(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)

        for day in ("2026-03-02", "2027-03-03"):
            found = dated(work, application, {"next_word_by": day})
            assert found.promises_on == date.fromisoformat(day)


def test_a_day_that_has_passed_where_the_person_is_has_passed(employer: Employer) -> None:
    employer.clock.move_to(datetime(2026, 3, 2, 16, tzinfo=UTC))
    with employer.work() as work:
        application = add_application(work)
        application.candidate.time_zone = "Asia/Tokyo"

        with pytest.raises(PromiseError, match="from 2026-03-03 on"):
            dated(work, application, {"next_word_by": "2026-03-02"})


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("Pacific/Auckland", None),
        ("UTC", "Pacific/Auckland"),
        ("Pacific/Auckland", "America/Los_Angeles"),
    ],
)
def test_a_letter_that_slept_past_the_day_it_names_here_or_where_the_person_is_does_not_go(
    employer: Employer, here: str, there: str | None
) -> None:
    late_on_tuesday = datetime(2026, 3, 3, 23, tzinfo=ZoneInfo("Pacific/Auckland"))
    employer.clock.move_to(late_on_tuesday.astimezone(UTC))
    with employer.work() as work:
        calendar = add_calendar(work, {"name": "office", "time_zone": here, "hours": WORKWEEK})
        job = Job(title="Chef", status="open", created_at=work.now, calendar_id=calendar.id)
        application = add_application(work, job=job)
        application.candidate.time_zone = there
        message = write_letter(work, application, _status("2026-03-03"))
        goes_at = message.due_at
    assert goes_at is not None
    employer.clock.move_to(goes_at)
    assert employer.now.date() == date(2026, 3, 3)
    run_dispatch(employer)

    found = message_of(employer, message.id)
    assert (found.state, employer.transport.sent) == ("blocked", [])
    assert "names a day that has passed" in (found.reason or "")


def test_a_status_letter_of_the_ladder_gives_its_word_too(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work, owner=add_user(work))
        arm_silence(work, application)
        promise = _with_letter(work)

        message = _write(work, promise)

        assert message.promises_on == date(2026, 3, 16)
        assert "Monday 16 March" in message.text


def test_a_holding_letter_of_the_ladder_gives_its_word_too(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work, owner=add_user(work), stage="interview")
        promise = holding_by(work, application, datetime(2026, 3, 2, 12, tzinfo=UTC))

        message = _write(work, promise)

        assert message.promises_on == date(2026, 3, 4)
        assert "Wednesday 4 March" in message.text


def test_a_receipt_promises_nothing(employer: Employer) -> None:
    with employer.work() as work:
        message = write_letter(work, add_application(work), Wish("acknowledgement", {}))

        assert message.promises_on is None


def test_a_person_may_send_at_any_hour(employer: Employer) -> None:
    employer.clock.move_to(datetime(2026, 3, 7, 3, tzinfo=UTC))
    values = {"next_word_by": "2026-03-13"}
    with employer.work() as work:
        application = add_application(work)
        waits = write_letter(work, application, Wish("status-update", values))
        goes = write_letter(work, application, Wish("status-update", values, urgent=True))

        assert (waits.state, goes.state) == ("held", "ready")
        assert (waits.urgent, goes.urgent) == (False, True)


def _with_letter(work: Work) -> Promise:
    (found,) = (
        promise
        for promise in work.session.scalars(select(Promise))
        if any(rung["template"] for rung in promise.ladder)
    )
    return found


def _write(work: Work, promise: Promise) -> Message:
    application = work.session.get_one(Application, promise.application_id)
    (rung,) = (n for n, rung in enumerate(promise.ladder) if rung["template"])
    message = write_for_rung(work, application, promise, rung)
    assert message is not None
    return message
