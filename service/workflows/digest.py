"""Tells people what the checker found: one message a person and window, not a mail per row.

The morning letter (see :mod:`service.workflows.morning`) has said what the day begins with; this is
what happens in its course. Whoever is away has their substitute told instead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from service.db import in_chunks
from service.domain.policies import Action
from service.domain.promises import State
from service.domain.wording import when_words
from service.mail.templates import Value
from service.models import Application, Candidate, Job, Message, Notice, Promise, User
from service.workflows.absences import who_stands_in
from service.workflows.enqueue import enqueue_staff, find_letter
from service.workflows.step_turns import alone
from service.workflows.work import Office, Work

WINDOW = timedelta(hours=2)
"""How long a person is left alone after a message; a reminder comes two working hours early."""

ITEMS = 20
"""How many people a digest names; the page shows all."""

_CHUNK = 500


_COLUMNS = (
    Notice.id.label("notice_id"),
    Notice.action,
    Notice.rung,
    Promise.id,
    Promise.state,
    Promise.due_at,
    Promise.wording,
    Promise.owner_id,
    Candidate.first_name,
    Candidate.last_name,
    Job.title,
)
_Row = Row[*tuple[Any, ...]]


def digest(session: Session, office: Office, now: datetime) -> int:
    """Write what is untold into one message a person; return how many were written.

    A notice is told to all who should hear of it at once: where one of them has had this
    window's message already, it waits for the next window, for everybody.
    """
    if not alone(session, "digest"):
        # Two would write the same letters, and one of them would fail at the end.
        session.rollback()
        return 0
    work = Work(session, now, office, source="digest")
    found = session.execute(
        select(*_COLUMNS)
        .join(Promise, Promise.id == Notice.promise_id)
        .join(Application, Application.id == Promise.application_id)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .join(Job, Job.id == Application.job_id)
        .where(Notice.told_at.is_(None))
        .order_by(Promise.due_at, Promise.id, Notice.rung)
    ).all()
    if not found:
        session.rollback()
        return 0
    slot = int(now.timestamp() // WINDOW.total_seconds())
    told: dict[tuple[str, str], list[_Row]] = defaultdict(list)
    settled: list[str] = []
    readers_of = cache(partial(_readers, work))
    written = cache(lambda reader: find_letter(work, _key(reader, slot)) is not None)
    for row in found:
        escalated = row.action == Action.ESCALATE
        readers = readers_of(row.owner_id, escalated) if row.state == State.OPEN else ()
        if not readers:
            # Settled meanwhile, or nobody to tell: the page shows the latter as nobody's.
            settled.append(row.notice_id)
        elif not any(written(reader) for reader in readers):
            for reader in readers:
                told[reader].append(row)
    _mark(work, settled, None)
    for reader, rows in told.items():
        message = _write(work, reader, _key(reader, slot), rows)
        _mark(work, [row.notice_id for row in rows], message)
    session.commit()
    return len(told)


def _key(reader: tuple[str, str], slot: int) -> str:
    user_id, kind = reader
    return f"{kind}:{user_id}:{slot}"


def _readers(work: Work, owner_id: str | None, escalated: bool) -> tuple[tuple[str, str], ...]:  # noqa: FBT001 - a key of the cache
    # Left for good, or away without a substitute: it is nobody's.
    owner = _here(work, owner_id)
    if not escalated:
        return ((owner.id, "staff-digest"),) if owner else _administrators(work, "staff-digest")
    # Nobody in the owner's place is no reason to pass their manager over.
    whose = owner or (work.session.get(User, owner_id) if owner_id else None)
    manager = _here(work, whose.manager_id) if whose else None
    if manager is not None and manager != owner:
        above: tuple[tuple[str, str], ...] = ((manager.id, "staff-escalation"),)
    else:
        above = _administrators(work, "staff-escalation")
    # The owner hears of it too: after a gap this may be the first they are told.
    return ((owner.id, "staff-digest"), *above) if owner else above


def _here(work: Work, user_id: str | None) -> User | None:
    """Return somebody, or who stands in while they are away; ``None`` where nobody is left."""
    user = work.session.get(User, user_id) if user_id else None
    return who_stands_in(work, user, _today(work, user)) if user else None


def _today(work: Work, user: User) -> date:
    return work.now.astimezone(ZoneInfo(user.time_zone or work.office.time_zone)).date()


def _administrators(work: Work, kind: str) -> tuple[tuple[str, str], ...]:
    found = work.session.scalars(
        select(User.id).where(User.role == "administrator", User.active).order_by(User.id)
    )
    return tuple((id_, kind) for id_ in found)


def _write(work: Work, reader: tuple[str, str], key: str, rows: Sequence[_Row]) -> Message:
    user_id, kind = reader
    user = work.session.get_one(User, user_id)
    # A promise with several untold rungs is one item.
    items = list({row.id: row for row in rows}.values())
    late = [row for row in items if row.due_at < work.now]
    zone = user.time_zone or work.office.time_zone
    values: dict[str, Value] = {
        "overdue_count": str(len(late)),
        "items": [_item(work, row, zone) for row in items[:ITEMS]],
    }
    if kind == "staff-digest":
        values["due_soon_count"] = str(len(items) - len(late))
    return enqueue_staff(work, user, kind, key, values)


def _item(work: Work, row: _Row, zone: str) -> dict[str, str]:
    name = " ".join(part for part in (row.first_name, row.last_name) if part) or "(no name)"
    when = when_words(row.due_at, zone, work.now)
    tense = "was due" if row.due_at < work.now else "is due"
    return {"line": f"{name}, {row.title}", "detail": f"{row.wording}: {tense} {when}"}


def _mark(work: Work, notice_ids: list[str], message: Message | None) -> None:
    message_id = message.id if message else None
    for chunk in in_chunks(notice_ids, _CHUNK):
        work.session.execute(
            update(Notice)
            .where(Notice.id.in_(chunk))
            .values(told_at=work.now, message_id=message_id)
            .execution_options(synchronize_session=False)
        )
