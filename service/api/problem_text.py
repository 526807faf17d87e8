"""The shape of a problem in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProblemText:
    """A problem in words: ``title`` names it, ``meaning`` explains it, ``remedy`` says what to do.

    Backticks mark what is typed or sent as it stands.
    """

    title: str
    meaning: str
    remedy: str
