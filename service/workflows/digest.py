"""Tells people what the checker found: one message a person and window, not a mail per row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.db import in_chunks
from service.domain.policies import Action
from service.domain.promises import State
from service.domain.wording import when_words
from service.mail.templates import Value
from service.models import Application, Candidate, Job, Message, Notice, Promise, User
from service.workflows.enqueue import enqueue_staff, find_letter
from service.workflows.work import Office, Work

WINDOW = timedelta(hours=1)
ITEMS = 20
"""How many people a digest names; the page shows all."""

_CHUNK = 500


@dataclass(frozen=True)
class _Told:
    notice: Notice
    promise: Promise
    name: str
    job: str


def digest(session: Session, office: Office, now: datetime) -> int:
    """Write what is untold into one message a person; return how many were written."""
    work = Work(session, now, office, source="digest")
    found = list(
        session.execute(
            select(Notice, Promise, Candidate.first_name, Candidate.last_name, Job.title)
            .join(Promise, Promise.id == Notice.promise_id)
            .join(Application, Application.id == Promise.application_id)
            .join(Candidate, Candidate.id == Application.candidate_id)
            .join(Job, Job.id == Application.job_id)
            .where(Notice.told_at.is_(None))
            .order_by(Promise.due_at, Promise.id)
        )
    )
    if not found:
        session.rollback()
        return 0
    slot = int(now.timestamp() // WINDOW.total_seconds())
    told: dict[tuple[str, str], list[_Told]] = defaultdict(list)
    settled: list[str] = []
    for notice, promise, first, last, job in found:
        readers = _readers(work, notice, promise)
        if promise.state != State.OPEN or not readers:
            # Settled meanwhile, or nobody to tell: the page shows the latter as nobody's.
            settled.append(notice.id)
            continue
        name = " ".join(part for part in (first, last) if part) or "(no name)"
        for reader, kind in readers:
            told[reader, kind].append(_Told(notice, promise, name, job))
    _mark(work, settled, None)
    written = 0
    for (user_id, kind), items in told.items():
        key = f"{kind}:{user_id}:{slot}"
        if find_letter(work, key) is not None:
            continue
        message = _write(work, session.get_one(User, user_id), kind, key, items)
        _mark(work, [item.notice.id for item in items], message)
        written += 1
    session.commit()
    return written


def _readers(work: Work, notice: Notice, promise: Promise) -> list[tuple[str, str]]:
    owner = work.session.get(User, promise.owner_id) if promise.owner_id else None
    if owner is not None and not owner.active:
        owner = None
    if notice.action != Action.ESCALATE:
        return [(owner.id, "staff-digest")] if owner else _administrators(work, "staff-digest")
    manager = work.session.get(User, owner.manager_id) if owner and owner.manager_id else None
    if manager is not None and manager.active:
        above = [(manager.id, "staff-escalation")]
    else:
        above = _administrators(work, "staff-escalation")
    # The owner hears of it too: after a gap this may be the first they are told.
    return [(owner.id, "staff-digest"), *above] if owner else above


def _administrators(work: Work, kind: str) -> list[tuple[str, str]]:
    found = work.session.scalars(
        select(User.id).where(User.role == "administrator", User.active).order_by(User.id)
    )
    return [(id_, kind) for id_ in found]


def _write(work: Work, user: User, kind: str, key: str, items: Sequence[_Told]) -> Message:
    late = [item for item in items if item.promise.due_at < work.now]
    zone = user.time_zone or work.office.time_zone
    values: dict[str, Value] = {
        "overdue_count": str(len(late)),
        "items": [_item(work, item, zone) for item in items[:ITEMS]],
    }
    if kind == "staff-digest":
        values["due_soon_count"] = str(len(items) - len(late))
    return enqueue_staff(work, user, kind, key, values)


def _item(work: Work, item: _Told, zone: str) -> dict[str, str]:
    when = when_words(item.promise.due_at, zone, work.now)
    tense = "was due" if item.promise.due_at < work.now else "is due"
    return {
        "line": f"{item.name}, {item.job}",
        "detail": f"{item.promise.wording}: {tense} {when}",
    }


def _mark(work: Work, notice_ids: list[str], message: Message | None) -> None:
    message_id = message.id if message else None
    for chunk in in_chunks(notice_ids, _CHUNK):
        work.session.execute(
            update(Notice)
            .where(Notice.id.in_(chunk))
            .values(told_at=work.now, message_id=message_id)
            .execution_options(synchronize_session=False)
        )
