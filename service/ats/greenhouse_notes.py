"""Writes notes into Greenhouse profiles: Harvest v3, ``POST /notes``.

Fields from other implementers' code (``candidate_id``, ``user_id``, ``body``, ``visibility``,
``note_type``), as v1's activity feed had them; Greenhouse's own page for it was not at hand.
Greenhouse drops no second note, so one whose answer was lost is not written again by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from service.ats.asking import Answer, Ask, Field, LogEntry, WriteBackDefaults
from service.ats.note_text import note_text

MOST_BODY = 10_000


class GreenhouseNotes(WriteBackDefaults):
    """A note that everybody who sees the candidate may read."""

    fields: tuple[Field, ...] = (
        Field(
            "author_id",
            "Author's user ID",
            "the number in the address of a user's page in Greenhouse: notes carry that name",
        ),
    )

    def request(self, entry: LogEntry, settings: Mapping[str, str]) -> Ask:
        """The note, in the name of the user chosen for it."""
        note = {
            "candidate_id": _number(entry.candidate_external_id),
            "user_id": _number(settings.get("author_id", "")),
            "body": note_text(entry, MOST_BODY),
            "visibility": "public",
            "note_type": "NOTE",
        }
        return Ask("/notes", json=json.dumps(note), method="POST")

    def refusal(self, answer: Answer) -> str | None:
        """Greenhouse answers 2xx for a note it took."""
        if 200 <= answer.status < 300:
            return None
        if answer.gone:
            return "Greenhouse no longer knows the candidate, or does not show them to this user"
        return f"Greenhouse refused the note (HTTP {answer.status})"


def _number(text: str) -> int | str:
    """Greenhouse's ids are numbers; anything else is sent as it is, for Greenhouse to refuse."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text
