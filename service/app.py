"""The composition root: the only place where configuration becomes running parts.

Importing this module starts nothing; ``create_app`` builds one application from one ``Config``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service import api, dashboard, health, hooks, request_spans
from service.assembly import make_office, make_ping, make_transport, make_vendors, make_verifier
from service.bounded_requests import BoundedRequest
from service.calling import caller_to
from service.clock import Clock, JumpGuard, SystemClock
from service.config import Config, make_home
from service.connecting import Limits, engine_options
from service.db import db, prepare_engine, reading_only
from service.late_rules import LateRule
from service.mail.base import Transport
from service.parts import Parts, parts
from service.proxies import BehindProxies
from service.steps import Tools
from service.vendors.base import Vendors
from service.worker import Runner


class KeepwordFlask(Flask):
    """Flask with routes that start fast, and bodies that are whole."""

    url_rule_class = LateRule
    request_class = BoundedRequest


def create_app(
    config: Config,
    *,
    clock: Clock | None = None,
    transport: Transport | None = None,
    vendors: Vendors | None = None,
) -> Flask:
    """Build the application. What is given beside it is given by tests and the demo."""
    app = KeepwordFlask("service", static_folder=None)
    app.wsgi_app = BehindProxies(  # type: ignore[method-assign]  # as Flask says to wrap it
        app.wsgi_app,
        lambda: parts(app).config.trusted_proxies,
        lambda: parts(app).config.base_url.partition(":")[0],
    )
    _connect_database(app, config)
    equip(app, config, clock=clock, transport=transport, vendors=vendors)
    # First, so that it has all of the request in it.
    request_spans.init_app(app)
    app.before_request(_begin)
    app.teardown_request(_end)
    api.init_app(app)
    hooks.init_app(app)
    dashboard.init_app(app)
    health.init_app(app)
    return app


def equip(
    app: Flask,
    config: Config,
    *,
    clock: Clock | None = None,
    transport: Transport | None = None,
    vendors: Vendors | None = None,
) -> None:
    """Give an application its running parts, in the place of those it had.

    Routes and the way to the database stay: ``config`` must name the same database.
    """
    logging.getLogger("keepword").setLevel(config.log_level)
    clock = clock or SystemClock()
    office = make_office(config)
    carrier = transport or make_transport(config, clock)
    asked = vendors or make_vendors(clock)
    tools = Tools(office, clock, carrier, asked, JumpGuard(clock), make_ping(config, clock))
    elsewhere = caller_to(config.broker_url).wake if config.broker_url else None
    runner = Runner(tools, lambda: session_of(app), elsewhere)
    app.extensions["keepword"] = Parts(config, office, tools, make_verifier(config), runner)
    app.config["MAX_CONTENT_LENGTH"] = config.max_body_bytes
    dashboard.equip(app)
    health.equip(app)


@contextmanager
def session_of(app: Flask) -> Iterator[Session]:
    """Open a session outside a request: for steps and commands."""
    with app.app_context():
        session = db.session()
        try:
            yield session
        finally:
            db.session.remove()


def engine_of(app: Flask) -> Engine:
    """Return the application's engine; whoever is done with the application disposes of it."""
    with app.app_context():
        return db.engine


def _connect_database(app: Flask, config: Config) -> None:
    if config.database_url.startswith("sqlite:///"):
        make_home(config)
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    limits = Limits(config.statement_seconds, config.lock_seconds)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(config.database_url, limits)
    db.init_app(app)
    prepare_engine(engine_of(app))


def _begin() -> None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        reader = reading_only()
        reader.__enter__()
        request.environ["keepword.reader"] = reader


def _end(_error: BaseException | None) -> None:
    reader = request.environ.pop("keepword.reader", None)
    if reader is not None:
        reader.__exit__(None, None, None)
