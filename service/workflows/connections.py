"""Adds and changes connections. A secret goes in and is never shown again."""

from __future__ import annotations

import re

from sqlalchemy import select

from service.ats.registry import UnknownAdapterError, adapter_named, all_adapters
from service.domain.changes import CLOSED_STAGES, Stage
from service.models import Connection
from service.workflows.who_tells import RejectionsBy
from service.workflows.work import Work

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
LIVE_SECRETS = 4
"""How many secrets may be live at once: a vendor signs with the old one while it is rotated."""


class BadConnectionError(ValueError):
    """A connection cannot be as asked; ``pointer`` names the field at fault."""

    def __init__(self, text: str, pointer: str) -> None:
        self.pointer = pointer
        super().__init__(text)


def is_name(text: str) -> bool:
    """Tell whether a connection could be called this: 1 to 63 lower-case letters, digits, -."""
    return _NAME.fullmatch(text) is not None


def add_connection(
    work: Work,
    name: str,
    vendor: str,
    secrets: list[str],
    stage_map: dict[str, str] | None = None,
    *,
    rejections_by: str,
) -> Connection:
    """Add a connection; its name is part of the address that the ATS posts to.

    Who sends rejections has no default: two senders would tell a person twice, none never.
    """
    if not is_name(name):
        raise BadConnectionError(
            "a name is 1 to 63 lower-case letters, digits and hyphens, such as greenhouse-main",
            "/name",
        )
    try:
        adapter_named(vendor)
    except UnknownAdapterError as error:
        known = ", ".join(adapter.name for adapter in all_adapters())
        raise BadConnectionError(
            f"there is no adapter for it: use one of {known}", "/vendor"
        ) from (error)
    taken = work.session.scalars(select(Connection.id).where(Connection.name == name)).first()
    if taken is not None:
        raise BadConnectionError("a connection of this name exists already", "/name")
    connection = Connection(
        name=name,
        vendor=vendor,
        secrets=[],
        stage_map={},
        active=True,
        created_at=work.now,
    )
    set_secrets(work, connection, secrets)
    set_stage_map(connection, stage_map or {})
    set_rejections_by(connection, rejections_by)
    work.session.add(connection)
    work.session.flush()
    return connection


def set_secrets(work: Work, connection: Connection, secrets: list[str]) -> None:
    """Make these the live secrets, the newest first."""
    cleaned = [secret.strip() for secret in secrets if secret.strip()]
    if not 1 <= len(cleaned) <= LIVE_SECRETS:
        raise BadConnectionError(
            f"give 1 to {LIVE_SECRETS} signing secrets, as the ATS shows them", "/secrets"
        )
    adapter = adapter_named(connection.vendor)
    for index, secret in enumerate(cleaned):
        fault = adapter.secret_fault(secret)
        if fault is not None:
            raise BadConnectionError(fault, f"/secrets/{index}")
    connection.secrets = [work.office.box.seal(secret) for secret in cleaned]


def live_secrets(work: Work, connection: Connection) -> list[str]:
    """Return the secrets a delivery may be signed with."""
    return [work.office.box.open(sealed) for sealed in connection.secrets]


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


def set_stage_map(connection: Connection, stage_map: dict[str, str]) -> None:
    """Say which of our stages each of the ATS's own labels means."""
    # A label alone closes nothing: a rejection or a hire is an event of its own at every vendor.
    known = {stage.value for stage in Stage if stage not in CLOSED_STAGES}
    for label, stage in stage_map.items():
        if stage not in known:
            raise BadConnectionError(
                f"a stage must be one of {', '.join(sorted(known))}", f"/stage_map/{label}"
            )
    connection.stage_map = dict(stage_map)
