"""The last look: the world changes between writing and sending, and the letter does not go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from service.domain.contacts import Channel, Outcome
from service.domain.policies import Kind, Trigger
from service.domain.promises import PromiseError
from service.mail.base import Envelope, SendAnswer
from service.models import Application, CandidateEmail, Decision, Interview, Message, Promise
from service.workflows.channel import pause_channel, resume_channel
from service.workflows.check import check
from service.workflows.contacts import log_contact, log_inbound
from service.workflows.decide import reject, withdraw_decision
from service.workflows.enqueue import cancel
from service.workflows.last_look import objection_to
from service.workflows.messages import Wish, write_letter
from service.workflows.policies import rules
from service.workflows.promise_changes import release
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.rule_promises import make_by_rule
from service.workflows.waking import REJECTION_HOLD
from service.workflows.work import Work
from tests.harness import Employer, RecordingTransport, add_application, add_user
from tests.integration.promise_steps import holding_by
from tests.integration.watching import (
    at_once,
    kinds_on_timeline,
    letter,
    message_of,
    run_dispatch,
)

DECIDED = {"reason": "Another person had more of what the work needs", "source": "keepword"}


def _erase(_work: Work, application: Application) -> None:
    application.candidate.erased_at = _work.now


def _delete(work: Work, application: Application) -> None:
    application.deleted_at = work.now


def _no_mail(_work: Work, application: Application) -> None:
    application.candidate.can_email = False


def _suppress(work: Work, application: Application) -> None:
    email = application.candidate.emails[0]
    email.suppressed_at, email.suppressed_reason = work.now, "mail to this address bounced"


def _change_address(_work: Work, application: Application) -> None:
    application.candidate.emails = [
        CandidateEmail(address="new@example.com", address_key="new@example.com")
    ]


Change = Callable[[Work, Application], None]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_erase, "the person's data was erased"),
        (_delete, "the application was deleted in the ATS"),
        (_no_mail, "must not be emailed"),
        (_suppress, "mail to this address bounced"),
        (_change_address, "no longer has this address"),
    ],
)
def test_a_letter_does_not_go_where_its_person_may_no_longer_get_it(
    employer: Employer, change: Change, words: str
) -> None:
    with employer.work() as work:
        application = add_application(work)
        message = letter(work, application, "test:1")
    with employer.work() as work:
        change(work, work.session.get_one(Application, application.id))

    assert run_dispatch(employer).blocked == 1
    _is_blocked(employer, message.id, words)
    assert employer.transport.sent == []


def test_an_address_is_the_persons_however_its_letters_are_written(employer: Employer) -> None:
    with employer.work() as work:
        goes, stays = (
            add_application(work, email=f"{name}@Example.com") for name in ("Amara", "Jonas")
        )
        sent, kept = letter(work, goes, "test:1").id, letter(work, stays, "test:2").id
        _suppress(work, stays)
    run_dispatch(employer)

    assert message_of(employer, sent).state == "accepted"
    assert "bounced" in (message_of(employer, kept).reason or "")


def _is_blocked(employer: Employer, message_id: str, words: str) -> None:
    message = message_of(employer, message_id)
    assert message.state == "blocked"
    assert words in (message.reason or "")
    assert (message.due_at, message.lease_token) == (None, None)
    assert kinds_on_timeline(employer)[-1] == "letter_blocked"


def _rejection(employer: Employer) -> tuple[str, str, str]:
    """A rejection after an interview in the outbox: its id, the application's, the decision's."""
    with employer.work() as work:
        application = add_application(work, owner=add_user(work), stage="interview")
        decision = reject(work, application, decided_by_id=None, decided_at=work.now, **DECIDED)
        message = letter(
            work,
            application,
            "rejection:1",
            kind="rejection-interview",
            values={},
            decision=decision,
        )
        return message.id, application.id, decision.id


def test_a_rejection_is_held_for_an_hour_and_then_goes(employer: Employer) -> None:
    message_id, _, _ = _rejection(employer)
    assert message_of(employer, message_id).state == "held"

    employer.clock.advance(REJECTION_HOLD - timedelta(seconds=1))
    assert run_dispatch(employer).claimed == 0
    employer.clock.advance(timedelta(seconds=1))
    assert run_dispatch(employer).accepted == 1


def test_a_rejection_can_be_cancelled_while_it_is_held_and_not_after(employer: Employer) -> None:
    message_id, _, _ = _rejection(employer)
    with employer.work() as work:
        cancel(work, work.session.get_one(Message, message_id), "a slip of the hand")
    employer.clock.advance(REJECTION_HOLD)
    assert run_dispatch(employer).claimed == 0
    message = message_of(employer, message_id)
    assert (message.state, message.reason) == ("cancelled", "a slip of the hand")

    with employer.work() as work:
        application = add_application(work)
        sent = letter(work, application, "test:sent").id
    run_dispatch(employer)
    with employer.work() as work, pytest.raises(PromiseError, match="too late"):
        cancel(work, work.session.get_one(Message, sent), "too late")


def test_a_withdrawn_decision_cancels_its_letter(employer: Employer) -> None:
    message_id, application_id, decision_id = _rejection(employer)
    with employer.work() as work:
        withdraw_decision(
            work,
            work.session.get_one(Application, application_id),
            work.session.get_one(Decision, decision_id),
        )
    employer.clock.advance(REJECTION_HOLD)

    assert run_dispatch(employer).claimed == 0
    assert message_of(employer, message_id).state == "cancelled"


def test_a_rejection_whose_decision_does_not_stand_is_blocked(employer: Employer) -> None:
    """Behind the cancelling: whatever took the decision away, the letter does not go."""
    message_id, _, decision_id = _rejection(employer)
    with employer.work() as work:
        work.session.get_one(Decision, decision_id).withdrawn_at = work.now
    employer.clock.advance(REJECTION_HOLD)

    run_dispatch(employer)
    _is_blocked(employer, message_id, "no decision stands behind this letter")


@pytest.mark.parametrize("change", ["offer", "hired", "open offer"])
def test_nobody_with_an_offer_gets_a_rejection(employer: Employer, change: str) -> None:
    message_id, application_id, _ = _rejection(employer)
    with employer.work() as work:
        application = work.session.get_one(Application, application_id)
        if change == "open offer":
            application.open_offer = "offer-1"
        else:
            application.stage = change
    employer.clock.advance(REJECTION_HOLD)

    run_dispatch(employer)
    _is_blocked(employer, message_id, "this rejection must not go out")


def _candidate_rings(work: Work, application: Application, _message_id: str) -> None:
    log_inbound(work, application, channel=Channel.PHONE, at=work.now, note=None)


def _interview_stands(work: Work, application: Application, _message_id: str) -> None:
    work.session.add(
        Interview(
            application_id=application.id,
            external_id="i-1",
            starts_at=work.now + timedelta(days=2),
            created_at=work.now,
        )
    )


def _told_by_another(work: Work, application: Application, message_id: str) -> None:
    first = work.session.get_one(Message, message_id)
    decision = work.session.get_one(Decision, first.decision_id)
    other = letter(
        work,
        application,
        "rejection:2",
        kind="rejection-application",
        values={},
        decision=decision,
    )
    other.state = "accepted"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_candidate_rings, "has been in touch since this was written"),
        (_interview_stands, "an interview is still booked"),
        (_told_by_another, "another letter has told this decision already"),
    ],
)
def test_a_rejection_waits_for_a_person_where_the_world_moved_on(
    employer: Employer, change: Callable[[Work, Application, str], None], words: str
) -> None:
    message_id, application_id, _ = _rejection(employer)
    employer.clock.advance(timedelta(minutes=10))
    with employer.work() as work:
        change(work, work.session.get_one(Application, application_id), message_id)
    employer.clock.advance(REJECTION_HOLD)

    run_dispatch(employer)
    _is_blocked(employer, message_id, words)


def test_only_what_the_person_said_after_a_letter_was_written_stops_it(
    employer: Employer,
) -> None:
    with employer.work() as work:
        application = add_application(work, stage="interview")
        _candidate_rings(work, application, "")
        decision = reject(work, application, decided_by_id=None, decided_at=work.now, **DECIDED)
        written = [
            letter(
                work, application, f"rejection:{i}", "rejection-interview", {}, decision=decision
            )
            for i in range(2)
        ]
        employer.clock.advance(timedelta(minutes=10))
    with employer.work() as work:
        application = work.session.get_one(Application, application.id)
        log_contact(
            work,
            application,
            channel=Channel.VOICEMAIL,
            outcome=Outcome.LEFT_MESSAGE,
            at=work.now,
        )
        message = work.session.get_one(Message, written[0].id)
        before = objection_to(work, message)
        _candidate_rings(work, application, "")
        work.session.flush()
        after = objection_to(work, message)

    assert before is None
    assert after is not None
    assert after.rule == "replied_meanwhile"


def test_a_rejection_written_at_another_stage_is_read_again_first(employer: Employer) -> None:
    message_id, application_id, _ = _rejection(employer)
    with employer.work() as work:
        work.session.get_one(Application, application_id).stage = "screening"
    employer.clock.advance(REJECTION_HOLD)

    run_dispatch(employer)
    _is_blocked(employer, message_id, "read the letter again")


def _status_letter(employer: Employer) -> tuple[str, str, str]:
    """An automatic status letter that is due: its id, the application's, the promise's."""
    with employer.work() as work:
        application = add_application(work, owner=add_user(work))
        rule = next(r for r in rules(work, Trigger.SILENCE) if r.name == "status-letter")
        promise = make_by_rule(work, application, rule, "test", work.now)
        assert promise is not None
        at = promise.next_check_at
    assert at is not None
    employer.clock.move_to(at)
    with employer.work() as work:
        assert check(work.session, work.office, work.now).letters == 1
        (message,) = work.session.query(Message).all()
        return message.id, application.id, promise.id


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("rejected", "so this letter is no longer true"),
        ("withdrawn", "so this letter is no longer true"),
    ],
)
def test_an_automatic_status_letter_is_cancelled_where_it_is_no_longer_true(
    employer: Employer, stage: str, words: str
) -> None:
    message_id, application_id, _ = _status_letter(employer)
    with employer.work() as work:
        work.session.get_one(Application, application_id).stage = stage

    assert run_dispatch(employer).cancelled == 1
    stopped = message_of(employer, message_id)
    assert (stopped.state, employer.transport.sent) == ("cancelled", [])
    assert words in (stopped.reason or "")


def test_an_automatic_status_letter_goes_though_the_stage_moved_on(employer: Employer) -> None:
    _, application_id, _ = _status_letter(employer)
    with employer.work() as work:
        work.session.get_one(Application, application_id).stage = "screening"

    assert run_dispatch(employer).accepted == 1


def test_an_automatic_word_that_a_call_is_late_does_not_follow_a_rejection(
    employer: Employer,
) -> None:
    """It says that the application is still open. The call is owed all the same, and flagged."""
    with employer.work() as work:
        application = add_application(work, owner=add_user(work), stage="interview")
        due_at = holding_by(work, application, work.now + timedelta(hours=3)).due_at
    employer.clock.move_to(due_at + timedelta(seconds=1))
    with employer.work() as work:
        assert check(work.session, work.office, work.now).letters == 1
    with employer.work() as work:
        found = work.session.get_one(Application, application.id)
        reject(work, found, decided_by_id=None, decided_at=work.now, **DECIDED)

    assert run_dispatch(employer).accepted == 0
    assert employer.transport.sent == []
    with employer.session() as session:
        written = session.scalars(select(Message).where(Message.kind == "holding")).one()
        assert (written.state, written.reason) == (
            "cancelled",
            "the application is rejected, so this letter is no longer true",
        )
        call = session.scalars(select(Promise).where(Promise.kind == "callback")).one()
        assert (call.state, call.breached_at) == ("open", due_at)


def test_an_automatic_letter_for_a_promise_that_is_settled_is_cancelled(employer: Employer) -> None:
    message_id, _, promise_id = _status_letter(employer)
    with employer.work() as work:
        release(work, work.session.get_one(Promise, promise_id), "they called us")

    assert run_dispatch(employer).cancelled == 1
    stopped = message_of(employer, message_id)
    assert (stopped.state, employer.transport.sent) == ("cancelled", [])
    assert "was settled meanwhile" in (stopped.reason or "")


def test_a_persons_letter_goes_although_its_promise_is_settled(employer: Employer) -> None:
    with employer.work() as work:
        owner = add_user(work)
        application = add_application(work, owner=owner, stage="interview")
        promise = make_spoken(
            work,
            application,
            Spoken(Kind.CALLBACK, "A call", within="4 business hours", promised_by_id=owner.id),
        )
        letter(work, application, "test:1", promise=promise, by_user_id=owner.id)
        release(work, promise, "answered in the meantime")

    assert run_dispatch(employer).accepted == 1


@pytest.mark.parametrize(
    ("stage", "state"),
    [
        ("rejected", "blocked"),
        ("withdrawn", "blocked"),
        ("hired", "blocked"),
        ("assessment", "accepted"),
    ],
)
def test_a_persons_letter_of_hope_does_not_go_to_somebody_who_is_out_since(
    employer: Employer, stage: str, state: str
) -> None:
    link = {"scheduling_link": "https://example.com/times", "reply_by": "2026-03-04"}
    with employer.work() as work:
        application = add_application(work, owner=add_user(work), stage="interview")
        message_id = write_letter(work, application, Wish("interview-scheduling", link)).id
    with employer.work() as work:
        work.session.get_one(Application, application.id).stage = stage
    run_dispatch(employer)

    message = message_of(employer, message_id)
    assert message.state == state
    assert ("read the letter again" in (message.reason or "")) == (state == "blocked")


def test_what_was_read_for_one_letter_is_not_believed_for_the_next(employer: Employer) -> None:
    """While one letter travels, the person of the next asks not to be mailed."""
    with employer.work() as work:
        application = add_application(work)
        first = letter(work, application, "test:1").id
        second = letter(work, application, "test:2").id

    class NoMoreMail(RecordingTransport):
        def send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
            def elsewhere() -> None:
                with employer.work() as work:
                    found = work.session.get_one(Application, application.id)
                    found.candidate.can_email = False

            assert at_once(elsewhere) == [None]
            return super().send(group, batch_id)

    run_dispatch(employer, NoMoreMail())
    states = {message_of(employer, id_).state for id_ in (first, second)}
    assert states == {"accepted", "blocked"}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("holding", {"promised_what": "a call", "next_word_by": "2026-03-04"}),
        (
            "interview-scheduling",
            {"scheduling_link": "https://example.com/times", "reply_by": "2026-03-04"},
        ),
    ],
)
@pytest.mark.parametrize(("days", "state"), [(2, "accepted"), (3, "blocked")])
def test_a_letter_that_names_a_day_does_not_go_after_it(
    employer: Employer, kind: str, values: dict[str, str], days: int, state: str
) -> None:
    with employer.work() as work:
        application = add_application(work, owner=add_user(work))
        message_id = write_letter(work, application, Wish(kind, values)).id
        pause_channel(work.session, work.now, "a wrong template", by_provider=False)
    employer.clock.advance(timedelta(days=days))
    with employer.work() as work:
        resume_channel(work.session)
    run_dispatch(employer)
    message = message_of(employer, message_id)

    assert message.state == state
    assert (message.reason or "").startswith("it names a day that has passed") == (days == 3)
