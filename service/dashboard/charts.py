"""Draws small charts as SVG: lines over weeks and bars beside words, without any script.

Colours come from the style sheet by class, so they follow light and dark; series differ by their
marks too. A chart is one image to a screen reader, with its title and what it shows in a sentence:
every value stands in the table beneath it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 360, 176
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 10, 10, 22
_MOST_LABELS = 5
_BAR, _GAP, _WORDS = 16, 10, 130

Words = Callable[[float], str]


@dataclass(frozen=True)
class Series:
    """One line. ``style`` is a class of the style sheet: ``one`` or ``two``."""

    style: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Bar:
    """One bar: its words, its value, what stands behind it, and its class."""

    words: str
    value: float
    note: str
    style: str = "plain"


def lines(
    name: str,
    title: str,
    text: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    words: Words,
    top: float | None = None,
) -> Markup:
    """Draw series over the same labels; a missing value leaves a gap.

    ``top`` is the upper end of the scale, else what the values need; ``words`` says a value.
    """
    known = [value for each in series for value in each.values if value is not None]
    scale = top or _rounded_up(max(known, default=1.0))
    parts = [*_grid(scale, words), *_labels(labels)]
    for each in series:
        spots = [
            None if value is None else (_x(i, len(labels)), _y(min(value, scale), scale))
            for i, value in enumerate(each.values)
        ]
        parts += [
            Markup('<polyline class="line {}" points="{}"/>').format(
                each.style, " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
            )
            for run in _runs(spots)
            if len(run) > 1
        ]
        parts += [_mark(each.style, *spot) for spot in spots if spot is not None]
    return _image(name, title, text, HEIGHT, parts)


def columns(
    name: str,
    title: str,
    text: str,
    labels: Sequence[str],
    stacks: Sequence[tuple[str, Sequence[float]]],
    *,
    words: Words,
) -> Markup:
    """Draw a column a label, stacked from the first class upwards."""
    totals = [sum(column) for column in zip(*(values for _, values in stacks), strict=True)]
    scale = _rounded_up(max(totals, default=1.0))
    parts = [*_grid(scale, words), *_labels(labels)]
    room = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    wide = max(2.0, min(24.0, room * 0.7))
    for i in range(len(labels)):
        below = 0.0
        for style, values in stacks:
            if not values[i]:
                continue
            low, high = _y(below, scale), _y(below + values[i], scale)
            parts.append(
                Markup('<rect class="bar {}" x="{}" y="{}" width="{}" height="{}"/>').format(
                    style,
                    f"{_LEFT + room * (i + 0.5) - wide / 2:.1f}",
                    f"{high:.1f}",
                    f"{wide:.1f}",
                    f"{low - high:.1f}",
                )
            )
            below += values[i]
    return _image(name, title, text, HEIGHT, parts)


def bars(
    name: str, title: str, text: str, rows: Sequence[Bar], *, top: float | None = None
) -> Markup:
    """Draw a bar a row, its words before it and its note behind it."""
    scale = top or max((row.value for row in rows), default=1.0) or 1.0
    room = WIDTH - _WORDS - max(62, 14 + 5 * max((len(row.note) for row in rows), default=0))
    parts = []
    for i, row in enumerate(rows):
        y = _GAP + i * (_BAR + _GAP)
        wide = room * min(row.value, scale) / scale
        middle = y + _BAR * 0.75
        parts += [
            Markup('<text class="axis words" x="{}" y="{}" text-anchor="end">{}</text>').format(
                _WORDS - 8, f"{middle:.1f}", _short(row.words)
            ),
            Markup('<rect class="bar {}" x="{}" y="{}" width="{}" height="{}"/>').format(
                row.style, _WORDS, y, f"{max(wide, 0.8):.1f}", _BAR
            ),
            Markup('<text class="axis" x="{}" y="{}">{}</text>').format(
                f"{_WORDS + wide + 6:.1f}", f"{middle:.1f}", row.note
            ),
        ]
    return _image(name, title, text, _GAP + len(rows) * (_BAR + _GAP), parts)


def _image(name: str, title: str, text: str, height: int, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" '
        'aria-labelledby="{2}-title {2}-text"><title id="{2}-title">{3}</title>'
        '<desc id="{2}-text">{4}</desc><g aria-hidden="true">{5}</g></svg>'
    ).format(WIDTH, height, name, title, text, Markup("").join(parts))


def _grid(scale: float, words: Words) -> list[Markup]:
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = f"{_y(scale * share, scale):.1f}"
        parts.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
                _LEFT, WIDTH - _RIGHT, y, y
            )
        )
        parts.append(
            Markup('<text class="axis" x="{}" y="{}" dy="3" text-anchor="end">{}</text>').format(
                _LEFT - 5, y, words(scale * share)
            )
        )
    return parts


def _labels(labels: Sequence[str]) -> list[Markup]:
    step = -(-len(labels) // _MOST_LABELS) or 1
    # Counted from the end: the newest is always named.
    shown = [i for i in range(len(labels)) if (len(labels) - 1 - i) % step == 0]
    return [
        Markup('<text class="axis" x="{}" y="{}" text-anchor="{}">{}</text>').format(
            f"{_x(i, len(labels)):.1f}",
            HEIGHT - 6,
            "end" if i == len(labels) - 1 else "middle",
            escape(labels[i]),
        )
        for i in shown
    ]


def _mark(style: str, x: float, y: float) -> Markup:
    if style == "two":
        return Markup('<rect class="mark two" x="{}" y="{}" width="5" height="5"/>').format(
            f"{x - 2.5:.1f}", f"{y - 2.5:.1f}"
        )
    return Markup('<circle class="mark {}" cx="{}" cy="{}" r="2.8"/>').format(
        style, f"{x:.1f}", f"{y:.1f}"
    )


def _runs(
    spots: Sequence[tuple[float, float] | None],
) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for spot in spots:
        if spot is None:
            runs.append([])
        else:
            runs[-1].append(spot)
    return runs


def _x(i: int, count: int) -> float:
    room = (WIDTH - _LEFT - _RIGHT) / max(count, 1)
    return _LEFT + room * (i + 0.5)


def _y(value: float, scale: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / scale


def _rounded_up(value: float) -> float:
    """Return the next number that halves well: 2, 4, 6, 8, 10, 20, …"""
    size = 1.0
    while size * 10 < value:
        size *= 10
    for step in (2, 4, 6, 8, 10):
        if value <= step * size:
            return step * size
    return 10 * size


def _short(words: str) -> str:
    return words if len(words) <= 22 else f"{words[:21].rstrip()}…"
