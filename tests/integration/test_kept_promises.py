"""Promises paused, resumed and kept, in time or late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.domain.contacts import Channel, Outcome
from service.domain.promises import PromiseError
from service.models import Promise
from service.workflows.calendars import current_document, edit_calendar
from service.workflows.promise_changes import pause, resume
from service.workflows.resettle import retime
from tests.harness import Employer
from tests.integration.promise_steps import (
    FRIDAY,
    HOUR,
    NEXT_MONDAY,
    application_of,
    call,
    get,
    make,
    owe_reply,
    story,
)


def test_a_spoken_promise_never_pauses(employer: Employer) -> None:
    promise_id = make(employer)
    with employer.work() as work:
        with pytest.raises(PromiseError) as caught:
            pause(work, get(work, promise_id), "waiting")

        assert caught.value.code == "spoken-promise-never-pauses"


def test_a_pause_over_the_weekend_gives_back_the_working_time_left(employer: Employer) -> None:
    employer.clock.move_to(FRIDAY)
    promise_id = owe_reply(employer)
    with employer.work() as work:
        promise = get(work, promise_id)

        assert promise.due_at == datetime(2026, 3, 9, 16, 30, tzinfo=UTC)
        pause(work, promise, "their papers")
    employer.clock.move_to(NEXT_MONDAY)
    with employer.work() as work:
        promise = resume(work, get(work, promise_id))

        # One working hour passed in the pause, not sixty-five.
        assert promise.due_at == datetime(2026, 3, 9, 17, 30, tzinfo=UTC).replace(day=10, hour=9)
        assert (promise.state, promise.breached_at, promise.paused_at) == ("open", None, None)
        with pytest.raises(PromiseError):
            resume(work, promise)


def test_a_resumed_promise_names_the_calendar_it_is_counted_in(employer: Employer) -> None:
    promise_id = owe_reply(employer)
    with employer.work() as work:
        pause(work, get(work, promise_id), "their papers")
    with employer.work() as work:
        company = work.calendar_row()
        hours = {"tue": [["10:00", "16:00"]]}
        edit_calendar(work, company, {**current_document(work, company), "hours": hours})
    employer.clock.advance(timedelta(hours=1))
    with employer.work() as work:
        promise = resume(work, get(work, promise_id))

        assert promise.due_at == datetime(2026, 3, 10, 12, tzinfo=UTC)
        assert promise.calendar_version == 2


def test_a_pause_of_no_time_moves_nothing(employer: Employer) -> None:
    employer.clock.advance(timedelta(seconds=40))
    promise_id = owe_reply(employer)
    with employer.work() as work:
        promise = get(work, promise_id)
        before = (promise.due_at, promise.warn_at, promise.next_check_at)
        for _ in range(2):
            resume(work, pause(work, promise, "a slip"))

        assert promise.due_at - before[0] < timedelta(minutes=2)
        assert promise.due_at >= before[0]


def test_a_forgotten_pause_ends_by_itself_at_its_cap(employer: Employer) -> None:
    promise_id = owe_reply(employer)
    with employer.work() as work:
        pause(work, get(work, promise_id), "their papers")
    employer.move_to(datetime(2026, 3, 13, 12, tzinfo=UTC))
    with employer.session() as session:
        assert session.get_one(Promise, promise_id).state == "paused"
    employer.move_to(datetime(2026, 3, 16, 9, tzinfo=UTC))
    with employer.session() as session:
        promise = session.get_one(Promise, promise_id)

        assert (promise.state, promise.breached_at) == ("open", None)
        assert promise.due_at == datetime(2026, 3, 16, 17, tzinfo=UTC)


def test_a_pause_that_ended_while_nothing_ran_ends_at_its_cap_all_the_same(
    employer: Employer,
) -> None:
    promise_id = owe_reply(employer)
    with employer.work() as work:
        pause(work, get(work, promise_id), "their papers")
    # The first look after an outage: two days after the end of the pause.
    employer.move_to(datetime(2026, 3, 18, 9, tzinfo=UTC))
    with employer.session() as session:
        promise = session.get_one(Promise, promise_id)

        assert promise.due_at == datetime(2026, 3, 16, 17, tzinfo=UTC)
        assert (promise.state, promise.breached_at) == ("open", promise.due_at)


def test_a_pause_never_un_breaks(employer: Employer) -> None:
    promise_id = owe_reply(employer)
    employer.clock.advance(25 * HOUR)
    with employer.work() as work:
        with pytest.raises(PromiseError) as caught:
            pause(work, get(work, promise_id), "late idea")

        assert caught.value.code == "promise-overdue"


def test_a_word_during_a_pause_is_in_time(employer: Employer) -> None:
    promise_id = owe_reply(employer)
    with employer.work() as work:
        pause(work, get(work, promise_id), "their papers")
    employer.clock.advance(72 * HOUR)
    with employer.work() as work:
        call(work, application_of(work, promise_id), work.now)
        promise = get(work, promise_id)

        assert (promise.state, promise.breached_at) == ("kept", None)


@pytest.mark.parametrize(("late", "state"), [(0, "kept"), (1, "kept_late")])
def test_contact_at_the_due_instant_keeps_a_promise_in_time(
    employer: Employer, late: int, state: str
) -> None:
    promise_id = make(employer)
    employer.pass_time(hours=4, seconds=late)
    with employer.work() as work:
        call(work, application_of(work, promise_id), work.now)

        assert get(work, promise_id).state == state


def test_a_contact_in_time_that_is_logged_later_takes_the_flag_back(employer: Employer) -> None:
    promise_id = make(employer)
    employer.pass_time(hours=5)
    with employer.work() as work:
        promise = get(work, promise_id)

        assert promise.breached_at == promise.due_at
        call(work, application_of(work, promise_id), promise.due_at - timedelta(seconds=1))

        assert (promise.state, promise.breached_at) == ("kept", None)
        assert "flag_withdrawn" in story(work, promise.application_id)


def test_an_earlier_contact_logged_after_a_late_one_still_counts(employer: Employer) -> None:
    promise_id = make(employer)
    employer.pass_time(hours=6)
    with employer.work() as work:
        application = application_of(work, promise_id)
        late = call(work, application, work.now)
        in_time = call(work, application, work.now - 3 * HOUR)
        promise = get(work, promise_id)

        assert late.kept[0].id == promise_id
        assert (promise.state, promise.breached_at) == ("kept", None)
        assert promise.kept_by_contact_id == in_time.contact.id


IMPOSSIBLE: list[tuple[int, dict[str, Any], str]] = [
    (90, {}, "contact-in-the-future"),
    (0, {"channel": Channel.PHONE, "outcome": Outcome.DELIVERED}, "outcome-not-possible"),
    (0, {"channel": Channel.EMAIL, "outcome": Outcome.RECEIVED}, "outcome-not-possible"),
]


def test_a_contact_that_turns_out_to_be_earlier_keeps_what_a_later_one_had_kept(
    employer: Employer,
) -> None:
    promise_id = make(employer)
    employer.clock.advance(6 * HOUR)
    with employer.work() as work:
        application = application_of(work, promise_id)
        letter = call(work, application, work.now).contact
        call(work, application, work.now - HOUR)
        assert get(work, promise_id).state == "kept_late"
        retime(work, application, letter, work.now - 3 * HOUR)

        promise = get(work, promise_id)
        assert (promise.state, promise.kept_by_contact_id) == ("kept", letter.id)
        assert promise.breached_at is None


def test_a_contact_that_cannot_be_is_refused(employer: Employer) -> None:
    promise_id = make(employer)
    for ahead, how, code in IMPOSSIBLE:
        with employer.work() as work:
            at = work.now + timedelta(seconds=ahead)
            with pytest.raises(PromiseError) as caught:
                call(work, application_of(work, promise_id), at, **how)

            assert caught.value.code == code


def test_what_keeps_nothing_leaves_the_reason(employer: Employer) -> None:
    promise_id = make(employer)
    with employer.work() as work:
        application = application_of(work, promise_id)
        for how in (
            {"channel": Channel.PHONE, "outcome": Outcome.NO_ANSWER},
            {"channel": Channel.VOICEMAIL, "outcome": Outcome.LEFT_MESSAGE},
        ):
            logged = call(work, application, work.now, **how)

            assert logged.kept == []
            assert get(work, promise_id).state == "open"
            assert next(p.id for p, _ in logged.not_kept) == promise_id
