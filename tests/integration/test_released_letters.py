"""What a person does about a letter that was stopped, or that nobody has heard of."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from service.domain.contacts import Channel
from service.domain.promises import PromiseError
from service.mail.base import EventKind, RetryLater, Uncertain
from service.models import (
    Contact,
    Interview,
    Message,
    MessageAlso,
    SendBatch,
    TimelineEntry,
)
from service.workflows.contacts import log_inbound
from service.workflows.messages import release_letter, settle_uncertain
from service.workflows.waking import REJECTION_HOLD
from tests.harness import Employer, RecordingTransport
from tests.integration.letter_case import Case
from tests.integration.test_contradictions import Held, second_application
from tests.integration.watching import message_of, run_dispatch, write_letters

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def recording(employer: Employer) -> RecordingTransport:
    transport = employer.transport
    assert isinstance(transport, RecordingTransport)
    return transport


def release(employer: Employer, message_id: str, why: str = "we spoke") -> Message:
    with employer.work() as work:
        return release_letter(work, work.session.get_one(Message, message_id), why=why)


def settle(employer: Employer, message_id: str, *, arrived: bool) -> Message:
    with employer.work() as work:
        message = work.session.get_one(Message, message_id)
        return settle_uncertain(work, message, arrived=arrived, why="they told us")


@pytest.fixture
def stopped(employer: Employer) -> Held:
    """A rejection that was stopped because its person rang meanwhile."""
    held = Held(employer)
    with held.meanwhile() as (work, application):
        log_inbound(work, application, channel=Channel.PHONE, at=work.now, note=None)
    assert held.goes()[0] == "blocked"
    return held


def test_a_letter_that_a_person_has_read_goes_on(employer: Employer, stopped: Held) -> None:
    released = release(employer, stopped.id)

    assert (released.state, released.overruled) == ("ready", ["replied_meanwhile"])
    assert released.reason == "we spoke"
    run_dispatch(employer)
    assert message_of(employer, stopped.id).state == "accepted"
    with employer.session() as session:
        told = session.scalars(select(TimelineEntry.kind).order_by(TimelineEntry.seq)).all()
        assert told[-3:] == ["objection_overruled", "letter_released", "letter_accepted"]


def test_a_letter_is_stopped_again_by_what_the_person_has_not_read(
    employer: Employer, stopped: Held
) -> None:
    release(employer, stopped.id)
    with stopped.meanwhile() as (_, application):
        application.open_offer = "offer-1"
    run_dispatch(employer)

    again = message_of(employer, stopped.id)
    assert again.state == "blocked"
    assert "an offer is open" in (again.reason or "")


def test_what_else_stands_against_a_letter_must_be_read_before_it_goes(
    employer: Employer, stopped: Held
) -> None:
    with stopped.meanwhile() as (work, application):
        work.session.add(
            Interview(
                application_id=application.id,
                external_id="i-1",
                starts_at=work.now + 48 * HOUR,
                created_at=work.now,
            )
        )
    first = release(employer, stopped.id)
    assert (first.state, first.overruled) == ("blocked", [])
    assert "an interview is still booked" in (first.reason or "")

    second = release(employer, stopped.id)
    assert (second.state, second.overruled) == ("blocked", ["interview_booked"])
    assert "has been in touch" in (second.reason or "")
    assert release(employer, stopped.id).state == "ready"


def test_a_letter_that_must_not_go_is_not_let_go(employer: Employer, stopped: Held) -> None:
    with stopped.meanwhile() as (_, application):
        application.candidate.can_email = False
    with pytest.raises(PromiseError, match="call instead") as caught:
        release(employer, stopped.id)

    assert caught.value.code == "cannot-be-overruled"
    assert message_of(employer, stopped.id).state == "blocked"


def test_a_letter_against_which_nothing_stands_any_more_just_goes(employer: Employer) -> None:
    held = Held(employer)
    with held.meanwhile() as (_, application):
        application.candidate.can_email = False
    assert held.goes()[0] == "blocked"
    with held.meanwhile() as (_, application):
        application.candidate.can_email = True

    released = release(employer, held.id)
    assert (released.state, released.overruled) == ("ready", [])


def test_only_a_stopped_letter_is_let_go(employer: Employer) -> None:
    held = Held(employer)
    with pytest.raises(PromiseError, match="only one that was stopped"):
        release(employer, held.id)

    assert message_of(employer, held.id).state == "held"


def test_a_letter_let_go_at_night_waits_for_the_morning(employer: Employer, stopped: Held) -> None:
    employer.clock.move_to(datetime.fromisoformat("2026-03-02T23:00:00+00:00"))
    release(employer, stopped.id)
    run_dispatch(employer)

    waiting = message_of(employer, stopped.id)
    assert waiting.state == "held"
    assert waiting.hold_until == datetime.fromisoformat("2026-03-03T08:00:00+00:00")


class Lost(Case):
    """A letter for a promise whose answer was lost."""

    def write(self, key: str) -> str:
        transport = recording(self.employer)
        transport.answers.append(Uncertain("the answer was lost"))
        self.sent_at = self.employer.now
        made = super().write(key)
        assert message_of(self.employer, made).state == "uncertain"
        return made


def test_a_person_who_knows_that_it_arrived_keeps_the_promise_with_it(employer: Employer) -> None:
    lost = Lost(employer)
    employer.clock.advance(9 * HOUR)
    settled = settle(employer, lost.message_id, arrived=True)

    assert (settled.state, settled.due_at) == ("delivered", None)
    assert settled.delivered_at == lost.sent_at
    # In time, though a person said so five hours after the promise was due.
    assert lost.promise() == ("kept", False)


def test_a_bounce_takes_back_what_a_person_said(employer: Employer) -> None:
    lost = Lost(employer)
    settle(employer, lost.message_id, arrived=True)
    lost.event(EventKind.BOUNCED, "b")
    employer.turn()

    assert lost.promise() == ("open", False)
    assert message_of(employer, lost.message_id).state == "bounced"


def test_a_drop_takes_back_what_a_person_said(employer: Employer) -> None:
    lost = Lost(employer)
    settle(employer, lost.message_id, arrived=True)
    lost.event(EventKind.DROPPED, "d")
    employer.turn()

    assert lost.promise() == ("open", False)


def test_the_news_that_it_was_queued_changes_nothing_of_what_a_person_knows(
    employer: Employer,
) -> None:
    lost = Lost(employer)
    settle(employer, lost.message_id, arrived=True)
    lost.event(EventKind.PROCESSED, "p")
    employer.turn()

    assert lost.promise() == ("kept", False)
    assert message_of(employer, lost.message_id).state == "delivered"


def test_a_letter_is_sent_again_when_a_person_says_so(employer: Employer) -> None:
    lost = Lost(employer)
    again = settle(employer, lost.message_id, arrived=False)
    assert (again.state, again.due_at, again.lease_token) == ("ready", employer.now, None)
    # After a lost answer all mail rests for a while.
    employer.clock.advance(HOUR)
    run_dispatch(employer)

    assert message_of(employer, lost.message_id).state == "accepted"
    assert len(recording(employer).sent) == 2


def test_what_turns_out_to_have_arrived_is_not_sent_again(employer: Employer) -> None:
    lost = Lost(employer)
    settle(employer, lost.message_id, arrived=False)
    lost.event(EventKind.DELIVERED, "d")
    employer.turn()
    employer.pass_time(hours=1)

    assert message_of(employer, lost.message_id).state == "delivered"
    assert len(recording(employer).sent) == 1


def test_an_event_of_another_letter_of_the_request_stops_sending_it_again(
    employer: Employer,
) -> None:
    lost = Lost(employer)
    batch_id = message_of(employer, lost.message_id).batch_id
    settle(employer, lost.message_id, arrived=False)
    lost.event(EventKind.DELIVERED, "other", message_id="msg_other", batch_id=batch_id)
    employer.turn()
    employer.pass_time(hours=1)

    settled = message_of(employer, lost.message_id)
    assert settled.state == "accepted"
    assert len(recording(employer).sent) == 1
    with employer.session() as session:
        assert session.get_one(SendBatch, batch_id).outcome == "accepted"


def test_a_request_that_was_heard_of_is_not_sent_again(employer: Employer) -> None:
    lost = Lost(employer)
    batch_id = message_of(employer, lost.message_id).batch_id
    lost.event(EventKind.DELIVERED, "other", message_id="msg_other", batch_id=batch_id)
    with pytest.raises(PromiseError, match="it was taken") as caught:
        settle(employer, lost.message_id, arrived=False)

    assert caught.value.code == "nothing-to-settle"


@pytest.mark.parametrize("state", ["ready", "accepted", "delivered", "bounced", "sending"])
@pytest.mark.parametrize("arrived", [True, False])
def test_a_letter_that_is_not_in_doubt_has_nothing_to_settle(
    employer: Employer, state: str, arrived: bool
) -> None:
    held = Held(employer)
    with employer.work() as work:
        work.session.get_one(Message, held.id).state = state
    with pytest.raises(PromiseError) as caught:
        settle(employer, held.id, arrived=arrived)

    assert caught.value.code == "nothing-to-settle"


def test_an_unconfirmed_letter_can_be_confirmed_and_not_sent_again(employer: Employer) -> None:
    case = Case(employer)
    with employer.work() as work:
        message = work.session.get_one(Message, case.message_id)
        message.state = "unconfirmed"
        accepted_at = message.accepted_at
    with pytest.raises(PromiseError, match="may still arrive"):
        settle(employer, case.message_id, arrived=False)
    settled = settle(employer, case.message_id, arrived=True)

    assert (settled.state, settled.delivered_at) == ("delivered", accepted_at)
    assert case.promise() == ("kept", False)


def test_a_letter_about_several_applications_reaches_the_person_about_each(
    employer: Employer,
) -> None:
    held = Held(employer)
    with held.meanwhile() as (work, application):
        other = second_application(work, application).id
        work.session.add(MessageAlso(message_id=held.id, application_id=other))
    recording(employer).answers.append(Uncertain("the answer was lost"))
    employer.clock.advance(REJECTION_HOLD)
    run_dispatch(employer)
    settle(employer, held.id, arrived=True)
    with employer.session() as session:
        rows = session.scalars(select(Contact.application_id).where(Contact.message_id == held.id))
        assert set(rows) == {held.application_id, other}


def test_patience_with_a_letter_counts_anew_from_a_persons_word(employer: Employer) -> None:
    (message_id,) = write_letters(employer)
    transport = recording(employer)
    transport.answers = [Uncertain("lost"), RetryLater("busy")]
    run_dispatch(employer)
    employer.clock.advance(timedelta(days=7))
    settle(employer, message_id, arrived=False)
    run_dispatch(employer)

    assert len(transport.sent) == 2
    assert message_of(employer, message_id).state == "retry"
