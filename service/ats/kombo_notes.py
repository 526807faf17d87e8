"""Writes notes into profiles through Kombo.

Documented (API reference, "Add note to application"): ``POST /applications/{id}/notes`` with
``content`` and ``content_type`` PLAIN_TEXT, for some of Kombo's integrations; the scope must be
switched on. Kombo drops no second note.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from service.ats.asking import Answer, Ask, LogEntry, WriteBackDefaults
from service.ats.note_text import note_text
from service.ats.payload import PayloadError
from service.ats.request_parts import path

MOST_CONTENT = 10_000

_CODE = re.compile(r"[A-Z][A-Z0-9_.]{1,80}")


class KomboNotes(WriteBackDefaults):
    """A note on the application."""

    def request(
        self,
        entry: LogEntry,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's; the headers say whose
    ) -> Ask:
        """The note."""
        note = {"content": note_text(entry, MOST_CONTENT), "content_type": "PLAIN_TEXT"}
        where = path("applications", entry.application_external_id, "notes")
        return Ask(where, json=json.dumps(note), method="POST")

    def refusal(self, answer: Answer) -> str | None:
        """Kombo answers ``{"status": "success"}``, or an error whose code names its kind."""
        if 200 <= answer.status < 300:
            try:
                return None if answer.object().text("status") != "error" else _said(answer)
            except PayloadError:
                # It was taken; what else was said does not matter.
                return None
        return _said(answer)


def _said(answer: Answer) -> str:
    try:
        error = Answer(200, answer.body, answer.fetched_at).object().child("error")
        code = error.text("code") if error else None
    except PayloadError:
        code = None
    why = f", {code}" if code and _CODE.fullmatch(code) else ""
    return f"Kombo refused the note (HTTP {answer.status}{why})"
