"""Messages in and out, and the state of the mail channel."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields, validate

from service.api.schemas.base import (
    WORDING,
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
from service.domain.delivery import MailState
from service.mail.variables import CANDIDATE_KINDS, KINDS

_VALUES = {"next_word_by": "2026-03-13"}


class LetterSchema(ApiSchema):
    """A letter to a candidate. Every variable of its kind that is not known here is in values."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "application_id": "app_0123456789abcdefghjk",
        "kind": "status-update",
        "values": _VALUES,
    }

    application_id = Id("Who gets it.", required=True)
    kind = Choice("Which letter.", sorted(CANDIDATE_KINDS), required=True)
    values = Table(
        keys=Text("A variable.", most=60),
        values=Text("Its text.", most=WORDING),
        load_default=dict,
        validate=validate.Length(max=20),
        metadata={
            "description": "The texts of the letter's own variables: next_word_by, promised_what, "
            "promised_for, next_step, scheduling_link, reply_by. next_word_by and reply_by are "
            "days, such as 2026-03-13, and the letter says them in words; once a letter with "
            "next_word_by is delivered, that word is owed."
        },
    )
    promise_id = Id("The promise it is meant to keep.")
    decision_id = Id("The decision it tells; the standing one where left out.")
    by_user_id = Id("Who writes; whoever calls where left out.")
    urgent = Flag(
        "Whether it may go at any hour; a rejection never may.",
        load_default=False,
    )


class PreviewSchema(ApiSchema):
    """A letter as it would go out."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "application_id": "app_0123456789abcdefghjk",
        "kind": "status-update",
        "to_address": "amara.okafor@example.com",
        "subject": "Your application for Backend Engineer",
        "text": "Dear Amara, …",
        "html": "<p>Dear Amara, …</p>",
        "objection": None,
    }

    # Kept answers are found by the ids in them when a person is erased.
    application_id = Id("Who would get it.", required=True)
    kind = fields.String(required=True, metadata={"description": "Which letter."})
    to_address = fields.String(
        required=True, allow_none=True, metadata={"description": "Where it would go."}
    )
    subject = fields.String(required=True, metadata={"description": "The subject."})
    text = fields.String(required=True, metadata={"description": "The text part."})
    html = fields.String(required=True, metadata={"description": "The HTML part."})
    objection = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why it could not be sent as things stand."},
    )


class MessageSummarySchema(ApiSchema):
    """One email and what became of it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "msg_0123456789abcdefghjk",
        "kind": "status-update",
        "application_id": "app_0123456789abcdefghjk",
        "user_id": None,
        "promise_id": None,
        "decision_id": None,
        "by_user_id": None,
        "automatic": False,
        "urgent": False,
        "promises_on": "2026-03-13",
        "overruled": [],
        "closing_id": None,
        "batch_id": "bat_0123456789abcdefghjk",
        "provider_id": "14c5d75ce93.dfd.64b469",
        "to_address": "amara.okafor@example.com",
        "subject": "Your application for Backend Engineer",
        "state": "delivered",
        "reason": None,
        "hold_until": None,
        "attempts": 1,
        "created_at": "2026-03-02T09:00:00Z",
        "accepted_at": "2026-03-02T09:00:05Z",
        "delivered_at": "2026-03-02T09:00:09Z",
        "bounced_at": None,
        "version": 4,
    }

    id = Id("The id.", required=True)
    kind = Choice("Which letter.", sorted(KINDS), required=True)
    application_id = Id("The application it is about.", required=True, allow_none=True)
    user_id = Id("The colleague it goes to, for a notice.", required=True, allow_none=True)
    promise_id = Id("The promise it is meant to keep.", required=True, allow_none=True)
    decision_id = Id("The decision it tells.", required=True, allow_none=True)
    by_user_id = Id("Who writes.", required=True, allow_none=True)
    automatic = Flag("Whether it went by itself.", required=True)
    urgent = Flag("Whether a person let it go at any hour.", required=True)
    promises_on = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "The day by which it says that the next word will come."},
    )
    overruled = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The rules of the last look that a person set aside for it."},
    )
    closing_id = Id("The closing of a job it belongs to.", required=True, allow_none=True)
    batch_id = Id("The request it last left in.", required=True, allow_none=True)
    provider_id = fields.String(
        required=True, allow_none=True, metadata={"description": "What the provider calls it."}
    )
    to_address = fields.String(required=True, metadata={"description": "Where it goes."})
    subject = fields.String(required=True, metadata={"description": "The subject."})
    state = Choice("What became of it.", MailState, required=True)
    reason = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why it waits or stopped, if it does."},
    )
    hold_until = Instant("Until when it can surely be stopped.", required=True, allow_none=True)
    attempts = Count("How often it was tried.", required=True)
    created_at = Instant("When it was written.", required=True)
    accepted_at = Instant("When the provider took it.", required=True, allow_none=True)
    delivered_at = Instant("When it reached the mailbox.", required=True, allow_none=True)
    bounced_at = Instant("When the mailbox refused it.", required=True, allow_none=True)
    version = Count("Rises with every change.", required=True)


class MessageSchema(MessageSummarySchema):
    """One email, whole."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **MessageSummarySchema.EXAMPLE,
        "from_address": "hiring@example.com",
        "reply_to_address": "maria@example.com",
        "text": "Dear Amara, …",
        "html": "<p>Dear Amara, …</p>",
    }

    from_address = fields.String(required=True, metadata={"description": "Who sends it."})
    reply_to_address = fields.String(
        required=True, allow_none=True, metadata={"description": "Where an answer goes."}
    )
    text = fields.String(required=True, metadata={"description": "The text part, as it is sent."})
    html = fields.String(required=True, metadata={"description": "The HTML part, as it is sent."})


class MessageQuery(PageQuery):
    """How to search for messages; the newest come first."""

    application_id = Id("Only about this application.")
    state = Choice("Only in this state.", MailState)
    kind = Choice("Only such letters.", sorted(KINDS))
    batch_id = Id("Only of this request to the provider.")
    closing_id = Id("Only of this closing of a job.")


class ChannelChangeSchema(ApiSchema):
    """Pause all mail, or let it go out again."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"paused": True, "reason": "A wrong letter went out"}

    paused = Flag("Whether mail waits.", required=True)
    reason = Text("Why it waits, for colleagues.", most=WORDING, load_default="paused by hand")


class ChannelSchema(ApiSchema):
    """Whether mail goes out."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "paused": True,
        "paused_at": "2026-03-02T09:00:00Z",
        "reason": "A wrong letter went out",
        "by_provider": False,
        "paused_by": "user:usr_0123456789abcdefghjk",
        "failures": 0,
        "retry_at": None,
    }

    paused = Flag("Whether mail waits.", required=True)
    paused_at = Instant("Since when.", required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why."})
    by_provider = Flag("Whether the provider's refusal paused it.", required=True)
    paused_by = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Who paused it, as on the timeline."},
    )
    failures = Count(
        "How often in a row the provider failed; mail rests after that.", required=True
    )
    retry_at = Instant("Until when mail rests, if it does.", required=True, allow_none=True)
