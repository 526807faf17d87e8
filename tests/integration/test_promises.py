"""Promises a person gives, and what can happen to them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from service.domain.contacts import Channel
from service.domain.policies import Trigger
from service.domain.promises import PromiseError
from service.models import CalendarVersion
from service.workflows.enquire import enquire
from service.workflows.promise_changes import open_promises, release, reschedule, retire
from service.workflows.rule_promises import arm_silence, trigger
from tests.harness import MONDAY, Employer, add_application
from tests.integration.promise_steps import (
    FRIDAY,
    HOUR,
    application_of,
    call,
    get,
    make,
    speak,
)

WALL = ("friday 17:00", "by friday", "end of day")
SAID = [
    ("friday 17:00", datetime(2026, 3, 6, 17, tzinfo=UTC)),
    ("by friday", datetime(2026, 3, 6, 17, tzinfo=UTC)),
    ("end of day", datetime(2026, 3, 2, 17, tzinfo=UTC)),
    ("2 business days", datetime(2026, 3, 4, 9, tzinfo=UTC)),
    ("45 days", datetime(2026, 4, 16, 9, tzinfo=UTC)),
]


def test_a_promise_in_words_is_due_as_said_and_a_call_keeps_it(employer: Employer) -> None:
    for said, due in SAID:
        promise_id = make(employer, within=said)
        with employer.work() as work:
            promise = get(work, promise_id)

            assert (promise.due_at, promise.first_due_at) == (due, due)
            assert promise.trace
            assert (promise.wall_local is not None) is (said in WALL)
            call(work, application_of(work, promise_id), work.now)

            assert promise.state == "kept"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"within": "by today 08:00"}, "duration-not-understood"),
    ({"within": "in a bit"}, "duration-not-understood"),
    ({"due_at": MONDAY - HOUR}, "due-in-the-past"),
    ({"due_at": MONDAY}, "due-in-the-past"),
    ({"within": "2 business hours", "promised_at": MONDAY - 90 * HOUR}, "due-in-the-past"),
    ({"within": "1 day", "promised_at": MONDAY + HOUR}, "promised-in-the-future"),
    ({"within": "900 days", "promised_at": MONDAY - 10_000 * HOUR}, "promised-too-long-ago"),
    ({"within": "1 day", "due_at": MONDAY + HOUR}, "say-when-once"),
    ({"within": None}, "say-when-once"),
    ({"due_at": datetime(9000, 1, 1, tzinfo=UTC)}, "no-opening"),
]


def test_what_cannot_be_promised_says_why(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        work.session.commit()
        for said, code in REFUSED:
            with pytest.raises(PromiseError) as caught:
                speak(work, application, **said)
            work.session.rollback()

            assert caught.value.code == code


@pytest.mark.parametrize("said", [{"within": "1 business hour"}, {"due_at": MONDAY + 5 * HOUR}])
def test_nothing_is_promised_into_closed_time_for_ever(
    employer: Employer, said: dict[str, Any]
) -> None:
    with employer.work() as work:
        version = work.session.scalars(select(CalendarVersion)).one()
        version.document = {"name": "shut", "time_zone": "UTC", "hours": {}}
        application = add_application(work)
        with pytest.raises(PromiseError) as caught:
            speak(work, application, **said)
        work.session.rollback()

        assert caught.value.code == "no-opening"


NOBODY = [
    ("rejected", None, "application-closed"),
    ("hired", None, "application-closed"),
    ("withdrawn", None, "application-closed"),
    ("interview", "erased", "candidate-erased"),
    ("interview", "deleted", "application-deleted"),
]


def test_nothing_is_promised_where_nobody_could_keep_it(employer: Employer) -> None:
    for stage, gone, code in NOBODY:
        with employer.work() as work:
            application = add_application(work, stage=stage)
            if gone == "erased":
                application.candidate.erased_at = work.now
            if gone == "deleted":
                application.deleted_at = work.now
            with pytest.raises(PromiseError) as caught:
                speak(work, application)

            assert caught.value.code == code
            if gone is not None:
                for cause in (Trigger.SILENCE, Trigger.ENQUIRY, Trigger.APPLIED):
                    assert trigger(work, application, cause, "x", work.now) == []


def test_a_person_gone_gets_no_contact_and_no_enquiry(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        application.candidate.erased_at = work.now
        with pytest.raises(PromiseError) as caught:
            call(work, application, work.now)
        with pytest.raises(PromiseError) as also:
            enquire(work, application, channel=Channel.EMAIL, at=work.now, note="Hello?")

        assert caught.value.code == also.value.code == "candidate-erased"


def test_a_rescheduled_promise_keeps_its_first_date(employer: Employer) -> None:
    promise_id = make(employer, within="friday 17:00")
    with employer.work() as work:
        old = get(work, promise_id)
        new = reschedule(
            work, old, within=None, due_at=FRIDAY + 72 * HOUR, reason="ill", candidate_told=True
        )

        assert (old.state, old.replaced_by_id, old.next_check_at) == ("replaced", new.id, None)
        assert new.first_due_at == old.due_at < new.due_at
        assert new.candidate_told is True
        with pytest.raises(PromiseError):
            reschedule(work, old, within="1 day", due_at=None, reason=None, candidate_told=False)
        with pytest.raises(PromiseError) as caught:
            reschedule(work, new, within=None, due_at=MONDAY - HOUR, reason=None,
                       candidate_told=False)  # fmt: skip

        assert caught.value.code == "due-in-the-past"


def test_what_a_rule_owed_is_owed_anew_though_its_date_had_been_moved(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work, stage="offer")
        arm_silence(work, application)
        (alarm,) = open_promises(work, application.id)
        moved = reschedule(
            work, alarm, within="9 days", due_at=None, reason=None, candidate_told=False
        )
        arm_silence(work, application)
        assert open_promises(work, application.id) == [moved]

        application.stage = "rejected"
        retire(work, application)
        assert moved.state == "released"
        application.stage = "offer"
        arm_silence(work, application)

        (again,) = open_promises(work, application.id)
        assert (again.wording, again.due_at) == (alarm.wording, alarm.due_at)


@pytest.mark.parametrize("how", ["released", "replaced"])
def test_a_broken_promise_let_go_before_the_checker_came_stays_broken(
    employer: Employer, how: str
) -> None:
    promise_id = make(employer)
    employer.clock.advance(5 * HOUR)
    with employer.work() as work:
        promise = get(work, promise_id)
        if how == "released":
            release(work, promise, "they called us")
        else:
            reschedule(
                work, promise, within="1 business day", due_at=None, reason=None,
                candidate_told=True,
            )  # fmt: skip

        assert (promise.state, promise.breached_at) == (how, promise.due_at)


def test_a_word_given_may_be_moved_after_the_decision(employer: Employer) -> None:
    promise_id = make(employer)
    with employer.work() as work:
        application_of(work, promise_id).stage = "rejected"
        new = reschedule(
            work, get(work, promise_id), within="1 business day", due_at=None, reason=None,
            candidate_told=True,
        )  # fmt: skip

        assert new.state == "open"


def test_a_released_promise_says_why_and_is_watched_no_more(employer: Employer) -> None:
    promise_id = make(employer)
    with employer.work() as work:
        promise = release(work, get(work, promise_id), "they took another job")

        assert (promise.state, promise.next_check_at) == ("released", None)
        assert promise.close_reason == "they took another job"
        with pytest.raises(PromiseError) as caught:
            release(work, promise, "again")

        assert caught.value.code == "promise-not-open"
