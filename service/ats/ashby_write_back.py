"""Writes into a candidate's profile in Ashby: a letter as an email, anything else as a note.

Documented: ``candidate.addEmailMessage`` takes an ``emailProviderEmailId`` that is unique per API
key, so a letter is never logged twice; ``candidate.createNote`` has nothing of the kind.
"""

from __future__ import annotations

import html
from collections.abc import Mapping

from service.ats.ashby_api import call, error_code
from service.ats.asking import Answer, Ask, LogEntry, WriteBackDefaults
from service.ats.note_text import note_text
from service.ats.pages import instant_text
from service.ats.payload import PayloadError
from service.ats.request_parts import storable

MOST = 20_000
"""Characters of a note; Ashby documents no limit."""

# What Ashby may say of an id that it has: the entry is there, which is all that is wanted.
_THERE_ALREADY = ("already_exists", "duplicate", "not_unique")


class AshbyWriteBack(WriteBackDefaults):
    """Letters through ``candidate.addEmailMessage``, kept promises as notes."""

    def repeatable(self, *, letter: bool) -> bool:
        """Letters: their id is refused a second time. A note would stand there twice."""
        return letter

    def request(
        self,
        entry: LogEntry,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's
    ) -> Ask:
        """The call that writes the entry. Nobody at the employer's is notified of it."""
        if entry.sender and entry.to:
            letter = {
                "candidateId": entry.candidate_external_id,
                "emailProviderEmailId": f"keepword-{entry.id}",
                "subject": storable(entry.subject),
                "from": entry.sender,
                "to": entry.to,
                "body": storable(entry.html or f"<pre>{html.escape(entry.text)}</pre>"),
                "sentAt": instant_text(entry.at),
            }
            return call("candidate.addEmailMessage", letter)
        note = {
            "candidateId": entry.candidate_external_id,
            "note": {"type": "text/plain", "value": note_text(entry, MOST)},
            "sendNotifications": False,
            "createdAt": instant_text(entry.at),
        }
        return call("candidate.createNote", note)

    def refusal(self, answer: Answer) -> str | None:
        """Ashby refuses with 200 and ``success: false``."""
        try:
            code = error_code(answer)
        except PayloadError:
            code = "something else than JSON"
        if code is None or any(word in code.casefold() for word in _THERE_ALREADY):
            return None
        return f"Ashby refused it: {code}"
