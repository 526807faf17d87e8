"""Syncing in tests: a connection that is polled, its lists page by page, and a sync now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from service.app import session_of
from service.parts import parts
from service.workflows.sync import (
    SyncReport,
    sync_now,
)
from tests.doubles.hint_vendor import find
from tests.doubles.vendor_api import Reply, Seen, VendorApiDouble
from tests.harness import Employer
from tests.integration.hints import (
    connect,
    http,
)


def polled(employer: Employer, api: VendorApiDouble, name: str = "main", **fields: Any) -> str:
    return connect(
        employer, api, name, **{"sync_every_minutes": 15, "next_sync_at": employer.now, **fields}
    )


def page_of(*things: str, following: str | None = None, at: str = "08:00") -> dict[str, Any]:
    found = [{"id": each, "at": at} for each in things]
    return {"things": found, **({"next": following} if following else {})}


def answer_lists(api: VendorApiDouble, pages: dict[str, Any], came: Any = None) -> None:
    """Answer the list of changes page by page, and the other list as told."""

    def answer(seen: Seen) -> Reply:
        found = pages[dict(seen.query)["page"]]
        return found if isinstance(found, Reply) else Reply(found)

    api.on("GET", "/changed", answer)
    api.on("GET", "/came", page_of() if came is None else came)


def asked_since(api: VendorApiDouble) -> list[str]:
    return [dict(seen.query)["since"] for seen in api.asked("/came")]


def synced_now(employer: Employer, name: str = "main", since: datetime | None = None) -> SyncReport:
    with session_of(employer.app) as session:
        return sync_now(
            session,
            parts(employer.app).office,
            employer.clock,
            http(employer),
            name,
            since,
            pause=lambda seconds: employer.clock.advance(timedelta(seconds=seconds)),
            adapters=find,
        )
