"""``keepword openapi``: the API's description, as the code gives it.

``--check`` compares it with ``openapi.yaml``, so that the file cannot drift from the code.
"""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path

import click

from service.api.setup import openapi_text
from service.app import create_app
from service.cli.showing import note
from service.config import Config
from service.resources import openapi_file

SHOWN_LINES = 40


@click.command("openapi")
@click.option("--check", is_flag=True, help="Compare with openapi.yaml; exit code 1 on a drift.")
def openapi(*, check: bool) -> None:
    """Print the API's description (OpenAPI 3.1, YAML)."""
    text = _text()
    if not check:
        click.echo(text, nl=False)
        return
    there = openapi_file().read_text(encoding="utf-8")
    if there == text:
        click.echo("openapi.yaml is what the code says.")
        return
    drift = list(
        difflib.unified_diff(
            there.splitlines(), text.splitlines(), "openapi.yaml", "the code", lineterm="", n=1
        )
    )
    for line in drift[:SHOWN_LINES]:
        click.echo(line)
    if len(drift) > SHOWN_LINES:
        note(f"… and {len(drift) - SHOWN_LINES} lines more")
    raise click.ClickException(
        "openapi.yaml is not what the code says. Run: keepword openapi > openapi.yaml"
    )


def _text() -> str:
    # The description depends on the code alone: no settings are read, nothing is kept.
    with tempfile.TemporaryDirectory(prefix="keepword-openapi-") as folder:
        config = Config(
            home=Path(folder),
            database_url=f"sqlite:///{folder}/unused.db",
            secret_key="only to describe the API: nothing is sealed",  # noqa: S106 - not a secret
        )
        return openapi_text(create_app(config))
