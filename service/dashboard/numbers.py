"""The figures: promises kept, waiting times, what is open, who asks and who waits on whom.

Every figure is a table, drawn above it and to be had as CSV. Nobody's name stands beside a rate
unless somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from service.dashboard.navigation import Destination, add_destination
from service.dashboard.numbers_drawings import drawing
from service.dashboard.numbers_words import Shown, begun, cell_words, percent, shown
from service.dashboard.site import blueprint, needs, no_page, page, visitor
from service.domain.measures import Weeks
from service.domain.rights import Right
from service.parts import parts
from service.queries.extent import is_job_within, is_team_within
from service.queries.numbers import Scope, jobs_to_choose, teams_to_choose
from service.queries.numbers_csv import as_csv
from service.queries.numbers_tables import ABOUT_PEOPLE, TABLES, Cell, Figures, Table
from service.workflows.calendar_in_force import calendar_in_force

add_destination(Destination("pages.numbers", lazy_gettext("Numbers"), 60, Right.SEE_NUMBERS))

PERIODS: Final = (4, 12, 26, 52)
"""The weeks that may be asked for."""

USUAL: Final = 12

ROWS: Final = 30
"""How many rows of one table the page shows; the file holds all."""


@dataclass(frozen=True)
class Section:
    """One figure on the page: the table in words, drawn, and where it is to be had as CSV."""

    table: Shown
    drawing: Markup
    csv: str
    more: int


@blueprint.get("/numbers")
@needs(Right.SEE_NUMBERS)
def numbers() -> Response:
    """Show the figures of the weeks, the team and the job asked for."""
    running = parts()
    session = running.work(actor="page", source="page").session
    figures = _figures(session)
    if figures is None:
        return no_page()
    scope, reach = figures.scope, visitor().reach
    people = "people" in request.args
    names = [name for name in TABLES if people or name not in ABOUT_PEOPLE]
    tables = {name: figures.table(name) for name in names}
    return page(
        running,
        "numbers.html",
        periods=PERIODS,
        weeks=len(scope.weeks.mondays),
        teams=teams_to_choose(session, reach),
        jobs=jobs_to_choose(session, reach, scope.team_id),
        team=scope.team_id,
        job=scope.job_id,
        people=people,
        facts=_facts(tables),
        sections=[
            Section(
                words := shown(begun(table), _most(table)),
                drawing(begun(table)),
                url_for("pages.numbers_file", name=name, **_asked()),
                len(table.rows) - len(words.rows),
            )
            for name, table in tables.items()
        ],
    )


@blueprint.get("/numbers/<name>.csv")
@needs(Right.SEE_NUMBERS)
def numbers_file(name: str) -> Response:
    """Give one table as CSV."""
    session = parts().work(actor="page", source="page").session
    figures = _figures(session)
    if figures is None or name not in TABLES:
        return no_page()
    # With a byte order mark: without it a spreadsheet reads names as another encoding.
    body = as_csv(figures.table(name)).encode("utf-8-sig")
    headers = {"Content-Disposition": f'attachment; filename="keepword-{name}.csv"'}
    return Response(body, content_type="text/csv; charset=utf-8", headers=headers)


def _figures(session: Session) -> Figures | None:
    """Return what answers this request; ``None`` for a team or job nobody here may know of."""
    running, reach = parts(), visitor().reach
    work = running.work(actor="page", source="page")
    team_id, job_id = request.args.get("team") or None, request.args.get("job") or None
    if team_id is not None and not is_team_within(session, reach, team_id):
        return None
    if job_id is not None and not is_job_within(session, reach, job_id):
        return None
    asked = request.args.get("weeks", "")
    count = int(asked) if asked.isdecimal() and asked in {str(each) for each in PERIODS} else USUAL
    scope = Scope(
        now=work.now,
        weeks=Weeks.until(work.now, count, ZoneInfo(running.config.time_zone)),
        reach=reach,
        team_id=team_id,
        job_id=job_id,
    )
    return Figures(session, scope, lambda calendar_id: calendar_in_force(work, calendar_id))


def _asked() -> dict[str, Any]:
    return {name: request.args[name] for name in ("weeks", "team", "job") if request.args.get(name)}


def _most(table: Table) -> int | None:
    """Return how many rows of a table are shown; those by week are shown whole."""
    return None if table.columns[0] == "week" else ROWS


def _facts(tables: Mapping[str, Table]) -> list[tuple[str, str, str]]:
    """Return the figures that sum all up: what, its value, what it rests on."""
    kept, first = _last(tables["kept-by-week"]), _last(tables["first-word"])
    told, asked = _last(tables["decision-told"]), _last(tables["enquiries"])
    return [
        (
            _("Promises kept by their first date"),
            _rate(kept["kept_rate"]),
            _("of %(number)s that came due", number=_words(kept, "n")),
        ),
        (
            _("First word of a person"),
            _hours(first["median_working_hours"]),
            _("median of %(number)s, in working time", number=_words(first, "told")),
        ),
        (
            _("A decision told"),
            _hours(told["median_working_hours"]),
            _("median of %(number)s, in working time", number=_words(told, "told")),
        ),
        (
            _("Enquiries"),
            _words(asked, "enquiries"),
            _(
                "%(number)s of them after a broken promise",
                number=_words(asked, "after_a_broken_promise"),
            ),
        ),
    ]


def _last(table: Table) -> dict[str, Cell]:
    return dict(zip(table.columns, table.rows[-1], strict=True))


def _words(row: Mapping[str, Cell], column: str) -> str:
    return cell_words(column, row[column])


def _rate(cell: Cell) -> str:
    return percent(cell) if isinstance(cell, int | float) else "–"


def _hours(cell: Cell) -> str:
    if not isinstance(cell, int | float):
        return "–"
    return str(_("%(hours)s h", hours=cell_words("", round(cell, 1))))
