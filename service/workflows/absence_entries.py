"""Writes down who is away and who stands in; what is written moves no promise to another owner."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from service.domain.wording import to_say
from service.models import User, UserAbsence
from service.workflows.colleagues import ColleagueError
from service.workflows.work import Work

LONGEST_DAYS = 1100
"""The longest absence, in days (three years): more is a slip of the keyboard."""


def add_absence(
    work: Work, user: User, from_on: date, until_on: date, substitute_id: str | None
) -> UserAbsence:
    """Note that somebody is away, both days included; ``ColleagueError`` names what cannot be."""
    if until_on < from_on:
        raise ColleagueError(to_say("the last day lies before the first"), "until_on")
    if (until_on - from_on).days > LONGEST_DAYS:
        raise ColleagueError(to_say("that is longer than three years: deactivate them"), "until_on")
    substitute = work.session.get(User, substitute_id) if substitute_id else None
    if substitute_id and (substitute is None or not substitute.active):
        raise ColleagueError(to_say("choose a colleague who is here"), "substitute_id")
    if substitute is not None and substitute.id == user.id:
        raise ColleagueError(to_say("nobody stands in for themselves"), "substitute_id")
    overlap = work.session.scalars(
        select(UserAbsence.id)
        .where(
            UserAbsence.user_id == user.id,
            UserAbsence.from_on <= until_on,
            UserAbsence.until_on >= from_on,
        )
        .limit(1)
    ).first()
    if overlap is not None:
        raise ColleagueError(to_say("they are away on some of these days already"), "from_on")
    row = UserAbsence(
        user_id=user.id,
        from_on=from_on,
        until_on=until_on,
        substitute_id=substitute_id,
        created_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    _forget(work)
    return row


def remove_absence(work: Work, row: UserAbsence) -> None:
    """Take an absence out: they were here after all, or come back earlier."""
    work.session.delete(row)
    work.session.flush()
    _forget(work)


def end_absence(work: Work, row: UserAbsence, today: date) -> None:
    """End an absence: the days before today stay as they were, the rest never was."""
    if row.from_on >= today:
        remove_absence(work, row)
        return
    row.until_on = min(row.until_on, today - timedelta(days=1))
    work.session.flush()
    _forget(work)


def _forget(work: Work) -> None:
    for key in [key for key in work.known if key.startswith("away:")]:
        del work.known[key]
