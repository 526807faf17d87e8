"""``keepword person merge``: merges two records of one person, as the API and their page do.

It says nothing that names anybody, and does nothing where an address means several people.
"""

from __future__ import annotations

import sys

import click

from service.cli.person_named import person_named
from service.cli.running import Opened, opened, unusable
from service.cli.showing import as_json, note
from service.queries.at_stake import AtStake, at_stake
from service.workflows.merging import merge_people, take_hold_of_both

_OTHER, _INTO = "OTHER", "--into"


@click.command("merge")
@click.argument("other", metavar=_OTHER)
@click.option(_INTO, "into", required=True, metavar="ONE", help="The record that stays.")
@click.option("--dry-run", is_flag=True, help="Say what would be merged, and merge nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def merge(other: str, into: str, *, dry_run: bool, yes: bool, as_document: bool) -> None:
    """Merge the record OTHER into ONE: both are one person. Each is an id or an address.

    Applications, promises, letters and the story of both are one person's from then on. The record
    that stays keeps its name; addresses and numbers of both stay. The other record leads to it, and
    so does what an ATS says of it. Nothing is sent, and it cannot be undone.
    """
    with opened() as keepword:
        session = keepword.session
        gone, stays = _side(keepword, other, _OTHER), _side(keepword, into, _INTO)
        if gone.candidate_id == stays.candidate_id:
            unusable("both are one record: there is nothing to merge.", _INTO)
        # Nothing is held while a person thinks.
        session.rollback()
        document = {
            "merged": gone.candidate_id,
            "into": stays.candidate_id,
            "applications": gone.applications,
            "dry_run": dry_run,
        }
        if dry_run:
            if as_document:
                as_json(document)
            else:
                click.echo(_told(gone))
                click.echo("It would be merged into this one:")
                click.echo(_told(stays))
            return
        if not yes:
            _confirmed(gone, stays)
        work = keepword.work()
        first, second = take_hold_of_both(work, gone.candidate_id, stays.candidate_id)
        if [at_stake(session, each.id) for each in (first, second)] != [gone, stays]:
            raise click.ClickException(
                "One of the records changed meanwhile, and nothing was merged. Run it again."
            )
        done = merge_people(work, first, second)
        session.commit()
    if as_document:
        as_json({**document, "applications": done.applications})
        return
    moved = _number(done.applications, "application", "applications")
    click.echo(f"{gone.candidate_id} is merged into {stays.candidate_id}, with {moved}.")
    twice = sorted({*gone.connections} & {*stays.connections})
    if twice:
        note(f"The ATS keeps both records ({', '.join(twice)}): merge them there too.")


def _side(keepword: Opened, who: str, parameter: str) -> AtStake:
    """Return what is known of one of both; end the command where it is nobody any more."""
    id_ = person_named(keepword, who, parameter, undone="nothing is merged")
    stake = at_stake(keepword.session, id_) if id_ is not None else None
    if stake is None or stake.erased_at is not None:
        unusable("this person's data was erased: there is nothing to merge.", parameter)
    return stake


def _told(stake: AtStake) -> str:
    applications = _number(stake.applications, "application", "applications")
    promises = _number(stake.promises, "open promise", "open promises")
    letters = _number(stake.letters, "letter", "letters")
    return f"{stake.candidate_id}: {applications}, {promises}, {letters} yet to leave."


def _confirmed(gone: AtStake, stays: AtStake) -> None:
    """Say what becomes one, and go on after a yes alone."""
    note(_told(gone))
    note(_told(stays))
    try:
        click.confirm(
            f"Merge the first into {stays.candidate_id}? It cannot be undone", abort=True, err=True
        )
    except click.Abort:
        if not sys.stdin.isatty():
            note("")
            unusable("nothing was merged: nobody said yes. Say --yes.", "--yes")
        raise


def _number(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
