"""Puts an entry for a candidate's profile into words, from the letter or the promise it tells of.

It is looked at once more when it is about to be written: what is no longer so is not written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from service.ats.asking import LogEntry
from service.domain.promises import KEPT_STATES, State
from service.models import (
    Application,
    CandidateSource,
    Connection,
    Contact,
    Message,
    ProfileEntry,
    Promise,
    User,
)
from service.models.merged_records import records_of
from service.workflows.people import resolve
from service.workflows.profile_entries import BOUNCED, ERASED, KEPT, writes_back
from service.workflows.work import Work

_NEVER = datetime.min.replace(tzinfo=UTC)

KEPT_SUBJECT = "A word given to the candidate was kept"

_BY_CHANNEL = {
    "phone": "by phone",
    "voicemail": "by voicemail",
    "email": "by email",
    "text": "by text message",
    "in_person": "in person",
}


@dataclass(frozen=True)
class Unwanted:
    """Why an entry is not written after all, in words."""

    reason: str


def words_of(work: Work, connection: Connection, entry: ProfileEntry) -> LogEntry | Unwanted:
    """Return an entry in words, or why it is no longer to be written."""
    application = work.session.get_one(Application, entry.application_id)
    if not writes_back(connection):
        return Unwanted("writing back was switched off")
    if application.candidate.erased_at is not None:
        return Unwanted(ERASED)
    if application.deleted_at is not None or application.external_id is None:
        return Unwanted("the application was deleted in the ATS")
    candidate_id = _candidate_at_vendor(work, connection, application)
    if candidate_id is None:
        return Unwanted("the ATS never named the candidate")
    names = (entry.id, candidate_id, application.external_id)
    if entry.message_id is not None:
        return _letter(work, application, names, work.session.get_one(Message, entry.message_id))
    contact = work.session.get(Contact, entry.dedupe_key.removeprefix(KEPT))
    if contact is None:
        raise ValueError("an entry tells of a letter or of promises kept")
    return _kept(work, names, contact)


def _candidate_at_vendor(
    work: Work, connection: Connection, application: Application
) -> str | None:
    """Return the id the ATS knows the person by: of several, the one it spoke of last.

    Of records that were merged here it may know any; one that it merged itself is gone there.
    """
    person = resolve(work, application.candidate_id)
    sources = work.session.scalars(
        select(CandidateSource).where(
            CandidateSource.candidate_id.in_(records_of(person.id)),
            CandidateSource.connection_id == connection.id,
        )
    ).all()
    heard = sorted(
        sources, key=lambda each: (not each.merged_away, each.facts_at or _NEVER, each.id)
    )
    return heard[-1].external_id if heard else None


def _letter(
    work: Work, application: Application, names: tuple[str, str, str], message: Message
) -> LogEntry | Unwanted:
    contact = work.session.scalars(
        select(Contact).where(
            Contact.message_id == message.id, Contact.application_id == application.id
        )
    ).one_or_none()
    if contact is None or contact.taken_back_at is not None:
        return Unwanted(BOUNCED)
    entry_id, candidate_id, application_id = names
    return LogEntry(
        id=entry_id,
        candidate_external_id=candidate_id,
        application_external_id=application_id,
        at=contact.at,
        subject=message.subject,
        text=message.text,
        html=message.html,
        sender=message.from_address,
        to=message.to_address,
    )


def _kept(work: Work, names: tuple[str, str, str], contact: Contact) -> LogEntry | Unwanted:
    promises = work.session.scalars(
        select(Promise)
        .where(Promise.kept_by_contact_id == contact.id, Promise.state.in_(KEPT_STATES))
        .order_by(Promise.due_at, Promise.id)
    ).all()
    if not promises or contact.taken_back_at is not None:
        return Unwanted("what was promised is open again, or was kept by something else")
    entry_id, candidate_id, application_id = names
    by = work.session.get_one(User, contact.by_user_id).name if contact.by_user_id else None
    zone = work.office.time_zone
    how = _BY_CHANNEL.get(contact.channel, contact.channel)
    lines = [f"{how[:1].upper()}{how[1:]} on {_said(contact.at, zone)}{f', {by}' if by else ''}"]
    for promise in promises:
        late = "late" if promise.state == State.KEPT_LATE else "in time"
        due = f"due on {_said(promise.due_at, zone)}, kept {late}"
        lines.append(f"- {promise.wording}: promised on {_said(promise.made_at, zone)}, {due}")
    return LogEntry(
        id=entry_id,
        candidate_external_id=candidate_id,
        application_external_id=application_id,
        at=contact.at,
        subject=KEPT_SUBJECT,
        text="\n".join(lines),
    )


def _said(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y, %H:%M} {local:%Z}"
