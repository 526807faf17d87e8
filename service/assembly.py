"""Makes the parts that need no web framework from the configuration: office, mail, engine.

``create_app`` and the command line both build from here, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine

from service import telemetry
from service.clock import Clock
from service.config import Config, ConfigError, ensure_secret_key, make_home
from service.connecting import LONG_WORK, Limits, engine_options
from service.db import prepare_engine
from service.mail.base import Transport
from service.mail.capture import CaptureTransport
from service.mail.compiling import load_templates
from service.mail.event_signature import EventVerifier
from service.ping import Ping
from service.public_holidays import holidays_for
from service.resources import resource_folder
from service.secret_box import SecretBox
from service.vendors.base import Vendors
from service.workflows.erasure_list import ErasureList
from service.workflows.work import Office


def make_office(config: Config) -> Office:
    """Return the employer as configured, with its letters loaded."""
    return Office(
        company=config.company,
        mail_from=config.mail_from,
        mail_from_name=config.mail_from_name,
        base_url=config.base_url,
        time_zone=config.time_zone,
        templates=load_templates(resource_folder("templates/email")),
        box=SecretBox(ensure_secret_key(config), config.secret_key_previous),
        holidays_for=holidays_for,
        letters_a_minute=config.mail_a_minute,
        raw_days=config.raw_days,
        people_days=config.people_days,
        erasures=ErasureList(config.erasures_path),
    )


def make_transport(config: Config, clock: Clock) -> Transport:
    """Return what carries the mail: nothing leaves unless SendGrid was asked for.

    Raises ``ValueError`` for a key or a sender that cannot be one.
    """
    if config.mail == "sendgrid":
        # Imported here: its client takes a while to load, and most commands send nothing.
        from service.mail.sendgrid import SendGridTransport

        return SendGridTransport(
            config.sendgrid_api_key,
            clock=clock,
            base_url=config.sendgrid_base_url,
            probe_from=config.mail_from,
        )
    return CaptureTransport()


def make_vendors(clock: Clock) -> Vendors:
    """Return what asks the ATSs' APIs; nothing is asked of one without its credentials."""
    # Imported here: it loads an HTTP client, and most commands ask nobody.
    from service.vendors.over_http import HttpVendors

    return HttpVendors(clock)


def make_ping(config: Config, clock: Clock) -> Ping | None:
    """Return what tells an outside watcher that the checker runs, where one is named."""
    return Ping(config.ping_url, clock) if config.ping_url else None


def make_verifier(config: Config) -> EventVerifier | None:
    """Return what verifies SendGrid's events, where a key is configured.

    Raises ``ValueError`` for a key that cannot be one.
    """
    if not config.sendgrid_event_public_key:
        return None
    return EventVerifier(config.sendgrid_event_public_key.split(","))


def make_engine(config: Config, limits: Limits = LONG_WORK) -> Engine:
    """Return an engine on the configured database; its folder is made where it is ours."""
    if config.database_url.startswith("sqlite:///"):
        make_home(config)
    engine = create_engine(config.database_url, **engine_options(config.database_url, limits))
    prepare_engine(engine)
    return engine


def require_tracing(config: Config) -> None:
    """Raise ``ConfigError`` where traces are asked for and what makes them is not installed."""
    missing = telemetry.missing() if config.traces_to else None
    if missing is not None:
        raise ConfigError([missing])


def begin_tracing(config: Config) -> None:
    """Collect traces in this process, where a collector is named; see ``require_tracing``.

    Where a process forks, in the one that works: its thread would not survive the fork.
    """
    if config.traces_to:
        require_tracing(config)
        # Imported here: an extra, and most installations do without.
        from service.tracing import by_otlp

        telemetry.start(by_otlp())


@contextmanager
def tracing(config: Config) -> Iterator[None]:
    """Collect traces as long as this lasts, where a collector is named."""
    begin_tracing(config)
    try:
        yield
    finally:
        telemetry.stop()
