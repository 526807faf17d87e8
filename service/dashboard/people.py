"""The page on which somebody adds one person by hand: a short form, complete without any script."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Response, current_app, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.candidate_words import stage_words
from service.dashboard.saying import cause, sentence, why_refused
from service.dashboard.site import blueprint, forms, needs, page, said, takes, visitor
from service.db import db
from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.newcomers import Newcomer
from service.domain.promises import PromiseError
from service.domain.rights import Reach, Right, within
from service.models import Application
from service.parts import Parts, parts
from service.queries.choices import addresses_to_choose
from service.queries.jobs import is_of_others, open_titles
from service.sheets import cells
from service.sheets.cells import CellError
from service.sheets.dates import DateError, instant
from service.workflows.add_person import add_person
from service.workflows.composing import full_name

STAGES = tuple(stage for stage in Stage if stage is not Stage.REJECTED)
"""What can be chosen: a rejection is a decision, and is made as one."""

JOBS = 500
"""Titles offered to choose from; any other can be typed."""

_FIELDS = ("name", "email", "phone", "job", "stage", "applied", "owner")
_POINTERS = {"/emails": "email", "/job": "job", "/owner_email": "owner", "/applied_at": "applied"}


@dataclass
class _Filled:
    """What was typed, and what is wrong with it, by field."""

    values: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    acknowledge: bool = True


@blueprint.get("/people/new")
@needs(Right.ACT)
def new_person() -> Response:
    """Show the empty form, or the one before it with what was done."""
    return _form(parts(), _Filled())


@blueprint.post("/people/new")
@takes(Right.ACT)
def add_by_hand() -> Response:
    """Add the person; show the form again where something is wrong, with what was typed."""
    running, who = parts(), visitor()
    filled = _Filled(
        {name: request.form.get(name, "") for name in _FIELDS},
        acknowledge="acknowledge" in request.form,
    )
    work = running.work(actor=who.actor, source="page")
    newcomer = _read(filled, running.config.time_zone)
    if newcomer is not None and is_of_others(work.session, newcomer.job, who.reach):
        filled.faults["job"] = _("This job is another team’s: they add its people.")
    if newcomer is None or filled.faults:
        return _form(running, filled, 422)
    try:
        added = add_person(work, newcomer, acknowledge=filled.acknowledge)
        if not _is_known(added.application, who.reach):
            # A title is written in many ways; what it was taken for is judged, not how it reads.
            work.session.rollback()
            filled.faults["job"] = _("This job is another team’s: they add its people.")
            return _form(running, filled, 422)
        work.session.commit()
    except (PromiseError, StaleDataError) as error:
        work.session.rollback()
        pointer = getattr(error, "pointer", None) or ""
        text = (
            cause(error)
            if isinstance(error, PromiseError)
            else _("somebody changed this meanwhile")
        )
        filled.faults[_POINTERS.get(pointer, "name")] = sentence(text)
        return _form(running, filled, 422)
    style = "good" if added.made else "care"
    name = full_name(added.application.candidate) or newcomer.emails[0]
    told = (
        _("%(name)s is added. What the rules owe them is promised.", name=name)
        if added.made
        else _("%(name)s has applied for this job already. Nothing was changed.", name=name)
    )
    seal = forms().seal(who.who, style, told, running.now())
    where = url_for("pages.new_person", style=style, said=told, seal=seal)
    answer: Response = current_app.make_response(redirect(where, 303))
    return answer


def _is_known(application: Application, reach: Reach) -> bool:
    return within(
        reach,
        team_id=application.job.team_id,
        waiting_on_id=application.waiting_on_id,
        closed=application.stage in CLOSED_STAGES,
    )


def _form(running: Parts, filled: _Filled, status: int = 200) -> Response:
    session = db.session()
    shown = page(
        running,
        "new_person.html",
        acts=True,
        said=said(running),
        filled=filled,
        stages=[(stage.value, stage_words(stage)) for stage in STAGES],
        jobs=open_titles(session, JOBS, visitor().reach),
        colleagues=addresses_to_choose(session),
        today=running.now().astimezone(ZoneInfo(running.config.time_zone)).date().isoformat(),
    )
    shown.status_code = status
    return shown


def _read(filled: _Filled, zone: str) -> Newcomer | None:
    """Return who was meant, or ``None`` with the faults noted beside their fields."""
    values, faults = filled.values, filled.faults
    first = last = None
    emails: list[str] = []
    phones: list[str] = []
    job = owner = None
    applied_at: datetime | None = None
    for name in _FIELDS:
        text = values[name]
        try:
            match name:
                case "name":
                    first, last = cells.first_and_last(cells.plain(text))
                case "email":
                    emails = cells.addresses(text)
                case "phone":
                    phones = cells.numbers(text)
                case "job":
                    job = cells.plain(text)
                case "owner":
                    owner = cells.colleague(text) if text else None
                case "applied":
                    applied_at = instant(text, ZoneInfo(zone), None) if text.strip() else None
        except (CellError, DateError) as error:
            faults[name] = why_refused(error)
    if not emails:
        faults.setdefault("email", _("Say at which address they are reached."))
    if not job:
        faults.setdefault("job", _("Say which job."))
    stage = values["stage"] or Stage.APPLIED.value
    if stage not in STAGES:
        faults["stage"] = _("Choose one of the stages.")
    if faults or job is None:
        return None
    return Newcomer(
        first_name=first,
        last_name=last,
        emails=tuple(dict.fromkeys(emails)),
        phones=tuple(dict.fromkeys(phones)),
        job=job,
        stage=Stage(stage),
        applied_at=applied_at,
        owner=owner,
    )
