"""Lets go of what has had its time: rows of Keepword's own working, in small bites by an index.

Run late, twice or by two at once it does the same. It knows only the tables named here, and of
those only what ``service.domain.retention`` calls old.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, TextClause, delete, func, or_, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from service.domain import retention as rules
from service.domain.retention import Kept, Readiness, readiness, what_is_kept
from service.models import (
    Delivery,
    DeliveryAnswer,
    Heartbeat,
    IdempotentRequest,
    MailEvent,
    PasskeyChallenge,
    Presence,
    SignInAttempt,
    SignInLink,
    SignInSession,
)
from service.models.connection import SETTLED_WHOLE
from service.models.message import FOLDED_WHOLE
from service.workflows.erase_by_rule import Gone
from service.workflows.heartbeat import beat
from service.workflows.work import never

STEP: Final = "retention"

PEOPLE: Final = "people"
"""What a turn's report calls those whom the rule erased."""

BITE = 500
"""Rows let go of in one transaction: nobody waits long for what it locks."""

MOST = 50_000
"""Rows of one kind let go of in one turn; the rest is for the next."""


@dataclass(frozen=True)
class Age:
    """One kind of row: how its old ones are found, and how they go."""

    key: tuple[InstrumentedAttribute[Any], ...]
    at: InstrumentedAttribute[Any]
    let_go: Callable[[Session, Sequence[Any], datetime], None]
    where: Sequence[ColumnElement[bool] | TextClause] = ()

    def old(self, before: datetime) -> Select[Any]:
        """Return the question for the keys of what was over before an instant."""
        return select(*self.key).where(self.at < before, *self.where)


def _removed(
    *key: InstrumentedAttribute[Any],
) -> Callable[[Session, Sequence[Any], datetime], None]:
    def let_go(session: Session, rows: Sequence[Any], _now: datetime) -> None:
        named = (
            key[0].in_([row[0] for row in rows])
            if len(key) == 1
            else tuple_(*key).in_([tuple(row) for row in rows])
        )
        session.execute(
            delete(key[0].class_).where(named).execution_options(synchronize_session=False)
        )

    return let_go


def _empty_deliveries(session: Session, rows: Sequence[Any], now: datetime) -> None:
    # What the vendor's API said beside a delivery lives as long as its own content.
    session.execute(
        delete(DeliveryAnswer)
        .where(DeliveryAnswer.delivery_id.in_([row.id for row in rows]))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Delivery)
        .where(Delivery.seq.in_([row.seq for row in rows]))
        .values(body=b"", headers={}, emptied_at=now)
        .execution_options(synchronize_session=False)
    )


def _empty_events(session: Session, rows: Sequence[Any], now: datetime) -> None:
    session.execute(
        update(MailEvent)
        .where(MailEvent.id.in_([row.id for row in rows]))
        .values(raw={}, emptied_at=now)
        .execution_options(synchronize_session=False)
    )


def _newer_link() -> ColumnElement[bool]:
    newer = aliased(SignInLink)
    return or_(
        SignInLink.user_id.is_(None),
        select(newer.id)
        .where(
            newer.user_id == SignInLink.user_id,
            tuple_(newer.created_at, newer.id) > tuple_(SignInLink.created_at, SignInLink.id),
        )
        .exists(),
    )


def _plain(at: InstrumentedAttribute[Any], *key: InstrumentedAttribute[Any]) -> Age:
    return Age(key, at, _removed(*key))


AGES: Final[dict[str, Age]] = {
    rules.DELIVERIES.name: Age(
        (Delivery.seq, Delivery.id), Delivery.done_at, _empty_deliveries, (SETTLED_WHOLE,)
    ),
    rules.MAIL_EVENTS.name: Age(
        (MailEvent.id,), MailEvent.folded_at, _empty_events, (FOLDED_WHOLE,)
    ),
    rules.ANSWERS.name: _plain(IdempotentRequest.created_at, IdempotentRequest.id),
    rules.SESSIONS.name: _plain(SignInSession.expires_at, SignInSession.id),
    rules.LINKS.name: Age(
        (SignInLink.id,), SignInLink.expires_at, _removed(SignInLink.id), (_newer_link(),)
    ),
    rules.ATTEMPTS.name: _plain(SignInAttempt.at, SignInAttempt.id),
    rules.CHALLENGES.name: _plain(PasskeyChallenge.expires_at, PasskeyChallenge.digest),
    # Of each colleague a handful of rows at the most: it needs no index by age.
    rules.PRESENCE.name: _plain(Presence.seen_at, Presence.user_id, Presence.candidate_id),
}
"""How the rows of each kind in the table are found and let go."""


def retain(
    session: Session,
    now: datetime,
    raw_days: int,
    *,
    stop: Callable[[], bool] = never,
    most: int = MOST,
    people: Callable[[], Gone] = Gone,
) -> dict[str, int] | None:
    """Let go of what is old, where the clock has proved steady; return how many rows of each kind.

    ``None`` where this turn was not to touch anything. Commits each bite; ``stop`` is asked before
    each whether to leave the rest to the next turn. ``people`` erases whose time is over.
    """
    last = session.get(Heartbeat, STEP, populate_existing=True)
    left = last is not None and bool(last.data.get("left"))
    ready = readiness(last.at if last is not None else None, now, left=left)
    if ready is not Readiness.PRUNE:
        if ready is Readiness.LOOK:
            beat(session, STEP, now, {"left": False})
        session.commit()
        return None
    gone: dict[str, int] = {}
    whole = True
    for kept in what_is_kept(raw_days):
        number, ended = _let_go(session, kept, now, stop, most)
        if number:
            gone[kept.name] = number
        whole = whole and ended
    erased = people()
    if erased.people:
        gone[PEOPLE] = erased.people
    whole = whole and erased.whole
    beat(session, STEP, now, {"left": not whole, "gone": gone})
    session.commit()
    return gone


def _let_go(
    session: Session, kept: Kept, now: datetime, stop: Callable[[], bool], most: int
) -> tuple[int, bool]:
    """Return how many rows went, and whether that was all there were."""
    before = kept.before(now)
    if before is None:
        return 0, True
    age, gone = AGES[kept.name], 0
    while gone < most:
        if stop():
            return gone, False
        bite = min(BITE, most - gone)
        # What somebody else is at is theirs; it is found again next time.
        oldest = age.old(before).order_by(age.at).limit(bite)
        rows = session.execute(oldest.with_for_update(skip_locked=True, of=age.key[0].class_)).all()
        if rows:
            age.let_go(session, rows, now)
        session.commit()
        gone += len(rows)
        if len(rows) < bite:
            return gone, True
    return gone, False


def count_old(session: Session, now: datetime, raw_days: int) -> Iterator[tuple[Kept, int]]:
    """Count what the next turn would let go of, and change nothing."""
    for kept in what_is_kept(raw_days):
        before = kept.before(now)
        old = None if before is None else AGES[kept.name].old(before).subquery()
        number = 0 if old is None else session.scalar(select(func.count()).select_from(old))
        yield kept, number or 0
