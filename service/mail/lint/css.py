"""A reader of the CSS that letters are styled with: plain rules and one level of ``@media``.

It knows selectors of one element and one class, which is all that mail clients can be trusted
with; anything cleverer is reported as unread instead of being guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SELECTOR = re.compile(r"(\*|:root|[a-z][a-z0-9]*)?(?:\.([A-Za-z][\w-]*))?")


@dataclass(frozen=True)
class Style:
    """One rule: ``media`` is its condition or ``""``, ``declared`` its values by property.

    A value keeps its ``!important``.
    """

    media: str
    selector: str
    declared: Mapping[str, str]

    @property
    def readable(self) -> bool:
        """Whether the selector is one that this reader can match."""
        return bool(self.selector) and _SELECTOR.fullmatch(self.selector) is not None

    def matches(self, tag: str, classes: frozenset[str]) -> bool:
        """Tell whether it styles an element with these classes."""
        found = _SELECTOR.fullmatch(self.selector)
        if found is None:
            return False
        element, class_ = found.groups()
        wanted = "html" if element == ":root" else element
        return wanted in (None, "*", tag) and (class_ is None or class_ in classes)

    @property
    def weight(self) -> int:
        """How specific the selector is (CSS Selectors 4, 16), classes before elements."""
        element, _, class_ = self.selector.partition(".")
        return 10 * bool(class_ or element == ":root") + (element not in ("", "*", ":root"))


def read_styles(css: str) -> list[Style]:
    """Return the rules of a style sheet, one for each selector, in their order."""
    return list(_read(_COMMENT.sub("", css), ""))


def read_declared(block: str) -> dict[str, str]:
    """Return the declarations of a block or of a ``style`` attribute, by property."""
    pairs = (line.partition(":") for line in block.split(";"))
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _read(css: str, media: str) -> Iterator[Style]:
    at = 0
    while (opening := css.find("{", at)) >= 0:
        prelude = css[at:opening].strip()
        closing = _end_of(css, opening)
        block = css[opening + 1 : closing]
        at = closing + 1
        if prelude.startswith("@"):
            yield from _read(block, f"{media} {prelude}".strip())
        else:
            declared = read_declared(block)
            for selector in prelude.split(","):
                yield Style(media, selector.strip(), declared)


def _end_of(css: str, opening: int) -> int:
    depth = 0
    for place in range(opening, len(css)):
        depth += (css[place] == "{") - (css[place] == "}")
        if depth == 0:
            return place
    return len(css)
