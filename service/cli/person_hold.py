"""``keepword person hold`` and ``release``: puts one person on legal hold, and lifts it.

Neither says anything that names anybody, and nothing is done where an address means several people.
"""

from __future__ import annotations

from collections.abc import Callable

import click

from service.cli.person_erase import WHO, meant
from service.cli.running import opened
from service.cli.showing import as_json
from service.clock import instant_text
from service.domain.promises import PromiseError
from service.models import Candidate
from service.workflows import legal_hold
from service.workflows.people import lock_person
from service.workflows.work import Work


@click.command("hold")
@click.argument("who", metavar=WHO)
@click.option("--why", required=True, help="The reason, as it is shown on their page.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def hold(who: str, why: str, *, as_document: bool) -> None:
    """Put one person on legal hold, by their id or address.

    While it stands nobody erases them: not by hand, not by rule, and not because an ATS says so.
    """
    _done(
        who,
        lambda work, row: legal_hold.hold(work, row, why),
        "is on legal hold: nobody erases them until it is lifted",
        as_document=as_document,
    )


@click.command("release")
@click.argument("who", metavar=WHO)
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def release(who: str, *, as_document: bool) -> None:
    """Lift the legal hold of one person, by their id or address."""
    _done(
        who,
        legal_hold.lift,
        "is on legal hold no more: they may be erased by hand or by rule",
        as_document=as_document,
    )


def _done(
    who: str, deed: Callable[[Work, Candidate], Candidate], said: str, *, as_document: bool
) -> None:
    with opened() as keepword:
        session = keepword.session
        id_ = meant(keepword, who)
        if id_ is None:
            raise click.ClickException("Their data was erased before; nothing was done.")
        session.rollback()
        work = keepword.work()
        candidate = lock_person(work, session.get_one(Candidate, id_))
        try:
            candidate = deed(work, candidate)
        except PromiseError as error:
            raise click.ClickException(f"Nothing was done: {error}.") from error
        id_, held_at = candidate.id, candidate.held_at
        session.commit()
    if as_document:
        at = instant_text(held_at) if held_at is not None else None
        as_json({"candidate_id": id_, "legal_hold_at": at})
    else:
        click.echo(f"{id_} {said}.")
