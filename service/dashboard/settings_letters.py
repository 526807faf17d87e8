"""The letters: each kind, its versions, and drafting, approving and withdrawing a wording.

A version never changes: new words are a new draft, and nothing is sent with it until approved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import Response, request
from flask_babel import gettext as _

from service.clock import instant_text
from service.dashboard.letters import kind_words
from service.dashboard.rows import Moment
from service.dashboard.saying import why_refused
from service.dashboard.settings import changed, line, settings_page
from service.dashboard.settings_letter_desk import (
    Preview,
    Words,
    blame,
    layout_of,
    preview_of,
    readers,
)
from service.dashboard.site import blueprint, needs, no_page, say_at, takes, visitor, zone
from service.dashboard.wording import when_words
from service.db import db
from service.domain.rights import Right
from service.mail.variables import CANDIDATE_KINDS, KINDS, OPTIONAL, TemplateError
from service.models import TemplateVersion
from service.parts import Parts, parts
from service.queries import wordings
from service.queries.choices import names_of
from service.workflows.template_versions import Wording, approve, save_draft, withdraw
from service.workflows.work import Work

VERSIONS: Final = 50


@dataclass(frozen=True)
class KindView:
    """One kind of letter in the list."""

    kind: str
    subject: str
    number: int | None
    draft: int | None


@dataclass(frozen=True)
class VersionView:
    """One version: what became of it, when, and by whom."""

    number: int
    state: str
    style: str
    origin: str
    note: str
    made: Moment
    by: str
    why: str
    version: int


@blueprint.get("/settings/letters")
@needs(Right.SEE_SETTINGS)
def settings_letters() -> Response:
    """List the kinds of letter, those to candidates first."""
    session = db.session()
    in_force, drafts = wordings.in_force(session), wordings.waiting(session)
    views = [
        KindView(
            kind,
            in_force[kind].subject if kind in in_force else "",
            in_force[kind].number if kind in in_force else None,
            drafts.get(kind),
        )
        for kind in sorted(KINDS)
    ]
    return settings_page(
        parts(),
        "settings_letters.html",
        kind_words=kind_words,
        candidates=[view for view in views if view.kind in CANDIDATE_KINDS],
        colleagues=[view for view in views if view.kind not in CANDIDATE_KINDS],
    )


@blueprint.get("/settings/letters/<kind>")
@needs(Right.SEE_SETTINGS)
def settings_letter(kind: str) -> Response:
    """Show one letter: the version in force or another, its preview, and what the lint says."""
    if kind not in KINDS:
        return no_page()
    running, number = parts(), request.args.get("version", "")
    if number and not (number.isascii() and number.isdigit() and len(number) < 7):
        return no_page()
    session = db.session()
    found = wordings.version(session, kind, int(number) if number else None)
    if found is None:
        newest = wordings.versions(session, kind, after=None, limit=1).rows
        if number or not newest:
            return no_page()
        found = newest[0]
    preview = preview_of(running, Words.of(found), found.layout, is_kept=True)
    return desk(running, Words.of(found), preview, found)


@blueprint.post("/settings/letters/<kind>/draft")
@takes(Right.SETTINGS)
def settings_letter_draft(kind: str) -> Response:
    """Keep what was written as a draft."""
    if kind not in KINDS:
        return no_page()
    running, words = parts(), Words.typed(kind, request.form)
    made: list[int] = []
    wording = Wording(
        kind, words.subject, words.text, words.html, line("note") or None, visitor().user_id
    )
    try:
        why = changed(running, lambda work: made.append(save_draft(work, wording).number))
    except TemplateError as error:
        db.session.rollback()
        blame(words, error)
        return desk(running, words, _preview(running, words), None, 422)
    if why is not None:
        words.faults["subject"] = why
        return desk(running, words, _preview(running, words), None, 422)
    said = _("The draft is kept as version %(n)s. It is sent when it is approved.", n=made[0])
    return say_at("pages.settings_letter", "good", said, kind=kind, version=made[0])


@blueprint.post("/settings/letters/<kind>/<int:number>/approve")
@takes(Right.SETTINGS)
def settings_letter_approve(kind: str, number: int) -> Response:
    """Put a version in force."""
    return _judged(
        kind,
        number,
        lambda work, row: approve(work, row, visitor().user_id),
        _("This wording is in force: letters written from now on say it."),
    )


@blueprint.post("/settings/letters/<kind>/<int:number>/withdraw")
@takes(Right.SETTINGS)
def settings_letter_withdraw(kind: str, number: int) -> Response:
    """Take a wrong version out of use; a draft is discarded the same way."""
    why = line("why", 500)
    if not why:
        said = _("Say why: colleagues read it later.")
        return say_at("pages.settings_letter", "care", said, kind=kind, version=number)
    return _judged(
        kind,
        number,
        lambda work, row: withdraw(work, row, why, visitor().user_id),
        _("This wording is withdrawn: its letters that have not left will not."),
    )


def desk(
    running: Parts,
    words: Words,
    preview: Preview,
    shown: TemplateVersion | None,
    status: int = 200,
    reader: str = "",
) -> Response:
    """Show the words of a letter in fields, beside what they look like and all versions."""
    session, kind = db.session(), words.kind
    rows = wordings.versions(session, kind, after=None, limit=VERSIONS).rows
    versions = _versions(running, rows)
    return settings_page(
        running,
        "settings_letter.html",
        status=status,
        kind=kind,
        called=kind_words(kind),
        words=words,
        preview=preview,
        shown=next((each for each in versions if shown and each.number == shown.number), None),
        findings=preview.findings,
        versions=versions,
        variables=sorted(KINDS[kind] - OPTIONAL[kind]),
        optional=sorted(OPTIONAL[kind]),
        readers=readers(kind),
        reader=reader,
    )


def _preview(running: Parts, words: Words) -> Preview:
    return preview_of(running, words, layout_of(running, words.kind))


def _judged(
    kind: str, number: int, act: Callable[[Work, TemplateVersion], object], done: str
) -> Response:
    running = parts()
    row = wordings.version(db.session(), kind, number)
    if row is None:
        return no_page()
    where = {"kind": kind, "version": number}
    if request.form.get("row") != str(row.version):
        said = _("Somebody else changed this meanwhile: look again.")
        return say_at("pages.settings_letter", "care", said, **where)
    try:
        why = changed(running, lambda work: act(work, row))
    except TemplateError as error:
        db.session.rollback()
        why = why_refused(error)
    return say_at("pages.settings_letter", "care" if why else "good", why or done, **where)


def _versions(running: Parts, rows: list[TemplateVersion]) -> list[VersionView]:
    names = names_of(db.session(), (row.created_by_id for row in rows))
    styles = {"approved": "good", "draft": "care", "withdrawn": "broken"}
    states = {
        "approved": _("in force"),
        "draft": _("a draft"),
        "retired": _("replaced"),
        "withdrawn": _("withdrawn"),
    }
    return [
        VersionView(
            row.number,
            states[row.state],
            styles.get(row.state, "plain"),
            _("shipped with Keepword") if row.origin == "shipped" else _("written here"),
            row.note or "",
            Moment(instant_text(row.created_at), when_words(row.created_at, zone(), running.now())),
            names.get(row.created_by_id or "", ""),
            row.withdrawn_because or "",
            row.version,
        )
        for row in rows
    ]
