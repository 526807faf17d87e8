"""What was imported by whom, one import, and taking it back once it was shown what would stay."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, request
from flask_babel import gettext as _

from service.clock import instant_text
from service.dashboard.queue_changes import actor_words
from service.dashboard.rows import Moment
from service.dashboard.saying import sentence, why_refused
from service.dashboard.sheet_form import MOST_ROWS
from service.dashboard.site import (
    blueprint,
    may_not,
    needs,
    no_page,
    page,
    said,
    say_at,
    takes,
    visitor,
    zone,
)
from service.dashboard.wording import READER, when_words
from service.db import db
from service.domain.promises import PromiseError
from service.domain.rights import Right
from service.models import Import
from service.parts import Parts, parts
from service.queries.choices import names_of
from service.queries.imports import (
    import_within,
    imports,
    is_anything_left,
    leaves_somebody_out,
    people_of,
)
from service.workflows.import_undo import Undone, undo_import

LISTED = 50
"""Imports that are listed, and people who stay that are named."""


@dataclass(frozen=True)
class ImportRow:
    """One import: who made it, when, of what."""

    id: str
    file_name: str
    who: str
    at: Moment
    undone: Moment | None
    applications: int
    candidates: int
    jobs: int
    known: int
    refused: int


@dataclass(frozen=True)
class StayingRow:
    """Somebody who stays, and why."""

    line: int
    candidate_id: str
    name: str
    why: str


def import_rows(running: Parts) -> Sequence[ImportRow]:
    """Return the imports that who asks may know of, the newest first."""
    session, who = db.session(), visitor()
    found = imports(session, limit=LISTED, reach=who.reach, actor=who.actor)
    return _rows(running, found)


@blueprint.get("/people/import/<import_id>", endpoint="sheet_import")
@needs(Right.ACT)
def import_page(import_id: str) -> Response:
    """Show what one import made."""
    running = parts()
    row = _known(import_id)
    return _page(running, row) if row is not None else no_page()


@blueprint.post("/people/import/<import_id>/undo")
@takes(Right.ACT)
def sheet_undo(import_id: str) -> Response:
    """Show what taking an import back would remove; take it back where that was seen."""
    running = parts()
    row = _known(import_id)
    if row is None:
        return no_page()
    if row.applications > MOST_ROWS:
        return _page(running, row, 409)
    if leaves_somebody_out(db.session(), import_id, visitor().reach):
        return may_not()
    work = running.work(actor=visitor().actor, source="page")
    try:
        undone = undo_import(work, import_id)
    except PromiseError as error:
        db.session.rollback()
        return say_at("pages.sheet_import", "care", why_refused(error), import_id=import_id)
    if request.form.get("step") == "undo" and request.form.get("shown") == _outline(undone):
        db.session.commit()
        return say_at("pages.sheet_import", "good", _("Taken back."), import_id=import_id)
    staying = _staying(undone)
    db.session.rollback()
    again = request.form.get("step") == "undo"
    shown = page(
        running,
        "sheet_undo.html",
        acts=True,
        again=again,
        row=_rows(running, [row])[0],
        undone=undone,
        staying=staying,
        unshown=len(undone.stays) - len(staying),
        shown=_outline(undone),
    )
    shown.status_code = 409 if again else 200
    return shown


def _known(import_id: str) -> Import | None:
    who = visitor()
    return import_within(db.session(), import_id, who.reach, who.actor)


def _page(running: Parts, row: Import, status: int = 200) -> Response:
    shown = page(
        running,
        "sheet_import.html",
        acts=True,
        said=said(running),
        row=_rows(running, [row])[0],
        anything=is_anything_left(db.session(), row.id),
        too_many=row.applications > MOST_ROWS,
    )
    shown.status_code = status
    return shown


def _rows(running: Parts, found: Sequence[Import]) -> Sequence[ImportRow]:
    names = names_of(db.session(), (each.actor.removeprefix("user:") for each in found))
    now = running.now()

    def moment(row: Import, *, undone: bool = False) -> Moment | None:
        at = row.undone_at if undone else row.created_at
        return Moment(instant_text(at), when_words(at, zone(), now)) if at is not None else None

    rows = []
    for each in found:
        at = moment(each)
        assert at is not None  # noqa: S101 - every import has its instant
        rows.append(
            ImportRow(
                each.id,
                each.file_name,
                str(_("the command line"))
                if each.actor == "keepword"
                else actor_words(each.actor, names),
                at,
                moment(each, undone=True),
                each.applications,
                each.candidates,
                each.jobs,
                each.known,
                each.refused,
            )
        )
    return rows


def _outline(undone: Undone) -> str:
    told = repr((undone.applications, undone.candidates, undone.jobs, sorted(undone.stays)))
    return hashlib.sha256(told.encode()).hexdigest()


def _staying(undone: Undone) -> Sequence[StayingRow]:
    stays = undone.stays[:LISTED]
    people = people_of(db.session(), [application for application, _line, _why in stays])
    return [
        StayingRow(line, *people.get(application, ("", "")), sentence(READER.say(why)))
        for application, line, why in stays
    ]
