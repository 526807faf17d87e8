"""A request is judged whole: what is heard of one of its letters settles all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from service.domain.delivery import TRIED_FOR, UNHEARD_AFTER
from service.mail.base import Envelope, EventKind, Found, SendAnswer, Uncertain
from service.mail.base import MailEvent as Reported
from service.models import Message, SendBatch, TimelineEntry
from service.parts import parts
from service.workflows.fold_events import fold_events, store_events
from service.workflows.messages import settle_uncertain
from tests.harness import Employer, RecordingTransport, add_application
from tests.integration.watching import letter, message_of, run_dispatch

HOUR = timedelta(hours=1)


def lose_a_request(employer: Employer, count: int = 3) -> tuple[list[str], str]:
    """Send letters in one request whose answer is lost; return their ids and the request's."""
    transport = employer.transport
    assert isinstance(transport, RecordingTransport)
    transport.together = True
    transport.answers.append(Uncertain("the answer was lost"))
    with employer.work() as work:
        ids = [letter(work, add_application(work), f"lost:{uuid4()}").id for _ in range(count)]
    run_dispatch(employer)
    batches = {message_of(employer, id_).batch_id for id_ in ids}
    assert {message_of(employer, id_).state for id_ in ids} == {"uncertain"}
    (batch_id,) = batches
    assert batch_id is not None
    return ids, batch_id


def already_lost(employer: Employer, count: int = 3) -> tuple[list[str], str]:
    """The same by bare rows, however often mail has failed before."""
    with employer.work() as work:
        batch = SendBatch(provider="recording", size=count, created_at=work.now)
        work.session.add(batch)
        work.session.flush()
        made = [letter(work, add_application(work), f"lost:{uuid4()}") for _ in range(count)]
        for message in made:
            message.state, message.due_at, message.batch_id = "uncertain", None, batch.id
            message.attempts, message.first_tried_at = 1, work.now
        return [message.id for message in made], batch.id


def tell(employer: Employer, *events: Reported) -> None:
    with employer.session() as session:
        store_events(session, events, employer.now)
        session.commit()


def event(employer: Employer, name: str, kind: EventKind, **fields: Any) -> Reported:
    told = {"message_id": None, "provider_id": None, "address": None, **fields}
    return Reported(name, kind, employer.now, **told)


def test_an_event_about_one_letter_proves_that_all_were_taken(employer: Employer) -> None:
    ids, batch_id = lose_a_request(employer)
    employer.clock.advance(HOUR)
    tell(
        employer,
        event(
            employer,
            "d",
            EventKind.DELIVERED,
            message_id=ids[0],
            batch_id=batch_id,
            provider_id="req-7",
        ),
    )
    employer.turn()

    assert [message_of(employer, id_).state for id_ in ids] == ["delivered", "accepted", "accepted"]
    sibling = message_of(employer, ids[1])
    assert (sibling.accepted_at, sibling.reason) == (employer.now, None)
    assert sibling.due_at == employer.now + UNHEARD_AFTER
    assert sibling.provider_id == "req-7"
    with employer.session() as session:
        batch = session.get_one(SendBatch, batch_id)
        assert (batch.outcome, batch.answered_at is not None) == ("accepted", True)
        told = session.scalars(
            select(TimelineEntry.kind).where(TimelineEntry.application_id == sibling.application_id)
        )
        assert list(told)[-1] == "letter_accepted"


def test_an_event_that_lost_the_requests_id_still_proves_it(employer: Employer) -> None:
    ids, _ = lose_a_request(employer)
    tell(employer, event(employer, "p", EventKind.PROCESSED, message_id=ids[2]))
    employer.turn()

    assert {message_of(employer, id_).state for id_ in ids} == {"accepted"}


def test_the_proof_may_come_about_a_letter_that_is_not_here_any_more(employer: Employer) -> None:
    ids, batch_id = lose_a_request(employer)
    tell(employer, event(employer, "p", EventKind.PROCESSED, message_id="m", batch_id=batch_id))
    employer.turn()

    assert {message_of(employer, id_).state for id_ in ids} == {"accepted"}


def test_a_letter_found_under_an_earlier_request_proves_nothing_of_its_siblings(
    employer: Employer,
) -> None:
    ids, batch_id = lose_a_request(employer)
    for id_ in ids:
        employer.transport.log[id_] = Found("req-earlier", alone=True)
    employer.pass_time(minutes=15)

    found = [id_ for id_ in ids if message_of(employer, id_).state == "accepted"]
    assert len(found) == 1
    assert message_of(employer, found[0]).provider_id == "req-earlier"
    assert sorted(message_of(employer, id_).state for id_ in ids) == [
        "accepted",
        "uncertain",
        "uncertain",
    ]
    with employer.session() as session:
        assert session.get_one(SendBatch, batch_id).outcome == "uncertain"


def test_a_bounce_that_is_guessed_by_its_address_proves_nothing_of_the_others(
    employer: Employer,
) -> None:
    """Other systems may send over the same account, and their bounces are told here too."""
    ids, batch_id = lose_a_request(employer)
    employer.clock.advance(HOUR)
    address = message_of(employer, ids[0]).to_address
    for name, kind in (("b", EventKind.BOUNCED), ("later", EventKind.BLOCKED)):
        tell(employer, event(employer, name, kind, address=address))
        employer.turn()

    states = [message_of(employer, id_).state for id_ in ids]
    assert states == ["bounced", "uncertain", "uncertain"]
    with employer.session() as session:
        assert session.get_one(SendBatch, batch_id).outcome == "uncertain"


def test_what_is_known_better_of_a_letter_stands(employer: Employer) -> None:
    ids, batch_id = lose_a_request(employer)
    with employer.work() as work:
        work.session.get_one(Message, ids[1]).state = "delivered"
        work.session.get_one(Message, ids[2]).state = "cancelled"
    tell(employer, event(employer, "p", EventKind.PROCESSED, message_id="m", batch_id=batch_id))
    employer.turn()

    assert [message_of(employer, i).state for i in ids] == ["accepted", "delivered", "cancelled"]


def test_a_letter_that_a_person_sent_again_does_not_go_once_its_first_request_is_proven(
    employer: Employer,
) -> None:
    (heard, again), batch_id = lose_a_request(employer, 2)
    with employer.work() as work:
        letter_again = work.session.get_one(Message, again)
        settle_uncertain(work, letter_again, arrived=False, why="it did not come")
    # The request's own letter ends with its event, so nothing in it is lost any more.
    tell(
        employer,
        event(employer, "d", EventKind.DELIVERED, message_id=heard, batch_id=batch_id),
    )
    with employer.session() as session:
        fold_events(session, parts(employer.app).office, employer.now)
    employer.clock.advance(HOUR)
    run_dispatch(employer)

    assert [message_of(employer, id_).state for id_ in (heard, again)] == ["delivered", "accepted"]
    assert len(employer.transport.sent) == 2


def test_another_request_is_not_proven_by_it(employer: Employer) -> None:
    ids, _ = lose_a_request(employer)
    tell(employer, event(employer, "p", EventKind.PROCESSED, message_id="m", batch_id="bat_other"))
    employer.turn()

    assert {message_of(employer, id_).state for id_ in ids} == {"uncertain"}


def test_events_that_are_quicker_than_the_answer_settle_the_letters_first(
    employer: Employer,
) -> None:
    with employer.work() as work:
        ids = [letter(work, add_application(work), f"quick:{i}").id for i in range(3)]

    class Quick(RecordingTransport):
        def send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
            tell(
                employer,
                event(
                    employer,
                    "quick",
                    EventKind.PROCESSED,
                    message_id=group[0].message_id,
                    batch_id=batch_id,
                ),
            )
            employer.turn()
            states = {message_of(employer, id_).state for id_ in ids}
            assert states == {"accepted"}
            return Uncertain("the answer was lost")

    run_dispatch(employer, Quick(together=True))

    assert {message_of(employer, id_).state for id_ in ids} == {"accepted"}


def test_an_accepted_letter_is_watched_for_news_and_a_delivered_one_is_not(
    employer: Employer,
) -> None:
    ids, batch_id = lose_a_request(employer, 2)
    for kind, due in (
        (EventKind.PROCESSED, UNHEARD_AFTER),
        (EventKind.DEFERRED, TRIED_FOR + UNHEARD_AFTER),
        (EventKind.DELIVERED, None),
    ):
        tell(employer, event(employer, kind, kind, message_id=ids[0], batch_id=batch_id))
        employer.turn()
        message = message_of(employer, ids[0])
        assert message.accepted_at is not None
        assert message.due_at == (message.accepted_at + due if due else None)


def test_a_proof_waits_for_nobody_and_comes_back_for_what_somebody_held(
    employer: Employer,
) -> None:
    ids, batch_id = already_lost(employer)
    tell(employer, event(employer, "p", EventKind.PROCESSED, message_id="m", batch_id=batch_id))
    with employer.session() as other:
        if other.get_bind().dialect.name != "postgresql":
            pytest.skip("SQLite has one writer at a time, so nobody holds one row alone")
        other.scalars(select(Message.id).where(Message.id == ids[1]).with_for_update()).one()
        with employer.session() as session:
            fold_events(session, parts(employer.app).office, employer.now)
        states = [message_of(employer, id_).state for id_ in ids]
        assert states == ["accepted", "uncertain", "accepted"]
        other.rollback()
    with employer.session() as session:
        fold_events(session, parts(employer.app).office, employer.now)
    assert {message_of(employer, id_).state for id_ in ids} == {"accepted"}


_NEWS = [
    (0, EventKind.PROCESSED),
    (0, EventKind.DELIVERED),
    (1, EventKind.DEFERRED),
    (1, EventKind.BLOCKED),
    (None, EventKind.PROCESSED),
]


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(len(_NEWS))), cuts=st.sets(st.integers(0, len(_NEWS))))
def test_every_order_of_news_ends_alike(
    employer: Employer, order: list[int], cuts: set[int]
) -> None:
    """Each example has letters of its own."""
    ids, batch_id = already_lost(employer)
    base = employer.now
    for place, index in enumerate(order):
        member, kind = _NEWS[index]
        told = Reported(
            f"{batch_id}-{index}",
            kind,
            base + timedelta(seconds=index),
            "msg_gone" if member is None else ids[member],
            None,
            None,
            batch_id=batch_id,
        )
        for _ in "once", "again":
            tell(employer, told)
        if place in cuts:
            employer.turn()
    employer.turn()

    assert [message_of(employer, id_).state for id_ in ids] == ["delivered", "bounced", "accepted"]
