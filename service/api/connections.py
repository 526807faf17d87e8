"""``/connections``: the ATSs that post here."""

from __future__ import annotations

from typing import Any

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
from service.workflows.connections import (
    add_connection,
    set_rejections_by,
    set_secrets,
    set_stage_map,
)

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
        lambda after, limit: traffic.connections(call.session, after=after, limit=limit),
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

    Give the ATS the address in `path` and the same secret. Who sends rejections has no default:
    Keepword or the ATS, never both.
    """
    connection = add_connection(
        call.work,
        body["name"],
        body["vendor"],
        body["secrets"],
        body["stage_map"],
        rejections_by=body["rejections_by"],
    )
    return Answer(connection, connection.version, f"/connections/{connection.id}")


@resource.operation("GET", "/connections/<connection_id>", scope="read", returns=ConnectionSchema)
def get_connection(call: Call, connection_id: str) -> Answer:
    """Show a connection.

    When it last spoke, how many deliveries were refused, and how its stages map. Never its secrets.
    """
    connection = found(call, Connection, connection_id, "connection")
    return Answer(connection, connection.version)


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

    To rotate a secret, send the new one first and the old one after it; drop the old one later.
    """
    connection = found(call, Connection, connection_id, "connection", lock=True)
    call.check(connection.version)
    if "secrets" in body:
        set_secrets(call.work, connection, body["secrets"])
    if "stage_map" in body:
        set_stage_map(connection, body["stage_map"])
    if "rejections_by" in body:
        set_rejections_by(connection, body["rejections_by"])
    if "active" in body:
        connection.active = body["active"]
    call.session.flush()
    return Answer(connection, connection.version)


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
    connection.active = False
    call.session.flush()
    return Answer(connection, connection.version)
