"""The teams: their members and the jobs that only they see.

A job of no team is everybody's; a team that still has jobs is not dissolved, so that none of them
becomes everybody's by accident.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from service.dashboard.settings import changed, line, settings_page
from service.dashboard.site import blueprint, needs, no_page, say_at, takes
from service.db import db
from service.domain.rights import Right
from service.models import Job, Team
from service.parts import parts
from service.queries import colleague_records as colleagues
from service.queries.choices import teams
from service.workflows.colleagues import (
    ColleagueError,
    add_team,
    give_jobs,
    remove_team,
    rename_team,
)
from service.workflows.work import Work

JOBS = 500
"""Jobs shown to be given to a team."""


@dataclass(frozen=True)
class TeamView:
    """One team."""

    id: str
    name: str
    members: str
    jobs: int


@blueprint.get("/settings/teams")
@needs(Right.PEOPLE)
def settings_teams() -> Response:
    """Show the teams, and which job belongs to which."""
    return _listed("")


@blueprint.post("/settings/teams")
@takes(Right.PEOPLE)
def settings_team_add() -> Response:
    """Add a team."""
    name = line("name")
    why = changed(parts(), lambda work: add_team(work, name))
    if why is not None:
        return _listed(name, why, 422)
    said = _("The team is added. Put its members in on their own pages.")
    return say_at("pages.settings_teams", "good", said)


@blueprint.post("/settings/teams/<team_id>/rename")
@takes(Right.PEOPLE)
def settings_team_rename(team_id: str) -> Response:
    """Give a team another name."""

    def rename(work: Work, team: Team) -> None:
        if request.form.get("was") != team.name:
            raise ColleagueError(_("somebody else renamed this team meanwhile: look again"), "name")
        rename_team(work, team, line("name"))

    return _deed(team_id, rename, _("The team is renamed."))


@blueprint.post("/settings/teams/<team_id>/remove")
@takes(Right.PEOPLE)
def settings_team_remove(team_id: str) -> Response:
    """Dissolve a team without jobs."""
    return _deed(team_id, remove_team, _("The team is dissolved."))


@blueprint.post("/settings/teams/jobs")
@takes(Right.PEOPLE)
def settings_team_jobs() -> Response:
    """Give jobs to teams, or to everybody: those whose choice was changed on the page."""
    ids, was, wanted = (request.form.getlist(name)[:JOBS] for name in ("job", "was", "team"))
    moved: list[int] = []

    def give(work: Work) -> None:
        for job_id, before, team_id in zip(ids, was, wanted, strict=False):
            if before == team_id:
                continue
            job = work.session.get(Job, job_id)
            team = work.session.get(Team, team_id) if team_id else None
            # What somebody else gave away meanwhile stays where they put it.
            if job is None or (job.team_id or "") != before or (team_id and team is None):
                continue
            moved.append(give_jobs(work, team, [job]))

    why = changed(parts(), give)
    number = sum(moved)
    said = ngettext(
        "%(num)d job belongs to another team now.",
        "%(num)d jobs belong to another team now.",
        number,
    )
    if why is None and not number:
        why = _("Nothing was changed.")
    return say_at("pages.settings_teams", "care" if why else "good", why or said)


def _deed(team_id: str, act: Callable[[Work, Team], object], done: str) -> Response:
    team = db.session().get(Team, team_id)
    if team is None:
        return no_page()
    why = changed(parts(), lambda work: act(work, team))
    return say_at("pages.settings_teams", "care" if why else "good", why or done)


def _listed(name: str, fault: str = "", status: int = 200) -> Response:
    session = db.session()
    members, jobs = colleagues.members(session), colleagues.jobs_of_teams(session, JOBS)
    shown = [
        TeamView(
            team_id,
            called,
            ", ".join(each for _id, each in members.get(team_id, [])),
            sum(job.team_id == team_id for job in jobs),
        )
        for team_id, called in teams(session)
    ]
    return settings_page(
        parts(),
        "settings_teams.html",
        status=status,
        teams=shown,
        jobs=jobs,
        name=name,
        faults={"name": fault} if fault else {},
    )
