"""What is done with a connection, in and out: tried, rotated, synced, replayed, its stages."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields, validate

from service.api.schemas.base import ApiSchema, Choice, Count, Flag, Instant, Table, Text
from service.domain.changes import CLOSED_STAGES, Stage
from service.queries.stage_labels import Known
from service.workflows.connection_secrets import KEEP_OLD_FOR, LONGEST_KEPT, MOST_LIVE_SECRETS
from service.workflows.stage_mapping import LONGEST_LABEL, MOST_LABELS

_HOUR = 3600
_OPEN_STAGES = [stage.value for stage in Stage if stage not in CLOSED_STAGES]


class CheckSchema(ApiSchema):
    """One thing that was tried."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "what": "api",
        "ok": False,
        "text": "Lever's API does not know the key (401).",
        "remedy": "Make or copy the key again, all of it, and enter it.",
    }

    what = fields.String(required=True, metadata={"description": "What was tried, in one word."})
    ok = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "Whether it works; null where it could not be tried."},
    )
    text = fields.String(required=True, metadata={"description": "What came of it."})
    remedy = fields.String(required=True, metadata={"description": "What to do; may be empty."})


class TrialSchema(ApiSchema):
    """What works of a connection, and what does not."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"ok": False, "checks": [CheckSchema.EXAMPLE]}

    ok = Flag("Whether nothing failed.", required=True)
    checks = fields.List(
        fields.Nested(CheckSchema),
        required=True,
        metadata={"description": "Everything that was tried."},
    )


class RotationSchema(ApiSchema):
    """A new signing secret, and how long the old ones count."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "secrets": ["an invented new signing secret"],
        "keep_old_hours": 24,
    }

    secrets = fields.List(
        Text("A signing secret.", most=500),
        required=True,
        load_only=True,
        validate=validate.Length(min=1, max=MOST_LIVE_SECRETS),
        metadata={
            "description": "The new signing secrets, as the ATS shows them. Never shown again.",
            "writeOnly": True,
        },
    )
    keep_old_hours = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=int(KEEP_OLD_FOR.total_seconds()) // _HOUR,
        validate=validate.Range(min=0, max=int(LONGEST_KEPT.total_seconds()) // _HOUR),
        metadata={
            "description": "How many hours the old secrets count; then they end. Null: for good, "
            "as where an ATS signs each event with a secret of its own."
        },
    )


class SyncWishSchema(ApiSchema):
    """From when on to ask what changed."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"since": "2026-03-01T00:00:00Z"}

    since = Instant("From then on; left out, from where the last look ended.")


class ReplayWishSchema(ApiSchema):
    """Which failed deliveries to put back in line."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"since": "2026-03-01T00:00:00Z", "afresh": False}

    since = Instant("Those that came since; left out, all.")
    afresh = Flag(
        "Whether the ATS is asked anew, instead of reading what it once answered.",
        load_default=False,
    )


class ReplayedSchema(ApiSchema):
    """What was put back in line."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"replayed": 12, "erased": 0}

    replayed = Count("Deliveries that are back in line.", required=True)
    erased = Count("Deliveries erased with their person, which cannot be.", required=True)


class StageLabelSchema(ApiSchema):
    """One of the ATS's own stage labels."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "label": "Phone Screen",
        "stage": "screening",
        "known": "guessed",
        "why": "its name says so",
        "open": 14,
        "closed": 3,
        "unmapped": 0,
    }

    label = fields.String(required=True, metadata={"description": "As the ATS writes it."})
    stage = Choice("What it is taken for; null: nobody knows.", Stage, allow_none=True)
    known = Choice("How that is known.", Known, required=True)
    why = fields.String(required=True, metadata={"description": "Why, in words."})
    open = Count("Open applications that carry it.", required=True)
    closed = Count("Closed ones.", required=True)
    unmapped = Count("Open applications whose stage nobody knows because of it.", required=True)


class StageLabelsSchema(ApiSchema):
    """The labels seen on a connection, what is to do first."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"items": [StageLabelSchema.EXAMPLE], "unmapped_labels": 0}

    items = fields.List(
        fields.Nested(StageLabelSchema),
        required=True,
        metadata={"description": "The labels."},
    )
    unmapped_labels = Count("How many of them nobody can place.", required=True)


class StageMapSchema(ApiSchema):
    """What labels mean from now on."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "stages": {"Phone Screen": "screening", "Culture Add": "interview"},
        "confirm_guesses": True,
    }

    stages = Table(
        keys=Text("The ATS's label.", most=LONGEST_LABEL),
        values=Choice("Our stage.", _OPEN_STAGES),
        required=True,
        validate=validate.Length(max=MOST_LABELS),
        metadata={"description": "The whole map: a label left out is guessed from now on."},
    )
    confirm_guesses = Flag(
        "Whether what is guessed of the other labels is right, and becomes part of the map.",
        load_default=False,
    )
