"""``keepword outbox settle`` and ``release``: what became of a letter; what goes all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from service.cli.running import opened, unusable
from service.cli.showing import as_json, note
from service.domain.delivery import MailState
from service.domain.promises import PromiseError
from service.models import Message, SendBatch
from service.workflows.letter_lock import locked_letter
from service.workflows.messages import release_letter, settle_uncertain
from service.workflows.settle_by_hand import settle_all_of
from service.workflows.work import Work

LONGEST_REASON = 500

json_option = click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
why_option = click.option("--why", required=True, help="Why, for colleagues; kept with the letter.")


@click.command("settle")
@click.argument("which", metavar="[ID]", required=False)
@click.option("--request", "batch_id", metavar="ID", help="All letters of this lost request.")
@click.option("--arrived/--send-again", "arrived", default=None, help="It is there, or it is not.")
@click.option("--dry-run", is_flag=True, help="Say how many would be settled; change nothing.")
@why_option
@json_option
def settle(
    which: str | None,
    batch_id: str | None,
    arrived: bool | None,  # noqa: FBT001 - click's own
    why: str,
    *,
    dry_run: bool,
    as_document: bool,
) -> None:
    """Say what became of a letter, or a request of many, that may or may not have left.

    What is sent again reaches twice whom it had reached after all.
    """
    if (which is None) == (batch_id is None):
        raise click.UsageError("Name one letter by its id, or --request ID.")
    if arrived is None:
        raise click.UsageError("Say --arrived or --send-again.")
    with opened() as keepword:
        work = keepword.work()
        ids = _settled(work, which, batch_id, arrived=arrived, why=reason(why))
        if dry_run:
            keepword.session.rollback()
        else:
            keepword.session.commit()
    if as_document:
        outcome = "arrived" if arrived else "send-again"
        as_json({"dry_run": dry_run, "outcome": outcome, "settled": ids})
        return
    letters = "1 letter" if len(ids) == 1 else f"{len(ids)} letters"
    if dry_run:
        said = "would count as told" if arrived else "would go out again"
    elif len(ids) == 1:
        said = "counts as told" if arrived else "is back in line and goes out again"
    else:
        said = "count as told" if arrived else "are back in line and go out again"
    click.echo(f"{letters} {said}.")


@click.command("release")
@click.argument("which", metavar="ID")
@why_option
@json_option
def release(which: str, why: str, *, as_document: bool) -> None:
    """Send a letter that was stopped, anyway. Exit code 1 where it is still stopped."""
    with opened() as keepword:
        work = keepword.work()
        with _told():
            message = release_letter(work, _letter(work, which), why=reason(why))
        keepword.session.commit()
    if as_document:
        as_json({"id": message.id, "state": message.state, "reason": message.reason})
    if message.state == MailState.BLOCKED:
        note(f"It is still stopped, and for another reason: {message.reason}.")
        click.get_current_context().exit(1)
    if not as_document:
        click.echo("It goes out in the hours for mail, unless something else comes to be wrong.")


def _settled(
    work: Work, which: str | None, batch_id: str | None, *, arrived: bool, why: str
) -> list[str]:
    with _told():
        if which is not None:
            return [settle_uncertain(work, _letter(work, which), arrived=arrived, why=why).id]
        if work.session.get(SendBatch, batch_id) is None:
            unusable(f"there is no request {batch_id}.", "--request")
        return settle_all_of(work, batch_id or "", arrived=arrived, why=why)


def _letter(work: Work, which: str) -> Message:
    message = locked_letter(work, which)
    if message is None:
        no_such([which])
    return message


@contextmanager
def _told() -> Iterator[None]:
    """End the command as failed, saying why, where something cannot be done."""
    try:
        yield
    except PromiseError as error:
        text = str(error)
        raise click.ClickException(f"{text[:1].upper()}{text[1:]}.") from None


def no_such(ids: list[str]) -> NoReturn:
    """End the command as misused: no letter has these ids."""
    unusable(f"there is no letter {', '.join(ids)}. “keepword outbox list” shows some.", "ID")


def reason(why: str) -> str:
    """Return a reason on one line; a usage error where it is none or too long."""
    said = " ".join(why.split())
    if not said or len(said) > LONGEST_REASON:
        unusable(f"say why, in at most {LONGEST_REASON} characters.", "--why")
    return said
