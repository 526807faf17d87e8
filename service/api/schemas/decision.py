"""Decisions in and out."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields

from service.api.schemas.base import (
    NOTES,
    ApiSchema,
    Choice,
    Count,
    Id,
    Instant,
    PageQuery,
    Text,
)
from service.domain.changes import CLOSED_STAGES, Stage

_ACTIVE = [stage for stage in Stage if stage not in CLOSED_STAGES]


class DecisionNewSchema(ApiSchema):
    """A decision against an application."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "application_id": "app_0123456789abcdefghjk",
        "reason": "The role needs more experience with databases",
        "decided_by_id": "usr_0123456789abcdefghjk",
    }

    application_id = Id("About which application.", required=True)
    outcome = Choice("What was decided.", [Stage.REJECTED], load_default=Stage.REJECTED.value)
    reason = Text("Why, for colleagues.", most=NOTES, lines=True)
    decided_by_id = Id("Who decided; whoever calls where left out.")
    decided_at = Instant("When; now where left out.")


class WithdrawSchema(ApiSchema):
    """Where the application stands again."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"stage": "interview"}

    stage = Choice("Where the application stands again.", _ACTIVE, required=True)


class DecisionSchema(ApiSchema):
    """Who decided what about an application, when and why."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "dec_0123456789abcdefghjk",
        "application_id": "app_0123456789abcdefghjk",
        "outcome": "rejected",
        "reason": "The role needs more experience with databases",
        "source": "api",
        "decided_by_id": "usr_0123456789abcdefghjk",
        "decided_at": "2026-03-05T14:00:00Z",
        "withdrawn_at": None,
        "created_at": "2026-03-05T14:00:00Z",
        "version": 1,
    }

    id = Id("The id.", required=True)
    application_id = Id("About which application.", required=True)
    outcome = fields.String(required=True, metadata={"description": "What was decided."})
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why."})
    source = fields.String(
        required=True, metadata={"description": "Where it was recorded: here or in an ATS."}
    )
    decided_by_id = Id("Who decided.", required=True, allow_none=True)
    decided_at = Instant("When.", required=True)
    withdrawn_at = Instant("When it was taken back.", required=True, allow_none=True)
    created_at = Instant("When it was recorded.", required=True)
    version = Count("Rises with every change.", required=True)


class DecisionQuery(PageQuery):
    """How to search for decisions."""

    application_id = Id("Only about this application.")
