"""Opens a connection's way to its vendor's API, and notes on it whether that answers.

``api_fault`` says what is wrong and ``api_fault_at`` since when; the next good answer clears both.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from service.ats.base import Adapter
from service.models import Connection, Delivery
from service.secret_box import SealedSecretError
from service.vendors.base import Reach
from service.workflows.work import Office

A_MOMENT = timedelta(minutes=1)
"""A fault that was shorter has kept nothing waiting. What may never be asked is noted as a fault
again and again between good answers, and must not be hurried by each.
"""


class NoWayError(Exception):
    """The vendor's API cannot be asked for this connection; the text names the remedy."""


class SealedWayError(NoWayError):
    """The credentials are there, but this process's key does not open them."""


def reach_of(office: Office, connection: Connection, adapter: Adapter) -> Reach:
    """Return a connection's way to its vendor's API. Raises ``NoWayError``."""
    if adapter.api is None:
        raise NoWayError(f"{adapter.label} has no API that Keepword could ask")
    settings = {name: str(value) for name, value in connection.settings.items()}
    try:
        for name, sealed in connection.credentials.items():
            settings[name] = office.box.open(str(sealed))
    except SealedSecretError as error:
        raise SealedWayError(str(error)) from None
    missing = [f.label for f in adapter.api.fields if f.required and not settings.get(f.name)]
    if missing:
        raise NoWayError(
            f"{adapter.label}'s API must be asked, and what for it is needed is not here "
            f"({', '.join(missing)}): run “keepword connection credentials {connection.name}”, "
            "then try this again"
        )
    return Reach(connection.id, adapter.api, settings)


def note_api_fault(session: Session, connection_id: str, why: str, now: datetime) -> None:
    """Note that the API is of no use, and since when; the caller commits."""
    session.execute(
        update(Connection)
        .where(
            Connection.id == connection_id,
            or_(Connection.api_fault.is_(None), Connection.api_fault != why),
        )
        .values(api_fault=why, api_fault_at=func.coalesce(Connection.api_fault_at, now))
        .execution_options(synchronize_session=False)
    )


def note_api_answers(session: Session, connection_id: str, now: datetime | None = None) -> None:
    """Note that the API answers again; the caller commits.

    With ``now`` the hints that waited out a fault longer than a moment are due at once: by
    themselves they would look again ever more rarely.
    """
    since = session.scalars(
        select(Connection.api_fault_at).where(
            Connection.id == connection_id, Connection.api_fault.is_not(None)
        )
    ).one_or_none()
    if since is None:
        return
    session.execute(
        update(Connection)
        .where(Connection.id == connection_id, Connection.api_fault.is_not(None))
        .values(api_fault=None, api_fault_at=None)
        .execution_options(synchronize_session=False)
    )
    if now is not None and now - since >= A_MOMENT:
        _make_hints_due(session, connection_id, now)


def _make_hints_due(session: Session, connection_id: str, at: datetime) -> None:
    """Make the connection's hints that nobody holds due at an instant; the caller commits."""
    free = (
        select(Delivery.id)
        .where(
            Delivery.connection_id == connection_id,
            Delivery.state == "received",
            Delivery.asked_at.is_not(None),
            Delivery.lease_token.is_(None),
        )
        .with_for_update(skip_locked=True)
    )
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(free))
        .values(next_attempt_at=at)
        .execution_options(synchronize_session=False)
    )
