"""Deliveries from ATSs as they go out: what came, and what became of it."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields

from service.api.schemas.base import ApiSchema, Choice, Count, Id, Instant, PageQuery

DELIVERY_STATES = ("received", "done", "ignored", "failed")


class DeliverySummarySchema(ApiSchema):
    """One webhook delivery and what became of it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "dlv_0123456789abcdefghjk",
        "connection_id": "cnn_0123456789abcdefghjk",
        "identity": "c56cf89c",
        "received_at": "2026-03-02T09:00:00Z",
        "state": "done",
        "outcome": "applied 1 change",
        "error": None,
        "attempts": 1,
        "duplicates": 0,
        "done_at": "2026-03-02T09:00:01Z",
        "candidate_id": "cnd_0123456789abcdefghjk",
        "emptied_at": None,
    }

    id = Id("The id.", required=True)
    connection_id = Id("The connection it came through.", required=True)
    identity = fields.String(
        required=True, metadata={"description": "What makes it the same delivery, sent twice."}
    )
    received_at = Instant("When it came.", required=True)
    state = Choice("What became of it.", DELIVERY_STATES, required=True)
    outcome = fields.String(
        required=True, allow_none=True, metadata={"description": "What it changed, in words."}
    )
    error = fields.String(
        required=True, allow_none=True, metadata={"description": "Why it failed, in words."}
    )
    attempts = Count("How often it was worked on.", required=True)
    duplicates = Count("How often it came again.", required=True)
    done_at = Instant("When it was settled.", required=True, allow_none=True)
    candidate_id = Id("Whom it speaks of.", required=True, allow_none=True)
    emptied_at = Instant(
        "Since when its content is gone because its time was over.", required=True, allow_none=True
    )


class DeliverySchema(DeliverySummarySchema):
    """One webhook delivery, as it came."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **DeliverySummarySchema.EXAMPLE,
        "headers": {"content-type": "application/json"},
        "body": '{"action": "ping"}',
        "size": 18,
    }

    headers = fields.Dict(required=True, metadata={"description": "The headers that were kept."})
    body = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The body, where it is JSON; null otherwise, or once it is gone."},
    )
    size = Count("The body's length in bytes.", required=True)


class DeliveryQuery(PageQuery):
    """How to search for deliveries; the newest come first."""

    connection_id = Id("Only through this connection.")
    state = Choice("Only in this state.", DELIVERY_STATES)
