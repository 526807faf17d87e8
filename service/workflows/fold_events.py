"""Folds the provider's events into letters and contacts: delivered makes one, a bounce undoes it.

Events are stored before they are folded, in whatever order and however often they come; a letter's
state follows from the set of them.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.domain.contacts import Channel, Outcome
from service.domain.delivery import EventKind, MailState, arrived, fold, suppresses
from service.mail.base import MailEvent as Reported
from service.models import CandidateEmail, Contact, MailEvent, Message
from service.workflows.contacts import log_contact, take_back
from service.workflows.heartbeat import beat
from service.workflows.promise_changes import lock_application
from service.workflows.timeline import record
from service.workflows.work import Office, Work

BATCH = 500


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
            provider_id=event.provider_id,
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


def fold_events(session: Session, office: Office, now: datetime) -> int:
    """Fold everything stored and not yet folded; commit letter by letter; return the count."""
    folded = 0
    while True:
        waiting = session.execute(
            select(MailEvent.id, MailEvent.message_id, MailEvent.provider_id)
            .where(MailEvent.folded_at.is_(None))
            .order_by(MailEvent.received_at, MailEvent.id)
            .limit(BATCH)
        ).all()
        if not waiting:
            break
        work = Work(session, now, office, source="mail-events")
        groups: dict[str | None, list[str]] = {}
        for id_, message_id, provider_id in waiting:
            found = _message_of(session, message_id, provider_id)
            groups.setdefault(found, []).append(id_)
        for found, event_ids in groups.items():
            outcome = _fold_into(work, found, event_ids) if found else "no such letter here"
            session.execute(
                update(MailEvent)
                .where(MailEvent.id.in_(event_ids))
                .values(folded_at=now, outcome=outcome, **({"message_id": found} if found else {}))
                .execution_options(synchronize_session=False)
            )
            session.commit()
            folded += len(event_ids)
    if folded:
        beat(session, "mail-events", now, {"folded": folded})
        session.commit()
    session.rollback()
    return folded


def _message_of(session: Session, message_id: str | None, provider_id: str | None) -> str | None:
    """Find the letter: by our id, else by the provider's (its event ids extend the request's)."""
    if message_id is not None:
        return session.scalars(select(Message.id).where(Message.id == message_id)).one_or_none()
    if provider_id is None:
        return None
    found = session.scalars(
        select(Message.id).where(Message.provider_id == provider_id.split(".", 1)[0]).limit(2)
    ).all()
    # Two letters under one request: guessing would take back the wrong person's contact.
    return found[0] if len(found) == 1 else None


def _fold_into(work: Work, message_id: str, event_ids: list[str]) -> str:
    session = work.session
    message = session.scalars(
        select(Message)
        .where(Message.id == message_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    events = list(
        session.scalars(
            select(MailEvent)
            .where((MailEvent.message_id == message_id) | MailEvent.id.in_(event_ids))
            .order_by(MailEvent.at, MailEvent.id)
        )
    )
    kinds = [EventKind(event.kind) for event in events]
    state = fold(MailState(message.state), kinds)
    if state != message.state:
        _move(work, message, state)
    _suppress(work, message, events)
    if message.application_id is not None and state not in (
        MailState.CAPTURED,
        MailState.CANCELLED,
    ):
        _contact(work, message, events, arrived(kinds))
    return f"the letter is {state}"


def _move(work: Work, message: Message, state: MailState) -> None:
    message.state = state
    message.due_at = message.lease_token = message.lease_until = None
    message.accepted_at = message.accepted_at or work.now
    if message.application_id is not None:
        record(work, message.application_id, f"letter_{state}", message=message.id)


def _contact(work: Work, message: Message, events: list[MailEvent], stands: bool) -> None:
    if message.application_id is None:
        return
    application = lock_application(work, message.application_id)
    if application is None:
        return
    contact = work.session.scalars(
        select(Contact).where(Contact.message_id == message.id)
    ).one_or_none()
    if stands and contact is None:
        delivered = [event.at for event in events if EventKind(event.kind) in _ARRIVALS]
        message.delivered_at = min(*delivered, work.now)
        log_contact(
            work,
            application,
            channel=Channel.EMAIL,
            outcome=Outcome.DELIVERED,
            at=message.delivered_at,
            by_user_id=message.by_user_id,
            message=message,
        )
    refused = [event for event in events if EventKind(event.kind) in _REFUSALS]
    if refused:
        message.bounced_at = min(refused[0].at, work.now)
    if not stands and contact is not None:
        take_back(work, application, contact, "the mail bounced after it was delivered")


_ARRIVALS = frozenset(
    {
        EventKind.DELIVERED,
        EventKind.OPENED,
        EventKind.CLICKED,
        EventKind.COMPLAINED,
        EventKind.UNSUBSCRIBED,
    }
)
_REFUSALS = frozenset({EventKind.BOUNCED, EventKind.BLOCKED})


def _suppress(work: Work, message: Message, events: list[MailEvent]) -> None:
    reasons = [
        (event.at, reason)
        for event in events
        if (reason := suppresses(EventKind(event.kind), event.reason)) is not None
    ]
    if not reasons or message.application_id is None:
        return
    at, reason = reasons[0]
    work.session.execute(
        update(CandidateEmail)
        .where(
            CandidateEmail.address_key == message.to_address.casefold(),
            CandidateEmail.suppressed_at.is_(None),
        )
        .values(suppressed_at=min(at, work.now), suppressed_reason=reason)
        .execution_options(synchronize_session="fetch")
    )
