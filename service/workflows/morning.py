"""The morning letter: what each colleague owes on the day that begins, at eight o'clock of theirs.

One letter a person and working day, and none where there is nothing to say. Who is away gets none:
what they owe is told to their substitute. Its one link leads to the page, where nothing is done
without a press of a button.

Each time zone has its morning once a day: the mark of that and the letters are one transaction, and
a letter's key names the person and their day, so that two processes or a crash write none twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, or_, select, text, update
from sqlalchemy.orm import Session

from service.db import in_chunks
from service.domain.policies import Action
from service.domain.promises import State
from service.domain.wording import when_words
from service.domain.zones import resolve_wall
from service.mail.templates import Value
from service.models import (
    Application,
    Candidate,
    Heartbeat,
    Job,
    Message,
    Notice,
    Promise,
    TeamMember,
    User,
)
from service.workflows.absences import away_on, who_stands_in
from service.workflows.enqueue import enqueue_staff
from service.workflows.heartbeat import beat
from service.workflows.step_turns import alone
from service.workflows.work import Office, Work

KIND = "staff-morning"

EIGHT = time(8)

STILL_MORNING = timedelta(hours=4)
"""How late the letter may be, after an outage; later the flags of the day say more."""

ITEMS = 20
"""How many promises a letter names; the page shows all."""

_CHUNK = 500


def morning(session: Session, office: Office, now: datetime) -> int:
    """Write the letters of every zone whose morning has come; return how many were written."""
    work = Work(session, now, office, source="digest")
    written = 0
    for zone, day in _mornings(work):
        if not alone(session, KIND):
            # Two would write the same letters, and one of them would fail at the end.
            break
        beat(session, _mark(zone), now, {"day": day.isoformat()})
        written += _write_all(work, zone, day)
        # A zone a transaction: a fault in one leaves the others their letters.
        session.commit()
    session.rollback()
    return written


def _mark(zone: str) -> str:
    return f"morning:{zone}"


def _mornings(work: Work) -> list[tuple[str, date]]:
    """Return the zones in which it is morning on a working day and no letter was thought of yet.

    A zone that was never seen begins with its next morning: whoever sets Keepword up at ten has no
    mail go out to everybody at once.
    """
    found = work.session.scalars(select(User.time_zone).where(User.active).distinct())
    zones = sorted({zone or work.office.time_zone for zone in found})
    marks = {
        name: data.get("day")
        for name, data in work.session.execute(
            select(Heartbeat.name, Heartbeat.data).where(
                Heartbeat.name.in_([_mark(zone) for zone in zones])
            )
        )
    }
    here = []
    for zone in zones:
        day = work.now.astimezone(ZoneInfo(zone)).date()
        begins = resolve_wall(datetime.combine(day, EIGHT), ZoneInfo(zone))
        if _mark(zone) not in marks:
            seen_on = day if work.now >= begins else day - timedelta(days=1)
            beat(work.session, _mark(zone), work.now, {"day": seen_on.isoformat()})
            work.session.commit()
        elif begins <= work.now < begins + STILL_MORNING and marks[_mark(zone)] != day.isoformat():
            here.append((zone, day))
    if not here:
        return []
    company = work.calendar_row()
    calendar = work.calendar(company.id, company.version)
    return [(zone, day) for zone, day in here if calendar.is_working_day(day)]


@dataclass(frozen=True)
class Line:
    """One promise as a letter names it. ``of`` is who is away and owes it, "" for the reader."""

    row: Row[*tuple[Any, ...]]
    of: str = ""
    nobodys: bool = False


def _write_all(work: Work, zone: str, day: date) -> int:
    readers = [
        user
        for user in work.session.scalars(select(User).where(User.active).order_by(User.id))
        if (user.time_zone or work.office.time_zone) == zone
    ]
    ends = resolve_wall(datetime.combine(day + timedelta(days=1), time()), ZoneInfo(zone))
    rows = _owed(work, ends)
    lines = _lines(work, day, rows, readers)
    written = 0
    for user in readers:
        if lines[user.id] and _wants_it(user):
            message = _write(work, user, zone, day, lines[user.id])
            _told(work, message, [each.row.id for each in lines[user.id] if not each.nobodys])
            written += 1
    return written


def _wants_it(user: User) -> bool:
    """Tell whether somebody wants the letter: without it, each flag is told as it comes."""
    return (user.preferences or {}).get("morning", True) is not False


def _owed(work: Work, ends: datetime) -> list[Row[*tuple[Any, ...]]]:
    """Return what is overdue, at risk or due before the day ends, the longest owed first.

    What a letter of the ladder will keep by itself is nobody's task before it has failed to.
    """
    found = work.session.execute(
        select(
            Promise.id,
            Promise.due_at,
            Promise.warn_at,
            Promise.wording,
            Promise.ladder,
            Promise.owner_id,
            Candidate.first_name,
            Candidate.last_name,
            Job.title,
            Job.team_id,
        )
        .join(Application, Application.id == Promise.application_id)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .join(Job, Job.id == Application.job_id)
        .where(
            # As the index over the open promises has it.
            text("promise.state IN ('open', 'paused')"),
            Promise.state == State.OPEN,
            or_(Promise.due_at < ends, Promise.warn_at <= work.now),
        )
        .order_by(Promise.due_at, Promise.id)
    )
    return [row for row in found if row.due_at < work.now or not _keeps_itself(row.ladder)]


def _keeps_itself(ladder: Sequence[Mapping[str, Any]]) -> bool:
    return any(rung.get("action") == Action.SEND for rung in ladder)


def _lines(
    work: Work, day: date, rows: Iterable[Row[*tuple[Any, ...]]], readers: Sequence[User]
) -> Mapping[str, list[Line]]:
    """Return what each reader is told: their own, whom they stand in for, then nobody's."""
    own: dict[str, list[Line]] = defaultdict(list)
    nobodys: dict[str, list[Line]] = defaultdict(list)
    away = away_on(work, day)
    teams = _teams(work, readers)
    everywhere = [user.id for user in readers if user.role == "administrator"]
    holders: dict[str, tuple[str | None, str]] = {}
    for row in rows:
        if row.owner_id is not None and row.owner_id not in holders:
            holders[row.owner_id] = _holder(work, row.owner_id, day)
        holder, of = holders.get(row.owner_id, (None, "")) if row.owner_id else (None, "")
        if holder is not None:
            own[holder].append(Line(row, of))
            continue
        for reader in teams[row.team_id] if row.team_id else everywhere:
            nobodys[reader].append(Line(row, nobodys=True))
    return defaultdict(
        list,
        {user.id: own[user.id] + nobodys[user.id] for user in readers if user.id not in away},
    )


def _holder(work: Work, owner_id: str, day: date) -> tuple[str | None, str]:
    owner = work.session.get_one(User, owner_id)
    holder = who_stands_in(work, owner, day)
    if holder is None:
        return None, ""
    return holder.id, "" if holder.id == owner.id else owner.name


def _teams(work: Work, readers: Sequence[User]) -> Mapping[str, list[str]]:
    """Return who of a team acts on its jobs, by team."""
    acting = {user.id for user in readers if user.role in ("administrator", "recruiter")}
    found: dict[str, list[str]] = defaultdict(list)
    for team_id, user_id in work.session.execute(select(TeamMember.team_id, TeamMember.user_id)):
        if user_id in acting:
            found[team_id].append(user_id)
    return found


def _write(work: Work, user: User, zone: str, day: date, lines: Sequence[Line]) -> Message:
    late = sum(each.row.due_at < work.now for each in lines)
    values: dict[str, Value] = {
        "overdue_count": str(late),
        "due_soon_count": str(len(lines) - late),
        "items": [_item(work, each, zone) for each in lines[:ITEMS]],
    }
    return enqueue_staff(work, user, KIND, f"morning:{user.id}:{day.isoformat()}", values)


def _item(work: Work, line: Line, zone: str) -> dict[str, str]:
    row = line.row
    name = " ".join(part for part in (row.first_name, row.last_name) if part) or "(no name)"
    when = when_words(row.due_at, zone, work.now)
    tense = "was due" if row.due_at < work.now else "is due"
    whose = f" ({line.of} is away)" if line.of else " (nobody owns it)" if line.nobodys else ""
    return {"line": f"{name}, {row.title}", "detail": f"{row.wording}: {tense} {when}{whose}"}


def _told(work: Work, message: Message, promise_ids: Sequence[str]) -> None:
    """Let what the letter tells its owner be told: no second mail says the same within the hour."""
    for chunk in in_chunks(promise_ids, _CHUNK):
        work.session.execute(
            update(Notice)
            .where(
                Notice.promise_id.in_(chunk),
                Notice.told_at.is_(None),
                Notice.action.in_((Action.REMIND, Action.FLAG)),
            )
            .values(told_at=work.now, message_id=message.id)
            .execution_options(synchronize_session=False)
        )
