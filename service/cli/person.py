"""``keepword person``: adds one person by hand, with their application, in one command.

Erasing one, merging two and legal holds stand in files of their own.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from service.cli.person_erase import erase
from service.cli.person_hold import hold, release
from service.cli.person_merge import merge
from service.cli.running import opened, unusable
from service.cli.showing import as_json
from service.domain.changes import Stage
from service.domain.newcomers import Newcomer
from service.domain.promises import PromiseError
from service.sheets import cells
from service.sheets.cells import CellError
from service.sheets.dates import DateError, instant
from service.workflows.add_person import add_person

_OPTIONS = {
    "/emails": "--email",
    "/job": "--job",
    "/owner_email": "--owner",
    "/applied_at": "--applied",
}


@click.group("person")
def person() -> None:
    """Add one person by hand, merge two records, keep one from being erased, or erase one."""


for _each in (erase, hold, merge, release):
    person.add_command(_each)


@person.command("add")
@click.argument("name")
@click.option("--email", required=True, multiple=True, help="Most preferred first.")
@click.option("--job", required=True, help="The job's title or id; a new title makes a job.")
@click.option("--phone", multiple=True, help="Most preferred first.")
@click.option(
    "--stage",
    type=click.Choice([str(each) for each in Stage if each is not Stage.REJECTED]),
    default=str(Stage.APPLIED),
    show_default=True,
)
@click.option("--applied", metavar="DATE", help="When they applied, such as 2026-03-02; now.")
@click.option("--owner", metavar="EMAIL", help="The colleague who must act.")
@click.option("--time-zone", metavar="ZONE", help="Such as Europe/Berlin.")
@click.option("--no-acknowledgement", is_flag=True, help="Promise no acknowledgement.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def add(
    name: str,
    email: tuple[str, ...],
    job: str,
    phone: tuple[str, ...],
    stage: str,
    applied: str | None,
    owner: str | None,
    time_zone: str | None,
    *,
    no_acknowledgement: bool,
    as_document: bool,
) -> None:
    """Add the person NAME who applied for a job. Twice the same makes nobody twice."""
    with opened() as keepword:
        work = keepword.work()
        company = work.calendar_row()
        zone = work.calendar(company.id, company.version).time_zone
        newcomer = _newcomer(name, email, phone, job, stage, applied, owner, time_zone, zone)
        try:
            added = add_person(work, newcomer, acknowledge=not no_acknowledgement)
        except PromiseError as error:
            unusable(
                f"{str(error)[:1].upper()}{str(error)[1:]}.", _OPTIONS.get(error.pointer or "")
            )
        keepword.session.commit()
        application = added.application
        document = {
            "candidate_id": application.candidate_id,
            "application_id": application.id,
            "job_id": application.job_id,
            "made": added.made,
            "new_candidate": added.new_candidate,
        }
    if as_document:
        as_json(document)
    elif added.made:
        click.echo(f"Added as {application.candidate_id}, with application {application.id}.")
    else:
        click.echo(f"They have applied for this job already: {application.id}.")


def _newcomer(
    name: str,
    emails: tuple[str, ...],
    phones: tuple[str, ...],
    job: str,
    stage: str,
    applied: str | None,
    owner: str | None,
    time_zone: str | None,
    zone: ZoneInfo,
) -> Newcomer:
    option = "NAME"
    try:
        first, last = cells.first_and_last(cells.plain(name))
        option = "--email"
        addresses = [each for text in emails for each in cells.addresses(text)]
        option = "--phone"
        numbers = [each for text in phones for each in cells.numbers(text)]
        option = "--job"
        title = cells.plain(job)
        option = "--owner"
        colleague = cells.colleague(owner) if owner else None
        option = "--time-zone"
        place = cells.zone(time_zone) if time_zone else None
        option = "--applied"
        applied_at = instant(applied, zone, None) if applied else None
    except (CellError, DateError) as error:
        unusable(f"{error}.", option)
    if not title:
        unusable("a title is needed.", "--job")
    return Newcomer(
        first_name=first,
        last_name=last,
        emails=tuple(dict.fromkeys(addresses)),
        phones=tuple(dict.fromkeys(numbers)),
        time_zone=place,
        job=title,
        stage=Stage(stage),
        applied_at=applied_at,
        owner=colleague,
    )
