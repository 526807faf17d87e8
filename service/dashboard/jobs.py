"""The jobs: each with its people by stage and how many were told; one job with who applied for it,
who acts for it, and the closings there were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.candidate_acts import changed_meanwhile
from service.dashboard.candidate_keys import key_of, key_text
from service.dashboard.candidate_words import STAGES, Times, stage_words
from service.dashboard.navigation import Destination, add_destination
from service.dashboard.saying import why_refused
from service.dashboard.site import (
    blueprint,
    may,
    message,
    needs,
    no_page,
    page,
    said,
    say_at,
    takes,
    visitor,
    zone,
)
from service.db import db
from service.domain.changes import JobStatus
from service.domain.promises import PromiseError
from service.domain.rights import Extent, Right
from service.models import Job
from service.parts import parts
from service.queries.choices import Choice, active_colleagues, teams
from service.queries.closings import closings
from service.queries.job_people import JobRow, Which, applicants, job, jobs
from service.workflows.assigning import assign_job

add_destination(
    Destination(
        "pages.jobs",
        lazy_gettext("Jobs"),
        20,
        Right.SEE,
        within=(
            "pages.job",
            "pages.assign_a_job",
            "pages.close_a_job",
            "pages.close_it",
            "pages.closing",
        ),
    )
)

PAGE = 50
"""Jobs, or people of one, on a page."""

CLOSINGS = 10
"""Closings of a job that are shown."""

_STATUS: Final[Mapping[str, Any]] = {
    JobStatus.OPEN: lazy_gettext("open"),
    JobStatus.FILLED: lazy_gettext("filled"),
    JobStatus.CLOSED: lazy_gettext("closed"),
}

TABS: Final[Mapping[Which, Any]] = {
    Which.OPEN: lazy_gettext("Open"),
    Which.TO_CLOSE: lazy_gettext("Closed, with people not told"),
    Which.ALL: lazy_gettext("All"),
}


@dataclass(frozen=True)
class JobView:
    """One job in words; ``stages`` in the order people pass them, with their numbers."""

    row: JobRow
    status: str
    stages: tuple[tuple[str, str, int], ...]


def job_view(row: JobRow) -> JobView:
    """Return a job in words."""
    passed = tuple(
        (stage, stage_words(stage), row.stages[stage]) for stage in STAGES if stage in row.stages
    )
    return JobView(row, status_words(row.status), passed)


def status_words(status: str) -> str:
    """Return the word for how a job stands."""
    return str(_STATUS.get(status, status))


@blueprint.get("/jobs", endpoint="jobs")
@needs(Right.SEE)
def jobs_page() -> Response:
    """Show jobs, the newest first: the open ones, those to be closed, or all."""
    running = parts()
    which = request.args.get("which", Which.OPEN.value)
    if which not in TABS:
        return no_page()
    after = None
    if "after" in request.args:
        after = key_of(request.args["after"])
        if after is None:
            return message(400, _("This link is not complete"), _("Go back to the first page."))
    today = running.now().astimezone(ZoneInfo(zone())).date()
    found = jobs(db.session(), visitor().reach, Which(which), today, after=after, limit=PAGE)
    more = key_text(found.next)
    return page(
        running,
        "jobs.html",
        said=said(running),
        rows=[job_view(row) for row in found.rows],
        which=which,
        tabs=[(each.value, words) for each, words in TABS.items()],
        first=after is None,
        more=url_for("pages.jobs", which=which, after=more) if more else None,
    )


@blueprint.get("/jobs/<job_id>", endpoint="job")
@needs(Right.SEE)
def job_page(job_id: str) -> Response:
    """Show one job: its people, who acts for it, and how it was closed."""
    running, session = parts(), db.session()
    today = running.now().astimezone(ZoneInfo(zone())).date()
    found = job(session, visitor().reach, job_id, today)
    stage = request.args.get("stage") or None
    if found is None or (stage is not None and stage not in STAGES):
        return no_page()
    after = None
    if "after" in request.args:
        after = key_of(request.args["after"])
        if after is None:
            return message(400, _("This link is not complete"), _("Go back to the first page."))
    people = applicants(session, visitor().reach, job_id, stage=stage, after=after, limit=PAGE)
    times = Times(zone(), None, running.now())
    acts = may(Right.ACT)
    chosen = {id_ for id_ in (found.owner_id, found.manager_id) if id_}
    # Whom one may not know of is in a closing too: it is for those who see the whole job.
    made = (
        closings(session, after=None, limit=CLOSINGS, job_id=job_id).rows
        if visitor().reach.extent is not Extent.AWAITING
        else []
    )
    more = key_text(people.next)
    return page(
        running,
        "job.html",
        acts=True,
        said=said(running),
        view=job_view(found),
        stage=stage,
        people=[
            (row, stage_words(row.stage), times.maybe(row.last_contact_at)) for row in people.rows
        ],
        closings=[
            (each.id, status_of_closing(each.outcome), times.at(each.created_at), each.undone_at)
            for each in made
        ],
        colleagues=active_colleagues(session, besides=chosen) if acts else [],
        teams=_teams(found) if acts else [],
        first=after is None,
        more=url_for("pages.job", job_id=job_id, stage=stage, after=more) if more else None,
    )


@blueprint.post("/jobs/<job_id>/assign")
@takes(Right.ACT)
def assign_a_job(job_id: str) -> Response:
    """Say who owns a job, whose decision it awaits, and which team alone sees it."""
    work = parts().work(actor=visitor().actor, source="page")
    found = job(work.session, visitor().reach, job_id, work.now.date())
    if found is None:
        return no_page()
    row = work.session.get_one(Job, job_id, with_for_update=True, populate_existing=True)
    wish = {name: request.form.get(name, "") for name in ("owner_id", "manager_id", "team_id")}
    allowed = {"", row.team_id or "", *(id_ for id_, _name in _teams(found))}
    if wish["team_id"] not in allowed:
        return no_page()
    if request.form.get("version", "") != str(row.version):
        return _stale(found, str(row.version), wish)
    try:
        assign_job(
            work,
            row,
            owner_id=wish["owner_id"] or None,
            hiring_manager_id=wish["manager_id"] or None,
            team_id=wish["team_id"] or None,
        )
        work.session.commit()
    except StaleDataError:
        work.session.rollback()
        return _stale(found, str(work.session.get_one(Job, job_id).version), wish)
    except PromiseError as error:
        work.session.rollback()
        return say_at("pages.job", "care", why_refused(error), job_id=job_id)
    return say_at("pages.job", "good", _("The job is changed."), job_id=job_id)


def status_of_closing(outcome: str) -> str:
    """Return what a closing was made for, in words."""
    words = {
        "filled": _("the position was filled"),
        "closed": _("the position was closed"),
        "cancelled": _("the position was cancelled"),
    }
    return str(words.get(outcome, outcome))


def _teams(found: JobRow) -> list[Choice]:
    """Return the teams somebody can give a job to: their own, or all where they see all."""
    who = visitor().reach
    if who.extent is Extent.ALL:
        return teams(db.session())
    return teams(db.session(), {*who.team_ids, *([found.team_id] if found.team_id else [])})


def _stale(found: JobRow, version: str, wish: Mapping[str, str]) -> Response:
    session = db.session()
    names = dict(active_colleagues(session, besides={*wish.values()}))
    team_names = dict(teams(session))
    nobody = _("nobody")
    changes = [
        (_("Owner"), found.owner or nobody, names.get(wish["owner_id"], nobody)),
        (_("Hiring manager"), found.manager or nobody, names.get(wish["manager_id"], nobody)),
        (
            _("Team"),
            found.team or _("everybody"),
            team_names.get(wish["team_id"], _("everybody")),
        ),
    ]
    session.rollback()
    return changed_meanwhile(
        changes,
        url_for("pages.assign_a_job", job_id=found.job_id),
        {**wish, "version": version},
        url_for("pages.job", job_id=found.job_id),
    )
