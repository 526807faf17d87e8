"""``keepword demo``: three weeks of an invented company, then its page.

Nothing outside this machine is spoken to, nothing of a real installation is read or written: the
demo has a database of its own, which goes when it ends.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.orm import Session

from service.app import engine_of, session_of
from service.clock import SystemClock
from service.demo.company import COMPANY, ZONE, let_in
from service.demo.figures import count
from service.demo.play import FIXED_END, Played, last_full_hour, play
from service.demo.telling import tell
from service.parts import parts
from service.workflows.work import Work

SEED = 7
ROOM_BYTES = 256 * 1024 * 1024
"""What must be free in memory for the database of the demo, which grows to about 32 MB."""


@click.command("demo")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--serve/--no-serve", "serve_page", default=True, help="Serve the page afterwards.")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON object of figures.")
@click.option("--seed", default=SEED, show_default=True, help="Another number, another story.")
@click.option(
    "--scale",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.05, 1.4),
    help="How much of the 600 applications to play.",
)
def demo(port: int, *, serve_page: bool, as_document: bool, seed: int, scale: float) -> None:
    """Play three weeks of an invented company, say who is overdue and why, and serve its page.

    With --no-serve the weeks are always those before Friday 10 April 2026, so that the figures
    are the same on every day; otherwise they end with the last full hour.
    """
    if serve_page:
        _require_free(port)
    end_at = last_full_hour(SystemClock().now()) if serve_page else FIXED_END
    if not as_document:
        click.echo("Playing three weeks of an invented company; this takes a minute or two.")
    with _home() as home:
        played = play(home, end_at, seed=seed, scale=scale, progress=_progress())
        with session_of(played.app) as session:
            figures = count(session, end_at)
            work = Work(session, end_at, parts(played.app).office)
            if as_document:
                click.echo(json.dumps(figures.to_document()))
            else:
                for line in tell(work, figures):
                    click.echo(line)
            login = _login(session) if serve_page else ()
        engine_of(played.app).dispose()
        _fail_on_surprises(played)
        if serve_page:
            _serve(home, port, login, quiet=as_document)


def _login(session: Session) -> list[str]:
    """Let three of the staff sign in; return how, line by line."""
    who, password = let_in(session, SystemClock().now())
    session.commit()
    staff = [f"  {each.email}  ({each.role.replace('_', ' ')})" for each in who]
    return [f"Sign in at /sign-in with the password {password} as one of:", *staff]


@contextmanager
def _home() -> Iterator[Path]:
    home, owner = Path(tempfile.mkdtemp(prefix="keepword-demo-", dir=_memory())), os.getpid()
    try:
        yield home
    finally:
        # The server's worker is a fork that leaves through here too.
        if os.getpid() == owner:
            shutil.rmtree(home, ignore_errors=True)


def _memory() -> Path | None:
    """Return a folder in memory with room to spare: an invented company needs no disk."""
    folder = Path("/dev/shm")  # noqa: S108 - a folder of our own is made below it
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return None
    return folder if shutil.disk_usage(folder).free >= ROOM_BYTES else None


def _progress() -> Callable[[float], None]:
    if not sys.stderr.isatty():
        return lambda _: None

    def show(share: float) -> None:
        click.echo(f"\r{'Playing three weeks':<22}{share:>5.0%}", err=True, nl=share >= 1)

    return show


def _fail_on_surprises(played: Played) -> None:
    if played.surprises:
        for surprise in played.surprises[:10]:
            click.echo(surprise, err=True)
        raise click.ClickException(
            f"{len(played.surprises)} answers were not the expected ones: a fault in Keepword."
        )


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise click.ClickException(
                f"Cannot listen on port {port}: {error.strerror}. Name another with --port."
            ) from None


def _serve(home: Path, port: int, login: Sequence[str], *, quiet: bool) -> None:
    """Serve the demo's database as ``keepword serve`` would, mail kept and not sent."""
    for name in list(os.environ):
        if name.startswith("SENDGRID_") or name.endswith("_FILE"):
            del os.environ[name]
    os.environ.update(
        KEEPWORD_HOME=str(home),
        DATABASE_URL=f"sqlite:///{home.absolute()}/keepword.db",
        SECRET_KEY="",
        KEEPWORD_COMPANY=COMPANY,
        KEEPWORD_TIME_ZONE=ZONE,
        KEEPWORD_MAIL="capture",
        KEEPWORD_PAGES="machine",
        KEEPWORD_BASE_URL=f"http://127.0.0.1:{port}",
    )
    from service.cli.serve import serve

    # With --json standard output holds the one object and nothing else of ours.
    said = f"The page: http://127.0.0.1:{port}/ (Control-C ends it and forgets everything)"
    click.echo("\n".join(["", said, *login]), err=quiet)
    context = click.Context(serve, info_name="serve")
    context.invoke(serve, host="127.0.0.1", port=port, no_migrate=False)
