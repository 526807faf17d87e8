"""The composition root: the only place where configuration becomes running parts.

Importing this module starts nothing; ``create_app`` builds one application from one ``Config``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, request
from sqlalchemy.orm import Session

from service import api, dashboard, hooks
from service.clock import Clock, JumpGuard, SystemClock
from service.config import Config, ensure_secret_key
from service.db import db, prepare_engine, reading_only
from service.mail.base import Transport
from service.mail.capture import CaptureTransport
from service.mail.event_signature import EventVerifier
from service.mail.sendgrid import SendGridTransport
from service.mail.templates import load_templates
from service.parts import Parts
from service.public_holidays import holidays_for
from service.resources import resource_folder
from service.secret_box import SecretBox
from service.worker import Runner, Tools
from service.workflows.work import Office


def create_app(
    config: Config,
    *,
    clock: Clock | None = None,
    transport: Transport | None = None,
) -> Flask:
    """Build the application. ``clock`` and ``transport`` are given by tests and the demo."""
    app = Flask("service", static_folder=None)
    logging.getLogger("keepword").setLevel(config.log_level)
    clock = clock or SystemClock()
    _connect_database(app, config)
    office = make_office(config)
    carrier = transport or make_transport(config, clock)
    verifier = (
        EventVerifier(config.sendgrid_event_public_key.split(","))
        if config.sendgrid_event_public_key
        else None
    )
    tools = Tools(office, clock, carrier, JumpGuard(clock))
    runner = Runner(tools, lambda: session_of(app))
    app.extensions["keepword"] = Parts(config, office, tools, verifier, runner)
    app.config["MAX_CONTENT_LENGTH"] = config.max_body_bytes
    app.before_request(_begin)
    app.teardown_request(_end)
    api.init_app(app)
    hooks.init_app(app)
    dashboard.init_app(app)
    return app


@contextmanager
def session_of(app: Flask) -> Iterator[Session]:
    """Open a session outside a request: for steps and commands."""
    with app.app_context():
        session = db.session()
        try:
            yield session
        finally:
            db.session.remove()


def make_office(config: Config) -> Office:
    """Return the employer as configured, with its letters loaded."""
    return Office(
        company=config.company,
        mail_from=config.mail_from,
        mail_from_name=config.mail_from_name,
        base_url=config.base_url,
        time_zone=config.time_zone,
        templates=load_templates(resource_folder("templates/email")),
        box=SecretBox(ensure_secret_key(config)),
        holidays_for=holidays_for,
    )


def make_transport(config: Config, clock: Clock) -> Transport:
    """Return what carries the mail: nothing leaves unless SendGrid was asked for."""
    if config.mail == "sendgrid":
        return SendGridTransport(
            config.sendgrid_api_key, clock=clock, base_url=config.sendgrid_base_url
        )
    return CaptureTransport()


def _connect_database(app: Flask, config: Config) -> None:
    if config.database_url.startswith("sqlite:///"):
        config.home.mkdir(parents=True, exist_ok=True)
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    # Parameters are people's data: they stay out of every error text.
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"hide_parameters": True, "pool_pre_ping": True}
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)


def _begin() -> None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        reader = reading_only()
        reader.__enter__()
        request.environ["keepword.reader"] = reader


def _end(_error: BaseException | None) -> None:
    reader = request.environ.pop("keepword.reader", None)
    if reader is not None:
        reader.__exit__(None, None, None)
