"""Splits a name that a vendor gives as one text.

A letter's greeting must never hold a stranger's word, nor a title for a name: what cannot be split
stays one name.
"""

from __future__ import annotations

import unicodedata

_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "sir", "dame", "dr", "prof", "professor", "herr", "frau"}
)
_AFTER_A_NAME = frozenset(
    {"jr", "sr", "ii", "iii", "iv", "esq", "phd", "md", "mba", "cpa", "pe", "rn", "msc", "bsc"}
)
# Where the family's name comes first, and no comma tells so.
_FAMILY_FIRST = ("CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ")


def split_name(name: str | None) -> tuple[str | None, str | None]:
    """First name and the rest. "Byron, Ada" is turned round; one word is a first name alone."""
    parts = [" ".join(part.split()) for part in (name or "").split(",") if part.strip()]
    degrees: list[str] = []
    while len(parts) > 1 and all(_plain(word) in _AFTER_A_NAME for word in parts[-1].split()):
        degrees.insert(0, parts.pop())
    if not parts:
        return None, None
    if len(parts) == 2:
        return parts[1], " ".join([parts[0], *degrees])
    words = [*parts[0].split(), *degrees]
    if len(parts) > 2 or any(unicodedata.name(c, "").startswith(_FAMILY_FIRST) for c in parts[0]):
        return ", ".join([*parts, *degrees]), None
    named = next((at for at, word in enumerate(words) if _plain(word) not in _TITLES), len(words))
    if named and len(words) - named < 2:
        return " ".join(words), None
    return words[named], " ".join(words[named + 1 :]) or None


def _plain(word: str) -> str:
    return word.replace(".", "").casefold()
