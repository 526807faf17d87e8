"""What it means that an opportunity was archived in Lever, for a reason the employer named.

Lever knows two types of reasons, hired and non-hired, and the rest is the employer's own words.
Nobody is rejected for words that speak of a withdrawal, or of no decision at all.
"""

from __future__ import annotations

import re
from enum import StrEnum

from service.ats.withdrawals import says_candidate_left


class Ending(StrEnum):
    """How an archived opportunity ended."""

    HIRED = "hired"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    UNCLEAR = "unclear"


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(alternatives) + r")\b")


# Ways Lever's users put the candidate's own decision that are no sentence ("Offer declined" and
# "Withdrew", Lever's own, are).
_LEFT = _words(
    "declined offer", "refused offer", "turned down offer", "no longer interested",
    "accepted elsewhere", "took (?:a )?job elsewhere",
)  # fmt: skip

# Housekeeping: it says nothing about what anybody decided of the person.
_UNCLEAR = _words(
    "duplicates?", "duplicated", "dupe", "spam", "test(?:ing)?", "test candidate",
    "mistake", "error", "accident(?:al|ally)?", "wrong (?:job|posting|role|person)",
    "merged?", "consolidated", "moved to", "transferred", "other (?:role|job|posting|opportunity)",
    "another (?:role|job|posting|opportunity)", "different (?:role|job|posting)",
    "future", "keep warm", "nurture", "talent pool", "imported", "migration", "gdpr",
    "data (?:request|deletion|retention)", "unknown", "not interested",
)  # fmt: skip


def ending_of(kind: str | None, text: str | None) -> Ending:
    """How it ended, by the reason's type ("hired", "non-hired") and its words.

    Words alone never reject: where Lever does not say that the reason is a non-hired one, or
    names none at all, a person must decide.
    """
    words = " ".join(re.sub(r"[\W_]+", " ", (text or "").casefold()).split())
    if kind == "hired" or (kind is None and words == "hired"):
        return Ending.HIRED
    if says_candidate_left(text) or _LEFT.search(words):
        return Ending.WITHDRAWN
    if kind != "non-hired" or not words or _UNCLEAR.search(words):
        return Ending.UNCLEAR
    return Ending.REJECTED
