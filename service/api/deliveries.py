"""``/deliveries``: every authentic webhook POST, kept as it came, replayable."""

from __future__ import annotations

import json
from typing import Any

from service.api.lookups import found
from service.api.operation import Answer, Call, Resource, paged
from service.api.problems import ProblemError
from service.api.schemas.base import page_of
from service.api.schemas.delivery import DeliveryQuery, DeliverySchema, DeliverySummarySchema
from service.models import Delivery
from service.queries import traffic
from service.workflows.ingest import replay

resource = Resource("deliveries", "What the ATSs posted, and what became of each.")
_FILTERS = ("connection_id", "state")


@resource.operation(
    "GET", "/deliveries", scope="read", query=DeliveryQuery, returns=page_of(DeliverySummarySchema)
)
def list_deliveries(call: Call, args: dict[str, Any]) -> Any:
    """List deliveries.

    The newest come first.
    """
    equal = {name: args[name] for name in _FILTERS if name in args}
    return paged(
        "deliveries",
        args,
        lambda after, limit: traffic.deliveries(call.session, after=after, limit=limit, **equal),
    )


@resource.operation("GET", "/deliveries/<delivery_id>", scope="read", returns=DeliverySchema)
def get_delivery(call: Call, delivery_id: str) -> Any:
    """Show a delivery.

    With its body, where that is JSON.
    """
    return _whole(found(call, Delivery, delivery_id, "delivery"))


@resource.operation(
    "POST", "/deliveries/<delivery_id>/replay", scope="write", returns=DeliverySchema
)
def replay_delivery(call: Call, delivery_id: str) -> Answer:
    """Replay a delivery.

    It is worked out anew; what it changed before it does not change twice.
    """
    delivery = found(call, Delivery, delivery_id, "delivery", lock=True)
    try:
        replay(call.work, delivery)
    except ValueError as error:
        fault = f"{str(error)[:1].upper()}{str(error)[1:]}."
        if delivery.emptied_at is not None:
            raise ProblemError(409, "delivery-emptied", fault) from error
        raise ProblemError(409, "delivery-erased", fault) from error
    call.session.flush()
    return Answer(_whole(delivery), wake=("ingest",))


def _whole(delivery: Delivery) -> dict[str, Any]:
    row = {column.key: getattr(delivery, column.key) for column in Delivery.__table__.columns}
    return {**row, "body": _text(delivery.body), "size": len(delivery.body)}


def _text(body: bytes) -> str | None:
    try:
        text = body.decode("utf-8")
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    return text
