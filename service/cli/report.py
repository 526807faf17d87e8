"""``keepword report``: how well promises are kept and how long people wait, as on the page."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import click

from service.cli.running import Opened, opened, unusable
from service.cli.showing import as_json, local, table
from service.clock import instant_text
from service.db import reading_only
from service.domain.measures import MOST_WEEKS, Weeks
from service.queries import jobs
from service.queries.choices import teams
from service.queries.numbers import Scope
from service.queries.numbers_csv import as_csv
from service.queries.numbers_tables import ABOUT_PEOPLE, TABLES, Cell, Figures, Table
from service.workflows.calendar_in_force import calendar_in_force

USUAL = 12


@click.command("report")
@click.argument("name", required=False, type=click.Choice(TABLES), metavar="[TABLE]")
@click.option(
    "--weeks", type=click.IntRange(1, MOST_WEEKS), default=USUAL, help="How many, this one too; 12."
)
@click.option("--team", metavar="NAME", help="Only the jobs of this team.")
@click.option("--job", metavar="TITLE-OR-ID", help="Only this job.")
@click.option("--by-owner", is_flag=True, help="Tell the rates by owner too.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
@click.option("--csv", "as_file", is_flag=True, help="Print one TABLE as CSV.")
def report(
    name: str | None,
    weeks: int,
    team: str | None,
    job: str | None,
    *,
    by_owner: bool,
    as_document: bool,
    as_file: bool,
) -> None:
    """Tell how well promises are kept and how long people wait.

    Without TABLE all of them are told, the rates by owner only with --by-owner.

    \b
    Tables: kept-by-week, kept-by-kind, kept-by-team, kept-by-job, kept-by-owner,
    first-word, decision-told, open-by-age, enquiries, who-waits.
    """
    if as_file and (name is None or as_document):
        unusable("one TABLE makes one CSV file, and no JSON: name the table.", "--csv")
    with opened() as keepword, reading_only():
        figures = _figures(keepword, weeks, team, job)
        names = [name] if name else [n for n in TABLES if by_owner or n not in ABOUT_PEOPLE]
        tables = [figures.table(each) for each in names]
        zone, at = keepword.core.office.time_zone, figures.scope.now
    if as_file:
        click.echo(as_csv(tables[0]), nl=False)
    elif as_document:
        as_json(_document(tables, at, zone))
    else:
        for each in tables:
            _show(each, zone)


def _figures(keepword: Opened, weeks: int, team: str | None, job: str | None) -> Figures:
    work = keepword.work()
    scope = Scope(
        now=work.now,
        weeks=Weeks.until(work.now, weeks, ZoneInfo(work.office.time_zone)),
        team_id=_team_id(keepword, team),
        job_id=_job_id(keepword, job),
    )
    return Figures(work.session, scope, lambda calendar_id: calendar_in_force(work, calendar_id))


def _team_id(keepword: Opened, name: str | None) -> str | None:
    if name is None:
        return None
    ids = [team_id for team_id, called in teams(keepword.session) if called == name]
    if not ids:
        unusable(f"there is no team named {name}.", "--team")
    return ids[0]


def _job_id(keepword: Opened, named: str | None) -> str | None:
    if named is None:
        return None
    found = jobs.named(keepword.session, named)
    if not found:
        unusable(f"there is no job with the title or id {named}.", "--job")
    if len(found) > 1:
        unusable(f"several jobs have the title {named}: give the id of one.", "--job")
    return found[0].id


def _document(tables: list[Table], at: datetime, zone: str) -> dict[str, object]:
    return {
        "at": instant_text(at),
        "time_zone": zone,
        "tables": {
            each.name: [
                {column: _plain(cell) for column, cell in zip(each.columns, row, strict=True)}
                for row in each.rows
            ]
            for each in tables
        },
    }


def _plain(cell: Cell) -> str | int | float | None:
    if isinstance(cell, datetime):
        return instant_text(cell)
    return cell.isoformat() if isinstance(cell, date) else cell


def _show(shown: Table, zone: str) -> None:
    click.echo(shown.name.replace("-", " ").capitalize())
    table(
        [column.replace("_", " ") for column in shown.columns],
        [
            [_words(column, cell, zone) for column, cell in zip(shown.columns, row, strict=True)]
            for row in shown.rows
        ],
    )
    click.echo()


def _words(column: str, cell: Cell, zone: str) -> str | None:
    if isinstance(cell, datetime):
        return local(cell, zone)
    if isinstance(cell, date):
        return cell.isoformat()
    if column == "kept_rate" and isinstance(cell, int | float):
        return f"{cell:.1%}"
    if cell is None:
        return "nobody" if column in ("owner", "who") else "no team" if column == "team" else "-"
    return str(cell)
