"""Connections as the API shows them: what is stored, what is counted, and no secret."""

from __future__ import annotations

from typing import Any

from service.api.operation import Call
from service.ats.registry import adapter_named
from service.models import Connection
from service.parts import parts
from service.queries.connection_counts import ConnectionCounts, connection_counts
from service.queries.keyset import Page
from service.workflows.connection_secrets import live_count, live_until
from service.workflows.connection_settings import missing_for_api

_AS_STORED = (
    "id",
    "name",
    "vendor",
    "stage_map",
    "rejections_by",
    "settings",
    "write_back",
    "sync_every_minutes",
    "next_sync_at",
    "last_synced_at",
    "watermark_at",
    "sync_fault",
    "api_fault",
    "api_fault_at",
    "active",
    "created_at",
    "first_authentic_at",
    "last_authentic_at",
    "refused_count",
    "last_refused_at",
    "version",
)


def shown(call: Call, connection: Connection) -> dict[str, Any]:
    """Return a connection as its schema writes it."""
    counts = connection_counts(call.session, [connection.id])
    return _row(call, connection, counts[connection.id])


def shown_page(call: Call, page: Page[Connection]) -> Page[dict[str, Any]]:
    """Return a page of connections as their schema writes them."""
    counts = connection_counts(call.session, [row.id for row in page.rows])
    return Page([_row(call, row, counts[row.id]) for row in page.rows], page.next)


def _row(call: Call, connection: Connection, counts: ConnectionCounts) -> dict[str, Any]:
    config, adapter = parts().config, adapter_named(connection.vendor)
    path = f"/hooks/ats/{connection.name}"
    return {
        **{name: getattr(connection, name) for name in _AS_STORED},
        "path": path,
        "url": f"{config.base_url}{path}" if config.base_url_given else None,
        "guide": adapter.guide,
        "live_secrets": live_count(connection, call.work.now),
        "old_secrets_until_at": live_until(connection, call.work.now),
        "credentials": sorted(connection.credentials),
        "missing": missing_for_api(connection),
        **vars(counts),
    }
