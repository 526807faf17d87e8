"""Colleagues in and out."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields

from service.api.schemas.base import Address, ApiSchema, Choice, Flag, Id, Instant, Text, Zone

ROLES = ("recruiter", "hiring_manager", "admin", "viewer")


class UserNewSchema(ApiSchema):
    """A colleague to add."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"email": "maria@example.com", "name": "Maria Keller"}

    email = Address("Where their digests go.", required=True)
    name = Text("The name they write under.", required=True)
    role = Choice("What they do.", ROLES, load_default="recruiter")
    manager_id = Id("Who hears of a breach.", allow_none=True, load_default=None)
    time_zone = Zone("Their time zone.", allow_none=True, load_default=None)


class UserSchema(ApiSchema):
    """A colleague."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "usr_0123456789abcdefghjk",
        "email": "maria@example.com",
        "name": "Maria Keller",
        "role": "recruiter",
        "manager_id": None,
        "time_zone": None,
        "active": True,
        "created_at": "2026-03-02T09:00:00Z",
    }

    id = Id("The id.", required=True)
    email = fields.String(required=True, metadata={"description": "Where their digests go."})
    name = fields.String(required=True, metadata={"description": "The name they write under."})
    role = fields.String(required=True, metadata={"description": "What they do."})
    manager_id = Id("Who hears of a breach.", required=True, allow_none=True)
    time_zone = fields.String(
        required=True, allow_none=True, metadata={"description": "Their time zone."}
    )
    active = Flag("Whether they work here.", required=True)
    created_at = Instant("When they were added.", required=True)
