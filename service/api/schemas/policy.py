"""Policies in and out."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields

from service.api.schemas.base import ApiSchema, Count, Flag, Id, Instant, Table, Text

_TERMS: dict[str, Any] = {
    "trigger": "interviewed",
    "kind": "status",
    "within": "3 business days",
    "then_every": "5 business days",
    "wording": "Word after their interview",
    "keeps": "person",
    "ladder": [
        {"when": "before", "offset": "2 business hours", "action": "remind"},
        {"when": "due", "action": "flag"},
        {"when": "after", "offset": "1 business day", "action": "escalate"},
    ],
}
_ABOUT = (
    "What the rule says: trigger (applied, silence, interviewed, enquiry, decided, spoken), kind, "
    "within, wording, keeps (any delivered message, or only a person's own act), then_every, "
    "stages, before_interview_only, voicemail_counts, warn_before, pause_cap, ladder."
)


class PolicyChangeSchema(ApiSchema):
    """A new version of a rule; what is left out stays."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"terms": {**_TERMS, "within": "2 business days"}}

    active = Flag("Whether the rule makes promises.")
    terms = Table(keys=Text("A term.", most=60), metadata={"description": _ABOUT})


class PolicyNewSchema(PolicyChangeSchema):
    """A rule to add."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"name": "word-after-panel", "terms": _TERMS}

    name = Text("Its name; no two are alike.", required=True)
    active = Flag("Whether the rule makes promises.", load_default=True)
    terms = Table(keys=Text("A term.", most=60), required=True, metadata={"description": _ABOUT})


class PolicySchema(ApiSchema):
    """A rule that makes promises, in its current version."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "pol_0123456789abcdefghjk",
        "name": "word-after-panel",
        "active": True,
        "version": 1,
        "created_at": "2026-03-02T09:00:00Z",
        "terms": _TERMS,
    }

    id = Id("The id.", required=True)
    name = fields.String(required=True, metadata={"description": "Its name."})
    active = Flag("Whether it makes promises.", required=True)
    version = Count("Rises with new terms.", required=True)
    created_at = Instant("When it was added.", required=True)
    terms = fields.Dict(required=True, metadata={"description": _ABOUT})
