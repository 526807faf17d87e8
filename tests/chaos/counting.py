"""Counts what became of a load: lost, doubled, stuck, uncertain; and how fast it went when.

What was acknowledged is compared with what the database holds, and what the database says was sent
with what the provider got. The first three should be nothing, whatever was done.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update

from service.db import LEASE
from service.models import Application, Delivery, MailChannel, Message, TimelineEntry
from service.workflows.work import Work
from tests.chaos.processes import PATIENCE
from tests.chaos.site import Site

_GONE = frozenset({"accepted", "unconfirmed", "delivered"})
_AT_REST = _GONE | {"uncertain", "held"}
"""What a letter may be in for good. Those of the rules are held outside of office hours."""

QUIET = 3.0
"""Seconds without any change after which what is left belongs to somebody who is gone."""


@dataclass(frozen=True)
class Counts:
    """What a load came to. ``uncertain`` may be at most ``injected``."""

    acknowledged: int
    letters: int
    lost: int
    doubled: int
    stuck: int
    uncertain: int
    injected: int

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled, stuck, or uncertain for no reason."""
        nothing = (self.lost, self.doubled, self.stuck) == (0, 0, 0)
        return nothing and self.uncertain <= self.injected


def settle(site: Site, *, patient: bool = False) -> None:
    """Wait until everything has come to rest; where nothing moves, end the leases of the dead.

    ``patient`` waits for their real end instead, and for that of a rest after failures.
    """
    end = time.monotonic() + 4 * PATIENCE
    before, since = -1, time.monotonic()
    while time.monotonic() < end:
        with site.work() as work:
            left = _left(work)
            if left == 0:
                return
            if left != before:
                before, since = left, time.monotonic()
            elif not patient and time.monotonic() - since > QUIET:
                _let_time_pass(work)
                since = time.monotonic()
        time.sleep(0.3)


def _left(work: Work) -> int:
    letters = select(func.count()).select_from(Message).where(Message.state.not_in(_AT_REST))
    deliveries = select(func.count()).select_from(Delivery).where(Delivery.state == "received")
    return work.session.scalars(letters).one() + work.session.scalars(deliveries).one()


def _let_time_pass(work: Work) -> None:
    """Let the two minutes of every lease be over, and the rest of the mail after failures."""
    now = work.now
    soon = now + LEASE
    work.session.execute(
        update(Message)
        .where(Message.state.in_(["claimed", "sending"]), Message.due_at <= soon)
        .values(due_at=now, lease_until=now)
    )
    work.session.execute(
        update(Delivery)
        .where(Delivery.state == "received", Delivery.next_attempt_at <= soon)
        .values(next_attempt_at=now)
    )
    work.session.execute(update(MailChannel).values(retry_at=None))


def count(site: Site) -> Counts:
    """Count, once everything has come to rest."""
    with site.double.lock:
        reached = Counter(mail.custom_args["kw_mid"] for mail in site.double.accepted)
    with site.work() as work:
        applied = work.session.execute(
            select(Application.external_id, func.count(TimelineEntry.seq.distinct()))
            .join(TimelineEntry, TimelineEntry.application_id == Application.id)
            .where(TimelineEntry.kind == "applied", Application.external_id.is_not(None))
            .group_by(Application.id, Application.external_id)
        ).all()
        letters = work.session.execute(select(Message.id, Message.state, Message.dedupe_key)).all()
        unworked = work.session.scalars(
            select(func.count()).select_from(Delivery).where(Delivery.state != "done")
        ).one()
    keys = {row.dedupe_key for row in letters}
    people = Counter(number for number, _ in applied)
    lost = [
        *(number for number in site.load.acknowledged if number not in people),
        *(key for key in site.load.written if key not in keys),
        *(row.id for row in letters if row.state in _GONE and not reached[row.id]),
    ]
    doubled = [
        *(number for number, times in (*applied, *people.items()) if times > 1),
        *(letter for letter, times in reached.items() if times > 1),
    ]
    return Counts(
        acknowledged=len(site.load.acknowledged),
        letters=len(letters),
        lost=len(lost),
        doubled=len(doubled),
        stuck=unworked + sum(row.state not in _AT_REST for row in letters),
        uncertain=sum(row.state == "uncertain" for row in letters),
        injected=site.injected,
    )


@dataclass(frozen=True)
class Rates:
    """How many deliveries were worked in and letters sent, a second: the slower of the two
    compared with itself before the fault. ``first`` is when both had moved again after its end.
    """

    before: float
    after: float
    first: float

    @property
    def ratio(self) -> float:
        """The rate after over the rate before."""
        return self.after / self.before if self.before else 0.0


def rates(site: Site, begun: datetime, ended: datetime) -> Rates:
    """Compare the seconds before a fault with as many at the end of those after it.

    What was in hand as somebody was killed waits for the end of its lease: counted from the very
    end of the fault, it would be missing at the beginning of one of the two alone. Before it more
    than came in counts as what came in: the rest is what the seconds before those had left.
    """
    span = timedelta(seconds=site.pace.before)
    over = ended + timedelta(seconds=site.pace.after)
    before, after = (begun - span, begun), (over - span, over)
    with site.double.lock:
        sent = [mail.accepted_at for mail in site.double.accepted]
    with site.work() as work:
        worked = [at for at in work.session.scalars(select(Delivery.done_at)) if at is not None]
    most = float(site.pace.a_second)
    both = [(min(_rate(each, before), most), _rate(each, after)) for each in (sent, worked)]
    slower = min(both, key=lambda pair: pair[1] / pair[0] if pair[0] else 0.0)
    first = max(_first(each, ended) for each in (sent, worked))
    return Rates(*slower, first)


def _rate(instants: Iterable[datetime], window: tuple[datetime, datetime]) -> float:
    begin, end = window
    return sum(begin <= at < end for at in instants) / (end - begin).total_seconds()


def _first(instants: Iterable[datetime], since: datetime) -> float:
    later = [at for at in instants if at >= since]
    return ((min(later) if later else datetime.max.replace(tzinfo=UTC)) - since).total_seconds()
