"""``keepword outbox``: letters that wait or need a person, taken back, settled, let go, paused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, NoReturn

import click

from service.cli.running import Opened, opened, unusable
from service.cli.showing import as_json, local, note, table
from service.db import reading_only
from service.domain.delivery import MailState
from service.domain.promises import PromiseError
from service.models import JobClosing, Message
from service.queries.figures import mail_pause
from service.queries.mail_health import channel_rest
from service.queries.outbox import (
    UNDECIDED,
    UNSENT_FOR_GOOD,
    WAITING,
    Letter,
    letters_in,
    whole_letter,
)
from service.workflows.cancelling import Cancelling, Which, cancel_letters, known_ids
from service.workflows.letter_lock import locked_letter
from service.workflows.messages import release_letter, settle_uncertain
from service.workflows.pausing import pause_mail, resume_mail
from service.workflows.work import Work

_json = click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
_why = click.option("--why", required=True, help="Why, for colleagues; kept with the letter.")
LONGEST_REASON = 500


@click.group("outbox")
def outbox() -> None:
    """See, stop, settle and release letters; pause all mail."""


@outbox.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in MailState]),
    help="Only in this state; may be repeated. Else what waits and what needs a person.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True)
@_json
def show_all(states: tuple[str, ...], limit: int, *, as_document: bool) -> None:
    """List letters, the newest first, and say whether mail goes out."""
    with opened() as keepword, reading_only():
        session, zone = keepword.session, keepword.core.office.time_zone
        chosen = states or (*UNDECIDED, *UNSENT_FOR_GOOD, *WAITING)
        found = letters_in(session, chosen, limit)
        pause, rest = mail_pause(session), channel_rest(session, keepword.now)
    if as_document:
        as_json(
            {
                "letters": [asdict(each) for each in found],
                "paused": asdict(pause) if pause else None,
                "resting_until": rest.until if rest else None,
            }
        )
        return
    if found:
        table(
            ["id", "state", "letter", "to", "until", "why"],
            [
                (e.id, e.state, e.kind, e.to_address, local(_until(e), zone), e.reason)
                for e in found
            ],
        )
    else:
        click.echo("No letter waits and none needs a person." if not states else "None.")
    if pause is not None:
        note(f"Mail is paused since {local(pause.at, zone)}: {pause.reason or 'by a person'}.")
    elif rest is not None:
        note(f"Mail rests after {rest.failures} failures in a row; it goes on by itself.")


@outbox.command("show")
@click.argument("which", metavar="ID")
@_json
def show_one(which: str, *, as_document: bool) -> None:
    """Show one letter as it was or will be sent."""
    with opened() as keepword, reading_only():
        whole = whole_letter(keepword.session, which)
        zone = keepword.core.office.time_zone
    if whole is None:
        _no_such([which])
    letter = whole.letter
    if as_document:
        own = {"from_name": whole.from_name, "from_address": whole.from_address}
        as_json(asdict(letter) | own | {"text": whole.text, "html": whole.html})
        return
    rows = [
        ("state", letter.state),
        ("why", letter.reason),
        ("to", f"{letter.to_name} <{letter.to_address}>"),
        ("from", f"{whole.from_name} <{whole.from_address}>"),
        ("written", local(letter.created_at, zone)),
        ("until", local(_until(letter), zone)),
        ("subject", letter.subject),
    ]
    table(["what", "is"], [row for row in rows if row[1]])
    click.echo()
    for line in whole.text.splitlines():
        # A letter's text is people's words: nothing in it may steer a terminal.
        click.echo("".join(c for c in line if c.isprintable()))


@outbox.command("cancel")
@click.argument("ids", nargs=-1, metavar="[ID]…")
@click.option("--all", "everything", is_flag=True, help="Everything that has not left.")
@click.option("--closing", "closing_id", metavar="ID", help="All letters of this closing of a job.")
@click.option("--why", default="cancelled on the command line", help="Why, for colleagues.")
@click.option("--dry-run", is_flag=True, help="Say what would be cancelled, and change nothing.")
@_json
def cancel(
    ids: tuple[str, ...],
    closing_id: str | None,
    why: str,
    *,
    everything: bool,
    dry_run: bool,
    as_document: bool,
) -> None:
    """Take letters back; those that have left are named. Exit code 1 where any had left."""
    if (bool(ids), everything, closing_id is not None).count(True) != 1:
        raise click.UsageError("Name letters by their ids, or --all, or --closing ID.")
    with opened() as keepword:
        work = keepword.work()
        _known(keepword, work, ids, closing_id)
        done = cancel_letters(work, Which(ids, closing_id), _reason(why), dry_run=dry_run)
        keepword.session.commit()
    if as_document:
        as_json(
            {
                "dry_run": dry_run,
                "cancelled": done.cancelled,
                "cancelled_before": done.cancelled_before,
                "too_late": [{"id": id_, "state": state} for id_, state in done.too_late],
            }
        )
    else:
        _tell(done, dry_run=dry_run)
    if ids and done.too_late:
        click.get_current_context().exit(1)


@outbox.command("settle")
@click.argument("which", metavar="ID")
@click.option("--arrived/--send-again", "arrived", default=None, help="It is there, or it is not.")
@_why
def settle(which: str, arrived: bool | None, why: str) -> None:  # noqa: FBT001 - click's own
    """Say what became of a letter that may or may not have left."""
    if arrived is None:
        raise click.UsageError("Say --arrived or --send-again.")

    def change(work: Work, message: Message) -> None:
        settle_uncertain(work, message, arrived=arrived, why=_reason(why))

    _change(which, change)
    click.echo("It counts as told." if arrived else "It is back in line and goes out again.")


@outbox.command("release")
@click.argument("which", metavar="ID")
@_why
def release(which: str, why: str) -> None:
    """Send a letter that was stopped, anyway."""

    def change(work: Work, message: Message) -> None:
        release_letter(work, message, why=_reason(why))

    message = _change(which, change)
    if message.state == MailState.BLOCKED:
        note(f"It is still stopped, and for another reason: {message.reason}.")
        click.get_current_context().exit(1)
    click.echo("It goes out in the hours for mail, unless something else comes to be wrong.")


@outbox.command("pause")
@_why
def pause(why: str) -> None:
    """Stop all mail of the whole company; every letter keeps its place."""
    with opened() as keepword:
        pause_mail(keepword.work(), _reason(why))
        keepword.session.commit()
    click.echo("All mail is paused. To let it go out again: keepword outbox resume")


@outbox.command("resume")
def resume() -> None:
    """Let mail go out again."""
    with opened() as keepword:
        paused = mail_pause(keepword.session)
        resume_mail(keepword.work())
        keepword.session.commit()
    click.echo("Mail goes out again." if paused else "Mail was not paused.")


def _until(letter: Letter) -> Any:
    return letter.due_at if letter.state in WAITING else None


def _change(which: str, change: Callable[[Work, Message], object]) -> Message:
    with opened() as keepword:
        work = keepword.work()
        message = locked_letter(work, which)
        if message is None:
            _no_such([which])
        try:
            change(work, message)
        except PromiseError as error:
            text = str(error)
            raise click.ClickException(f"{text[:1].upper()}{text[1:]}.") from None
        keepword.session.commit()
        return message


def _known(keepword: Opened, work: Work, ids: tuple[str, ...], closing_id: str | None) -> None:
    unknown = sorted(set(ids) - known_ids(work, ids))
    if unknown:
        _no_such(unknown)
    if closing_id is not None and keepword.session.get(JobClosing, closing_id) is None:
        unusable(f"there is no closing {closing_id}.", "--closing")


def _no_such(ids: list[str]) -> NoReturn:
    unusable(f"there is no letter {', '.join(ids)}. “keepword outbox list” shows some.", "ID")


def _reason(why: str) -> str:
    said = " ".join(why.split())
    if not said or len(said) > LONGEST_REASON:
        unusable(f"say why, in at most {LONGEST_REASON} characters.", "--why")
    return said


def _tell(done: Cancelling, *, dry_run: bool) -> None:
    number = len(done.cancelled)
    letters = "1 letter" if number == 1 else f"{number} letters"
    verb = "would be" if dry_run else "is" if number == 1 else "are"
    click.echo(f"{letters} {verb} cancelled.")
    for id_, state in done.too_late:
        note(f"Too late for {id_}: it is {state}.")
