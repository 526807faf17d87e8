"""The figures in their reader's words: what a table is called, what it counts, what a cell says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from flask_babel import format_date, format_decimal, format_percent, lazy_gettext
from flask_babel import gettext as _

from service.dashboard.site import zone
from service.dashboard.wording import day_near
from service.parts import parts
from service.queries.numbers_tables import ALL, Cell, Table


@dataclass(frozen=True)
class About:
    """What one table is: its heading and the definition of what it counts."""

    title: Any
    text: Any


_KEPT_TEXT = lazy_gettext(
    "A promise counts once, by the first date it was given: kept is what was kept by then. Where "
    "the date was moved, it counts by the first one all the same, and stands apart here. Released "
    "is what was let go by its first date: it counts for neither side."
)

ABOUT: Final[Mapping[str, About]] = MappingProxyType(
    {
        "kept-by-week": About(lazy_gettext("Promises kept, by week"), _KEPT_TEXT),
        "kept-by-kind": About(
            lazy_gettext("Promises kept, by kind"),
            lazy_gettext("The same promises, by what was promised."),
        ),
        "kept-by-team": About(
            lazy_gettext("Promises kept, by team"),
            lazy_gettext("The same promises, by the team of the job."),
        ),
        "kept-by-job": About(
            lazy_gettext("Promises kept, by job"), lazy_gettext("The same promises, by job.")
        ),
        "kept-by-owner": About(
            lazy_gettext("Promises kept, by owner"),
            lazy_gettext(
                "The same promises, by who owns them now, in the order of names. Who owns the "
                "hard ones keeps fewer: this is no ranking."
            ),
        ),
        "first-word": About(
            lazy_gettext("Time to the first word of a person"),
            lazy_gettext(
                "Working time from the application to the first call or meeting that reached the "
                "candidate, or mail by a person that arrived. What went out by itself does not "
                "count. By the week of the application; those who still wait stand apart."
            ),
        ),
        "decision-told": About(
            lazy_gettext("Time until a decision is told"),
            lazy_gettext(
                "Working time from a decision against somebody, or from when they may be told, "
                "until it reached them. By the week of the decision."
            ),
        ),
        "open-by-age": About(
            lazy_gettext("What is open now, by age"),
            lazy_gettext(
                "Every open promise, whatever its week. Late is counted in working days of the "
                "company's calendar."
            ),
        ),
        "enquiries": About(
            lazy_gettext("How often candidates had to ask"),
            lazy_gettext(
                "Calls and mail from candidates, and how many of them came after a promise to "
                "that candidate had passed. For all weeks together, set against the applications "
                "that were open at some time then."
            ),
        ),
        "who-waits": About(
            lazy_gettext("Who waits on whom"),
            lazy_gettext(
                "Open promises that wait for a colleague's decision, whatever their week; those "
                "with most overdue first."
            ),
        ),
    }
)

_COLUMNS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "week": lazy_gettext("Week from"),
        "kind": lazy_gettext("Promised"),
        "team": lazy_gettext("Team"),
        "job": lazy_gettext("Job"),
        "owner": lazy_gettext("Owner"),
        "n": lazy_gettext("Due"),
        "kept": lazy_gettext("Kept by the first date"),
        "kept_rate": lazy_gettext("Rate"),
        "kept_after_first_date": lazy_gettext("Kept later"),
        "not_kept": lazy_gettext("Not kept"),
        "moved_and_told": lazy_gettext("Moved, and told"),
        "moved_and_kept": lazy_gettext("of these kept by the new date"),
        "moved_silently": lazy_gettext("Moved in silence"),
        "released": lazy_gettext("Released"),
        "told": lazy_gettext("Told"),
        "median_working_hours": lazy_gettext("Median, hours"),
        "ninetieth_percentile_working_hours": lazy_gettext("90 of 100 within, hours"),
        "still_waiting": lazy_gettext("Still waiting"),
        "ended_untold": lazy_gettext("Ended without"),
        "age": lazy_gettext("Age"),
        "promises": lazy_gettext("Promises"),
        "applications": lazy_gettext("Applications"),
        "enquiries": lazy_gettext("Enquiries"),
        "after_a_broken_promise": lazy_gettext("after a broken promise"),
        "applications_that_asked": lazy_gettext("Applications that asked"),
        "open_applications": lazy_gettext("Open applications"),
        "enquiries_per_application": lazy_gettext("Enquiries per application"),
        "who": lazy_gettext("Who waits"),
        "waits_on": lazy_gettext("On whom"),
        "overdue": lazy_gettext("Overdue"),
        "oldest_due_at": lazy_gettext("Oldest date"),
    }
)

KINDS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "acknowledgement": lazy_gettext("An acknowledgement"),
        "callback": lazy_gettext("A call"),
        "scheduling": lazy_gettext("An interview date"),
        "decision": lazy_gettext("A decision"),
        "feedback": lazy_gettext("Feedback"),
        "status": lazy_gettext("Word on where it stands"),
        "reply": lazy_gettext("A reply"),
        "closure": lazy_gettext("A last word"),
    }
)
"""What was promised, in words."""

AGES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "paused": lazy_gettext("Paused"),
        "on_time": lazy_gettext("On time"),
        "at_risk": lazy_gettext("At risk"),
        "late_under_1_day": lazy_gettext("Under 1 day late"),
        "late_1_to_2_days": lazy_gettext("1 to 2 days late"),
        "late_2_to_5_days": lazy_gettext("2 to 5 days late"),
        "late_5_to_10_days": lazy_gettext("5 to 10 days late"),
        "late_over_10_days": lazy_gettext("Over 10 days late"),
    }
)


@dataclass(frozen=True)
class Shown:
    """A table in words. Each cell says whether it is a number.

    ``narrowed`` tells that some columns stand in the file alone; ``wide`` that it needs the whole
    width of the page.
    """

    name: str
    title: Any
    text: Any
    headings: tuple[tuple[Any, bool], ...]
    rows: tuple[tuple[tuple[str, bool], ...], ...]
    narrowed: bool
    wide: bool


_NARROW = 6
"""How many columns the page shows of a table that another one shows whole."""


_FEWEST = 4
"""Weeks that are shown at least: two points are no course of things."""


def begun(table: Table) -> Table:
    """Return a table by week without the weeks before anything happened: an empty plain says
    nothing. The last ``_FEWEST`` weeks stay whatever they hold, and other tables as they are.
    """
    if table.columns[0] != "week":
        return table
    first = next(
        (
            i
            for i, row in enumerate(table.rows)
            if any(isinstance(c, int | float) and c for c in row)
        ),
        len(table.rows),
    )
    # The last row is all weeks together.
    skipped = max(0, min(first, len(table.rows) - 1 - _FEWEST))
    return Table(table.name, table.columns, table.rows[skipped:])


def shown(table: Table, most: int | None = None) -> Shown:
    """Return a table in words, its first ``most`` rows where that is given."""
    about, wide = ABOUT[table.name], table.name == "kept-by-week"
    narrowed = table.name.startswith("kept-by-") and not wide
    columns = table.columns[:_NARROW] if narrowed else table.columns
    headings = tuple((_COLUMNS[name], _is_number(name)) for name in columns)
    rows = tuple(
        tuple((cell_words(name, cell), _is_number(name)) for name, cell in zip(columns, row))  # noqa: B905 - the first columns alone
        for row in table.rows[:most]
    )
    return Shown(table.name, about.title, about.text, headings, rows, narrowed, wide)


_TEXTS = frozenset({"week", "kind", "team", "job", "owner", "age", "who", "waits_on"})


def _is_number(column: str) -> bool:
    return column not in _TEXTS and column != "oldest_due_at"


def cell_words(column: str, cell: Cell) -> str:
    """Return what a cell says to a person."""
    if column == "week":
        return str(_("All weeks")) if cell == ALL else week_words(cell)
    if column == "kind":
        return str(KINDS.get(str(cell), cell))
    if column == "age":
        return str(AGES.get(str(cell), cell))
    if cell is None:
        nobody = {"team": _("No team"), "owner": _("Nobody"), "who": _("Nobody")}
        return str(nobody.get(column, "–"))
    if column == "kept_rate" and isinstance(cell, int | float):
        return percent(cell)
    if isinstance(cell, datetime):
        return day_near(cell, zone(), parts().now())
    return str(format_decimal(cell)) if isinstance(cell, int | float) else str(cell)


def week_words(cell: Cell) -> str:
    """Return a Monday, short, with its year where it is not this one."""
    if not isinstance(cell, date):
        return str(cell or "")
    this_year = parts().now().year
    return str(format_date(cell, "d MMM" if cell.year == this_year else "d MMM y"))


def percent(share: float) -> str:
    """Return a share as per cent."""
    return str(format_percent(share, "0.#%" if 0 < share < 1 else "0%"))
