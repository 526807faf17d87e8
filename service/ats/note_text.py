"""An entry for a candidate's profile as one plain text, for vendors that take notes alone."""

from __future__ import annotations

from service.ats.asking import LogEntry

_CUT = "\n[cut]"


def note_text(entry: LogEntry, most: int) -> str:
    """What happened, and the letter's words if it was one; at most ``most`` characters.

    Our own id ends it: whoever wonders whether a note was written twice can tell.
    """
    at = entry.at.strftime("%Y-%m-%d %H:%M UTC")
    if entry.to is not None:
        head = f"Email from {entry.sender} to {entry.to}, delivered {at}"
    else:
        head = f"{entry.subject} ({at})"
    subject = f"\nSubject: {entry.subject}" if entry.to is not None else ""
    tail = f"\n\nKeepword {entry.id}"
    room = most - len(head) - len(subject) - len(tail) - 2
    text = entry.text.strip()
    if len(text) > room:
        text = text[: max(0, room - len(_CUT))] + _CUT
    return writable(f"{head}{subject}\n\n{text}{tail}")


def writable(text: str) -> str:
    """Without what JSON can carry and databases cannot: NULs and halves of surrogate pairs."""
    return "".join(c for c in text if c != "\0" and not "\ud800" <= c <= "\udfff")
