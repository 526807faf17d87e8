"""A bounce that lost our id, of a letter that shared its request with others."""

from __future__ import annotations

from service.mail.base import EventKind
from service.mail.base import MailEvent as Reported
from service.models import Message
from service.workflows.fold_events import store_events
from tests.harness import Employer
from tests.integration.watching import message_of, run_dispatch, write_letters


def bounce(employer: Employer, provider_id: str, address: str) -> None:
    told = Reported("b", EventKind.BOUNCED, employer.now, None, provider_id, address)
    with employer.session() as session:
        store_events(session, [told], employer.now)
        session.commit()
    employer.turn()


def delivered_together(employer: Employer) -> list[str]:
    employer.transport.together = True
    ids = write_letters(employer, 3)
    run_dispatch(employer)
    with employer.session() as session:
        store_events(
            session,
            [
                Reported(f"d{id_}", EventKind.DELIVERED, employer.now, id_, None, None)
                for id_ in ids
            ],
            employer.now,
        )
        session.commit()
    employer.turn()
    return ids


def test_it_is_found_by_the_id_of_the_request_and_the_address(employer: Employer) -> None:
    ids = delivered_together(employer)
    with employer.work() as work:
        work.session.get_one(Message, ids[1]).to_address = "Amara.M@Example.com"
    # As long after that the address and the time alone would say nothing.
    employer.pass_time(days=5)
    bounce(employer, "req-1.recvd-7", "amara.m@EXAMPLE.com")

    states = [message_of(employer, id_).state for id_ in ids]
    assert states == ["delivered", "bounced", "delivered"]


def test_with_an_address_that_was_not_in_the_request_it_takes_back_nothing(
    employer: Employer,
) -> None:
    ids = delivered_together(employer)
    bounce(employer, "req-1.recvd-7", "somebody.else@example.com")

    assert {message_of(employer, id_).state for id_ in ids} == {"delivered"}
