"""Asks the vendors what hints are about, keeps every answer beside its delivery, and works it in.

No transaction is open while a vendor is asked, and each answer is committed before anything is
made of it: whoever dies in between is followed by somebody who reads what was answered. A vendor
that does not answer costs its own connection time and no other.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.ats.asking import Answer, Ask, Needs
from service.ats.base import Adapter, PayloadError
from service.ats.registry import UnknownAdapterError, adapter_named
from service.clock import Clock
from service.db import LEASE, claim, is_passing
from service.models import Connection, Delivery
from service.telemetry import Fact, Kind, innermost, span
from service.vendors.base import Answered, AskError, Reach, Vendors
from service.workflows.heartbeat import beat
from service.workflows.leases import Lease
from service.workflows.reaching import (
    NoWayError,
    SealedWayError,
    note_api_answers,
    reach_of,
)
from service.workflows.stored_answers import count_answers, store_answer
from service.workflows.vendor_waits import (
    Wait,
    ask_at_once,
    let_rest,
    postpone,
    wait_of,
    without_permission,
)
from service.workflows.work import Office, Work, never
from service.workflows.work_in import (
    IngestReport,
    conclude,
    fail,
    hand_back,
    held_delivery,
    lost_delivery,
    meaning_of,
    retry_or_fail,
)

BATCH = 20
ROUNDS = 6
"""How often an adapter may ask for more before its delivery is set aside."""

MOST_ANSWERS = 400
"""How many answers one delivery may gather: a person with fifty applications takes some 300."""

LONGEST_ASK = 2_000
"""Characters of a request's key: what a database can index and a server takes as an address."""

SHARE = timedelta(seconds=5)
"""How long one connection is served before the next one's turn, give or take one answer."""


@dataclass
class FetchReport(IngestReport):
    """What one pass did. ``asked`` counts answers; ``waiting`` deliveries that got none yet."""

    asked: int = 0
    waiting: int = 0


def fetch(
    session: Session,
    office: Office,
    clock: Clock,
    vendors: Vendors,
    *,
    chance: random.Random | None = None,
    stop: Callable[[], bool] = never,
    adapters: Callable[[str], Adapter] = adapter_named,
) -> FetchReport:
    """Serve every connection whose hints wait, in an order by chance; commit answer by answer.

    ``stop`` is asked before each request whether to leave the rest, which is handed back at once.
    """
    report = FetchReport()
    ask_at_once(session, clock.now())
    jitter = chance or random.SystemRandom()
    found = session.scalars(
        select(Delivery.connection_id)
        .join(Connection, Connection.id == Delivery.connection_id)
        .where(
            Connection.active,
            Delivery.state == "received",
            Delivery.asked_at.is_not(None),
            Delivery.next_attempt_at <= clock.now(),
        )
        .distinct()
        .order_by(Delivery.connection_id)
    ).all()
    session.commit()
    # Where the pass ends before its last connection, none comes last every time: of a long backlog
    # what was not reached keeps its place, and its connection would come first until none is left.
    due = jitter.sample(found, len(found))
    for connection_id in due:
        turn = _Turn(session, office, clock, vendors, connection_id, report)
        turn.jitter, turn.stop, turn.adapters = jitter, stop, adapters
        turn.run()
        beat(session, "fetch", clock.now(), dict(vars(report)))
        session.commit()
    session.rollback()
    return report


class _Turn:
    """One connection's share of a pass."""

    jitter: random.Random
    stop: Callable[[], bool]
    adapters: Callable[[str], Adapter]

    def __init__(
        self,
        session: Session,
        office: Office,
        clock: Clock,
        vendors: Vendors,
        connection_id: str,
        report: FetchReport,
    ) -> None:
        self._session = session
        self._office = office
        self._clock = clock
        self._vendors = vendors
        self._connection_id = connection_id
        self._report = report
        self._until = clock.monotonic() + SHARE.total_seconds()
        self._answers = False

    def run(self) -> None:
        """Serve the connection's hints in their order until its share is used up."""
        while not self._over():
            lease, ids = self._claim()
            if not ids:
                return
            for delivery_id in ids:
                rest = None if self._over() else self._serving(delivery_id, lease)
                if rest is not None:
                    let_rest(self._session, self._connection_id, lease, rest)
                    return
                if self._over():
                    hand_back(self._session, lease, self._clock.now())
                    return

    def _over(self) -> bool:
        return self.stop() or self._clock.monotonic() >= self._until

    def _claim(self) -> tuple[Lease, list[str]]:
        now = self._clock.now()
        token, ids = claim(
            self._session,
            Delivery,
            Delivery.connection_id == self._connection_id,
            Delivery.state == "received",
            Delivery.asked_at.is_not(None),
            Delivery.next_attempt_at <= now,
            # Whoever removes a connection wants its vendor asked no more; the hints are kept.
            select(Connection.id)
            .where(Connection.id == self._connection_id, Connection.active)
            .exists(),
            order_by=Delivery.seq,
            limit=BATCH,
            until=now + LEASE,
            values={"next_attempt_at": now + LEASE},
        )
        self._session.commit()
        ordered = self._session.scalars(
            select(Delivery.id).where(Delivery.id.in_(ids)).order_by(Delivery.seq)
        ).all()
        self._session.commit()
        return Lease("fetch", Delivery, token, now + LEASE), list(ordered)

    def _serving(self, delivery_id: str, lease: Lease) -> Wait | None:
        facts = {Fact.DELIVERY: delivery_id, Fact.CONNECTION: self._connection_id}
        with span("hint", Kind.CONSUMER, facts):
            return self._serve(delivery_id, lease)

    def _serve(self, delivery_id: str, lease: Lease) -> Wait | None:
        """Work one hint in as far as answers come; return why all others must wait, if they must.

        It is left leased where the share is used up in the middle.
        """
        session = self._session
        try:
            return self._rounds(delivery_id, lease)
        except (PayloadError, UnknownAdapterError, AskError, NoWayError) as error:
            session.rollback()
            # These texts name a place and a fault, never a value.
            innermost().failed(type(error).__name__)
            fail(session, delivery_id, lease, self._clock.now(), str(error))
            self._report.failed += 1
        except Exception as error:
            session.rollback()
            fault, now = type(error).__name__, self._clock.now()
            innermost().failed(fault)
            if is_passing(error):
                # Nothing is wrong with the delivery: it and the others keep their places.
                hand_back(session, lease, now)
                raise
            retry_or_fail(session, delivery_id, lease, now, fault, self.jitter, self._report)
        return None

    def _rounds(self, delivery_id: str, lease: Lease) -> Wait | None:
        for _ in range(ROUNDS + 1):
            try:
                found = self._look(delivery_id, lease)
            except SealedWayError as error:
                # The key may come back with the next start; nothing is wrong with the delivery.
                self._session.rollback()
                sealed = Wait(str(error), self._clock.now(), all_rest=False)
                return self._postpone(delivery_id, lease, sealed)
            # Nothing may be open while the vendor takes its time.
            self._session.rollback()
            if found is None:
                return None
            reach, asks = found
            for ask in asks:
                if self._over():
                    return None
                outcome = without_permission(ask, self._vendors.ask(reach, ask), self._clock.now())
                wait = wait_of(outcome, self._clock.now())
                if wait is not None:
                    return self._postpone(delivery_id, lease, wait)
                if isinstance(outcome, Answered) and not self._keep(
                    delivery_id, lease, ask, outcome.answer
                ):
                    return None
        raise PayloadError("", f"after {ROUNDS} rounds of answers it still asks for more")

    def _look(self, delivery_id: str, lease: Lease) -> tuple[Reach, tuple[Ask, ...]] | None:
        """Work a delivery in by what is known, or say what to ask; ``None`` where it is settled."""
        held = held_delivery(self._session, delivery_id, lease)
        if held is None:
            lost_delivery(self._session, delivery_id, lease, self._clock.now())
            return None
        delivery, connection = held
        adapter = self.adapters(connection.vendor)
        meaning = meaning_of(self._session, adapter, delivery)
        if isinstance(meaning, Needs):
            for ask in meaning.asks:
                if len(ask.key) > LONGEST_ASK:
                    raise PayloadError("", "it asks for too much at once")
            if not connection.active:
                hand_back(self._session, lease, self._clock.now())
                return None
            return reach_of(self._office, connection, adapter), meaning.asks
        actor = f"ats:{connection.name}"
        work = Work(self._session, self._clock.now(), self._office, actor, connection.name)
        conclude(work, connection, delivery, meaning, self._report)
        self._session.commit()
        return None

    def _keep(self, delivery_id: str, lease: Lease, ask: Ask, answer: Answer) -> bool:
        """Store an answer and commit; ``False`` where the lease was lost meanwhile."""
        session, now = self._session, self._clock.now()
        if not self._answers:
            # By itself: whoever takes a delivery in locks the connection first and then its rows.
            note_api_answers(session, self._connection_id, now)
            session.commit()
            self._answers = True
        if not self._renew(delivery_id, lease, now):
            return False
        if count_answers(session, delivery_id) >= MOST_ANSWERS:
            raise PayloadError("", f"{MOST_ANSWERS} answers do not say what it is about")
        store_answer(session, delivery_id, ask, answer)
        session.commit()
        self._report.asked += 1
        return True

    def _renew(self, delivery_id: str, lease: Lease, now: datetime) -> bool:
        renewed = self._session.execute(
            update(Delivery)
            .where(
                Delivery.id == delivery_id,
                Delivery.lease_token == lease.token,
                Delivery.state == "received",
            )
            .values(lease_until=now + LEASE, next_attempt_at=now + LEASE)
            .returning(Delivery.id)
            .execution_options(synchronize_session=False)
        ).first()
        if renewed is None:
            lost_delivery(self._session, delivery_id, lease, now)
            return False
        lease.until = now + LEASE
        return True

    def _postpone(self, delivery_id: str, lease: Lease, wait: Wait) -> Wait | None:
        """Keep a hint for when its vendor may answer. Return a wait that is everybody's."""
        self._answers = self._answers and wait.throttled
        now, chance = self._clock.now(), self.jitter.random()
        became = postpone(
            self._session, self._connection_id, delivery_id, lease, wait, now=now, chance=chance
        )
        self._report.waiting += became == "waiting"
        self._report.failed += became == "failed"
        return wait if wait.all_rest else None
