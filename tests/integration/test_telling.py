"""A rejection that its ATS does not let be told yet waits, and one it keeps quiet about is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from service.domain.changes import Rejected, Stands, Telling
from service.domain.policies import Trigger
from service.models import Application, Decision, Message, MessageAlso, Promise
from service.workflows.decide import reject
from service.workflows.messages import Wish, release_letter, write_letter
from service.workflows.promise_making import promise_terms
from service.workflows.waking import REJECTION_HOLD
from tests.harness import Employer, add_user
from tests.integration.ats_reports import HOUR, NOW, T0, ref_of, report

KIND = "rejection-application"
# The Monday after NOW, at noon; the invented candidate lives by the company's calendar, in UTC.
VISIBLE = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
UNKNOWN = Telling(None)


@pytest.fixture
def friday(employer: Employer) -> Employer:
    """An employer on a Friday, after the invented candidate applied."""
    employer.clock.move_to(NOW)
    return employer


def rejected(telling: Telling | None, **more: Any) -> Rejected:
    return Rejected(ref_of(**more), T0 + HOUR, "Other offer", telling=telling)


def decision_of(employer: Employer, external_id: str = "a1") -> Decision:
    with employer.session() as session:
        return session.scalars(
            select(Decision)
            .join(Application, Application.id == Decision.application_id)
            .where(Application.external_id == external_id, Decision.withdrawn_at.is_(None))
        ).one()


def write(employer: Employer, external_id: str = "a1") -> str:
    """A person writes the letter that tells the decision."""
    with employer.work() as work:
        application = work.session.scalars(
            select(Application).where(Application.external_id == external_id)
        ).one()
        return write_letter(work, application, Wish(KIND, {}, add_user(work).id)).id


def message_of(employer: Employer, message_id: str) -> Message:
    with employer.session() as session:
        return session.get_one(Message, message_id)


def sent(employer: Employer) -> list[str]:
    return [mail.message_id for mail in employer.transport.sent if mail.kind == KIND]


def test_a_rejection_waits_for_the_instant_it_may_be_told_at(friday: Employer) -> None:
    report(friday, rejected(Telling(VISIBLE)))
    letter = write(friday)

    friday.pass_time(minutes=61)
    waiting = message_of(friday, letter)
    assert (waiting.state, waiting.hold_until) == ("held", VISIBLE)
    assert waiting.reason == "the ATS lets the person be told from Mon 9 Mar 12:00"
    friday.move_to(VISIBLE - timedelta(seconds=1))
    assert sent(friday) == []
    friday.move_to(VISIBLE)
    assert sent(friday) == [letter]


def test_it_then_still_waits_for_a_decent_hour(friday: Employer) -> None:
    report(friday, rejected(Telling(VISIBLE.replace(hour=23))))
    letter = write(friday)

    friday.pass_time(minutes=61)
    until = message_of(friday, letter).hold_until
    assert until is not None
    assert until.date() == VISIBLE.date() + timedelta(days=1)
    friday.move_to(until)
    assert sent(friday) == [letter]


@pytest.mark.parametrize("telling", [None, Telling(T0 + HOUR)])
def test_a_rejection_without_such_a_rule_or_past_it_goes_after_its_hold(
    friday: Employer, telling: Telling | None
) -> None:
    report(friday, rejected(telling))
    letter = write(friday)

    friday.clock.advance(REJECTION_HOLD)
    friday.turn()
    assert sent(friday) == [letter]


def test_an_instant_before_the_decision_makes_nothing_owed_sooner(friday: Employer) -> None:
    report(friday, rejected(Telling(T0 - 72 * HOUR)))

    with friday.session() as session:
        owed = session.scalars(select(Promise).where(Promise.kind == "decision")).one()
    assert owed.start_at == T0 + HOUR


def test_a_later_instant_reported_meanwhile_holds_a_letter_that_is_written(
    friday: Employer,
) -> None:
    report(friday, rejected(Telling(T0 + HOUR)))
    letter = write(friday)
    report(friday, rejected(Telling(VISIBLE)))

    friday.pass_time(minutes=61)
    assert message_of(friday, letter).hold_until == VISIBLE


def test_a_letter_about_two_decisions_waits_for_the_later(friday: Employer) -> None:
    report(friday, rejected(Telling(T0 + HOUR)))
    report(friday, rejected(Telling(VISIBLE), external_id="a2"))
    letter, other = write(friday), decision_of(friday, "a2")
    with friday.work() as work:
        work.session.add(
            MessageAlso(
                message_id=letter, application_id=other.application_id, decision_id=other.id
            )
        )

    friday.pass_time(minutes=61)
    assert message_of(friday, letter).hold_until == VISIBLE
    friday.move_to(VISIBLE)
    assert sent(friday) == [letter]


def test_where_the_ats_keeps_it_to_itself_a_person_looks_there_first(friday: Employer) -> None:
    report(friday, rejected(UNKNOWN))
    letter = write(friday)

    friday.pass_time(minutes=61)
    stopped = message_of(friday, letter)
    assert stopped.state == "blocked"
    assert "has not said from when the person may be told" in (stopped.reason or "")
    friday.pass_time(days=3)
    assert sent(friday) == []
    with friday.work() as work:
        release_letter(work, work.session.get_one(Message, letter), why="visible since Monday")
    friday.turn()
    assert sent(friday) == [letter]


def test_once_it_is_said_nobody_has_to_look(friday: Employer) -> None:
    report(friday, rejected(UNKNOWN))
    letter = write(friday)
    report(friday, rejected(Telling(VISIBLE)))

    friday.pass_time(minutes=61)
    assert message_of(friday, letter).hold_until == VISIBLE


@pytest.mark.parametrize(
    "order", list(permutations([UNKNOWN, Telling(VISIBLE), Telling(T0 + HOUR), None]))
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_any_order_of_reports_ends_alike(
    friday: Employer, order: tuple[Telling | None, ...]
) -> None:
    for telling in order:
        report(friday, rejected(telling))

    decision = decision_of(friday)
    assert (decision.tell_not_before_at, decision.tell_unclear) == (VISIBLE, True)


def test_what_is_owed_after_a_decision_counts_from_when_it_may_be_told(friday: Employer) -> None:
    report(friday, rejected(None))
    report(friday, rejected(Telling(VISIBLE), external_id="a2", candidate="c2"))

    def owed_from(external_id: str) -> list[datetime]:
        with friday.session() as session:
            owed = session.scalars(
                select(Promise)
                .join(Application, Application.id == Promise.application_id)
                .where(Application.external_id == external_id)
            )
            return [
                promise.start_at
                for promise in owed
                if promise_terms(promise).trigger is Trigger.DECIDED
            ]

    assert owed_from("a1") != []
    assert max(owed_from("a1")) < VISIBLE
    assert owed_from("a2") == [VISIBLE] * len(owed_from("a1"))


def test_a_rejection_taken_back_and_made_anew_has_its_own_rule(friday: Employer) -> None:
    report(friday, rejected(Telling(VISIBLE)))
    report(friday, Stands(ref_of(), T0 + 2 * HOUR, None))
    report(friday, Rejected(ref_of(), T0 + 3 * HOUR, "Other offer"))

    decision = decision_of(friday)
    assert (decision.tell_not_before_at, decision.tell_unclear) == (None, False)


def test_a_decision_made_here_may_be_told_at_once(friday: Employer) -> None:
    report(friday, Stands(ref_of(), T0 + HOUR, None))
    with friday.work() as work:
        application = work.session.scalars(select(Application)).one()
        made = reject(
            work,
            application,
            reason=None,
            decided_by_id=add_user(work).id,
            decided_at=work.now,
            source="keepword",
        )

        assert (made.tell_not_before_at, made.tell_unclear) == (None, False)


def test_letters_that_tell_no_decision_do_not_wait(friday: Employer) -> None:
    report(friday, rejected(Telling(VISIBLE)))
    with friday.work() as work:
        application = work.session.scalars(select(Application)).one()
        wish = Wish("apology-late", _APOLOGY, add_user(work).id)
        letter = write_letter(work, application, wish).id

    friday.turn()
    assert message_of(friday, letter).hold_until is None


_APOLOGY = {
    "promised_what": "a call",
    "promised_for": "2026-03-05",
    "next_step": "I call you on Monday.",
    "next_word_by": "2026-03-10",
}
