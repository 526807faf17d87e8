"""Folds the provider's events into letters and contacts: delivered makes one, a bounce undoes it.

Events are stored before they are folded, in whatever order and however often they come; a letter's
state follows from the set of them.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.domain.contacts import Channel, Outcome
from service.domain.delivery import EventKind, MailState, arrived, fold, suppresses
from service.mail.base import MailEvent as Reported
from service.models import Application, Candidate, CandidateEmail, Contact, MailEvent, Message
from service.workflows.contacts import log_contact
from service.workflows.heartbeat import beat
from service.workflows.promise_changes import lock_application
from service.workflows.resettle import retime, take_back
from service.workflows.timeline import record
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


def fold_events(
    session: Session, office: Office, now: datetime, *, stop: Callable[[], bool] = never
) -> int:
    """Fold everything stored and not yet folded; commit letter by letter; return the count.

    ``stop`` is asked before each letter whether to leave the rest to the next run.
    """
    folded = 0
    left: set[str] = set()
    while not stop():
        waiting = session.execute(
            select(MailEvent.id, MailEvent.message_id, MailEvent.provider_id)
            .where(MailEvent.folded_at.is_(None), MailEvent.id.not_in(left))
            .order_by(MailEvent.received_at, MailEvent.id)
            .limit(BATCH)
        ).all()
        if not waiting:
            break
        work = Work(session, now, office, source="mail-events")
        named = {message_id for _, message_id, _ in waiting if message_id is not None}
        known = set(session.scalars(select(Message.id).where(Message.id.in_(named))))
        groups: dict[str | None, list[str]] = {}
        for id_, message_id, provider_id in waiting:
            if message_id is not None:
                found = message_id if message_id in known else None
            else:
                found = _message_under(session, provider_id)
            groups.setdefault(found, []).append(id_)
        for found, event_ids in groups.items():
            if stop():
                break
            outcome = _try(work, found, event_ids) if found else "no such letter here"
            if outcome is None:
                left.update(event_ids)
                continue
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


def _try(work: Work, message_id: str, event_ids: list[str]) -> str | None:
    """Fold one letter's events; ``None`` leaves them for the next run. Others go on."""
    try:
        return _fold_into(work, message_id, event_ids)
    except Exception as error:  # noqa: BLE001 - one poison letter never stops the others
        work.session.rollback()
        since = work.session.scalars(
            select(func.min(MailEvent.received_at)).where(MailEvent.id.in_(event_ids))
        ).one()
        if work.now - since < TRIES_IN:
            return None
        # The type alone: an error's text may quote what a person wrote.
        return f"set aside: {type(error).__name__}"


def _message_under(session: Session, provider_id: str | None) -> str | None:
    """Find the letter of an event that lost our id, by the provider's id of its request."""
    if provider_id is None:
        return None
    # An event's id is its request's, then a dot and more; either may hold dots of its own.
    parts = provider_id.split(".")
    prefixes = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
    found = session.scalars(
        select(Message.id).where(Message.provider_id.in_(prefixes)).limit(2)
    ).all()
    # Two letters under one request: guessing would take back the wrong person's contact.
    return found[0] if len(found) == 1 else None


def _fold_into(work: Work, message_id: str, event_ids: list[str]) -> str:
    session = work.session
    application_id = session.scalars(
        select(Message.application_id).where(Message.id == message_id)
    ).one()
    if application_id is not None:
        # The application before the letter, as everybody locks them: nobody waits crosswise.
        lock_application(work, application_id)
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
        if set(kinds) & (_ARRIVALS | _REFUSALS):
            _contact(work, message, events, stands=arrived(kinds))
        _forget(work, message, events)
    return f"the letter is {state}"


def _forget(work: Work, message: Message, events: list[MailEvent]) -> None:
    """Keep nothing personal that comes in after the person's data was erased."""
    erased_at = work.session.scalars(
        select(Candidate.erased_at)
        .join(Application, Application.candidate_id == Candidate.id)
        .where(Application.id == message.application_id)
    ).one()
    if erased_at is not None:
        for event in events:
            event.raw, event.reason = {}, None


def _move(work: Work, message: Message, state: MailState) -> None:
    message.state = state
    message.due_at = message.lease_token = message.lease_until = None
    message.accepted_at = message.accepted_at or work.now
    if state is MailState.DELIVERED:
        # Why an earlier attempt did not go through is no longer true of it.
        message.reason = None
    if message.application_id is not None:
        record(work, message.application_id, f"letter_{state}", message=message.id)


def _contact(work: Work, message: Message, events: list[MailEvent], *, stands: bool) -> None:
    if message.application_id is None:
        return
    application = work.session.get_one(Application, message.application_id)
    contact = work.session.scalars(
        select(Contact).where(Contact.message_id == message.id)
    ).one_or_none()
    arrivals = [event.at for event in events if EventKind(event.kind) in _ARRIVALS]
    if arrivals:
        message.delivered_at = min(*arrivals, work.now)
    refusals = [event.at for event in events if EventKind(event.kind) in _REFUSALS]
    if refusals:
        message.bounced_at = min(*refusals, work.now)
    if contact is None:
        if stands and message.delivered_at is not None:
            log_contact(
                work,
                application,
                channel=Channel.EMAIL,
                outcome=Outcome.DELIVERED,
                at=message.delivered_at,
                by_user_id=message.by_user_id,
                message=message,
            )
    elif not stands:
        take_back(work, application, contact, "the mail bounced after it was delivered")
    elif message.delivered_at is not None:
        # An earlier event that came later: it may have been in time after all.
        retime(work, application, contact, message.delivered_at)


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
            CandidateEmail.suppressed_at.is_(None) | (CandidateEmail.suppressed_at > at),
        )
        .values(suppressed_at=min(at, work.now), suppressed_reason=reason)
        .execution_options(synchronize_session="fetch")
    )
