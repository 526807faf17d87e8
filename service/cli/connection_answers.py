"""What a command about connections is told: which one, its secrets, its vendor's questions.

A secret comes from a file, standard input, the environment or a prompt that does not show it;
never from an argument, which every user of the machine could read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import click
from sqlalchemy.orm import Session

from service.ats.asking import Field
from service.cli.running import unusable
from service.models import Connection
from service.queries.traffic import connection_named

SECRET_VARIABLE = "KEEPWORD_CONNECTION_SECRET"  # noqa: S105 - a variable's name
FIELD_VARIABLE = "KEEPWORD_CONNECTION_"

_LONGEST = 10_000

secret_file = click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True),
    help="A file with the signing secret, or several, a line each; “-” is standard input. Else "
    f"{SECRET_VARIABLE}, else a prompt.",
)

new_secret = click.option(
    "--new-secret", is_flag=True, help="Make a signing secret and show it, this once."
)

settings = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Answer what the vendor's API asks for and is no secret; several times.",
)

credential_files = click.option(
    "--credential-file",
    "credential_files",
    multiple=True,
    metavar="NAME=FILE",
    help=f"A file with one of the API's secrets; else {FIELD_VARIABLE}NAME; several times.",
)

as_document = click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")


def named(session: Session, name: str) -> Connection:
    """Return the connection of this name; a usage error where there is none."""
    row = connection_named(session, name)
    if row is None:
        unusable(f"there is no connection “{name}”. “keepword connection list” shows all.", "NAME")
    return row


def on_a_terminal() -> bool:
    """Tell whether a person can be asked."""
    return sys.stdin.isatty()


def read_secrets(path: Path | None, *, if_empty: str | None = None) -> list[str]:
    """Return the signing secrets; none from a person who gives none, where ``if_empty`` says so."""
    if path is not None:
        return _lines(_file(path, "--secret-file"))
    given = os.environ.get(SECRET_VARIABLE, "").strip()
    if given:
        return _lines(given)
    if not on_a_terminal():
        unusable(f"give the signing secret by --secret-file or {SECRET_VARIABLE}.", "--secret-file")
    question = f"Signing secret (empty: {if_empty})" if if_empty else "Signing secret"
    found: list[str] = []
    while True:
        answer = ask_secret(question, default="" if found or if_empty else None)
        if not answer:
            return found
        found.append(answer)
        question = "Another one (empty: that is all)"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def ask_secret(question: str, default: str | None = None) -> str:
    """Ask for something that is not shown while it is typed."""
    answer = click.prompt(question, hide_input=True, default=default, show_default=False, err=True)
    return str(answer).strip()


def told_fields(
    fields: Iterable[Field], set_values: Iterable[str], files: Iterable[str]
) -> dict[str, str | None]:
    """Return what was told by options and the environment; ``NAME=`` takes a setting away."""
    secret = {each.name for each in fields if each.secret}
    told: dict[str, str | None] = {}
    for name in secret:
        given = os.environ.get(variable_of(name), "").strip()
        if given:
            told[name] = given
    for text in files:
        name, value = _pair(text, "--credential-file", "NAME=FILE")
        told[name] = _file(Path(value), "--credential-file")
    for text in set_values:
        name, value = _pair(text, "--set", "NAME=VALUE", empty=True)
        if name in secret:
            unusable(
                f"{name} is a secret: give it by --credential-file {name}=FILE or "
                f"{variable_of(name)}.",
                "--set",
            )
        told[name] = value or None
    return told


def asked_of_a_person(
    fields: Iterable[Field], told: Mapping[str, str | None]
) -> dict[str, str | None]:
    """Ask for what was not told; an empty answer leaves it for later."""
    asked: dict[str, str | None] = dict(told)
    for each in fields:
        if each.name in told:
            continue
        click.echo(f"{each.label}: {each.help}", err=True)
        question = f"{each.label} (empty: {'later' if each.required else 'none'})"
        if each.secret:
            answer = ask_secret(question, default="")
        else:
            answer = str(click.prompt(question, default="", show_default=False, err=True)).strip()
        if answer:
            asked[each.name] = answer
        elif each.required:
            # Without it the rest is of no use yet.
            break
    return asked


def variable_of(field: str) -> str:
    """Return the variable of the environment that answers this field."""
    return FIELD_VARIABLE + field.upper()


def _pair(text: str, option: str, form: str, *, empty: bool = False) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name.strip() or not equals or not (value.strip() or empty):
        unusable(f"write {form}.", option)
    return name.strip(), value.strip()


def _file(path: Path, option: str) -> str:
    try:
        with click.open_file(str(path), encoding="utf-8") as file:
            return str(file.read(_LONGEST)).strip()
    except (OSError, UnicodeDecodeError):
        unusable(f"{path} cannot be read as text.", option)
