"""Writes into a candidate's profile at Teamtailor: a note under the name of a chosen user."""

from __future__ import annotations

import json
from collections.abc import Mapping

from service.ats.asking import Answer, Ask, Field, LogEntry, WriteBackDefaults
from service.ats.note_text import note_text

MOST = 10_000
"""From no source: a length that any note takes. A longer letter is cut, and says so."""


class TeamtailorNotes(WriteBackDefaults):
    """``POST /v1/notes``. A note's author must be named; a repeated request would write a second
    note.
    """

    fields: tuple[Field, ...] = (
        Field(
            "note_user_id",
            "Author of notes",
            "the number of the Teamtailor user under whose name notes are written",
        ),
    )

    def request(self, entry: LogEntry, settings: Mapping[str, str]) -> Ask:
        """The note."""
        note = {
            "data": {
                "type": "notes",
                "attributes": {"note": note_text(entry, MOST)},
                "relationships": {
                    "candidate": _linked("candidates", entry.candidate_external_id),
                    "user": _linked("users", settings.get("note_user_id", "").strip()),
                },
            }
        }
        return Ask("/v1/notes", json=json.dumps(note), method="POST")

    def refusal(self, answer: Answer) -> str | None:
        """Anything but a 2xx."""
        if 200 <= answer.status < 300:
            return None
        return f"Teamtailor answered {answer.status} to the note"


def _linked(kind: str, external_id: str) -> dict[str, dict[str, str]]:
    return {"data": {"type": kind, "id": external_id}}
