"""Writes notes on an opportunity in Lever: what was sent, or which promise was kept.

Documented: ``POST /opportunities/:id/notes`` with ``value``; ``perform_as`` names the user whose
note it is. Lever drops no second note, so a lost answer leaves it uncertain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from service.ats.asking import Answer, Ask, Field, LogEntry, WriteBackDefaults
from service.ats.note_text import note_text
from service.ats.payload import PayloadError
from service.ats.request_parts import path

MOST = 20_000
"""Characters of a note; Lever documents no limit."""

_CODE = re.compile(r"[A-Za-z0-9_]{1,60}")


class LeverWriteBack(WriteBackDefaults):
    """Notes."""

    fields: tuple[Field, ...] = (
        Field(
            "perform_as",
            "User id",
            "the id of the Lever user whose name the notes bear; without one, the API key's",
            required=False,
        ),
    )

    def request(self, entry: LogEntry, settings: Mapping[str, str]) -> Ask:
        """The request that writes the note."""
        user = settings.get("perform_as", "").strip()
        return Ask(
            path("opportunities", entry.application_external_id, "notes"),
            (("perform_as", user),) if user else (),
            json=json.dumps({"value": note_text(entry, MOST)}),
            method="POST",
        )

    def refusal(self, answer: Answer) -> str | None:
        """Lever says by its status whether it took the note, and names the fault by a code."""
        if 200 <= answer.status < 300:
            return None
        return f"Lever answered {answer.status}{_code(answer)}"


def _code(answer: Answer) -> str:
    try:
        said = Answer(200, answer.body, answer.fetched_at).object().text("code")
    except PayloadError:
        return ""
    return f" ({said})" if said and _CODE.fullmatch(said) else ""
