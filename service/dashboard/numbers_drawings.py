"""Chooses and draws the chart of each table of figures; every value stands in the table beneath."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from markupsafe import Markup

from service.dashboard.charts import Bar, Series, bars, columns, lines
from service.dashboard.numbers_words import ABOUT, cell_words, percent, week_words
from service.queries.numbers_tables import ALL, Cell, Table

MOST = 12
"""How many bars one chart shows."""

_SHORTEST = 1
"""A rate of fewer than this many says nothing and is not drawn."""

_LATE = "late_"


def drawing(table: Table) -> Markup:
    """Return the chart of a table; empty where there is nothing to draw."""
    if not _weighs(table):
        return Markup()
    if table.name == "kept-by-week":
        return _rates_by_week(table)
    if table.name in ("first-word", "decision-told"):
        return _spans(table)
    if table.name == "enquiries":
        return _enquiries(table)
    if table.name == "open-by-age":
        return _ages(table)
    if table.name == "who-waits":
        return _waits(table)
    return _rates(table)


def _weighs(table: Table) -> bool:
    return any(isinstance(cell, int) and cell for row in table.rows for cell in row)


def _weeks(table: Table) -> list[dict[str, Cell]]:
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return [row for row in rows if row["week"] != ALL]


def _number(cell: Cell) -> float | None:
    return float(cell) if isinstance(cell, int | float) else None


def _numbers(rows: Sequence[dict[str, Cell]], column: str) -> list[float | None]:
    return [_number(row[column]) for row in rows]


def _rates_by_week(table: Table) -> Markup:
    rows = _weeks(table)
    return lines(
        table.name,
        str(ABOUT[table.name].title),
        _("A line of the share kept by the first date, week by week."),
        [week_words(row["week"]) for row in rows],
        [Series("one", _numbers(rows, "kept_rate"))],
        words=percent,
        top=1.0,
    )


def _spans(table: Table) -> Markup:
    rows = _weeks(table)
    return lines(
        table.name,
        str(ABOUT[table.name].title),
        _("Two lines in working hours, week by week: the median, and what 90 of 100 stay within."),
        [week_words(row["week"]) for row in rows],
        [
            Series("one", _numbers(rows, "median_working_hours")),
            Series("two", _numbers(rows, "ninetieth_percentile_working_hours")),
        ],
        words=lambda value: _("%(hours)s h", hours=cell_words("", round(value, 1))),
    )


def _enquiries(table: Table) -> Markup:
    rows = _weeks(table)
    after = [_number(row["after_a_broken_promise"]) or 0 for row in rows]
    others = [
        (_number(row["enquiries"]) or 0) - late for row, late in zip(rows, after, strict=True)
    ]
    return columns(
        table.name,
        str(ABOUT[table.name].title),
        _("A column a week: at its foot what came after a broken promise, above it the rest."),
        [week_words(row["week"]) for row in rows],
        [("overdue", after), ("plain", others)],
        words=lambda value: cell_words("", round(value, 1)),
    )


def _ages(table: Table) -> Markup:
    styles = {"paused": "faint", "on_time": "plain", "at_risk": "care"}
    return bars(
        table.name,
        str(ABOUT[table.name].title),
        _("A bar an age: how many promises are open."),
        [
            Bar(
                cell_words("age", row[0]),
                _number(row[1]) or 0,
                cell_words("promises", row[1]),
                "overdue" if str(row[0]).startswith(_LATE) else styles[str(row[0])],
            )
            for row in table.rows
        ],
    )


def _waits(table: Table) -> Markup:
    return bars(
        table.name,
        str(ABOUT[table.name].title),
        _("A bar a pair of colleagues: how many applications wait."),
        [
            Bar(
                cell_words("waits_on", row[1]),
                _number(row[2]) or 0,
                _(
                    "%(number)s by %(name)s",
                    number=cell_words("", row[2]),
                    name=cell_words("who", row[0]),
                ),
            )
            for row in table.rows[:MOST]
        ],
    )


def _rates(table: Table) -> Markup:
    rows = [row for row in table.rows if (_number(row[1]) or 0) >= _SHORTEST]
    return bars(
        table.name,
        str(ABOUT[table.name].title),
        _("A bar each: the share kept by the first date, and of how many."),
        [
            Bar(
                cell_words(table.columns[0], row[0]),
                _number(row[3]) or 0.0,
                _(
                    "%(rate)s of %(number)s",
                    rate=cell_words("kept_rate", row[3]),
                    number=cell_words("n", row[1]),
                ),
                "kept",
            )
            for row in rows[:MOST]
        ],
        top=1.0,
    )
