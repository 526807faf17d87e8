"""A claim that another took over is counted, and what a person took back meanwhile is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from service.app import engine_of, session_of
from service.ats.asking import Ask
from service.db import LEASE
from service.domain.claims import CLAIMING
from service.mail.base import Envelope, EventKind
from service.models import Connection, Delivery, Message, ProfileEntry
from service.parts import parts
from service.vendors.base import Outcome, Reach
from service.workflows.cancelling import Which, cancel_letters
from service.workflows.ingest import ingest
from service.workflows.leases import Lease, note_lost
from tests.doubles.hint_vendor import find
from tests.doubles.vendor_api import VendorApiDouble
from tests.harness import Employer, RecordingTransport, make_employer
from tests.integration.hints import (
    connect,
    hint,
    http,
    run_fetch,
    run_ingest,
    run_sync,
    tell_things,
)
from tests.integration.profile_case import ProfileCase, answered_employer
from tests.integration.sync_steps import answer_lists, page_of, polled
from tests.integration.watching import LookingTransport, at_once, run_dispatch, write_letters
from tests.reading_metrics import metric


@pytest.fixture
def alone(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword, where one database says as much as two."""
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    yield made
    engine_of(made.app).dispose()


def lost(employer: Employer) -> dict[str, float]:
    """The steps that lost claims, and how many, as Prometheus reads them."""
    told = {step: metric(employer, "claims_lost_total", step=step) for step in CLAIMING}
    return {step: number for step, number in told.items() if number}


def take_over(employer: Employer, model: type[Delivery | Connection | ProfileEntry]) -> None:
    """Let another worker have what is claimed."""
    with employer.work() as work:
        work.session.execute(update(model).values(lease_token="somebody else"))


def test_a_dispatcher_that_stood_still_counts_what_another_called_lost_and_what_it_sent(
    employer: Employer,
) -> None:
    first, second = write_letters(employer, 2)
    elsewhere = RecordingTransport()

    def stand_still(_letter: Envelope) -> None:
        employer.clock.advance(LEASE)
        assert at_once(lambda: run_dispatch(employer, elsewhere).uncertain) == [1]

    run_dispatch(employer, LookingTransport(stand_still), clock=employer.clock)
    assert {letter.message_id for letter in elsewhere.sent} < {first, second}
    assert lost(employer) == {"dispatch": 2}

    # Two processes, each with its first loss of another step, add up.
    for _ in range(2):
        with employer.session() as session:
            note_lost(session, "sync", 3, employer.now)
            session.commit()
    assert lost(employer) == {"dispatch": 2, "sync": 6}


def test_what_a_person_takes_back_meanwhile_is_no_claim_lost(alone: Employer) -> None:
    ids = write_letters(alone, 2)

    def cancel(letter: Envelope) -> None:
        def by_hand() -> None:
            (other,) = (id_ for id_ in ids if id_ != letter.message_id)
            with alone.work() as work:
                cancel_letters(work, Which((other,)), "not needed")

        assert at_once(by_hand) == [None]

    slow = LookingTransport(cancel)
    run_dispatch(alone, slow, clock=alone.clock)

    assert len(slow.sent) == 1
    assert lost(alone) == {}


def test_a_claim_that_ran_out_and_that_nobody_took_is_not_lost(
    alone: Employer, api: VendorApiDouble
) -> None:
    connect(alone, api)
    hint(alone)
    with alone.work() as work:
        ids = work.session.scalars(
            update(Delivery).values(lease_token="ours").returning(Delivery.id)
        )
        Lease("ingest", Delivery, "ours", work.now).missed(work.session, work.now, ids.all())
    assert lost(alone) == {}


def test_what_nobody_holds_is_lost_only_once_the_lease_is_over(alone: Employer) -> None:
    ids = write_letters(alone)
    with alone.work() as work:
        Lease("dispatch", Message, "ours", work.now + LEASE).missed(work.session, work.now, ids)
    assert lost(alone) == {}

    with alone.work() as work:
        Lease("dispatch", Message, "ours", work.now).missed(work.session, work.now, ids)
    assert lost(alone) == {"dispatch": 1}


def test_ingest_counts_a_delivery_that_another_worked_in(
    alone: Employer, api: VendorApiDouble
) -> None:
    connect(alone, api)
    for number in range(2):
        hint(alone, str(number))
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        if len(asked) == 3:
            # The first is worked in; the second waits its turn for longer than the lease.
            alone.clock.advance(LEASE)
            assert at_once(lambda: run_ingest(alone).asking) == [1]
        return False

    with session_of(alone.app) as session:
        office = parts(alone.app).office
        report = ingest(session, office, alone.clock, adapters=find, stop=stop)

    assert report.asking == 1
    assert lost(alone) == {"ingest": 1}


def test_fetch_and_sync_count_what_was_taken_while_the_vendor_answered(
    alone: Employer, api: VendorApiDouble
) -> None:
    polled(alone, api)
    tell_things(api)
    answer_lists(api, {"1": page_of("1")})
    hint(alone)
    run_ingest(alone)

    class Robbed:
        """Takes so long that another worker gets what it was asked for."""

        def __init__(self, model: type[Delivery | Connection]) -> None:
            self._model = model

        def ask(self, reach: Reach, ask: Ask) -> Outcome:
            outcome = http(alone).ask(reach, ask)
            take_over(alone, self._model)
            return outcome

    assert run_fetch(alone, Robbed(Delivery)).asked == 0
    assert run_sync(alone, Robbed(Connection)).stored == 0
    assert lost(alone) == {"fetch": 1, "sync": 1}


def test_writing_back_counts_an_entry_that_another_wrote(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    with answered_employer(new_database("sqlite", started=True), tmp_path) as employer:
        case = ProfileCase(employer)
        case.tell(EventKind.DELIVERED)
        case.vendor.meanwhile = lambda: take_over(employer, ProfileEntry)

        assert case.turn().done == 0
        assert lost(employer) == {"write-back": 1}
