"""``keepword serve`` and ``keepword web``: Keepword as one command, until a signal ends it.

One worker process answers HTTP and, under ``serve``, turns the loops; its parent starts it again
should it die. At SIGTERM or Control-C requests in flight are answered and each loop ends the piece
of work it is at; what is not begun stays in the database.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
from dataclasses import replace
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import ThreadWorker

from service import telemetry
from service.app import create_app, engine_of
from service.assembly import begin_tracing, require_tracing
from service.auth.links import Purpose, an_administrator_can_sign_in, make_link
from service.cli.logs import ServerLogger, log_to_stderr
from service.cli.running import (
    Core,
    bring_up_to_date,
    core,
    require_migrated,
    settings_judged,
    spare_what_is_loaded,
)
from service.config import Config
from service.parts import parts

THREADS = 8
GRACE_IN = 8
"""Seconds from SIGTERM until what still runs is cut off; service managers allow 10."""

_address = click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0 is everywhere."
)
_port = click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Which port."
)
_no_migrate = click.option(
    "--no-migrate", is_flag=True, help="Do not migrate the database: end if it is not up to date."
)


@click.command("serve")
@_address
@_port
@_no_migrate
def serve(host: str, port: int, *, no_migrate: bool) -> None:
    """Run everything in one process: web, checker, ingest and mail.

    The database is made or migrated first. Nothing else is needed; Control-C ends it.
    """
    _run(host, port, loops=True, migrate=not no_migrate)


@click.command("web")
@_address
@_port
@_no_migrate
def web(host: str, port: int, *, no_migrate: bool) -> None:
    """Run the web part alone; “keepword worker” does the rest elsewhere."""
    _run(host, port, loops=False, migrate=not no_migrate)


def _run(host: str, port: int, *, loops: bool, migrate: bool) -> None:
    config = Config.from_environment()
    require_tracing(config)
    _require_free(host, port)
    log_to_stderr(config.log_level, config.log_format)
    # Closed again before the fork: the worker opens connections of its own.
    with core() as built:
        if migrate:
            bring_up_to_date(built)
        else:
            require_migrated(built.engine)
        # Of several web processes each would end the link of the one before.
        first = _first_link(built) if loops else None
    with settings_judged():
        app = create_app(_linking_here(config, host, port))
    spare_what_is_loaded()
    _Server(app, host, port, loops=loops, first=first).run()


def _first_link(built: Core) -> str | None:
    """Return the token of a new link for the first administrator, while nobody can sign in."""
    with built.session() as session:
        if an_administrator_can_sign_in(session):
            return None
        _link, token = make_link(session, built.clock.now(), Purpose.FIRST)
        session.commit()
        return token


def _linking_here(config: Config, host: str, port: int) -> Config:
    """Let letters link to where this listens, unless KEEPWORD_BASE_URL says better."""
    if os.environ.get("KEEPWORD_BASE_URL", "").strip():
        return config
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
    return replace(config, base_url=f"http://{_written(everywhere.get(host, host), port)}")


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _require_free(host: str, port: int) -> None:
    """Say at once that the port is taken; the server would try for five seconds."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        raise click.BadParameter(f"“{host}” is no address here.", param_hint="--host") from None
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            no_place = error.errno == errno.EADDRNOTAVAIL
            remedy = (
                "Name an address of this machine with --host."
                if no_place
                else "Name another with --port."
            )
            raise click.ClickException(
                f"Cannot listen on {_written(host, port)}: {error.strerror}. {remedy}"
            ) from None


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn around one application, configured here and nowhere else."""

    def __init__(self, app: Flask, host: str, port: int, *, loops: bool, first: str | None) -> None:
        self._app = app
        self._loops = loops
        self._first = first
        self._bind = _written(host, port)
        super().__init__(prog="keepword")

    def load_config(self) -> None:
        """Set everything that differs from gunicorn's defaults."""
        settings: dict[str, Any] = {
            "bind": [self._bind],
            "worker_class": _Worker,
            "workers": 1,
            "threads": THREADS,
            "graceful_timeout": GRACE_IN,
            "loglevel": "warning",
            "logger_class": ServerLogger,
            # It would write a socket below the home directory, for a tool we do not use.
            "control_socket_disable": True,
            # By default any client on this machine may rewrite the path and the scheme by headers.
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "proc_name": "keepword",
            "when_ready": self._say_where,
            "post_worker_init": self._start,
            "worker_exit": self._stop,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application."""
        return self._app

    def run(self) -> None:
        """Serve until a signal ends it."""
        _Arbiter(self).run()

    def _say_where(self, _arbiter: Arbiter) -> None:
        config = parts(self._app).config
        mail = (
            "mail goes out through SendGrid"
            if config.mail == "sendgrid"
            else "mail is kept for reading and never sent"
        )
        loops = "" if self._loops else "; the loops run elsewhere (keepword worker)"
        click.echo(f"Keepword listens on http://{self._bind} — {mail}{loops}.")
        if self._first is not None:
            click.echo(
                "Nobody can sign in yet. Become the first administrator, once and within 24 hours, "
                f"at: {config.base_url}/welcome/{self._first}"
            )

    def _start(self, _worker: ThreadWorker) -> None:
        begin_tracing(parts(self._app).config)
        if self._loops:
            parts(self._app).runner.start()

    def _stop(self, _arbiter: Arbiter, _worker: ThreadWorker) -> None:
        parts(self._app).runner.stop()
        telemetry.stop()
        engine_of(self._app).dispose()


class _Arbiter(Arbiter):  # type: ignore[misc]  # gunicorn ships no types
    """The parent process. Control-C and a closed terminal end it as gently as SIGTERM does."""

    def handle_int(self) -> None:
        """End: requests in flight are answered. A second Control-C is not as patient."""
        self.handle_term()

    def handle_hup(self) -> None:
        """End: the settings come from the environment, so there is nothing to read again."""
        self.handle_term()


class _Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """The process that works. A signal stops the loops at once, while requests are answered."""

    def init_signals(self) -> None:
        """End gently on what a terminal sends to the whole group, too."""
        super().init_signals()
        for each in (signal.SIGINT, signal.SIGHUP):
            signal.signal(each, self.handle_exit)
            signal.siginterrupt(each, False)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to stop: no loop takes up anything new from here on."""
        if self.alive:
            parts(self.app.load()).runner.ask_to_stop()
        super().handle_exit(sig, frame)
