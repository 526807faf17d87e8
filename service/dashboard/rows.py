"""What rows of several pages are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Moment:
    """An instant: for programs, and in words."""

    iso: str
    words: str
