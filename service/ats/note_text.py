"""An entry for a candidate's profile as one plain text, for vendors that take notes alone."""

from __future__ import annotations

from service.ats.asking import LogEntry
from service.ats.payload import one_line
from service.ats.request_parts import storable

_CUT = "\n[cut: the whole text is in Keepword]"
_LONGEST_LINE = 500


def note_text(entry: LogEntry, most: int) -> str:
    """What happened, and the letter's words if it was one; at most ``most`` characters.

    Our own id ends it: whoever wonders whether a note was written twice can tell.
    """
    at = entry.at.strftime("%Y-%m-%d %H:%M UTC")
    about = one_line(entry.subject)[:_LONGEST_LINE]
    lines = [f"{about} ({at})"]
    if entry.to is not None:
        sender, to = ((each or "")[:_LONGEST_LINE] for each in (entry.sender, entry.to))
        lines = [f"Email from {sender} to {to}, delivered {at}", f"Subject: {about}"]
    head, tail = "\n".join(lines), f"\n\nKeepword {entry.id}"
    room = most - len(head) - len(tail) - 2
    text = entry.text.strip()
    if len(text) > room:
        text = text[: max(0, room - len(_CUT))] + _CUT
    return storable(f"{head}\n\n{text}{tail}")
