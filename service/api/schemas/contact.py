"""Contacts and enquiries, in and out, and what they kept."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields, validate

from service.api.schemas.base import (
    NOTES,
    ApiSchema,
    Choice,
    Flag,
    Id,
    Instant,
    PageQuery,
    Text,
)
from service.api.schemas.promise import PromiseSchema
from service.domain.contacts import Channel, Direction, Outcome

_SAID = [outcome for outcome in Outcome if outcome is not Outcome.RECEIVED]


class KeepSchema(ApiSchema):
    """One touch on our side."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "channel": "phone",
        "outcome": "reached",
        "note": "Told her the panel meets on Thursday",
    }

    channel = Choice("By what means.", Channel, required=True)
    outcome = Choice("What came of it.", _SAID, required=True)
    at = Instant("When it was; now where left out.")
    by_user_id = Id("Who did it; whoever calls where left out.")
    note = Text("What was said, for colleagues.", most=NOTES, lines=True)


class ContactNewSchema(KeepSchema):
    """One touch on our side, with the promises it was meant to keep."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "application_id": "app_0123456789abcdefghjk",
        **KeepSchema.EXAMPLE,
        "meant_for": ["prm_0123456789abcdefghjk"],
    }

    application_id = Id("Whom it was with.", required=True)
    meant_for = fields.List(
        Id("A promise."),
        validate=validate.Length(max=50),
        load_default=list,
        metadata={
            "description": "The promises it told the content of: a decision, feedback or closure "
            "is kept only where it is named here."
        },
    )


class ContactSchema(ApiSchema):
    """One touch between the employer and a candidate."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "con_0123456789abcdefghjk",
        "application_id": "app_0123456789abcdefghjk",
        "direction": "out",
        "channel": "phone",
        "outcome": "reached",
        "automatic": False,
        "at": "2026-03-02T11:00:00Z",
        "by_user_id": "usr_0123456789abcdefghjk",
        "message_id": None,
        "note": "Told her the panel meets on Thursday",
        "after_broken_promise": False,
        "answers_with_id": None,
        "taken_back_at": None,
        "taken_back_reason": None,
        "created_at": "2026-03-02T11:05:00Z",
    }

    id = Id("The id.", required=True)
    application_id = Id("Whom it was with.", required=True)
    direction = Choice("Who reached out: we (out) or they (in).", Direction, required=True)
    channel = Choice("By what means.", Channel, required=True)
    outcome = Choice("What came of it.", Outcome, required=True)
    automatic = Flag("Whether the mail went out by itself.", required=True)
    at = Instant("When it was.", required=True)
    by_user_id = Id("Who did it.", required=True, allow_none=True)
    message_id = Id("The mail behind it.", required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True, metadata={"description": "What was said."})
    after_broken_promise = Flag("Whether they asked after a promise had passed.", required=True)
    answers_with_id = Id("The promise that will answer it.", required=True, allow_none=True)
    taken_back_at = Instant(
        "When a bounce showed that nobody was reached.", required=True, allow_none=True
    )
    taken_back_reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Why it was taken back."}
    )
    created_at = Instant("When it was recorded.", required=True)


class NotKeptSchema(ApiSchema):
    """A promise that stays open, and why."""

    promise = fields.Nested(PromiseSchema, required=True, metadata={"description": "The promise."})
    why = fields.String(required=True, metadata={"description": "Why it stays open."})


class LoggedSchema(ApiSchema):
    """A recorded contact and what it did."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "contact": ContactSchema.EXAMPLE,
        "kept": [{**PromiseSchema.EXAMPLE, "state": "kept", "standing": "kept"}],
        "not_kept": [],
    }

    contact = fields.Nested(ContactSchema, required=True, metadata={"description": "The contact."})
    kept = fields.List(
        fields.Nested(PromiseSchema),
        required=True,
        metadata={"description": "The promises it kept."},
    )
    not_kept = fields.List(
        fields.Nested(NotKeptSchema),
        required=True,
        metadata={"description": "The promises that stay open, each with the reason."},
    )


class KeptSchema(ApiSchema):
    """A recorded contact and what became of the promise it was meant for."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "kept": True,
        "why": None,
        "promise": {**PromiseSchema.EXAMPLE, "state": "kept", "standing": "kept"},
        "contact": ContactSchema.EXAMPLE,
        "also_kept": [],
        "not_kept": [],
    }

    kept = Flag("Whether the promise was kept.", required=True)
    why = fields.String(
        required=True, allow_none=True, metadata={"description": "Why not, where it was not."}
    )
    promise = fields.Nested(
        PromiseSchema, required=True, metadata={"description": "The promise now."}
    )
    contact = fields.Nested(ContactSchema, required=True, metadata={"description": "The contact."})
    also_kept = fields.List(
        fields.Nested(PromiseSchema),
        required=True,
        metadata={"description": "Other promises the same contact kept."},
    )
    not_kept = fields.List(
        fields.Nested(NotKeptSchema),
        required=True,
        metadata={"description": "The promises that stay open, each with the reason."},
    )


class ContactQuery(PageQuery):
    """How to search for contacts; they come in the order they happened."""

    application_id = Id("Only with this application.")
    direction = Choice("Only ours (out) or theirs (in).", Direction)


class EnquiryNewSchema(ApiSchema):
    """A candidate asks."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "application_id": "app_0123456789abcdefghjk",
        "channel": "email",
        "note": "Asks whether the panel has met",
    }

    application_id = Id("Who asks.", required=True)
    channel = Choice("By what means.", Channel, required=True)
    at = Instant("When they asked; now where left out.")
    note = Text("What they asked, for colleagues.", most=NOTES, lines=True)


class EnquirySchema(ApiSchema):
    """A recorded question and the promise that answers it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "contact": {
            **ContactSchema.EXAMPLE,
            "direction": "in",
            "channel": "email",
            "outcome": "received",
            "by_user_id": None,
            "answers_with_id": "prm_0123456789abcdefghjk",
        },
        "promise": {**PromiseSchema.EXAMPLE, "kind": "reply", "origin": "policy"},
        "new": True,
    }

    contact = fields.Nested(
        ContactSchema, required=True, metadata={"description": "The question, as a contact."}
    )
    promise = fields.Nested(
        PromiseSchema,
        required=True,
        allow_none=True,
        metadata={"description": "What answers it; null where nothing is owed any more."},
    )
    new = Flag("Whether that promise was made for it.", required=True)


class EnquiryQuery(PageQuery):
    """How to search for enquiries."""

    application_id = Id("Only of this application.")
