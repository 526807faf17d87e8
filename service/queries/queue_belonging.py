"""Whose matter a row of the queue is, and what it is narrowed to: conditions for the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import CTE, ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from service.models import (
    Candidate,
    CandidateEmail,
    Job,
    TeamMember,
    User,
    UserAbsence,
)
from service.queries.people_search import MOST_WORDS, is_called
from service.queries.queue_people import Colleague


@dataclass(frozen=True)
class Narrowed:
    """What the queue is narrowed to; "" is no wish. ``text`` is words of a name or an address."""

    job: str = ""
    owner: str = ""
    stage: str = ""
    kind: str = ""
    text: str = ""


EVERYBODY: Final = Narrowed()


def wishes(narrowed: Narrowed, of: Any) -> list[ColumnElement[bool]]:
    """Return the conditions that a narrowed queue puts on its applications, by their columns."""
    found: list[ColumnElement[bool]] = []
    if narrowed.job:
        found.append(of.job_id == narrowed.job)
    if narrowed.stage:
        found.append(of.stage == narrowed.stage)
    found += [_named(word, of.candidate_id) for word in narrowed.text.split()[:MOST_WORDS]]
    return found


def _named(word: str, candidate_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a name or an address of the candidate contains a word."""
    addressed = exists().where(
        CandidateEmail.candidate_id == candidate_id,
        CandidateEmail.address_key.contains(word.casefold(), autoescape=True),
    )
    called = exists().where(Candidate.id == candidate_id, is_called(word))
    return or_(called, addressed)


Held = Mapping[str, str | None]
"""By the id of each who is away: who has their promises meanwhile, ``None`` where nobody does."""


class Colleagues(NamedTuple):
    """Everybody who owns or owned something here, by id, and who has what those away owe."""

    by_id: Mapping[str, Colleague]
    held: Held


def colleagues_on(session: Session, day: date) -> Colleagues:
    """Return everybody who owns or owned something here, by name, and who has the promises of
    those who are away on a day.

    A substitute who is away too hands on to their own; where the line ends with nobody, or with
    somebody who has left, nobody has them. It says the same as ``service.workflows.absences``.
    """
    found = session.execute(
        select(User.id, User.name, User.active, UserAbsence.user_id, UserAbsence.substitute_id)
        .select_from(User)
        .outerjoin(
            UserAbsence,
            and_(
                UserAbsence.user_id == User.id,
                UserAbsence.from_on <= day,
                UserAbsence.until_on >= day,
            ),
        )
        # Of two absences the one that ends later counts.
        .order_by(func.lower(User.name), User.id, UserAbsence.until_on, UserAbsence.id)
    ).all()
    colleagues = {row.id: Colleague(row.id, row.name, row.active) for row in found}
    here = {each.id for each in colleagues.values() if each.active}
    away = {
        row.user_id: row.substitute_id if {row.id, row.substitute_id} <= here else None
        for row in found
        if row.user_id is not None
    }
    return Colleagues(colleagues, {user_id: _holder(user_id, away) for user_id in away})


def _holder(user_id: str, away: Mapping[str, str | None]) -> str | None:
    met, current = {user_id}, away[user_id]
    while current is not None and current in away:
        if current in met:
            return None
        met.add(current)
        current = away[current]
    return current


def is_mine(item: CTE, user_id: str | None, held: Held) -> ColumnElement[bool]:
    """What somebody owes, and what those owe whom they stand in for."""
    me = user_id or ""
    return item.c.owner_id.in_([me, *(away for away, holder in held.items() if holder == me)])


def is_of_teams(
    item: CTE, job_id: ColumnElement[str], team_ids: frozenset[str]
) -> ColumnElement[bool]:
    """What colleagues of one's teams owe, and what is about the teams' jobs."""
    if not team_ids:
        return false()
    teams = sorted(team_ids)
    mates = select(TeamMember.user_id).where(TeamMember.team_id.in_(teams))
    jobs = select(Job.id).where(Job.team_id.in_(teams))
    return or_(item.c.owner_id.in_(mates), job_id.in_(jobs))


def is_nobodys(item: CTE, colleagues: Colleagues) -> ColumnElement[bool]:
    """What has no owner, or one who has left or is away with nobody in their place."""
    unattended = {away for away, holder in colleagues.held.items() if holder is None}
    here = {each.id for each in colleagues.by_id.values() if each.active}
    return or_(item.c.owner_id.is_(None), item.c.owner_id.not_in(sorted(here - unattended)))
