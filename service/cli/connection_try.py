"""``keepword connection test``: what works of a connection, what does not, and the remedy."""

from __future__ import annotations

import click

from service.cli import connection_answers as answers
from service.cli.connection_address import address_fault
from service.cli.running import opened
from service.cli.showing import as_json, clean, note
from service.vendors.over_http import HttpVendors
from service.workflows.try_connection import ask_for_proof, begin_trial, note_outcome

_MARKS = {True: "ok", False: "FAIL", None: "–"}


@click.command("test")
@click.argument("name")
@answers.as_document
def test(name: str, *, as_document: bool) -> None:
    """Try NAME: a signed delivery of our own, and its API where it was given credentials.

    Exit code 1 where something does not work. Nothing of the trial stays.
    """
    with opened() as keepword:
        session, clock = keepword.session, keepword.core.clock
        trial = begin_trial(keepword.work(), answers.named(session, name))
        # No transaction is open while the vendor is asked.
        session.rollback()
        vendors = HttpVendors(clock)
        try:
            checks, outcome = ask_for_proof(trial, vendors)
        finally:
            vendors.close()
        note_outcome(session, keepword.work(), trial, outcome)
        session.commit()
        unreachable = address_fault(keepword.core.config)
    failed = any(each.ok is False for each in checks)
    if as_document:
        as_json({"name": name, "ok": not failed, "checks": [vars(each) for each in checks]})
    else:
        for each in checks:
            click.echo(f"{_MARKS[each.ok]:5} {each.what:11} {clean(each.text)}")
            if each.remedy:
                click.echo(f"{'':18}{clean(each.remedy)}")
        if unreachable is not None:
            note(unreachable)
    if failed:
        raise click.exceptions.Exit(1)
