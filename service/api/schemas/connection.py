"""Connections to ATSs and their deliveries, in and out. A secret goes in and never comes out."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields, validate

from service.api.schemas.base import (
    ApiSchema,
    Choice,
    Count,
    Flag,
    Id,
    Instant,
    PageQuery,
    Table,
    Text,
)
from service.ats.registry import all_adapters
from service.domain.changes import Stage
from service.workflows.who_tells import RejectionsBy

DELIVERY_STATES = ("received", "done", "ignored", "failed")
_STAGE_MAP = "Which of our stages each of the ATS's own labels means."
_REJECTIONS_BY = "Who sends the rejections of its applications: Keepword or the ATS, never both."


class ConnectionChangeSchema(ApiSchema):
    """What may be changed about a connection; what is left out stays."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"stage_map": {"Phone Screen": "screening"}}

    secrets = fields.List(
        Text("A signing secret.", most=500),
        load_only=True,
        validate=validate.Length(min=1, max=4),
        metadata={
            "description": "The signing secrets as the ATS shows them, the newest first; several "
            "live while one is rotated. Never shown again.",
            "writeOnly": True,
        },
    )
    stage_map = Table(
        keys=Text("The ATS's label.", most=200),
        values=Choice("Our stage.", Stage),
        validate=validate.Length(max=500),
        metadata={"description": _STAGE_MAP},
    )
    rejections_by = Choice(_REJECTIONS_BY, RejectionsBy)
    active = Flag("Whether deliveries are taken in.")


class ConnectionNewSchema(ApiSchema):
    """A connection to add."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "greenhouse-main",
        "vendor": "greenhouse",
        "secrets": ["an invented signing secret"],
        "stage_map": {"Phone Screen": "screening"},
        "rejections_by": "keepword",
    }

    name = Text(
        "Part of the address the ATS posts to: lower-case letters, digits, hyphens.",
        most=63,
        required=True,
    )
    vendor = Choice("Which ATS.", [each.name for each in all_adapters()], required=True)
    secrets = fields.List(
        Text("A signing secret.", most=500),
        required=True,
        load_only=True,
        validate=validate.Length(min=1, max=4),
        metadata={
            "description": "The signing secrets as the ATS shows them, the newest first. "
            "Never shown again.",
            "writeOnly": True,
        },
    )
    stage_map = Table(
        keys=Text("The ATS's label.", most=200),
        values=Choice("Our stage.", Stage),
        load_default=dict,
        validate=validate.Length(max=500),
        metadata={"description": _STAGE_MAP},
    )
    rejections_by = Choice(
        _REJECTIONS_BY,
        RejectionsBy,
        required=True,
        error_messages={"required": "Say who sends rejections: keepword or ats; never both."},
    )


class ConnectionSchema(ApiSchema):
    """A configured ATS."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "cnn_0123456789abcdefghjk",
        "name": "greenhouse-main",
        "vendor": "greenhouse",
        "path": "/hooks/ats/greenhouse-main",
        "stage_map": {"Phone Screen": "screening"},
        "rejections_by": "keepword",
        "live_secrets": 1,
        "active": True,
        "created_at": "2026-03-02T09:00:00Z",
        "first_authentic_at": None,
        "last_authentic_at": None,
        "refused_count": 0,
        "last_refused_at": None,
        "version": 1,
    }

    id = Id("The id.", required=True)
    name = fields.String(required=True, metadata={"description": "Its name."})
    vendor = fields.String(required=True, metadata={"description": "Which ATS."})
    path = fields.Function(
        lambda connection: f"/hooks/ats/{connection.name}",
        required=True,
        metadata={"description": "Where the ATS posts to.", "type": "string"},
    )
    stage_map = fields.Dict(required=True, metadata={"description": _STAGE_MAP})
    rejections_by = Choice(
        f"{_REJECTIONS_BY} Null where nobody has answered yet: then Keepword sends none.",
        RejectionsBy,
        required=True,
        allow_none=True,
    )
    live_secrets = fields.Function(
        lambda connection: len(connection.secrets),
        required=True,
        metadata={"description": "How many signing secrets are live.", "type": "integer"},
    )
    active = Flag("Whether deliveries are taken in.", required=True)
    created_at = Instant("When it was added.", required=True)
    first_authentic_at = Instant("When it first spoke.", required=True, allow_none=True)
    last_authentic_at = Instant("When it last spoke.", required=True, allow_none=True)
    refused_count = Count("Deliveries refused for their signature.", required=True)
    last_refused_at = Instant("When the last one was refused.", required=True, allow_none=True)
    version = Count("Rises with every change.", required=True)


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
        metadata={"description": "The body, where it is JSON; null otherwise, or once erased."},
    )
    size = Count("The body's length in bytes.", required=True)


class DeliveryQuery(PageQuery):
    """How to search for deliveries; the newest come first."""

    connection_id = Id("Only through this connection.")
    state = Choice("Only in this state.", DELIVERY_STATES)
