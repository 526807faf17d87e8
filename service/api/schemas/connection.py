"""Connections to ATSs, in and out. A secret goes in and never comes out."""

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
    Table,
    Text,
)
from service.ats.registry import all_adapters
from service.domain.changes import Stage
from service.workflows.connection_secrets import MOST_LIVE_SECRETS
from service.workflows.connection_settings import LONGEST_SETTING, LONGEST_SYNC_EVERY
from service.workflows.stage_mapping import LONGEST_LABEL, MOST_LABELS
from service.workflows.who_tells import RejectionsBy

_STAGE_MAP = "Which of our stages each of the ATS's own labels means."
_REJECTIONS_BY = "Who sends the rejections of its applications: Keepword or the ATS, never both."
_SYNC_EVERY = "How many minutes lie between two looks at what changed; null never looks."


def _stage_map(**more: Any) -> Table:
    return Table(
        keys=Text("The ATS's label.", most=LONGEST_LABEL),
        values=Choice("Our stage.", Stage),
        validate=validate.Length(max=MOST_LABELS),
        metadata={"description": _STAGE_MAP},
        **more,
    )


def _secrets(about: str, **more: Any) -> fields.List[str]:
    return fields.List(
        Text("A signing secret.", most=500),
        load_only=True,
        validate=validate.Length(min=1, max=MOST_LIVE_SECRETS),
        metadata={"description": about, "writeOnly": True},
        **more,
    )


def _answers(about: str, *, secret: bool) -> Table:
    return Table(
        keys=Text("A name that the vendor's API asks for.", most=64),
        values=Text("The answer; null takes it away.", most=LONGEST_SETTING, allow_none=True),
        load_only=True,
        validate=validate.Length(max=30),
        metadata={"description": about, **({"writeOnly": True} if secret else {})},
    )


def _sync_every() -> fields.Integer:
    return fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(min=1, max=LONGEST_SYNC_EVERY),
        metadata={"description": _SYNC_EVERY},
    )


_SETTINGS = "What the vendor's API asks for and is no secret; what is not named stays."
_CREDENTIALS = "The API's secrets; what is not named stays. Never shown again."


class ConnectionChangeSchema(ApiSchema):
    """What may be changed about a connection; what is left out stays."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"stage_map": {"Phone Screen": "screening"}}

    secrets = _secrets(
        "The signing secrets as the ATS shows them, the newest first; every other one ends at "
        "once. To let the old one run out, rotate instead. Never shown again."
    )
    stage_map = _stage_map()
    rejections_by = Choice(_REJECTIONS_BY, RejectionsBy)
    settings = _answers(_SETTINGS, secret=False)
    credentials = _answers(_CREDENTIALS, secret=True)
    sync_every_minutes = _sync_every()
    write_back = Flag("Whether letters that arrived and promises kept are noted in the ATS.")
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
    secrets = _secrets(
        "The signing secrets as the ATS shows them, the newest first. Never shown again.",
        required=True,
    )
    stage_map = _stage_map(load_default=dict)
    rejections_by = Choice(
        _REJECTIONS_BY,
        RejectionsBy,
        required=True,
        error_messages={"required": "Say who sends rejections: keepword or ats; never both."},
    )
    settings = _answers(_SETTINGS, secret=False)
    credentials = _answers(_CREDENTIALS, secret=True)
    sync_every_minutes = _sync_every()


class GuideSchema(ApiSchema):
    """What a person does at the vendor's side."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "where": "Configure > Dev Center > Web Hooks > Web Hooks > Create New Web Hook",
        "events": ["candidate_stage_change", "reject_candidate"],
        "secret": "made up here; enter the same one at Greenhouse as “Secret key”",
    }

    where = fields.String(required=True, metadata={"description": "Where to click there."})
    events = fields.List(
        fields.String(), required=True, metadata={"description": "The events to tick there."}
    )
    secret = fields.String(
        required=True, metadata={"description": "Where the signing secret comes from."}
    )


class ConnectionSchema(ApiSchema):
    """A configured ATS."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "cnn_0123456789abcdefghjk",
        "name": "greenhouse-main",
        "vendor": "greenhouse",
        "path": "/hooks/ats/greenhouse-main",
        "url": "https://keepword.example.com/hooks/ats/greenhouse-main",
        "guide": GuideSchema.EXAMPLE,
        "stage_map": {"Phone Screen": "screening"},
        "unmapped_labels": 0,
        "rejections_by": "keepword",
        "live_secrets": 1,
        "old_secrets_until_at": None,
        "settings": {},
        "credentials": ["api_key"],
        "missing": [],
        "write_back": False,
        "sync_every_minutes": 15,
        "next_sync_at": "2026-03-02T09:15:00Z",
        "last_synced_at": "2026-03-02T09:00:00Z",
        "watermark_at": "2026-03-02T09:00:00Z",
        "sync_fault": None,
        "api_fault": None,
        "api_fault_at": None,
        "active": True,
        "created_at": "2026-03-02T09:00:00Z",
        "first_authentic_at": None,
        "last_authentic_at": None,
        "refused_count": 0,
        "last_refused_at": None,
        "waiting": 0,
        "failed": 0,
        "version": 1,
    }

    id = Id("The id.", required=True)
    name = fields.String(required=True, metadata={"description": "Its name."})
    vendor = fields.String(required=True, metadata={"description": "Which ATS."})
    path = fields.String(required=True, metadata={"description": "Where the ATS posts to."})
    url = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The whole address; null while KEEPWORD_BASE_URL is not set."},
    )
    guide = fields.Nested(
        GuideSchema, required=True, metadata={"description": "What to do at the vendor's side."}
    )
    stage_map = fields.Dict(required=True, metadata={"description": _STAGE_MAP})
    unmapped_labels = Count("Stage labels on open applications that nobody can place: a to-do.")
    rejections_by = Choice(
        f"{_REJECTIONS_BY} Null where nobody has answered yet: then Keepword sends none.",
        RejectionsBy,
        required=True,
        allow_none=True,
    )
    live_secrets = Count("How many signing secrets are live.", required=True)
    old_secrets_until_at = Instant(
        "When the first of the old ones ends.", required=True, allow_none=True
    )
    settings = fields.Dict(
        required=True, metadata={"description": "What the API asks for and is no secret."}
    )
    credentials = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The names of the API's secrets that are set."},
    )
    missing = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "What is needed before the API can be asked, and is not set."},
    )
    write_back = Flag("Whether it is written into the ATS's profiles.", required=True)
    sync_every_minutes = fields.Integer(
        required=True, allow_none=True, metadata={"description": _SYNC_EVERY}
    )
    next_sync_at = Instant("When it is next asked what changed.", required=True, allow_none=True)
    last_synced_at = Instant("When that last ended well.", required=True, allow_none=True)
    watermark_at = Instant("Until when everything was read.", required=True, allow_none=True)
    sync_fault = fields.String(
        required=True, allow_none=True, metadata={"description": "Why the last look failed."}
    )
    api_fault = fields.String(
        required=True, allow_none=True, metadata={"description": "What is wrong with its API."}
    )
    api_fault_at = Instant("Since when.", required=True, allow_none=True)
    active = Flag("Whether deliveries are taken in.", required=True)
    created_at = Instant("When it was added.", required=True)
    first_authentic_at = Instant(
        "When it first spoke; null while it waits for the first delivery.",
        required=True,
        allow_none=True,
    )
    last_authentic_at = Instant("When it last spoke.", required=True, allow_none=True)
    refused_count = Count("Deliveries refused for their signature.", required=True)
    last_refused_at = Instant("When the last one was refused.", required=True, allow_none=True)
    waiting = Count("Deliveries that wait to be worked in.", required=True)
    failed = Count("Deliveries that failed.", required=True)
    version = Count("Rises with every change.", required=True)
