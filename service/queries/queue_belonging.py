"""Whose matter a row of the queue is, and what it is narrowed to: conditions for the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import CTE, ColumnElement, exists, false, func, or_, select

from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    Job,
    TeamMember,
    User,
    UserAbsence,
)


@dataclass(frozen=True)
class Narrowed:
    """What the queue is narrowed to; "" is no wish. ``text`` is looked for in names, addresses."""

    job: str = ""
    owner: str = ""
    stage: str = ""
    kind: str = ""
    text: str = ""


EVERYBODY: Final = Narrowed()


def wishes(item: CTE, narrowed: Narrowed) -> list[ColumnElement[bool]]:
    """Return the conditions that a narrowed queue puts on its items."""
    found: list[ColumnElement[bool]] = []
    if narrowed.job:
        found.append(Application.job_id == narrowed.job)
    if narrowed.owner:
        found.append(item.c.owner_id == narrowed.owner)
    if narrowed.stage:
        found.append(Application.stage == narrowed.stage)
    if narrowed.kind:
        found.append(item.c.kind == narrowed.kind)
    if narrowed.text:
        found.append(_named(narrowed.text))
    return found


def _named(text: str) -> ColumnElement[bool]:
    """Return the condition that a name or an address of the candidate contains the text."""
    name = func.coalesce(Candidate.first_name, "") + " " + func.coalesce(Candidate.last_name, "")
    folded = text.casefold()
    addressed = exists().where(
        CandidateEmail.candidate_id == Application.candidate_id,
        CandidateEmail.address_key.contains(folded, autoescape=True),
    )
    called = exists().where(
        Candidate.id == Application.candidate_id,
        or_(
            func.lower(name).contains(text.lower(), autoescape=True),
            # SQLite folds ASCII alone: what was typed as it is written is found all the same.
            name.contains(text, autoescape=True),
        ),
    )
    return or_(called, addressed)


def is_mine(item: CTE, user_id: str | None, today: date) -> ColumnElement[bool]:
    """What somebody owes, and what those owe whom they stand in for today."""
    me = user_id or ""
    away = select(UserAbsence.user_id).where(*_away(today), UserAbsence.substitute_id == me)
    return or_(item.c.owner_id == me, item.c.owner_id.in_(away))


def _away(today: date) -> tuple[ColumnElement[bool], ...]:
    return UserAbsence.from_on <= today, UserAbsence.until_on >= today


def is_of_teams(item: CTE, team_ids: frozenset[str]) -> ColumnElement[bool]:
    """What colleagues of one's teams owe, and what is about the teams' jobs."""
    if not team_ids:
        return false()
    teams = sorted(team_ids)
    mates = select(TeamMember.user_id).where(TeamMember.team_id.in_(teams))
    jobs = select(Job.id).where(Job.team_id.in_(teams))
    return or_(item.c.owner_id.in_(mates), Application.job_id.in_(jobs))


def is_nobodys(item: CTE, today: date) -> ColumnElement[bool]:
    """What has no owner, or one who has left or is away with nobody in their place."""
    unattended = select(UserAbsence.user_id).where(
        *_away(today), UserAbsence.substitute_id.is_(None)
    )
    here = select(User.id).where(User.active, User.id.not_in(unattended))
    return or_(item.c.owner_id.is_(None), item.c.owner_id.not_in(here))
