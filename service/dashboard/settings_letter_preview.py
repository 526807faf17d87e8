"""Shows a letter that is being written as it would read; nothing is kept or sent.

The HTML goes into a frame that can run, load and lead to nothing.
"""

from __future__ import annotations

from flask import Response, render_template, request

from service.dashboard.headers import LETTER_POLICY
from service.dashboard.settings_letter_desk import (
    Preview,
    Words,
    layout_of,
    preview_of,
    reader_of,
)
from service.dashboard.settings_letters import desk
from service.dashboard.site import blueprint, needs, no_page, takes
from service.db import db
from service.domain.rights import Right
from service.mail.variables import KINDS
from service.parts import parts
from service.queries import wordings


@blueprint.post("/settings/letters/<kind>/preview")
@takes(Right.SETTINGS)
def settings_letter_preview(kind: str) -> Response:
    """Show what is written as it would read: whole page, or the part of it that htmx asks for."""
    if kind not in KINDS:
        return no_page()
    running, words = parts(), Words.typed(kind, request.form)
    reader = request.form.get("reader", "")
    if reader and reader_of(reader) is None:
        return no_page()
    preview = preview_of(running, words, layout_of(running, kind), reader)
    if request.headers.get("HX-Request") == "true":
        return Response(
            render_template(
                "_letter_preview.html", preview=preview, findings=preview.findings, words=words
            )
        )
    return desk(running, words, preview, None, 200, reader)


@blueprint.post("/settings/letters/<kind>/frame")
@takes(Right.SETTINGS)
def settings_letter_frame(kind: str) -> Response:
    """Give the HTML of what is written, for the frame beside it."""
    reader = request.form.get("reader", "")
    if kind not in KINDS or (reader and reader_of(reader) is None):
        return no_page()
    running, words = parts(), Words.typed(kind, request.form)
    return _framed(preview_of(running, words, layout_of(running, kind), reader))


@blueprint.get("/settings/letters/<kind>/<int:number>/frame")
@needs(Right.SEE_SETTINGS)
def settings_letter_version_frame(kind: str, number: int) -> Response:
    """Give the HTML of a version, for the frame."""
    row = wordings.version(db.session(), kind, number)
    if row is None:
        return no_page()
    return _framed(preview_of(parts(), Words.of(row), row.layout, is_kept=True))


def _framed(preview: Preview) -> Response:
    response = Response(preview.html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    return response
