"""``keepword job``: close a job and tell everybody who is left, and take that back.

What a dry run shows is what would be done; beyond thirty letters their number is typed, or given
as ``--confirm``.
"""

from __future__ import annotations

import sys
from datetime import date
from typing import NoReturn

import click
from sqlalchemy.orm import Session

from service.cli.job_showing import plan_document, progress_document, show_plan, show_progress
from service.cli.running import Opened, opened, unusable, user_by_email
from service.cli.showing import as_json, note, table
from service.db import reading_only
from service.domain.closing_terms import MANY, Outcome
from service.domain.promises import PromiseError
from service.models import Job, JobClosing
from service.queries import jobs
from service.queries.closings import closing_progress, jobs_to_close
from service.workflows.close_job import close_job
from service.workflows.closing_plan import ClosingPlan, ClosingWish, plan_closing
from service.workflows.undo_closing import undo_closing

_OPTIONS = {
    "/by_user_id": "--by",
    "/second_choice": "--second-choice",
    "/second_choice_until_on": "--until",
    "/mail_anyway": "--mail-anyway",
    "/leave_out": "--leave-out",
    "/confirm_count": "--confirm",
}

_json = click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")


@click.group("job")
def job() -> None:
    """Close a job and tell everybody who is left."""


@job.command("list")
@click.option("--all", "everything", is_flag=True, help="Show jobs without anybody waiting, too.")
@_json
def show(*, everything: bool, as_document: bool) -> None:
    """List jobs that take nobody any more while people wait for an answer."""
    with opened() as keepword, reading_only():
        waiting = {
            row.job_id: row.untold for row in jobs_to_close(keepword.session, keepword.now.date())
        }
        rows = [
            {"id": row.id, "title": row.title, "status": row.status, "untold": waiting.get(row.id)}
            for row in jobs.by_title(keepword.session, None if everything else waiting)
        ]
    if as_document:
        as_json({"jobs": [{**row, "untold": row["untold"] or 0} for row in rows]})
    elif rows:
        table(["id", "title", "status", "not told"], [tuple(row.values()) for row in rows])
        if waiting:
            note("Tell them: keepword job close JOB --outcome filled --by EMAIL --dry-run")
    else:
        click.echo("Nobody waits for an answer to an application for a job that is closed.")


@job.command("close")
@click.argument("job_name", metavar="JOB")
@click.option("--outcome", type=click.Choice([str(each) for each in Outcome]), required=True)
@click.option("--by", metavar="EMAIL", required=True, help="Who decides, and signs the letters.")
@click.option("--reason", help="Why, for colleagues.")
@click.option(
    "--second-choice", metavar="APPLICATION", multiple=True, help="Kept, and told until when."
)
@click.option("--until", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="Kept until.")
@click.option(
    "--mail-anyway", metavar="APPLICATION", multiple=True, help="Mailed without a call before."
)
@click.option("--leave-out", metavar="APPLICATION", multiple=True, help="Left alone.")
@click.option("--dry-run", is_flag=True, help="Show everybody and every letter; change nothing.")
@click.option("--confirm", metavar="N", type=click.IntRange(min=0), help="How many letters go.")
@_json
def close(
    job_name: str,
    outcome: str,
    by: str,
    reason: str | None,
    second_choice: tuple[str, ...],
    until: date | None,
    mail_anyway: tuple[str, ...],
    leave_out: tuple[str, ...],
    confirm: int | None,
    *,
    dry_run: bool,
    as_document: bool,
) -> None:
    """Close JOB (an id or a title) and tell everybody who is left.

    Who was not interviewed is told by mail, at the earliest in an hour; who was gets a call first,
    which somebody owes from then on.
    """
    with opened() as keepword:
        row = _named(keepword.session, job_name)
        wish = ClosingWish(
            outcome=Outcome(outcome),
            by_user_id=user_by_email(keepword.session, by, "--by").id,
            reason=reason,
            second_choice=frozenset(second_choice),
            second_choice_until_on=_day(until),
            mail_anyway=frozenset(mail_anyway),
            leave_out=frozenset(leave_out),
        )
        try:
            if dry_run:
                plan = plan_closing(keepword.work(), row, wish)
                _show_plan(keepword, plan, as_document=as_document)
                return
            if confirm is None:
                confirm = _typed(plan_closing(keepword.work(), row, wish), keepword)
                # What was read for the question is not believed when the answer comes.
                keepword.session.rollback()
            done = close_job(keepword.work(), row.id, wish, confirm)
        except PromiseError as error:
            _refuse(error)
        keepword.session.commit()
        progress = closing_progress(keepword.session, done.closing)
        sentence = done.plan.sentence(keepword.now)
    if as_document:
        as_json(progress_document(progress))
        return
    show_progress(progress)
    click.echo(sentence)
    note(f"Take it back: keepword job undo {progress.closing.id}")


@job.command("closing")
@click.argument("closing_id", metavar="CLOSING")
@_json
def closing(closing_id: str, *, as_document: bool) -> None:
    """Show how far CLOSING has come."""
    with opened() as keepword, reading_only():
        progress = closing_progress(keepword.session, _closing(keepword.session, closing_id))
    if as_document:
        as_json(progress_document(progress))
    else:
        show_progress(progress)


@job.command("undo")
@click.argument("closing_id", metavar="CLOSING")
@click.option("--by", metavar="EMAIL", help="Who takes it back.")
@click.option("--dry-run", is_flag=True, help="Say what would be taken back; change nothing.")
@_json
def undo(closing_id: str, by: str | None, *, dry_run: bool, as_document: bool) -> None:
    """Take CLOSING back: stop its unsent letters, and consider again whoever was not told."""
    with opened() as keepword:
        row = _closing(keepword.session, closing_id)
        by_id = user_by_email(keepword.session, by, "--by").id if by else None
        try:
            done = undo_closing(keepword.work(), row.id, by_id)
        except PromiseError as error:
            _refuse(error)
        if dry_run:
            keepword.session.rollback()
        else:
            keepword.session.commit()
        stays = [{"application_id": id_, "why": why} for id_, why in done.stays]
    if as_document:
        as_json(
            {
                "dry_run": dry_run,
                "closing": closing_id,
                "letters_cancelled": done.letters_cancelled,
                "reopened": done.reopened,
                "stays": stays,
            }
        )
        return
    was, were, is_, are = ("would be",) * 4 if dry_run else ("was", "were", "is", "are")
    letters = _number(done.letters_cancelled, f"letter {was}", f"letters {were}")
    people = _number(len(done.reopened), f"application {is_}", f"applications {are}")
    click.echo(f"{letters} stopped; {people} considered again.")
    if stays:
        note(f"{len(stays)} stay as they are:")
        table(["application", "why"], [tuple(each.values()) for each in stays])


def _named(session: Session, name: str) -> Job:
    found = jobs.named(session, name)
    if not found:
        unusable(f"there is no job “{name}”. “keepword job list --all” shows them.", "JOB")
    if len(found) > 1:
        unusable(f"several jobs are called “{name}”: give the id of one.", "JOB")
    return found[0]


def _closing(session: Session, closing_id: str) -> JobClosing:
    row = session.get(JobClosing, closing_id)
    if row is None:
        unusable(f"there is no closing “{closing_id}”.", "CLOSING")
    return row


def _number(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _day(until: date | None) -> date | None:
    return date(until.year, until.month, until.day) if until else None


def _show_plan(keepword: Opened, plan: ClosingPlan, *, as_document: bool) -> None:
    if as_document:
        as_json(plan_document(plan, keepword.now))
    else:
        show_plan(plan, keepword.now)


def _typed(plan: ClosingPlan, keepword: Opened) -> int:
    """Return the number of letters that the person confirms; ask where they are many."""
    number = len(plan.letters)
    if number <= MANY:
        return number
    if not sys.stdin.isatty():
        unusable(
            f"{number} letters would go out: look at them with --dry-run, then say so with "
            f"--confirm {number}.",
            "--confirm",
        )
    click.echo(plan.sentence(keepword.now), err=True)
    return int(click.prompt("How many letters go out? Type the number", type=int, err=True))


def _refuse(error: PromiseError) -> NoReturn:
    """End the command: as misused where an option is at fault, else as failed."""
    said = f"{str(error)[:1].upper()}{str(error)[1:]}."
    option = _OPTIONS.get(error.pointer or "")
    if option is not None:
        unusable(said, option)
    raise click.ClickException(said)
