"""Writes into a candidate's profile in Ashby: a letter as an email, anything else as a note.

Documented: ``candidate.addEmailMessage`` takes an ``emailProviderEmailId`` that is unique per API
key, so a letter is never logged twice; ``candidate.createNote`` has nothing of the kind.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import UTC, datetime

from service.ats.ashby_api import call, error_code
from service.ats.asking import Answer, Ask, Field, LogEntry
from service.ats.note_text import note_text
from service.ats.payload import PayloadError

MOST = 20_000
"""Characters of a note; Ashby documents no limit."""

# What Ashby may say of an id that it has: the entry is there, which is all that is wanted.
_THERE_ALREADY = ("already_exists", "duplicate", "not_unique")


class AshbyWriteBack:
    """Letters through ``candidate.addEmailMessage``, kept promises as notes."""

    fields: tuple[Field, ...] = ()
    # Of a letter a second is dropped; of a note it would stand there twice.
    repeatable: bool = False

    def request(
        self,
        entry: LogEntry,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's
    ) -> Ask:
        """The call that writes the entry. Nobody at the employer's is notified of it."""
        if entry.sender and entry.to:
            return call(
                "candidate.addEmailMessage",
                candidateId=entry.candidate_external_id,
                emailProviderEmailId=f"keepword-{entry.id}",
                subject=_storable(entry.subject),
                **{"from": entry.sender},
                to=entry.to,
                body=_storable(entry.html or f"<pre>{html.escape(entry.text)}</pre>"),
                sentAt=_instant(entry.at),
            )
        return call(
            "candidate.createNote",
            candidateId=entry.candidate_external_id,
            note={"type": "text/plain", "value": _storable(note_text(entry, MOST))},
            sendNotifications=False,
            createdAt=_instant(entry.at),
        )

    def refusal(self, answer: Answer) -> str | None:
        """Ashby refuses with 200 and ``success: false``."""
        try:
            code = error_code(answer)
        except PayloadError:
            code = "something else than JSON"
        if code is None or any(word in code.casefold() for word in _THERE_ALREADY):
            return None
        return f"Ashby refused it: {code}"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _storable(text: str) -> str:
    """``text`` without NUL, which no database keeps; Ashby's would refuse the whole entry."""
    return text.replace("\0", "")
