"""Splits a name that a vendor gives as one text.

A letter's greeting must never hold a stranger's word: what cannot be split stays one name.
"""

from __future__ import annotations


def split_name(name: str | None) -> tuple[str | None, str | None]:
    """First name and the rest. "Byron, Ada" is turned round; one word is a first name alone."""
    if not name:
        return None, None
    family, comma, given = name.partition(",")
    if comma and given.strip() and family.strip() and "," not in given:
        return given.strip(), family.strip()
    first, _, rest = name.strip(", ").partition(" ")
    return first or None, rest.strip() or None
