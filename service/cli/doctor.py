"""``keepword doctor``: everything that can be looked at, with a remedy for what is wrong.

It changes nothing. Exit code 1 when something fails, so that a script can ask it too.
"""

from __future__ import annotations

from dataclasses import asdict

import click

from service.cli.checkup import examine
from service.cli.findings import Verdict
from service.cli.showing import as_json, clean


@click.command("doctor")
@click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
@click.option("--reach", is_flag=True, help="Also ask our own address and the mail provider.")
def doctor(*, reach: bool, as_document: bool) -> None:
    """Look for what is wrong, and say what to do about it."""
    found = list(examine(outside=reach))
    failed = any(each.verdict is Verdict.FAIL for each in found)
    if as_document:
        as_json({"ok": not failed, "findings": [asdict(each) for each in found]})
    else:
        for at, each in enumerate(found):
            click.echo(f"{each.verdict:<4}  {each.what:<11}  {clean(each.text)}")
            # One remedy for several faults in a row is said once, below the last of them.
            repeated = at + 1 < len(found) and found[at + 1].remedy == each.remedy
            if each.remedy and not repeated:
                click.echo(f"{'':19}→ {clean(each.remedy)}")
    if failed:
        click.get_current_context().exit(1)
