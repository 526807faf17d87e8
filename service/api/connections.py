"""``/connections``: the ATSs that post here."""

from __future__ import annotations

from typing import Any

from service.api.connection_rows import shown, shown_page
from service.api.lookups import found
from service.api.operation import Answer, Call, Resource, paged
from service.api.schemas.base import PageQuery, page_of
from service.api.schemas.connection import (
    ConnectionChangeSchema,
    ConnectionNewSchema,
    ConnectionSchema,
)
from service.models import Connection
from service.queries import traffic
from service.workflows.connection_settings import (
    set_credentials,
    set_settings,
    set_sync_every,
    set_write_back,
)
from service.workflows.connections import (
    add_connection,
    set_active,
    set_rejections_by,
    set_secrets,
)
from service.workflows.stage_mapping import set_stage_map

resource = Resource("connections", "ATSs that post here. Secrets go in and never come out.")


@resource.operation(
    "GET", "/connections", scope="read", query=PageQuery, returns=page_of(ConnectionSchema)
)
def list_connections(call: Call, args: dict[str, Any]) -> Any:
    """List connections.

    By name.
    """
    return paged(
        "connections",
        args,
        lambda after, limit: shown_page(
            call, traffic.connections(call.session, after=after, limit=limit)
        ),
    )


@resource.operation(
    "POST",
    "/connections",
    scope="admin",
    body=ConnectionNewSchema,
    status=201,
    returns=ConnectionSchema,
)
def create_connection(call: Call, body: dict[str, Any]) -> Answer:
    """Add a connection.

    Give the ATS the address in `url` and the same secret; `guide` says where. Who sends rejections
    has no default: Keepword or the ATS, never both.
    """
    connection = add_connection(
        call.work,
        body["name"],
        body["vendor"],
        body["secrets"],
        body["stage_map"],
        rejections_by=body["rejections_by"],
    )
    _change(call, connection, body)
    call.session.flush()
    return Answer(shown(call, connection), connection.version, f"/connections/{connection.id}")


@resource.operation("GET", "/connections/<connection_id>", scope="read", returns=ConnectionSchema)
def get_connection(call: Call, connection_id: str) -> Answer:
    """Show a connection.

    How it stands, what is to do about it here and at the vendor's side. Never its secrets.
    """
    connection = found(call, Connection, connection_id, "connection")
    return Answer(shown(call, connection), connection.version)


@resource.operation(
    "PATCH",
    "/connections/<connection_id>",
    scope="admin",
    body=ConnectionChangeSchema,
    returns=ConnectionSchema,
    if_match="required",
)
def change_connection(call: Call, body: dict[str, Any], connection_id: str) -> Answer:
    """Change a connection.

    What is left out stays. A label of `stage_map` that changes moves the open applications that
    carry it.
    """
    connection = found(call, Connection, connection_id, "connection", lock=True)
    call.check(connection.version)
    if "secrets" in body:
        set_secrets(call.work, connection, body["secrets"])
    if "stage_map" in body:
        set_stage_map(call.work, connection, body["stage_map"])
    if "rejections_by" in body:
        set_rejections_by(connection, body["rejections_by"])
    _change(call, connection, body)
    if "write_back" in body:
        set_write_back(connection, on=body["write_back"])
    if "active" in body:
        set_active(call.work, connection, active=body["active"])
    call.session.flush()
    return Answer(shown(call, connection), connection.version)


@resource.operation(
    "DELETE",
    "/connections/<connection_id>",
    scope="admin",
    returns=ConnectionSchema,
    if_match="required",
)
def deactivate_connection(call: Call, connection_id: str) -> Answer:
    """Deactivate a connection.

    Deliveries are refused from now on; what came before stays.
    """
    connection = found(call, Connection, connection_id, "connection", lock=True)
    call.check(connection.version)
    set_active(call.work, connection, active=False)
    call.session.flush()
    return Answer(shown(call, connection), connection.version)


def _change(call: Call, connection: Connection, body: dict[str, Any]) -> None:
    """Take over what the vendor's API needs."""
    if "settings" in body:
        set_settings(call.work, connection, body["settings"])
    if "credentials" in body:
        set_credentials(call.work, connection, body["credentials"])
    if "sync_every_minutes" in body:
        set_sync_every(call.work, connection, body["sync_every_minutes"])
