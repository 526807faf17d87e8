"""A letter that promises something makes the promise when it is delivered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from service.domain.contacts import Channel, Outcome
from service.domain.policies import Kind
from service.mail.base import EventKind
from service.mail.base import MailEvent as Reported
from service.models import Application, Message, MessageAlso, Promise
from service.workflows.contacts import log_contact
from service.workflows.fold_events import store_events
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import Employer, add_application, add_user
from tests.integration.test_contradictions import second_application
from tests.integration.watching import letter, run_dispatch

WEDNESDAY = date(2026, 3, 4)
CLOSING = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def write(employer: Employer, *, by_hand: bool = True, stage: str = "interview") -> tuple[str, str]:
    """Send a letter that says "by Wednesday"; return its id and its application's."""
    with employer.work() as work:
        owner = add_user(work)
        application = add_application(work, owner=owner, stage=stage)
        sent = letter(
            work,
            application,
            f"holding:{application.id}",
            by_user_id=owner.id if by_hand else None,
            automatic=not by_hand,
            promises_on=WEDNESDAY,
        )
        ids = sent.id, application.id
    run_dispatch(employer)
    return ids


def tell(
    employer: Employer, message_id: str, kind: EventKind, *, at: datetime | None = None
) -> None:
    told = Reported(f"{kind}:{message_id}", kind, at or employer.now, message_id, None, None)
    with employer.session() as session:
        store_events(session, [told], employer.now)
        session.commit()
    employer.turn()


def made_by_letter(employer: Employer, application_id: str) -> list[Promise]:
    with employer.session() as session:
        return list(
            session.scalars(
                select(Promise).where(
                    Promise.application_id == application_id, Promise.cause.like("letter:%")
                )
            )
        )


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_delivered_letter_makes_the_promise_that_it_states(
    employer: Employer, by_hand: bool
) -> None:
    message_id, application_id = write(employer, by_hand=by_hand)
    assert made_by_letter(employer, application_id) == []
    tell(employer, message_id, EventKind.DELIVERED)

    (promise,) = made_by_letter(employer, application_id)
    assert (promise.kind, promise.state, promise.due_at) == ("status", "open", CLOSING)
    assert promise.wording == "The next word, as our letter said"
    assert (promise.origin, promise.promised_by_id is not None) == (
        ("spoken", True) if by_hand else ("policy", False)
    )
    assert promise.owner_id is not None


def test_a_promise_of_a_letter_is_made_once_however_often_it_is_heard_of(
    employer: Employer,
) -> None:
    message_id, application_id = write(employer)
    for kind in (EventKind.DELIVERED, EventKind.OPENED, EventKind.CLICKED):
        tell(employer, message_id, kind)

    assert len(made_by_letter(employer, application_id)) == 1


def test_a_letter_that_bounces_later_takes_its_promise_with_it(employer: Employer) -> None:
    message_id, application_id = write(employer)
    tell(employer, message_id, EventKind.DELIVERED)
    tell(employer, message_id, EventKind.BOUNCED)

    (promise,) = made_by_letter(employer, application_id)
    assert (promise.state, promise.close_reason) == ("released", "the letter did not arrive")


def test_a_letter_that_bounced_first_makes_no_promise(employer: Employer) -> None:
    message_id, application_id = write(employer)
    tell(employer, message_id, EventKind.BOUNCED)
    tell(employer, message_id, EventKind.DELIVERED)

    assert made_by_letter(employer, application_id) == []


def test_the_letter_does_not_keep_the_promise_that_it_makes_and_the_next_word_does(
    employer: Employer,
) -> None:
    message_id, application_id = write(employer)
    delivered_at = employer.now
    tell(employer, message_id, EventKind.DELIVERED)
    employer.clock.advance(2 * HOUR)
    with employer.work() as work:
        log_contact(
            work,
            work.session.get_one(Application, application_id),
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            at=work.now,
        )
        called_at = work.now

    (promise,) = made_by_letter(employer, application_id)
    assert promise.made_at == delivered_at
    assert (promise.state, promise.kept_at) == ("kept", called_at)


def test_a_word_given_before_the_news_of_the_letter_came_counts(employer: Employer) -> None:
    message_id, application_id = write(employer)
    delivered_at = employer.now
    employer.clock.advance(HOUR)
    with employer.work() as work:
        log_contact(
            work,
            work.session.get_one(Application, application_id),
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            at=work.now,
        )
    employer.clock.advance(HOUR)
    tell(employer, message_id, EventKind.DELIVERED, at=delivered_at)

    (promise,) = made_by_letter(employer, application_id)
    assert promise.state == "kept"


@pytest.mark.parametrize(
    ("by_hand", "days", "covered"),
    [
        (False, 1, True),
        (False, 3, False),
        # A person's word for Wednesday is not kept by what is owed on Tuesday.
        (True, 1, False),
        (True, 2, True),
        (True, 3, False),
    ],
)
def test_what_is_owed_already_covers_a_letters_word(
    employer: Employer, by_hand: bool, days: int, covered: bool
) -> None:
    message_id, application_id = write(employer, by_hand=by_hand)
    with employer.work() as work:
        make_spoken(
            work,
            work.session.get_one(Application, application_id),
            # A letter does not tell feedback, so this one stays open when it arrives.
            Spoken(Kind.FEEDBACK, "Feedback", f"{days} business days"),
        )
    tell(employer, message_id, EventKind.DELIVERED)

    assert len(made_by_letter(employer, application_id)) == (0 if covered else 1)


def test_nothing_is_promised_where_the_application_is_closed(employer: Employer) -> None:
    message_id, application_id = write(employer)
    with employer.work() as work:
        work.session.get_one(Application, application_id).stage = "withdrawn"
    tell(employer, message_id, EventKind.DELIVERED)

    assert made_by_letter(employer, application_id) == []


def test_a_letter_without_a_date_promises_nothing(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work, stage="interview")
        sent = letter(work, application, "holding:1").id
    run_dispatch(employer)
    tell(employer, sent, EventKind.DELIVERED)

    assert made_by_letter(employer, application.id) == []


def test_a_broken_promise_of_a_letter_is_overdue_like_any_other(employer: Employer) -> None:
    message_id, application_id = write(employer, by_hand=False)
    tell(employer, message_id, EventKind.DELIVERED)
    employer.move_to(CLOSING + timedelta(minutes=1))

    (promise,) = made_by_letter(employer, application_id)
    assert (promise.state, promise.breached_at) == ("open", CLOSING)


def test_a_bounce_takes_the_contact_of_every_application_back(employer: Employer) -> None:
    message_id, application_id = write(employer)
    with employer.work() as work:
        first = work.session.get_one(Application, application_id)
        other = second_application(work, first).id
        work.session.add(MessageAlso(message_id=message_id, application_id=other))
        for id_ in (application_id, other):
            make_spoken(
                work,
                work.session.get_one(Application, id_),
                Spoken(Kind.CALLBACK, "A call", "4 business hours"),
            )

    def states() -> dict[str, set[str]]:
        with employer.session() as session:
            rows = session.execute(
                select(Promise.application_id, Promise.state).where(Promise.wording == "A call")
            )
            found: dict[str, set[str]] = {}
            for id_, state in rows:
                found.setdefault(id_, set()).add(state)
            return found

    tell(employer, message_id, EventKind.DELIVERED)
    assert states() == {application_id: {"kept"}, other: {"kept"}}
    tell(employer, message_id, EventKind.BOUNCED)
    assert states() == {application_id: {"open"}, other: {"open"}}
    assert [p.state for p in made_by_letter(employer, application_id)] == ["released"]


def test_a_rejection_tells_nothing_final_of_the_application_that_it_says_goes_on(
    employer: Employer,
) -> None:
    message_id, application_id = write(employer)
    with employer.work() as work:
        work.session.get_one(Message, message_id).kind = "position-filled"
        other = second_application(work, work.session.get_one(Application, application_id)).id
        work.session.add(MessageAlso(message_id=message_id, application_id=other))
        for id_ in (application_id, other):
            make_spoken(
                work,
                work.session.get_one(Application, id_),
                Spoken(Kind.DECISION, "The decision", "4 business hours"),
            )
    tell(employer, message_id, EventKind.DELIVERED)
    with employer.session() as session:
        rows = session.execute(
            select(Promise.application_id, Promise.state).where(Promise.wording == "The decision")
        )
        assert dict(tuple(row) for row in rows) == {application_id: "kept", other: "open"}
