"""Writes into a candidate's profile at SmartRecruiters: an open note that is tagged with them.

A letter's text cannot mention a colleague or tag somebody else: what SmartRecruiters would read
as a mention is broken up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from service.ats.asking import Answer, Ask, LogEntry, WriteBackDefaults
from service.ats.note_text import note_text
from service.ats.request_parts import storable

MOST = 10_000
"""The longest note that is taken (the documentation, "Create a message")."""

_MENTION = re.compile(r"([@#])\[")


class SmartRecruitersNotes(WriteBackDefaults):
    """``POST /messages/shares`` with ``openNote``: everybody with access to the candidate sees it,
    and nobody is mailed. It goes under the name of the key's owner, and a repeated request would
    write a second note.
    """

    def request(
        self,
        entry: LogEntry,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's
    ) -> Ask:
        """The note: what it is, when, its text, and the tag that ties it to the candidate."""
        candidate = re.sub(r"[^A-Za-z0-9_-]", "", entry.candidate_external_id)
        tag = f"\n#[CANDIDATE:{candidate}]"
        plain = replace(entry, subject=_plain(entry.subject), text=_plain(entry.text))
        content = note_text(plain, MOST - len(tag)) + tag
        note = {"content": content, "shareWith": {"openNote": True}}
        return Ask("/messages/shares", json=json.dumps(note), method="POST")

    def refusal(self, answer: Answer) -> str | None:
        """Anything but a 2xx."""
        if 200 <= answer.status < 300:
            return None
        return f"SmartRecruiters answered {answer.status} to the note"


def _plain(text: str) -> str:
    return _MENTION.sub(r"\1 [", storable(text))
