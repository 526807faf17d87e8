"""Writes activities into profiles through Merge.

Documented (docs.merge.dev, ``POST /activities``): a ``model`` with ``candidate``, ``user``,
``activity_type`` NOTE, EMAIL or OTHER, ``subject``, ``body`` and ``visibility``, and
``remote_user_id``; which integrations take one, Merge lists under "Supported features". A note is
written for letters, too: that an integration takes emails is said of fewer. Merge drops no second
one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from service.ats.asking import Answer, Ask, Field, LogEntry, WriteBackDefaults
from service.ats.note_text import note_text
from service.ats.payload import PayloadError
from service.ats.request_parts import storable

MOST_BODY = 10_000


class MergeActivities(WriteBackDefaults):
    """A note that the hiring team may read."""

    fields: tuple[Field, ...] = (
        Field(
            "remote_user_id",
            "Author's user ID",
            "Merge's id of a user of the ATS (GET /users): notes carry that name",
        ),
    )

    def request(self, entry: LogEntry, settings: Mapping[str, str]) -> Ask:
        """The note, in the name of the user chosen for it."""
        author = settings.get("remote_user_id", "")
        model = {
            "candidate": entry.candidate_external_id,
            "user": author,
            "activity_type": "NOTE",
            "subject": storable(entry.subject),
            "body": note_text(entry, MOST_BODY),
            "visibility": "PUBLIC",
        }
        body = json.dumps({"model": model, "remote_user_id": author})
        return Ask("/activities", json=body, method="POST")

    def refusal(self, answer: Answer) -> str | None:
        """Merge may answer 2xx with ``errors`` inside and no ``model``."""
        if not 200 <= answer.status < 300:
            return f"Merge refused the note (HTTP {answer.status})"
        try:
            said = answer.object()
        except PayloadError:
            return None
        if said.children("errors") and not said.has("model"):
            return "Merge took the note and said that the ATS did not"
        return None
