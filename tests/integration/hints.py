"""A connection to the invented vendor of hints, and passes over what it sends."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from service.app import session_of
from service.models import Connection, Delivery
from service.parts import parts
from service.vendors.base import Vendors
from service.vendors.over_http import HttpVendors
from service.workflows.fetch import FetchReport, fetch
from service.workflows.ingest import ingest
from service.workflows.sync import SyncPass, sync
from service.workflows.work_in import IngestReport
from tests.doubles.hint_vendor import NAME, find
from tests.doubles.vendor_api import Reply, Seen, VendorApiDouble
from tests.harness import Employer

KEY = "an invented api key"


def connect(employer: Employer, api: VendorApiDouble, name: str = "main", **fields: Any) -> str:
    """Add a connection whose API is the double; return its id."""
    with employer.work() as work:
        added = Connection(
            name=name,
            vendor=NAME,
            secrets=[],
            stage_map={},
            settings={"api_url": api.base_url},
            credentials={"api_key": work.office.box.seal(KEY)},
            active=True,
            created_at=work.now,
            **fields,
        )
        work.session.add(added)
        work.session.flush()
        return added.id


def hint(employer: Employer, thing: str = "1", name: str = "main", **more: Any) -> str:
    """Store a delivery that only says that a thing changed; return its id."""
    with employer.work() as work:
        of = work.session.scalars(select(Connection).where(Connection.name == name)).one()
        delivery = Delivery(
            connection_id=of.id,
            identity=uuid4().hex,
            headers={},
            body=json.dumps({"event": "changed", "id": thing, **more}).encode(),
            received_at=work.now,
            next_attempt_at=work.now,
        )
        work.session.add(delivery)
        work.session.flush()
        return delivery.id


def thing(id_: str = "1", first_name: str = "Mira", **more: Any) -> dict[str, Any]:
    """What the API says of a thing."""
    return {
        "id": id_,
        "first_name": first_name,
        "email": f"mira.{id_}@example.com",
        "at": "2026-03-02T08:00:00Z",
        **more,
    }


def tell_things(api: VendorApiDouble, **more: Any) -> None:
    """Have the API tell of every thing it is asked for."""
    api.on("GET", "/things/*", lambda seen: Reply(thing(_id(seen), **more)))


def _id(seen: Seen) -> str:
    return seen.path.rsplit("/", 1)[1]


def http(employer: Employer) -> HttpVendors:
    """A new client, as a new process would have."""
    return HttpVendors(employer.clock)


def run_ingest(employer: Employer) -> IngestReport:
    """Work in what needs nothing of a vendor."""
    with session_of(employer.app) as session:
        return ingest(session, parts(employer.app).office, employer.clock, adapters=find)


def run_fetch(employer: Employer, vendors: Vendors | None = None, **options: Any) -> FetchReport:
    """Serve what waits for a vendor."""
    with session_of(employer.app) as session:
        office = parts(employer.app).office
        asked = vendors or http(employer)
        return fetch(session, office, employer.clock, asked, adapters=find, **options)


def work_all_in(employer: Employer, vendors: Vendors | None = None) -> FetchReport:
    """Ingest, then fetch."""
    run_ingest(employer)
    return run_fetch(employer, vendors)


def run_sync(employer: Employer, vendors: Vendors | None = None, **options: Any) -> SyncPass:
    """Sync what is due; a wait for a rate lets time pass."""
    with session_of(employer.app) as session:
        options.setdefault("pause", lambda seconds: employer.clock.advance(_span(seconds)))
        return sync(
            session,
            parts(employer.app).office,
            employer.clock,
            vendors or http(employer),
            adapters=find,
            **options,
        )


def _span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def delivery_of(employer: Employer, delivery_id: str) -> Delivery:
    """A delivery as it stands."""
    with employer.session() as session:
        return session.scalars(select(Delivery).where(Delivery.id == delivery_id)).one()


def connection_of(employer: Employer, name: str = "main") -> Connection:
    """A connection as it stands."""
    with employer.session() as session:
        return session.scalars(select(Connection).where(Connection.name == name)).one()
