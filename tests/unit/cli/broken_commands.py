"""Commands that fail below, as real ones may."""

from __future__ import annotations

import click

SECRET = "Amara Okafor wrote this"


@click.command("fails")
def fails() -> None:
    """Fail with what a person wrote in the error's text."""
    raise ValueError(SECRET)


@click.command("misused")
def misused() -> None:
    """End as a command that was misused."""
    raise click.UsageError("name one")
