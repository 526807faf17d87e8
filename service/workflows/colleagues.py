"""Changes colleagues and teams: who somebody is, whom they answer to, which jobs a team sees.

A profile is checked whole before any of it is kept; a team with jobs is never dissolved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.domain.rights import Role
from service.domain.wording import ToldError, to_say
from service.mail.variables import one_line
from service.models import Job, Team, TeamMember, User
from service.workflows.work import Work

LONGEST_NAME = 200


class ColleagueError(ToldError):
    """What was said of a colleague or a team cannot be; ``field`` names what is at fault."""

    def __init__(self, text: str, field: str) -> None:
        self.field = field
        super().__init__(text)


@dataclass(frozen=True)
class Profile:
    """What an administrator says of a colleague. ``time_zone`` "" means the company's."""

    name: str
    role: str
    time_zone: str
    manager_id: str | None
    team_ids: frozenset[str]


def change_colleague(work: Work, user: User, profile: Profile) -> None:
    """Give a colleague another name, role, zone, manager, teams.

    Raises ``ColleagueError`` with the field at fault. Whoever asks sees to it that somebody can
    still sign in as administrator.
    """
    checked = checked_profile(work, profile, user.id)
    user.name, user.role = checked.name, checked.role
    user.time_zone, user.manager_id = checked.time_zone or None, checked.manager_id
    join(work, user, checked.team_ids)
    work.session.flush()


def checked_profile(work: Work, profile: Profile, user_id: str | None = None) -> Profile:
    """Return a profile fit to be kept; ``ColleagueError`` points to the field that is not."""
    name = one_line(profile.name)
    if not name or len(name) > LONGEST_NAME:
        raise ColleagueError(to_say("say how colleagues and candidates call them"), "name")
    if profile.role not in {role.value for role in Role}:
        raise ColleagueError(to_say("choose one of the roles"), "role")
    if profile.time_zone and not _is_zone(profile.time_zone):
        raise ColleagueError(
            to_say("this is no time zone: write one such as Europe/Berlin"), "time_zone"
        )
    if profile.manager_id is not None:
        manager = work.session.get(User, profile.manager_id)
        if manager is None or manager.id == user_id:
            raise ColleagueError(to_say("choose another colleague"), "manager_id")
    known = set(work.session.scalars(select(Team.id).where(Team.id.in_(profile.team_ids))))
    if known != set(profile.team_ids):
        raise ColleagueError(to_say("a team is gone: reload the page"), "team_ids")
    return Profile(name, profile.role, profile.time_zone, profile.manager_id, profile.team_ids)


def join(work: Work, user: User, team_ids: Collection[str]) -> None:
    """Put somebody into exactly these teams."""
    now = _teams(work.session, user.id)
    gone, new = now - set(team_ids), set(team_ids) - now
    if gone:
        work.session.execute(
            delete(TeamMember).where(
                TeamMember.user_id == user.id, TeamMember.team_id.in_(sorted(gone))
            )
        )
    for team_id in sorted(new):
        work.session.add(TeamMember(team_id=team_id, user_id=user.id))


def add_team(work: Work, name: str) -> Team:
    """Add a team; ``ColleagueError`` where the name is taken or none."""
    team = Team(name=_team_name(work, name), created_at=work.now)
    work.session.add(team)
    work.session.flush()
    return team


def rename_team(work: Work, team: Team, name: str) -> None:
    """Give a team another name."""
    if one_line(name) != team.name:
        team.name = _team_name(work, name)


def give_jobs(work: Work, team: Team | None, jobs: Collection[Job]) -> int:
    """Let these jobs belong to a team, or to everybody; return how many changed hands."""
    moved = 0
    for job in jobs:
        wanted = team.id if team else None
        moved += job.team_id != wanted
        job.team_id = wanted
    work.session.flush()
    return moved


def remove_team(work: Work, team: Team) -> None:
    """Dissolve a team that has no job: with one, everybody would suddenly see it."""
    owned = work.session.scalars(select(Job.id).where(Job.team_id == team.id).limit(1)).first()
    if owned is not None:
        raise ColleagueError(
            to_say("the team still has jobs: give them to another team or to everybody"), "team"
        )
    work.session.execute(delete(TeamMember).where(TeamMember.team_id == team.id))
    work.session.delete(team)


def stamp_of(session: Session, user: User) -> str:
    """Return what changes with every change of a colleague, for a form to carry."""
    said = (
        user.name,
        user.email,
        user.role,
        user.time_zone,
        user.manager_id,
        user.active,
        *sorted(_teams(session, user.id)),
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _teams(session: Session, user_id: str) -> set[str]:
    return set(session.scalars(select(TeamMember.team_id).where(TeamMember.user_id == user_id)))


def _team_name(work: Work, name: str) -> str:
    plain = one_line(name)
    if not plain or len(plain) > LONGEST_NAME:
        raise ColleagueError(to_say("give the team a name"), "name")
    if work.session.scalars(select(Team.id).where(Team.name == plain)).first() is not None:
        raise ColleagueError(to_say("a team of this name exists already"), "name")
    return plain


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
