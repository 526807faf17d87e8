"""Adds and changes connections. A secret goes in and is never shown again."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import select

from service.ats.registry import UnknownAdapterError, adapter_named, all_adapters
from service.models import Connection
from service.workflows.connection_faults import BadConnectionError
from service.workflows.connection_secrets import LIVE_SECRETS, live_secrets, set_secrets
from service.workflows.connection_settings import (
    SYNC_EVERY,
    plan_sync,
    set_fields,
    stop_reading,
)
from service.workflows.stage_mapping import set_stage_map
from service.workflows.who_tells import RejectionsBy
from service.workflows.work import Work

__all__ = [
    "LIVE_SECRETS",
    "BadConnectionError",
    "add_connection",
    "check_name",
    "is_name",
    "live_secrets",
    "set_active",
    "set_rejections_by",
    "set_secrets",
]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def is_name(text: str) -> bool:
    """Tell whether a connection could be called this: 1 to 63 lower-case letters, digits, -."""
    return _NAME.fullmatch(text) is not None


def add_connection(
    work: Work,
    name: str,
    vendor: str,
    secrets: list[str],
    stage_map: Mapping[str, str] | None = None,
    *,
    rejections_by: str,
    fields: Mapping[str, str | None] | None = None,
) -> Connection:
    """Add a connection; its name is part of the address that the ATS posts to.

    Who sends rejections has no default: two senders would tell a person twice, none never.
    ``fields`` answers what the vendor's API asks for. Where it can be asked what changed, it is,
    every quarter of an hour.
    """
    check_name(work, name)
    try:
        adapter = adapter_named(vendor)
    except UnknownAdapterError as error:
        known = ", ".join(adapter.name for adapter in all_adapters())
        raise BadConnectionError(
            f"there is no adapter for it: use one of {known}", "/vendor"
        ) from (error)
    connection = Connection(
        name=name,
        vendor=vendor,
        secrets=[],
        settings={},
        credentials={},
        write_back=False,
        sync_every_minutes=SYNC_EVERY if adapter.poller is not None else None,
        sync_failures=0,
        stage_map={},
        active=True,
        created_at=work.now,
    )
    set_secrets(work, connection, secrets)
    set_fields(work, connection, fields or {})
    set_rejections_by(connection, rejections_by)
    work.session.add(connection)
    set_stage_map(work, connection, stage_map or {})
    work.session.flush()
    return connection


def check_name(work: Work, name: str) -> None:
    """Refuse what is no name, or another connection's."""
    if not is_name(name):
        raise BadConnectionError(
            "a name is 1 to 63 lower-case letters, digits and hyphens, such as greenhouse-main",
            "/name",
        )
    taken = work.session.scalars(select(Connection.active).where(Connection.name == name)).first()
    if taken is not None:
        again = "" if taken else f"; it was removed: keepword connection restore {name}"
        raise BadConnectionError(f"a connection of this name exists already{again}", "/name")


def set_rejections_by(connection: Connection, answer: str) -> None:
    """Say who sends the rejections of this connection's applications: Keepword or the ATS.

    It counts from now on: what is owed already stays owed, and letters that wait are looked at
    once more before they leave.
    """
    try:
        connection.rejections_by = RejectionsBy(answer)
    except ValueError:
        raise BadConnectionError(
            "say who sends rejections: keepword or ats; never both", "/rejections_by"
        ) from None


def set_active(work: Work, connection: Connection, *, active: bool) -> None:
    """Take deliveries in and ask the vendor, or neither; what came before stays."""
    connection.active = active
    if not active:
        stop_reading(work, connection)
    plan_sync(work, connection)
