"""Turns the rows of the queries into what the page shows: words, shapes and instants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.clock import instant_text
from service.dashboard.wording import asked_words, at_words, dialled, inside
from service.domain.promises import Standing
from service.domain.wording import when_words
from service.queries.waiting import Owed, Waiting

_SHAPES = {
    Standing.OVERDUE: ("●", "overdue"),
    Standing.AT_RISK: ("◐", "at risk"),
    Standing.ON_TIME: ("○", "on time"),
}


@dataclass(frozen=True)
class Moment:
    """An instant: for programs, and in words."""

    iso: str
    words: str


@dataclass(frozen=True)
class OwedView:
    """One promise, ready for a sentence. ``promised_by`` is "" where nobody is known for it."""

    wording: str
    spoken: bool
    promised_by: str
    due: Moment
    first_due: Moment | None
    shape: str
    state: str
    style: str
    late: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class RowView:
    """One person and application. Empty texts are not shown."""

    name: str
    job: str
    stage: str
    owner: str
    owed: tuple[OwedView, ...]
    last_contact: Moment | None
    asked: str
    unreachable: str | None
    phone: str | None
    tel: str | None


def row_view(row: Waiting, now: datetime) -> RowView:
    """Return one row in words."""
    first = row.owed[0]
    last = row.last_contact_at
    owners = sorted({owed.owner for owed in row.owed if owed.owner})
    return RowView(
        name=row.name,
        job=row.job_title,
        stage=row.stage,
        owner=" and ".join(owners),
        owed=tuple(_owed_view(owed, now) for owed in row.owed),
        last_contact=_moment(last, first.zone, now) if last else None,
        asked=asked_words(
            row.asked, row.asked_after, row.first_asked_after_at, first.due_at, first.zone, now
        ),
        unreachable=row.unreachable,
        phone=row.phone,
        tel=dialled(row.phone) if row.phone else None,
    )


def nobody_waits(coming: list[Waiting], now: datetime) -> str:
    """Say that nobody waits, and what comes next."""
    if not coming:
        return "No promise is open."
    row, owed = coming[0], coming[0].owed[0]
    due = at_words(owed.due_at, owed.zone, now)
    return f"The next promise is due {due}: {row.name}, {inside(owed.wording)}."


def _owed_view(owed: Owed, now: datetime) -> OwedView:
    shape, state = _SHAPES[owed.standing]
    return OwedView(
        wording=owed.wording,
        spoken=owed.spoken,
        promised_by=owed.promised_by or "",
        due=_moment(owed.due_at, owed.zone, now),
        first_due=_moment(owed.first_due_at, owed.zone, now) if owed.first_due_at else None,
        shape=shape,
        state=state,
        style=state.replace(" ", "-"),
        late=f"{owed.late} late" if owed.late else "",
        why=owed.why,
    )


def _moment(at: datetime, zone: str, now: datetime) -> Moment:
    return Moment(instant_text(at), when_words(at, zone, now))
