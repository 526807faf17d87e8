"""Candidates in and out."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields, validate

from service.api.schemas.base import (
    Address,
    ApiSchema,
    Count,
    Flag,
    Id,
    Instant,
    PageQuery,
    Text,
    Zone,
)

_MANY = validate.Length(max=20)


class CandidateChangeSchema(ApiSchema):
    """What may be changed about a person; what is left out stays."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"time_zone": "America/Toronto", "can_email": True}

    first_name = Text("The first name.", allow_none=True)
    last_name = Text("The last name.", allow_none=True)
    emails = fields.List(
        Address("A mail address."),
        validate=_MANY,
        metadata={"description": "The mail addresses, most preferred first; they replace all."},
    )
    phones = fields.List(
        Text("A telephone number.", most=50),
        validate=_MANY,
        metadata={"description": "The telephone numbers, most preferred first; they replace all."},
    )
    time_zone = Zone("The person's time zone.", allow_none=True)
    locale = Text("The person's language, such as en-CA.", most=35, allow_none=True)
    can_email = Flag("Whether mail may be sent at all.")


class CandidateNewSchema(CandidateChangeSchema):
    """A person to add."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "first_name": "Amara",
        "last_name": "Okafor",
        "emails": ["amara.okafor@example.com"],
        "phones": ["+1 416 555 0100"],
        "time_zone": "America/Toronto",
    }


class CandidateMergeSchema(ApiSchema):
    """Who two records are."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"into": "cnd_0123456789abcdefghjk"}

    into = Id("The record that stays.", required=True)


class EmailSchema(ApiSchema):
    """One address, and whether mail to it works."""

    address = fields.String(required=True, metadata={"description": "The address."})
    suppressed_at = Instant("Since when no mail goes there, if so.", required=True, allow_none=True)
    suppressed_reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Why no mail goes there."}
    )


class CandidateSchema(ApiSchema):
    """A person."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "cnd_0123456789abcdefghjk",
        "first_name": "Amara",
        "last_name": "Okafor",
        "emails": [
            {
                "address": "amara.okafor@example.com",
                "suppressed_at": None,
                "suppressed_reason": None,
            }
        ],
        "phones": ["+1 416 555 0100"],
        "time_zone": "America/Toronto",
        "locale": None,
        "can_email": True,
        "merged_into_id": None,
        "erased_at": None,
        "legal_hold_at": None,
        "legal_hold_why": None,
        "created_at": "2026-03-02T09:00:00Z",
        "version": 1,
    }

    id = Id("The id.", required=True)
    first_name = Text("The first name.", required=True, allow_none=True)
    last_name = Text("The last name.", required=True, allow_none=True)
    emails = fields.List(
        fields.Nested(EmailSchema),
        required=True,
        metadata={"description": "The addresses, most preferred first."},
    )
    phones = fields.Function(
        lambda candidate: [phone.number for phone in candidate.phones],
        required=True,
        metadata={
            "description": "The telephone numbers, most preferred first.",
            "type": "array",
            "items": {"type": "string"},
        },
    )
    time_zone = fields.String(
        required=True, allow_none=True, metadata={"description": "The time zone."}
    )
    locale = fields.String(
        required=True, allow_none=True, metadata={"description": "The language."}
    )
    can_email = Flag("Whether mail may be sent at all.", required=True)
    merged_into_id = Id("Whose record took this one's place.", required=True, allow_none=True)
    erased_at = Instant("When the person's data was erased.", required=True, allow_none=True)
    legal_hold_at = Instant(
        "Since when the person is on legal hold, if so: nobody erases them.",
        required=True,
        allow_none=True,
        attribute="held_at",
    )
    legal_hold_why = fields.String(
        required=True,
        allow_none=True,
        attribute="held_why",
        metadata={"description": "Why they are on legal hold."},
    )
    created_at = Instant("When it was added.", required=True)
    version = Count("Rises with every change.", required=True)


class CandidateQuery(PageQuery):
    """How to search for people."""

    email = Text("Only who has this address, in any case of letters.", most=320)
