"""How a connection reaches its vendor: settings, credentials, how often it asks, writing back.

A name that the vendor's adapter does not ask for is refused; a credential goes in sealed and is
opened only to be used.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import update

from service.ats.asking import Field
from service.ats.base import Adapter
from service.ats.registry import adapter_named
from service.models import Connection, Delivery
from service.secret_box import SealedSecretError
from service.workflows.connection_faults import BadConnectionError, pointer_to
from service.workflows.work import Work

API_URL = "api_url"
"""The setting that every vendor's API takes: another address than the usual, such as a sandbox."""

SYNC_EVERY = 15
"""Minutes between two looks at what changed, unless told otherwise."""

LONGEST_SYNC_EVERY = 7 * 24 * 60

LONGEST_SETTING = 4_000
"""Characters of one setting: an OAuth client's key is the longest known."""


def asked_fields(adapter: Adapter) -> tuple[Field, ...]:
    """Return everything the adapter asks for, each once; the API's own come first."""
    api = adapter.api.fields if adapter.api is not None else ()
    write_back = adapter.write_back.fields if adapter.write_back is not None else ()
    return tuple({field.name: field for field in (*api, *write_back)}.values())


def missing_for_api(connection: Connection) -> list[str]:
    """Return the names that are needed before the vendor can be asked, and are not set."""
    api = adapter_named(connection.vendor).api
    return _missing(connection, api.fields if api is not None else ())


def missing_for_write_back(connection: Connection) -> list[str]:
    """Return the names that are needed before anything can be written back, and are not set."""
    adapter = adapter_named(connection.vendor)
    return _missing(connection, asked_fields(adapter)) if adapter.write_back is not None else []


def can_ask(connection: Connection) -> bool:
    """Tell whether the vendor has an API that can be asked with what is set."""
    return adapter_named(connection.vendor).api is not None and not missing_for_api(connection)


def opened_settings(work: Work, connection: Connection) -> dict[str, str]:
    """Return everything that is set, credentials opened. Raises ``SealedSecretError``."""
    box = work.office.box
    opened = {name: box.open(sealed) for name, sealed in connection.credentials.items()}
    return {**{name: str(value) for name, value in connection.settings.items()}, **opened}


def set_settings(work: Work, connection: Connection, settings: Mapping[str, str | None]) -> None:
    """Set what is not secret; ``None`` takes one away, and what is not named stays."""
    known = {
        each.name for each in asked_fields(adapter_named(connection.vendor)) if not each.secret
    }
    if adapter_named(connection.vendor).api is not None:
        known.add(API_URL)
    checked = _checked(settings, known, connection, "settings")
    url = checked.get(API_URL)
    if url is not None:
        checked[API_URL] = _checked_url(url)
    connection.settings = _merged(connection.settings, checked)
    _check_base_url(work, connection)
    _start_again(work, connection)


def set_credentials(
    work: Work, connection: Connection, credentials: Mapping[str, str | None]
) -> None:
    """Seal what is secret; ``None`` takes one away, and what is not named stays."""
    known = {each.name for each in asked_fields(adapter_named(connection.vendor)) if each.secret}
    checked = _checked(credentials, known, connection, "credentials")
    sealed = {
        name: None if value is None else work.office.box.seal(value)
        for name, value in checked.items()
    }
    connection.credentials = _merged(connection.credentials, sealed)
    _start_again(work, connection)


def set_fields(work: Work, connection: Connection, given: Mapping[str, str | None]) -> None:
    """Set answers to what the adapter asks for, each where it belongs."""
    secret = {each.name for each in asked_fields(adapter_named(connection.vendor)) if each.secret}
    credentials = {name: value for name, value in given.items() if name in secret}
    settings = {name: value for name, value in given.items() if name not in secret}
    if settings:
        set_settings(work, connection, settings)
    if credentials:
        set_credentials(work, connection, credentials)


def set_sync_every(work: Work, connection: Connection, minutes: int | None) -> None:
    """Say how often the vendor is asked what changed; ``None`` never."""
    adapter = adapter_named(connection.vendor)
    if minutes is not None:
        if adapter.poller is None:
            raise BadConnectionError(
                f"{adapter.label} cannot be asked what changed: it only sends",
                "/sync_every_minutes",
            )
        if not 1 <= minutes <= LONGEST_SYNC_EVERY:
            raise BadConnectionError(
                f"say 1 to {LONGEST_SYNC_EVERY} minutes, or null for never", "/sync_every_minutes"
            )
    connection.sync_every_minutes = minutes
    plan_sync(work, connection)


def set_write_back(connection: Connection, *, on: bool) -> None:
    """Say whether letters that arrived and promises kept are written into the vendor's profiles."""
    adapter = adapter_named(connection.vendor)
    if on:
        if adapter.write_back is None:
            raise BadConnectionError(
                f"Keepword writes nothing into {adapter.label}'s profiles", "/write_back"
            )
        missing = missing_for_write_back(connection)
        if missing:
            raise BadConnectionError(
                f"writing back needs {', '.join(missing)}: set it first", "/write_back"
            )
    connection.write_back = on


def plan_sync(work: Work, connection: Connection, *, now: bool = False) -> None:
    """Make the next look due where there can be one, at once where ``now``, or none at all."""
    possible = adapter_named(connection.vendor).poller is not None and can_ask(connection)
    every = connection.sync_every_minutes
    if not possible or not connection.active or (every is None and not now):
        connection.next_sync_at = None
    elif now or connection.next_sync_at is None or every is None:
        connection.next_sync_at = work.now
    else:
        latest = work.now + timedelta(minutes=every)
        connection.next_sync_at = min(connection.next_sync_at, latest)


def _start_again(work: Work, connection: Connection) -> None:
    """Forget what was wrong with the old answers: the new ones have not been tried."""
    connection.api_fault = connection.api_fault_at = None
    connection.sync_fault = None
    connection.sync_failures = 0
    connection.sync_marks = {}
    if connection.write_back and missing_for_write_back(connection):
        connection.write_back = False
    stop_reading(work, connection)
    plan_sync(work, connection, now=connection.sync_every_minutes is not None)
    if connection.id is not None and can_ask(connection):
        _hurry(work, connection)


def stop_reading(work: Work, connection: Connection) -> None:
    """Take a connection from whoever reads its lists at this moment: they settle nothing more."""
    work.session.execute(
        update(Connection)
        .where(Connection.id == connection.id)
        .values(lease_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def _hurry(work: Work, connection: Connection) -> None:
    """Ask at once about what waits for an answer: it waits longer and longer by itself."""
    work.session.execute(
        update(Delivery)
        .where(
            Delivery.connection_id == connection.id,
            Delivery.state == "received",
            Delivery.asked_at.is_not(None),
            Delivery.lease_token.is_(None),
        )
        .values(next_attempt_at=work.now)
        .execution_options(synchronize_session=False)
    )


def _missing(connection: Connection, fields: tuple[Field, ...]) -> list[str]:
    known = {*connection.settings, *connection.credentials}
    return [each.name for each in fields if each.required and each.name not in known]


def _checked(
    given: Mapping[str, str | None], known: set[str], connection: Connection, member: str
) -> dict[str, str | None]:
    label = adapter_named(connection.vendor).label
    checked: dict[str, str | None] = {}
    for name, value in given.items():
        pointer = pointer_to(member, name)
        if name not in known:
            asked = f"use {', '.join(sorted(known))}" if known else "it asks for nothing"
            raise BadConnectionError(f"{label} asks for no such thing here: {asked}", pointer)
        text = None if value is None else value.strip()
        if text is not None and (not text or len(text) > LONGEST_SETTING):
            raise BadConnectionError(f"give 1 to {LONGEST_SETTING} characters", pointer)
        if text is not None and any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
            # It ends up in a header or an address, where a line break starts another one.
            raise BadConnectionError("it must hold no control characters", pointer)
        checked[name] = text
    return checked


def _merged(old: Mapping[str, str], new: Mapping[str, str | None]) -> dict[str, str]:
    both = {**old, **new}
    return {name: value for name, value in both.items() if value is not None}


def _checked_url(url: str) -> str:
    plain = url.rstrip("/")
    fault = _url_fault(plain)
    if fault is not None:
        raise BadConnectionError(fault, pointer_to("settings", API_URL))
    return plain


def _check_base_url(work: Work, connection: Connection) -> None:
    """Refuse settings that lead somewhere a key must not be sent in the clear."""
    api = adapter_named(connection.vendor).api
    if api is None or missing_for_api(connection):
        return
    try:
        base_url = api.base_url(opened_settings(work, connection))
    except SealedSecretError:
        # Nothing is sent anywhere before the credentials are entered again.
        return
    if _url_fault(base_url) is not None:
        raise BadConnectionError("these settings lead to no https address", "/settings")


def _url_fault(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.username is not None or parts.query or parts.fragment or " " in url:
        return "write an address such as https://api.example.com, without a query or a password"
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)):
        return None
    return "it must begin with https:// (http:// is taken for this machine alone)"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
