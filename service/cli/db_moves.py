"""``keepword db copy``, ``backup`` and ``restore``: everything, to another database or a file.

A backup is for its owner's eyes alone: it holds what the database holds, candidates and all. The
secrets of connections stay sealed in it, under a SECRET_KEY that is not in it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import click

from service.assembly import make_engine
from service.cli.db_erasures import document, say_restored, take
from service.cli.running import bring_up_to_date, core, unusable
from service.cli.showing import as_json
from service.config import Config, ConfigError
from service.moving import moves
from service.moving.shapes import MovingError

_json = click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")


@click.command("copy")
@click.option(
    "--to",
    "address",
    required=True,
    envvar="KEEPWORD_COPY_TO",
    show_envvar=True,
    help="The empty database to fill, as DATABASE_URL names one.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Copy although Keepword works on it; unsent letters then wait for a person in the copy.",
)
@_json
def copy(address: str, *, force: bool, as_document: bool) -> None:
    """Copy the whole database into an empty one: SQLite to PostgreSQL, or back.

    Nobody may work on it meanwhile, and every row is compared afterwards. The copy sends no mail
    until a person lets it: keepword outbox resume.
    """
    with core() as built, _failing():
        target = make_engine(_other(built.config, address))
        try:
            with _progress() as tell:
                moved = moves.copy(built.engine, target, built.clock, tell, force=force)
            bring_up_to_date(replace(built, engine=target))
        finally:
            target.dispose()
    if as_document:
        as_json(_document(moved))
        return
    _say(moved, "Copied and compared")
    click.echo(
        "Now set DATABASE_URL to the copy and start Keepword there, and nowhere else. Mail is "
        "paused in it until somebody says: keepword outbox resume"
    )


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--replace", "over", is_flag=True, help="Take the place of a file that is there.")
@_json
def backup(file: str, *, over: bool, as_document: bool) -> None:
    """Write everything into FILE ("-": standard output) while Keepword works on.

    SECRET_KEY is not in it: keep it elsewhere, or connections' secrets must be entered again.
    """
    to_output = file == "-"
    if to_output and as_document:
        unusable("the backup itself goes to standard output.", "--json")
    with core() as built, _failing(), _progress() as tell:
        if to_output:
            moved = moves.backup(built.engine, sys.stdout.buffer, built.clock, tell)
        else:
            with _whole(Path(file), over=over) as draft:
                moved = moves.backup(built.engine, draft, built.clock, tell)
    if as_document:
        as_json(_document(moved) | {"file": file, "bytes": Path(file).stat().st_size})
    elif not to_output:
        _say(moved, f"Backed up to {file}")


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option(
    "--take",
    "lists",
    type=click.Path(dir_okay=False, path_type=Path),
    multiple=True,
    help="Another machine's list of erasures. May be given several times.",
)
@_json
def restore(file: str, lists: tuple[Path, ...], *, as_document: bool) -> None:
    """Fill the empty database that DATABASE_URL names from FILE ("-": standard input).

    Mail stays paused, and letters that had yet to leave wait for a person: they may have left
    after the backup was made. Whoever is on the list of erasures is erased again.
    """
    with core() as built, _failing(), _progress() as tell:
        with _given(file) as found:
            # Before anything is stored: a list that cannot be read is mended first.
            take(built, lists)
            moved = moves.restore(found, built.engine, built.clock, tell)
        again = bring_up_to_date(built)
    if as_document:
        as_json(_document(moved) | document(again))
        return
    _say(moved, "Restored")
    say_restored(built, again)
    click.echo(
        "What had yet to leave may have left since, so it waits for a person: letters "
        f"{moved.care.letters} (keepword outbox list --state blocked), notes for an ATS "
        f"{moved.care.entries}. "
        "Mail is paused until somebody says: keepword outbox resume"
    )


def _other(config: Config, address: str) -> Config:
    """Return the settings with another database, judged as DATABASE_URL is."""
    environment = {**os.environ, "DATABASE_URL": address}
    environment.pop("DATABASE_URL_FILE", None)
    try:
        return replace(config, database_url=Config.from_environment(environment).database_url)
    except ConfigError:
        unusable(
            "write sqlite:////absolute/path.db or postgresql+psycopg://user:password@host/name.",
            "--to",
        )


@contextmanager
def _whole(path: Path, *, over: bool) -> Iterator[IO[bytes]]:
    """Give a file that takes its name once it is whole and on disk, readable by its owner alone."""
    if path.exists() and not over:
        unusable(f"{path} is there already. Name another, or say --replace.", "FILE")
    if not path.parent.is_dir():
        unusable(f"there is no folder {path.parent}.", "FILE")
    with NamedTemporaryFile(prefix=f"{path.name}.", dir=path.parent, delete=False) as draft:
        made = Path(draft.name)
        try:
            yield draft
            draft.flush()
            os.fsync(draft.fileno())
            made.replace(path)
        except BaseException:
            made.unlink(missing_ok=True)
            raise


@contextmanager
def _given(file: str) -> Iterator[IO[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
        return
    if not Path(file).is_file():
        unusable(f"there is no file {file}.", "FILE")
    with Path(file).open("rb") as found:
        yield found


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except MovingError as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """Show how far it is in one line, on a terminal's standard error only."""
    if not sys.stderr.isatty():
        yield lambda _table, _rows, _of: None
        return

    def tell(table: str, rows: int, of: int | None) -> None:
        share = f"{rows:,} of {of:,}" if of is not None else f"{rows:,}"
        click.echo(f"\r\033[K{table}: {share}", err=True, nl=False)

    try:
        yield tell
    finally:
        click.echo("\r\033[K", err=True, nl=False)


def _document(moved: moves.Moved) -> dict[str, object]:
    return {
        "rows": moved.total,
        "tables": moved.rows,
        "waiting_letters": moved.care.letters,
        "waiting_entries": moved.care.entries,
    }


def _say(moved: moves.Moved, what: str) -> None:
    filled = sum(1 for rows in moved.rows.values() if rows)
    click.echo(f"{what}: {moved.total} rows of {filled} tables.")
