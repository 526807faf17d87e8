"""``keepword person erase``: erases one person for good, as the API and their page do.

It says nothing that names anybody, and does nothing where an address means several people.
"""

from __future__ import annotations

import sys

import click

from service.cli.person_named import person_named
from service.cli.running import Opened, opened, unusable
from service.cli.showing import as_json, note
from service.domain.promises import PromiseError
from service.models import Candidate
from service.queries.at_stake import AtStake, at_stake
from service.queries.holds import hold_of
from service.workflows.erase import ON_REQUEST, erase_candidate
from service.workflows.people import lock_person

WHO = "ID_OR_ADDRESS"


@click.command("erase")
@click.argument("who", metavar=WHO)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def erase(who: str, *, yes: bool, as_document: bool) -> None:
    """Erase one person's data for good, by their id or address.

    Name, addresses, numbers, the words of letters and what was noted go; open promises end, and
    letters that have not left are stopped. An empty record stays, so that no late event of an ATS
    brings them back. It cannot be undone. The ATS keeps its own record: erase them there too.
    Where several people have the address, their ids are listed and nothing is done.
    """
    with opened() as keepword:
        session = keepword.session
        id_ = meant(keepword, who)
        if id_ is None:
            _say_gone_before(None, as_document=as_document)
            return
        stake = at_stake(session, id_)
        # Nothing is held while a person thinks.
        session.rollback()
        if hold_of(session, id_) is not None:
            raise click.ClickException(
                "They are on legal hold, and nobody was erased. Read why on their page; once it is "
                f"over: keepword person release {id_}"
            )
        if stake is not None and stake.erased_at is None and not yes:
            _confirmed(stake)
        work = keepword.work()
        candidate = lock_person(work, session.get_one(Candidate, id_))
        if not yes and at_stake(session, candidate.id) != stake:
            raise click.ClickException(
                "Their record changed meanwhile, and nobody was erased. Run it again."
            )
        try:
            ended = erase_candidate(work, candidate, ON_REQUEST)
        except PromiseError as error:
            raise click.ClickException(f"Nobody was erased: {error}.") from error
        id_ = candidate.id
        session.commit()
    if not ended.records:
        _say_gone_before(id_, as_document=as_document)
        return
    connections = list(stake.connections) if stake is not None else []
    if as_document:
        as_json(
            {
                "candidate_id": id_,
                "erased": True,
                "promises_ended": ended.promises,
                "letters_stopped": ended.letters,
                "connections": connections,
            }
        )
        return
    promises = _number(ended.promises, "open promise ended", "open promises ended")
    letters = _number(ended.letters, "letter was stopped", "letters were stopped")
    click.echo(f"{id_} is erased; {promises}, {letters}.")
    if connections:
        note(f"The ATS keeps its own record ({', '.join(connections)}): erase them there too.")


def meant(keepword: Opened, who: str) -> str | None:
    """Return whose id or address this is; ``None`` where whoever had the address is erased."""
    return person_named(keepword, who, WHO, undone="nobody is erased")


def _confirmed(stake: AtStake) -> None:
    """Say what goes, and go on after a yes alone."""
    applications = _number(stake.applications, "application", "applications")
    promises = _number(stake.promises, "open promise", "open promises")
    letters = _number(stake.letters, "letter", "letters")
    note(f"{stake.candidate_id}: {applications}, {promises}, {letters} yet to leave.")
    try:
        click.confirm("Erase their data for good? It cannot be undone", abort=True, err=True)
    except click.Abort:
        if not sys.stdin.isatty():
            note("")
            unusable("nobody was erased: nobody said yes. Say --yes.", "--yes")
        raise


def _say_gone_before(id_: str | None, *, as_document: bool) -> None:
    if as_document:
        as_json({"candidate_id": id_, "erased": False})
    else:
        click.echo("Their data was erased before; nothing was left to do.")


def _number(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
