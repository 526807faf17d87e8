"""Stops mail to addresses where it fails or is unwanted, and says whom it can reach no more.

Whether an address is suppressed follows from everything heard about mail to it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from service.domain.delivery import EventKind, arrived
from service.domain.promises import OPEN_STATES
from service.domain.suppression import (
    REFUSED_IN_A_ROW,
    Heard,
    suppression,
)
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    MailEvent,
    Message,
    Promise,
    TimelineEntry,
)
from service.workflows.timeline import record
from service.workflows.work import Work

UNREACHABLE = "cannot_be_reached_by_mail"
_AGAINST = frozenset(
    {
        EventKind.BOUNCED,
        EventKind.BLOCKED,
        EventKind.DROPPED,
        EventKind.COMPLAINED,
        EventKind.UNSUBSCRIBED,
    }
)


def suppress_address(work: Work, address: str, news: Collection[EventKind]) -> None:
    """Judge an address anew after news about a letter to it."""
    key = address.casefold()
    if not set(news) & _AGAINST and not (arrived(news) and _refused_before(work, key)):
        return
    found = suppression(_heard(work, key))
    if found is not None:
        suppress(work, key, found.at, found.reason)
    elif _refused_before(work, key):
        # A letter arrived after all: the refusals were not in a row.
        work.session.execute(
            update(CandidateEmail)
            .where(
                CandidateEmail.address_key == key,
                CandidateEmail.suppressed_reason == REFUSED_IN_A_ROW,
            )
            .values(suppressed_at=None, suppressed_reason=None)
            .execution_options(synchronize_session="fetch")
        )


def suppress(work: Work, key: str, at: datetime, reason: str) -> None:
    """Stop mail to an address, by its folded form, and tell where nobody can be reached now."""
    at = min(at, work.now)
    work.session.execute(
        update(CandidateEmail)
        .where(
            CandidateEmail.address_key == key,
            CandidateEmail.suppressed_at.is_(None)
            | (CandidateEmail.suppressed_at > at)
            | (CandidateEmail.suppressed_reason == REFUSED_IN_A_ROW),
        )
        .values(suppressed_at=at, suppressed_reason=reason)
        .execution_options(synchronize_session="fetch")
    )
    _tell_unreachable(work, key)


def _refused_before(work: Work, key: str) -> bool:
    refused = select(CandidateEmail.id).where(
        CandidateEmail.address_key == key, CandidateEmail.suppressed_reason == REFUSED_IN_A_ROW
    )
    return work.session.scalars(refused.limit(1)).first() is not None


def _heard(work: Work, key: str) -> list[Heard]:
    """Read everything heard about letters to an address. By its people: they have the index."""
    rows = work.session.execute(
        select(
            MailEvent.message_id,
            MailEvent.kind,
            MailEvent.reason,
            MailEvent.at,
            Message.to_address,
        )
        .join(Message, Message.id == MailEvent.message_id)
        .join(Application, Application.id == Message.application_id)
        .join(CandidateEmail, CandidateEmail.candidate_id == Application.candidate_id)
        .where(CandidateEmail.address_key == key)
    )
    return [
        Heard(row.message_id, EventKind(row.kind), row.reason, row.at)
        for row in rows
        if row.to_address.casefold() == key
    ]


def _tell_unreachable(work: Work, key: str) -> None:
    """Tell, once an application, that somebody who is owed a word cannot be reached by mail."""
    reachable = select(CandidateEmail.candidate_id).where(CandidateEmail.suppressed_at.is_(None))
    told = select(TimelineEntry.application_id).where(TimelineEntry.kind == UNREACHABLE)
    owed = (
        select(Application.id)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .join(CandidateEmail, CandidateEmail.candidate_id == Candidate.id)
        .join(Promise, Promise.application_id == Application.id)
        .where(
            CandidateEmail.address_key == key,
            Candidate.id.not_in(reachable),
            Promise.state.in_(OPEN_STATES),
        )
        .distinct()
        .order_by(Application.id)
    )
    owed_ids = set(work.session.scalars(owed))
    told_ids = set(work.session.scalars(told.where(TimelineEntry.application_id.in_(owed_ids))))
    for application_id in sorted(owed_ids - told_ids):
        record(work, application_id, UNREACHABLE)
