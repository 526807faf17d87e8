"""What the provider's events make of letters, contacts and promises, in any order."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from service.domain.contacts import Channel, Outcome
from service.domain.policies import Trigger
from service.mail.base import EventKind
from service.mail.base import MailEvent as Reported
from service.models import Application, CandidateEmail, Message, Promise
from service.models import MailEvent as Stored
from service.parts import parts
from service.workflows.composing import Letter
from service.workflows.contacts import log_contact
from service.workflows.decide import reject
from service.workflows.enqueue import enqueue_letter
from service.workflows.fold_events import fold_events, store_events
from service.workflows.promise_changes import open_promises
from service.workflows.rule_promises import trigger
from tests.harness import Employer, add_application, add_user
from tests.integration.letter_case import Case

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_a_bounce_after_delivery_opens_the_promise_and_stops_mail_there(
    employer: Employer,
) -> None:
    case = Case(employer)
    case.event(EventKind.DELIVERED, "d")
    employer.turn()

    assert case.promise() == ("kept", False)
    employer.pass_time(hours=1)
    case.event(EventKind.BOUNCED, "b")
    employer.turn()

    assert case.promise() == ("open", False)
    with employer.session() as session:
        address = session.scalars(select(CandidateEmail)).one()

        assert address.suppressed_reason == "mail to this address bounced"
    employer.pass_time(hours=4)

    assert case.promise() == ("open", True)


def test_a_bounce_after_the_due_instant_leaves_the_promise_overdue_at_once(
    employer: Employer,
) -> None:
    case = Case(employer)
    case.event(EventKind.DELIVERED, "d")
    employer.pass_time(hours=20)
    case.event(EventKind.BLOCKED, "b")
    employer.turn()

    assert case.promise() == ("open", True)
    with employer.session() as session:
        promise = session.get_one(Promise, case.promise_id)

        assert promise.breached_at == promise.due_at
        # A block says nothing against the address.
        assert session.scalars(select(CandidateEmail.suppressed_at)).one() is None


def test_another_contact_that_kept_it_leaves_it_kept(employer: Employer) -> None:
    case = Case(employer)
    case.event(EventKind.DELIVERED, "d")
    employer.turn()
    employer.clock.advance(HOUR)
    with employer.work() as work:
        log_contact(
            work,
            case.application(work),
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            at=work.now,
        )
    case.event(EventKind.BOUNCED, "b")
    employer.turn()

    assert case.promise() == ("kept", False)


def test_a_complaint_takes_nothing_back_and_ends_the_mail(employer: Employer) -> None:
    case = Case(employer)
    case.event(EventKind.DELIVERED, "d")
    case.event(EventKind.COMPLAINED, "c")
    employer.turn()

    assert case.promise() == ("kept", False)
    with employer.session() as session:
        assert session.scalars(select(CandidateEmail.suppressed_reason)).one() is not None


def test_what_was_promised_next_because_of_a_bounced_letter_is_released(
    employer: Employer,
) -> None:
    case = Case(employer)
    with employer.work() as work:
        application = case.application(work)
        application.interviewed_at = work.now - HOUR
        trigger(work, application, Trigger.INTERVIEWED, "i1", work.now - HOUR)
    case.event(EventKind.DELIVERED, "d")
    employer.turn()

    def word() -> list[tuple[str, bool]]:
        with employer.session() as session:
            rows = session.scalars(
                select(Promise)
                .where(Promise.wording == "Word after their interview")
                .order_by(Promise.due_at)
            )
            return [(row.state, row.caused_by_contact_id is not None) for row in rows]

    assert word() == [("kept", False), ("open", True)]
    case.event(EventKind.BOUNCED, "b")
    employer.turn()

    assert word() == [("open", False), ("released", True)]


def test_an_earlier_call_goes_on_with_the_rule_when_a_later_letter_bounces(
    employer: Employer,
) -> None:
    case = Case(employer)
    with employer.work() as work:
        application = case.application(work)
        application.interviewed_at = work.now - HOUR
        trigger(work, application, Trigger.INTERVIEWED, "i1", work.now - HOUR)
    employer.clock.advance(HOUR)
    case.event(EventKind.DELIVERED, "d")
    employer.turn()
    called_at = employer.now - 30 * MINUTE
    with employer.work() as work:
        log_contact(
            work,
            case.application(work),
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            at=called_at,
        )
    case.event(EventKind.BOUNCED, "b")
    employer.turn()
    with employer.session() as session:
        rows = session.scalars(
            select(Promise).where(
                Promise.wording == "Word after their interview", Promise.state == "open"
            )
        ).all()

        assert [row.start_at for row in rows] == [called_at]
        silence = session.scalars(
            select(Promise.start_at).where(
                Promise.wording == "Any word at all", Promise.state == "open"
            )
        ).all()

        assert silence == [called_at]


def test_a_bounce_opens_nothing_that_is_no_longer_owed(employer: Employer) -> None:
    case = Case(employer)
    case.event(EventKind.DELIVERED, "d")
    employer.turn()
    with employer.work() as work:
        case.application(work).stage = "withdrawn"
    case.event(EventKind.BOUNCED, "b")
    employer.turn()

    assert case.promise() == ("released", False)


@pytest.mark.parametrize(
    "kinds",
    [
        ["delivered", "bounced", "processed"],
        ["delivered", "opened", "complained"],
        ["deferred", "bounced", "complained"],
        ["opened", "delivered", "dropped"],
    ],
)
def test_any_order_of_events_with_repeats_ends_alike(employer: Employer, kinds: list[str]) -> None:
    orders = list(permutations(enumerate(kinds)))
    cases = [Case(employer) for _ in orders]
    sent_at = employer.now
    # The promise is due after four hours: the first events are in time, the last is late.
    employer.clock.advance(6 * HOUR)
    for step in range(len(kinds)):
        for _ in "once", "again":
            for case, order in zip(cases, orders, strict=True):
                place, kind = order[step]
                at = sent_at + (1 + 2 * place) * HOUR
                case.event(EventKind(kind), f"{case.message_id}-{place}", at=at)
            employer.turn()
    ends = [case.standing() for case in cases]

    for end in ends:
        assert end == ends[0]


def test_an_event_about_no_letter_of_ours_is_kept_and_changes_nothing(
    employer: Employer,
) -> None:
    case = Case(employer)
    case.event(EventKind.DELIVERED, "stray", message_id="msg_elsewhere")
    case.event(EventKind.DELIVERED, "stray2", message_id=None, provider_id=None)
    with case.message() as message:
        provider_id = message.provider_id
    case.event(EventKind.DELIVERED, "stray3", message_id="msg_elsewhere", provider_id=provider_id)
    employer.turn()

    assert case.promise() == ("open", False)
    with employer.session() as session:
        assert set(session.scalars(select(Stored.outcome))) == {"no such letter here"}
        assert None not in session.scalars(select(Stored.folded_at)).all()


@pytest.mark.parametrize("more", ["", ".recv-0001", ".filter.0001.0"])
def test_an_event_that_names_only_the_providers_id_finds_its_letter(
    employer: Employer, more: str
) -> None:
    case = Case(employer)
    with case.message() as message:
        provider_id = message.provider_id
    case.event(EventKind.DELIVERED, "d", message_id=None, provider_id=f"{provider_id}{more}")
    employer.turn()

    assert case.promise() == ("kept", False)


def test_two_letters_under_one_request_are_not_guessed_between(employer: Employer) -> None:
    case = Case(employer)
    other = case.write("two")
    with employer.work() as work:
        first, second = (work.session.get_one(Message, id_) for id_ in (case.message_id, other))
        second.provider_id = first.provider_id
        provider_id = first.provider_id
    case.event(EventKind.DELIVERED, "d", message_id=None, provider_id=provider_id)
    employer.turn()

    assert case.promise() == ("open", False)


def test_one_letter_that_cannot_be_folded_stops_no_other(employer: Employer) -> None:
    broken, sound = Case(employer, first_name="Ben"), Case(employer)
    with employer.work() as work:
        promise = work.session.get_one(Promise, broken.promise_id)
        promise.terms = {"trigger": "damaged"}
    broken.event(EventKind.DELIVERED, "b")
    employer.clock.advance(MINUTE)
    sound.event(EventKind.DELIVERED, "s")
    employer.turn()

    assert sound.promise() == ("kept", False)
    with employer.session() as session:
        outcomes = dict(session.execute(select(Stored.provider_event_id, Stored.outcome)).all())

        assert outcomes["b"] == "set aside: PolicyDocumentError"


def test_events_that_cannot_be_folded_are_tried_again_for_a_while(employer: Employer) -> None:
    case = Case(employer)
    with employer.work() as work:
        promise = work.session.get_one(Promise, case.promise_id)
        sound, promise.terms = promise.terms, {"trigger": "damaged"}
    case.event(EventKind.DELIVERED, "d")
    employer.clock.advance(MINUTE / 2)
    with employer.session() as session:
        assert fold_events(session, parts(employer.app).office, employer.now) == 0
    with employer.work() as work:
        work.session.get_one(Promise, case.promise_id).terms = sound
    employer.turn()

    assert case.promise() == ("kept", False)


def _told_of(employer: Employer, message_id: str, kind: EventKind) -> None:
    told = Reported(f"{kind}:{message_id}", kind, employer.now, message_id, None, None)
    with employer.session() as session:
        store_events(session, [told], employer.now)
        session.commit()
    employer.turn()


def test_a_call_said_to_tell_the_decision_still_tells_it_after_the_letter_bounced(
    employer: Employer,
) -> None:
    with employer.work() as work:
        maria = add_user(work)
        application = add_application(work, owner=maria, stage="interview")
        decision = reject(
            work,
            application,
            reason="Another person knew the system",
            decided_by_id=maria.id,
            decided_at=work.now,
            source="keepword",
        )
        (owed,) = open_promises(work, application.id)
        letter = enqueue_letter(
            work,
            application,
            Letter("rejection-interview", "test:told", {}, maria.id, owed, decision),
        )
        owed_id, letter_id, application_id = owed.id, letter.id, application.id
    employer.pass_time(minutes=61)
    _told_of(employer, letter_id, EventKind.DELIVERED)
    with employer.work() as work:
        log_contact(
            work,
            work.session.get_one(Application, application_id),
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            at=work.now,
            meant_for=frozenset({owed_id}),
        )
    employer.pass_time(minutes=5)
    _told_of(employer, letter_id, EventKind.BOUNCED)

    with employer.session() as session:
        assert session.get_one(Promise, owed_id).state == "kept"
