"""``keepword db erasures``: brings the list of erasures and the database to say the same.

The list is what a restored backup is gone over with; nobody on it can be told from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from service.cli.running import Core, core, follow_erasures, unusable
from service.cli.showing import as_json
from service.clock import instant_text
from service.workflows.erase_again import Again
from service.workflows.erasure_list import ErasureList, Erasures

_File = click.Path(dir_okay=False, path_type=Path)


@click.command("erasures")
@click.option(
    "--take",
    "others",
    type=_File,
    multiple=True,
    help="Take another machine's list into this one's. May be given several times.",
)
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
def erasures(others: tuple[Path, ...], *, as_document: bool) -> None:
    """Complete the list of erasures; erase again whoever is on it and in the database."""
    with core() as built:
        take(built, others)
        again = follow_erasures(built)
    if as_document:
        as_json(document(again) | {"list": str(built.config.erasures_path)})
        return
    before = again.listed_before or 0
    click.echo(
        f"{_people(before + again.listed)} on {built.config.erasures_path}, "
        f"of whom {again.listed} are new on it. Erased again here: {again.people}."
    )
    _say_damaged(again)


def take(built: Core, others: Iterable[Path]) -> None:
    """Add other machines' lists to this one's; a usage error where one is not there."""
    # Read even where there is nothing to take: whoever may not read it hears of it before all else.
    mine = built.office.erasures
    here = (mine.read() if mine is not None else None) or Erasures()
    found = Erasures()
    for other in others:
        read = ErasureList(other).read()
        if read is None:
            unusable(f"there is no file {other}.", "--take")
        if read.damaged and not read:
            unusable(f"{other} is no list of erasures.", "--take")
        found.add(read)
    if mine is not None:
        mine.add(found.but(here))


def document(again: Again) -> dict[str, Any]:
    """Return what was done, for programs; ``listed_before`` is null where there was no list."""
    return {
        "erased_again": again.people,
        "listed": again.listed,
        "listed_before": again.listed_before,
    }


def say_restored(built: Core, again: Again) -> None:
    """Say who of the restored people was erased again, or that nobody could be, and why."""
    path = built.config.erasures_path
    if again.listed_before is None:
        click.echo(
            f"There was no list of erasures at {path}. Whoever was erased after the backup was "
            "made is back, and nothing here tells who: erase them again by hand; or, where "
            "another machine has the list: keepword db erasures --take LIST"
        )
        return
    last = f", the last on {instant_text(again.last_at)}" if again.last_at else ""
    click.echo(f"Erased again: {again.people} of {_people(again.listed_before)} on {path}{last}.")
    _say_damaged(again)


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _say_damaged(again: Again) -> None:
    if again.damaged:
        click.echo(
            f"{again.damaged} of its lines cannot be read. Where a crash cut one short, the "
            "database it was written beside adds it again; if the file was changed, take it from "
            "another machine."
        )
