"""What rows of several pages are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Moment:
    """An instant: for programs, and in words.

    ``theirs`` is the candidate's own time, "" where it is the same or nobody asks for it.
    """

    iso: str
    words: str
    theirs: str = ""
