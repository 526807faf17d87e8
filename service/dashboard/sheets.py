"""People from a sheet: it is sent, looked at as often as wanted, and imported all or nobody.

A look is the import itself, rolled back. Nothing is imported whose outcome was not shown: the
confirming form names it, and where it would be another now, that is shown instead.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from flask import Response, request, send_file, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.import_pages import import_rows
from service.dashboard.saying import fault_line
from service.dashboard.sheet_arriving import carries_a_sheet, too_large
from service.dashboard.sheet_form import (
    ENCODINGS,
    LARGEST,
    MOST_ROWS,
    Answers,
    NotCarriedError,
    Sent,
)
from service.dashboard.sheet_run import Ran, run
from service.dashboard.sheet_view import look_view, meanings, stage_choices
from service.dashboard.site import (
    blueprint,
    forms,
    message,
    needs,
    page,
    said,
    say_at,
    takes,
    visitor,
)
from service.db import db, is_passing
from service.domain.rights import Right
from service.parts import Parts, parts
from service.queries.imports import standing_import
from service.queries.jobs import open_titles
from service.sheets.refused import RefusedFile
from service.sheets.rows import SEPARATORS

JOBS = 500
"""Titles offered to choose from; any other can be typed."""


@blueprint.get("/people/import")
@needs(Right.ACT)
def sheet_new() -> Response:
    """Show the form that takes a sheet, and what was imported before."""
    return _first(parts(), Answers())


@blueprint.post("/people/import/look")
@carries_a_sheet
@takes(Right.ACT)
def sheet_look() -> Response:
    """Show what a sheet would make: one that was just sent, or one the form carries."""
    running, answers = parts(), Answers.given(request.form)
    file = request.files.get("file")
    if file is None:
        return _carried(running, _look)
    content = file.stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        return too_large()
    if not file.filename or not content:
        fault = _("This file is empty.") if file.filename else _("Choose the file first.")
        return _first(running, answers, fault=fault, status=422)
    return _look(running, Sent.uploaded(file.filename, content), answers)


@blueprint.post("/people/import/take")
@carries_a_sheet
@takes(Right.ACT)
def sheet_take() -> Response:
    """Import everybody, or everybody but the refused rows where just that was asked."""
    return _carried(parts(), _take)


@blueprint.post("/people/import/refused")
@carries_a_sheet
@takes(Right.ACT)
def sheet_refused() -> Response:
    """Give the refused rows with their reasons, as a sheet to be corrected."""
    return _carried(parts(), _refused)


def _carried(running: Parts, then: Callable[[Parts, Sent, Answers], Response]) -> Response:
    try:
        sent = Sent.carried(request.form, forms(), visitor().who)
    except NotCarriedError:
        return message(
            422,
            _("This form does not carry a sheet of yours"),
            _("Nobody was imported. Go back to the beginning and choose the file again."),
        )
    return then(running, sent, Answers.given(request.form))


def _look(running: Parts, sent: Sent, answers: Answers, *, again: str = "") -> Response:
    ran = _ran(running, sent, answers)
    db.session.rollback()
    if not isinstance(ran, Ran):
        return ran
    status = 409 if again else 422 if ran.fault is not None else 200
    return _shown(running, ran, again=again, status=status)


def _ran(running: Parts, sent: Sent, answers: Answers) -> Ran | Response:
    work = running.work(actor=visitor().actor, source="page")
    try:
        return run(work, sent, answers, visitor().reach)
    except DBAPIError as error:
        db.session.rollback()
        if not is_passing(error):
            raise
        return message(
            503,
            _("Somebody else is importing or writing just now"),
            _("Nobody was imported. Go back, wait a moment and press the button again."),
        )


def _take(running: Parts, sent: Sent, answers: Answers) -> Response:
    ran = _ran(running, sent, answers)
    if not isinstance(ran, Ran):
        return ran
    skip_bad = request.form.get("refused") == "leave-out"
    report = ran.report
    if report is None or ran.outline != request.form.get("shown"):
        db.session.rollback()
        done = standing_import(db.session(), sent.digest, visitor().actor)
        if done is not None and report is not None and not report.applications:
            # The button was pressed twice: the first time everybody came.
            return say_at("pages.sheet_import", "good", _("Imported."), import_id=done)
        return _shown(
            running,
            ran,
            again=_("This is no longer what you were shown. Nobody was imported yet: look again."),
            status=409,
        )
    if not report.is_worth_keeping(skip_bad=skip_bad):
        db.session.rollback()
        return _shown(
            running,
            ran,
            again=_("Nobody was imported: some rows are at fault.")
            if report.refused and not skip_bad
            else _("Nobody was imported: everybody in the sheet is here already."),
            status=409,
        )
    try:
        db.session.commit()
    except StaleDataError:
        db.session.rollback()
        return _look(running, sent, answers, again=_("Somebody changed this meanwhile."))
    return say_at("pages.sheet_import", "good", _("Imported."), import_id=report.id)


def _refused(running: Parts, sent: Sent, answers: Answers) -> Response:
    ran = _ran(running, sent, answers)
    db.session.rollback()
    if not isinstance(ran, Ran):
        return ran
    if ran.sheet is None or not ran.refused:
        return _shown(running, ran, again=_("No row is refused."), status=409)
    text = io.StringIO(newline="")
    columns, separator = ran.sheet.columns, ran.sheet.separator
    with RefusedFile(text, columns.headings, separator, fault_line) as file:
        for row in ran.refused:
            file.write(row)
    stem = sent.name.rpartition(".")[0] or sent.name
    # Its name may hold letters that no header can: they are written there as it takes them.
    return send_file(
        io.BytesIO(text.getvalue().encode("utf-8-sig")),
        "text/csv",
        as_attachment=True,
        download_name=f"{stem}.refused.csv",
    )


def _first(running: Parts, answers: Answers, *, fault: str = "", status: int = 200) -> Response:
    session = db.session()
    shown = page(
        running,
        "sheet.html",
        acts=True,
        said=said(running),
        answers=answers,
        fault=fault,
        jobs=open_titles(session, JOBS, visitor().reach),
        imports=import_rows(running),
        megabytes=LARGEST // 1_000_000,
        most=format_decimal(MOST_ROWS),
    )
    shown.status_code = status
    return shown


def _shown(running: Parts, ran: Ran, *, again: str = "", status: int = 200) -> Response:
    session = db.session()
    shown = page(
        running,
        "sheet_look.html",
        acts=True,
        again=again,
        sent=ran.sent,
        carried={
            "sheet": ran.sent.packed(),
            "name": ran.sent.name,
            "seal": ran.sent.seal(forms(), visitor().who),
            "shown": ran.outline,
        },
        answers=ran.answers,
        look=look_view(ran),
        meanings=meanings(),
        stages=stage_choices(),
        encodings=list(ENCODINGS.items()),
        separators=[(name, mark) for mark, name in SEPARATORS.items()],
        jobs=open_titles(session, JOBS, visitor().reach),
        start=url_for("pages.sheet_new"),
    )
    shown.status_code = status
    return shown
