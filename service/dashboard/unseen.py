"""Makes characters visible that nobody sees, so that no foreign text reads as another one.

What an ATS sends may turn its reading direction or hide letters; the two joiners that scripts and
emoji need are left as they are.
"""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cn"})
_KEPT = frozenset("\n\t\r\u200c\u200d")


def unseen_shown(text: str) -> str:
    """Return a text with ``⟨U+202E⟩`` in place of each character that is not seen."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char in _KEPT or unicodedata.category(char) not in _HIDDEN:
        return char
    return f"⟨U+{ord(char):04X}⟩"
