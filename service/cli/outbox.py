"""``keepword outbox``: letters that wait or need a person, taken back, settled, let go, paused."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from service.cli.outbox_changes import (
    json_option,
    no_such,
    reason,
    release,
    settle,
    why_option,
)
from service.cli.running import Opened, opened, unusable
from service.cli.showing import as_json, local, note, table
from service.db import reading_only
from service.domain.delivery import MailState
from service.models import JobClosing
from service.queries.figures import mail_pause
from service.queries.mail_health import channel_rest
from service.queries.outbox import (
    UNDECIDED,
    UNSENT_FOR_GOOD,
    WAITING,
    Letter,
    letters_in,
    number_in,
    whole_letter,
)
from service.workflows.cancelling import Cancelling, Which, cancel_letters, known_ids
from service.workflows.pausing import pause_mail, resume_mail
from service.workflows.work import Work


@click.group("outbox")
def outbox() -> None:
    """See, stop, settle and release letters; pause all mail."""


for command in (settle, release):
    outbox.add_command(command)


@outbox.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in MailState]),
    help="Only in this state; may be repeated. Else what waits and what needs a person.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True)
@json_option
def show_all(states: tuple[str, ...], limit: int, *, as_document: bool) -> None:
    """List letters, the newest first, and say whether mail goes out."""
    with opened() as keepword, reading_only():
        session, zone = keepword.session, keepword.core.office.time_zone
        chosen = states or (*UNDECIDED, *UNSENT_FOR_GOOD, *WAITING)
        found, number = letters_in(session, chosen, limit), number_in(session, chosen)
        pause, rest = mail_pause(session), channel_rest(session, keepword.now)
    if as_document:
        as_json(
            {
                "letters": [asdict(each) for each in found],
                "number": number,
                "paused": asdict(pause) if pause else None,
                "resting_until": rest.until if rest else None,
            }
        )
        return
    if found:
        table(
            ["id", "state", "letter", "to", "until", "why", "request"],
            [
                (e.id, e.state, e.kind, e.to_address, local(_until(e), zone), e.reason, _lost_in(e))
                for e in found
            ],
        )
        if number > len(found):
            note(f"These are {len(found)} of {number}: --limit {number} shows all.")
    else:
        click.echo("No letter waits and none needs a person." if not states else "None.")
    if pause is not None:
        note(f"Mail is paused since {local(pause.at, zone)}: {pause.reason or 'by a person'}.")
    elif rest is not None:
        note(f"Mail rests after {rest.failures} failures in a row; it goes on by itself.")


@outbox.command("show")
@click.argument("which", metavar="ID")
@json_option
def show_one(which: str, *, as_document: bool) -> None:
    """Show one letter as it was or will be sent."""
    with opened() as keepword, reading_only():
        whole = whole_letter(keepword.session, which)
        zone = keepword.core.office.time_zone
    if whole is None:
        no_such([which])
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
@json_option
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
        done = cancel_letters(work, Which(ids, closing_id), reason(why), dry_run=dry_run)
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
        _tell_cancelled(done, dry_run=dry_run)
    if ids and done.too_late:
        click.get_current_context().exit(1)


@outbox.command("pause")
@why_option
def pause(why: str) -> None:
    """Stop all mail of the whole company; every letter keeps its place."""
    with opened() as keepword:
        pause_mail(keepword.work(), reason(why))
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


def _lost_in(letter: Letter) -> str | None:
    """Return the request whose answer was lost: it can be settled as a whole."""
    return letter.batch_id if letter.state == MailState.UNCERTAIN else None


def _known(keepword: Opened, work: Work, ids: tuple[str, ...], closing_id: str | None) -> None:
    unknown = sorted(set(ids) - known_ids(work, ids))
    if unknown:
        no_such(unknown)
    if closing_id is not None and keepword.session.get(JobClosing, closing_id) is None:
        unusable(f"there is no closing {closing_id}.", "--closing")


def _tell_cancelled(done: Cancelling, *, dry_run: bool) -> None:
    number = len(done.cancelled)
    letters = "1 letter" if number == 1 else f"{number} letters"
    verb = "would be" if dry_run else "is" if number == 1 else "are"
    click.echo(f"{letters} {verb} cancelled.")
    for id_, state in done.too_late:
        note(f"Too late for {id_}: it is {state}.")
