"""Which colours a letter's text and paper have in the light and in the dark scheme.

The cascade is the browser's, for the selectors that ``css`` reads: importance, then the
``style`` attribute, then specificity, then order; colours are inherited, paper shows through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from service.mail.lint.css import Style, read_declared

SCHEMES = ("light", "dark")
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
_UNSEEN = frozenset({"head", "title", "style", "script"})
_NAMED = {"white": "#ffffff", "black": "#000000"}
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")
_RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)")


@dataclass(frozen=True)
class Shown:
    """The text of one element in one scheme: its colour on its paper, both as written."""

    scheme: str
    element: str
    ink: str
    paper: str


def contrast(one: str, other: str) -> float | None:
    """Return the contrast ratio of two colours (WCAG 2.2, relative luminance), 1 to 21.

    ``None`` where one of them is written in a way that is not read here.
    """
    first, second = _luminance(one), _luminance(other)
    if first is None or second is None:
        return None
    low, high = sorted((first, second))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float | None:
    channels = _channels(colour.strip().lower())
    if channels is None:
        return None
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in channels)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> Sequence[int] | None:
    colour = _NAMED.get(colour, colour)
    if _HEX.fullmatch(colour):
        wide = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
        return [int(wide[i : i + 2], 16) for i in (0, 2, 4)]
    found = _RGB.fullmatch(colour)
    numbers = [int(number) for number in found.groups()] if found else []
    return numbers if numbers and max(numbers) <= 255 else None


def shown_text(page: str, styles: Sequence[Style]) -> Iterator[Shown]:
    """Yield every combination of ink and paper in which text stands on this page, once."""
    for scheme in SCHEMES:
        other = SCHEMES[1 - SCHEMES.index(scheme)]
        here = [style for style in styles if f"prefers-color-scheme: {other}" not in style.media]
        walk = _Walk(scheme, here)
        walk.feed(page)
        walk.close()
        yield from dict.fromkeys(walk.shown)


class _Walk(HTMLParser):
    def __init__(self, scheme: str, styles: Sequence[Style]) -> None:
        super().__init__(convert_charrefs=True)
        self._scheme = scheme
        self._styles = styles
        # What a browser paints where nobody says anything else.
        self._open = [("", "black", "white")]
        self.shown: list[Shown] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        given = {name: value or "" for name, value in attrs}
        classes = frozenset(given.get("class", "").split())
        _, ink, paper = self._open[-1]
        declared = self._declared(tag, classes, given.get("style", ""))
        ink = declared.get("color", ink)
        painted = declared.get("background-color", declared.get("background", paper))
        paper = paper if painted in ("transparent", "none") else painted
        self._open.append((tag, ink, paper))

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        tag, ink, paper = self._open[-1]
        if data.strip() and tag and not any(name in _UNSEEN for name, _, _ in self._open):
            self.shown.append(Shown(self._scheme, tag, ink, paper))

    def _declared(self, tag: str, classes: frozenset[str], inline: str) -> dict[str, str]:
        found: dict[str, tuple[tuple[bool, bool, int, int], str]] = {}
        matching = [style for style in self._styles if style.matches(tag, classes)]
        layers = [(False, style.weight, style.declared) for style in matching]
        layers.append((True, 0, read_declared(inline)))
        for order, (is_inline, weight, declared) in enumerate(layers):
            for name, value in declared.items():
                plain = value.removesuffix("!important").strip()
                rank = (plain != value, is_inline, weight, order)
                if plain != "inherit" and rank >= found.get(name, (rank, ""))[0]:
                    found[name] = (rank, plain)
        return {name: value for name, (_, value) in found.items()}
