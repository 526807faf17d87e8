"""What a person asks to be done to letters, and what was done."""

from __future__ import annotations

from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import fields, validate

from service.api.schemas.base import WORDING, ApiSchema, Choice, Count, Flag, Id, Text
from service.domain.delivery import MailState

MOST_AT_ONCE = 1000
"""Ids in one request."""

_WAYS = ("message_ids", "state", "closing_id")


class CancelManySchema(ApiSchema):
    """Which letters to cancel: exactly one of message_ids, state and closing_id."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "state": "held",
        "reason": "The wrong job was closed",
        "dry_run": True,
    }

    message_ids = fields.List(
        Id("A message."),
        validate=validate.Length(min=1, max=MOST_AT_ONCE),
        metadata={"description": "These messages."},
    )
    state = Choice("All that a hold keeps, or all that have not left.", ("held", "all-unsent"))
    closing_id = Id("All of this closing of a job.")
    reason = Text("Why, for colleagues.", most=WORDING, required=True)
    dry_run = Flag("Only say what would be done.", load_default=False)

    @ma.validates_schema
    def _one_way(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if sum(name in data for name in _WAYS) != 1:
            raise ma.ValidationError("Give exactly one of message_ids, state and closing_id.")


class TooLateSchema(ApiSchema):
    """A letter that had left."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "message_id": "msg_0123456789abcdefghjk",
        "state": "delivered",
    }

    message_id = Id("The message.", required=True)
    state = Choice("What became of it.", MailState, required=True)


class CancelledSchema(ApiSchema):
    """What was cancelled, and what had left."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "dry_run": False,
        "cancelled": 496,
        "cancelled_before": 0,
        "too_late": [TooLateSchema.EXAMPLE],
    }

    dry_run = Flag("Whether nothing was changed.", required=True)
    cancelled = Count("How many are cancelled now.", required=True)
    cancelled_before = Count("How many were cancelled before.", required=True)
    too_late = fields.List(
        fields.Nested(TooLateSchema),
        required=True,
        metadata={"description": "Those that had left already."},
    )


class WhySchema(ApiSchema):
    """Why somebody decides as they do."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"why": "She asked for it in writing"}

    why = Text("Why, for colleagues.", most=WORDING, required=True)


class SettleSchema(WhySchema):
    """What became of a letter that may or may not have left."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"outcome": "arrived", "why": "She answered it"}

    outcome = Choice("What is to be taken for true.", ("arrived", "send-again"), required=True)


class SettleRequestSchema(SettleSchema):
    """What became of all letters of one request."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "batch_id": "bat_0123456789abcdefghjk",
        "outcome": "arrived",
        "why": "Two of them answered",
    }

    batch_id = Id("The request, as its messages name it.", required=True)


class SettledSchema(ApiSchema):
    """How many letters of a request were settled."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "batch_id": "bat_0123456789abcdefghjk",
        "outcome": "arrived",
        "settled": 497,
    }

    batch_id = Id("The request.", required=True)
    outcome = Choice("What was taken for true.", ("arrived", "send-again"), required=True)
    settled = Count("How many letters were uncertain and are settled now.", required=True)
