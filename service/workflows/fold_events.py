"""Folds the provider's events into letters and contacts: delivered makes one, a bounce undoes it.

Events are stored before they are folded, in whatever order and however often they come; a letter's
state follows from the set of them.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, defer

from service.domain.delivery import EventKind
from service.mail.base import MailEvent as Reported
from service.models import MailEvent, Message
from service.workflows.fold_letter import NO_LETTER, fold_letter
from service.workflows.heartbeat import beat
from service.workflows.sibling_letters import settle_siblings
from service.workflows.stray_bounces import flag, letters_to
from service.workflows.work import Office, Work, never

BATCH = 500
TRIES_IN = timedelta(minutes=1)
"""How long a letter whose events cannot be folded is tried before they are set aside."""


def store_events(session: Session, events: Iterable[Reported], now: datetime) -> int:
    """Store what is new among the events; return how many were. The caller commits."""
    reported = {event.event_id: event for event in events}
    known = set(
        session.scalars(
            select(MailEvent.provider_event_id).where(
                MailEvent.provider_event_id.in_(list(reported))
            )
        )
    )
    fresh = [event for id_, event in reported.items() if id_ not in known]
    session.add_all(
        MailEvent(
            provider_event_id=event.event_id,
            message_id=event.message_id,
            batch_id=event.batch_id,
            provider_id=event.provider_id,
            # Where our own id came back the address adds nothing; the provider's is a request's.
            address=None if event.message_id else event.address,
            kind=event.kind,
            at=event.at,
            reason=event.reason,
            raw=event.raw,
            received_at=now,
        )
        for event in fresh
    )
    session.flush()
    return len(fresh)


def store_unreadable(session: Session, body: bytes, fault: str, now: datetime) -> None:
    """Keep an authentic body that is no list of events, once; the caller commits."""
    digest = f"unreadable:{hashlib.sha256(body).hexdigest()}"
    known = session.scalars(select(MailEvent.id).where(MailEvent.provider_event_id == digest))
    if known.first() is None:
        session.add(
            MailEvent(
                provider_event_id=digest,
                kind=EventKind.UNKNOWN,
                at=now,
                raw={"base64": base64.b64encode(body).decode()},
                received_at=now,
                folded_at=now,
                outcome=f"unreadable: {fault}",
            )
        )


def fold_events(
    session: Session, office: Office, now: datetime, *, stop: Callable[[], bool] = never
) -> int:
    """Fold everything stored and not yet folded; commit letter by letter; return the count.

    ``stop`` is asked before each letter whether to leave the rest to the next run.
    """
    folded = 0
    left: set[str] = set()
    work = Work(session, now, office, source="mail-events")
    while not stop():
        waiting = session.scalars(
            select(MailEvent)
            .options(defer(MailEvent.raw))
            .where(MailEvent.folded_at.is_(None), MailEvent.id.not_in(left))
            .order_by(MailEvent.received_at, MailEvent.id)
            .limit(BATCH)
        ).all()
        if not waiting:
            break
        requests = {event.batch_id for event in waiting if event.batch_id is not None}
        groups, strays = _sort(session, waiting)
        for found, event_ids in groups.items():
            if stop():
                break
            outcome = _try(work, event_ids, partial(fold_letter, work, found, event_ids))
            folded += _note(work, event_ids, outcome, left, found)
        for event_id in strays:
            if stop():
                break
            outcome = _try(work, [event_id], partial(_fold_stray, work, event_id))
            folded += _note(work, [event_id], outcome, left)
        settle_siblings(work, requests, stop=stop)
    # Also what an earlier run could not settle, or an answer that came in between left open.
    settle_siblings(work, (), stop=stop)
    if folded:
        beat(session, "mail-events", now, {"folded": folded})
        session.commit()
    session.rollback()
    return folded


def _sort(session: Session, waiting: Sequence[MailEvent]) -> tuple[dict[str, list[str]], list[str]]:
    """Return the events by the letter they name, and those that name none of ours."""
    named = {event.message_id for event in waiting if event.message_id is not None}
    known = set(session.scalars(select(Message.id).where(Message.id.in_(named))))
    groups: dict[str, list[str]] = {}
    strays = []
    for event in waiting:
        if event.message_id is not None:
            found = event.message_id if event.message_id in known else None
        else:
            found = _message_under(session, event.provider_id, event.address)
        if found is None:
            strays.append(event.id)
        else:
            groups.setdefault(found, []).append(event.id)
    return groups, strays


def _fold_stray(work: Work, event_id: str) -> str:
    """Fold an event that names no letter here, by the address that it is about."""
    event = work.session.get_one(MailEvent, event_id)
    letters = letters_to(work, event)
    if not letters:
        return NO_LETTER
    if len(letters) == 1:
        return fold_letter(work, letters[0].id, [event_id])
    return flag(work, event, letters)


def _note(
    work: Work,
    event_ids: list[str],
    outcome: str | None,
    left: set[str],
    message_id: str | None = None,
) -> int:
    """Write down what became of events and commit; return how many are done with."""
    if outcome is None:
        left.update(event_ids)
        return 0
    work.session.execute(
        update(MailEvent)
        .where(MailEvent.id.in_(event_ids))
        .values(
            folded_at=work.now,
            outcome=outcome,
            address=None,
            **({"message_id": message_id} if message_id else {}),
        )
        .execution_options(synchronize_session=False)
    )
    work.session.commit()
    return len(event_ids)


def _try(work: Work, event_ids: list[str], fold: Callable[[], str]) -> str | None:
    """Fold some events; ``None`` leaves them for the next run. Others go on."""
    try:
        return fold()
    except OperationalError:
        # The database's fault, not the letter's: it is tried again, whatever its age.
        work.session.rollback()
        return None
    except Exception as error:  # noqa: BLE001 - one poison letter never stops the others
        work.session.rollback()
        since = work.session.scalars(
            select(func.min(MailEvent.received_at)).where(MailEvent.id.in_(event_ids))
        ).one()
        if work.now - since < TRIES_IN:
            return None
        # The type alone: an error's text may quote what a person wrote.
        return f"set aside: {type(error).__name__}"


def _message_under(session: Session, provider_id: str | None, address: str | None) -> str | None:
    """Find the letter of an event that lost our id, by the provider's id of its request and, where
    several went in that, by its address: no address stands in one request twice.
    """
    if provider_id is None:
        return None
    # An event's id is its request's, then a dot and more; either may hold dots of its own.
    parts = provider_id.split(".")
    prefixes = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
    under = select(Message.id, Message.to_address).where(Message.provider_id.in_(prefixes))
    found = session.execute(under).all()
    if len(found) > 1:
        key = (address or "").casefold()
        found = [row for row in found if row.to_address.casefold() == key]
    # Two letters under one request: guessing would take back the wrong person's contact.
    return found[0].id if len(found) == 1 else None
