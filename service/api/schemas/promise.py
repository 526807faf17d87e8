"""Promises in and out, with why they are due when they are."""

from __future__ import annotations

from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import fields

from service.api.schemas.base import (
    WORDING,
    ApiSchema,
    Choice,
    Count,
    Flag,
    Id,
    Instant,
    PageQuery,
    Text,
)
from service.domain.policies import Kind
from service.domain.promises import Origin, Standing, State

_WITHIN = "How long it may take, such as “2 business hours”, “3 business days”, “friday 17:00”."


class _Dated(ApiSchema):
    within = Text(_WITHIN, most=100)
    due_at = Instant("The instant that was named, instead of a length of time.")

    @ma.validates_schema
    def one_of_both(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Ask for exactly one of the two."""
        if ("within" in data) == ("due_at" in data):
            raise ma.ValidationError("Give within or due_at, and not both.", "within")


class PromiseNewSchema(_Dated):
    """A promise a person gave."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "application_id": "app_0123456789abcdefghjk",
        "kind": "callback",
        "wording": "A call about the panel date",
        "within": "4 business hours",
        "promised_by_id": "usr_0123456789abcdefghjk",
    }

    application_id = Id("Whom it was given to.", required=True)
    kind = Choice("What is owed.", Kind, required=True)
    wording = Text("What was promised, as a noun phrase.", most=WORDING, required=True)
    promised_at = Instant("When it was given; now where left out.")
    owner_id = Id("Who must keep it; the application's owner where left out.")
    promised_by_id = Id("Who gave it; whoever calls where left out.")


class RescheduleSchema(_Dated):
    """A new date for a promise; the first one stays on record."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "within": "1 business day",
        "reason": "The panel meets a day later",
        "candidate_told": True,
    }

    reason = Text("Why.", most=WORDING)
    candidate_told = Flag("Whether the candidate knows the new date.", required=True)


class ReasonSchema(ApiSchema):
    """Why it is done."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"reason": "They withdrew on the phone"}

    reason = Text("Why, in words for the record.", most=WORDING, required=True)


class ResumeSchema(ApiSchema):
    """Nothing needs to be said."""

    EXAMPLE: ClassVar[dict[str, Any]] = {}


class PromiseSchema(ApiSchema):
    """One thing owed to one application by an instant."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "prm_0123456789abcdefghjk",
        "application_id": "app_0123456789abcdefghjk",
        "kind": "callback",
        "origin": "spoken",
        "wording": "A call about the panel date",
        "state": "open",
        "standing": "on_time",
        "owner_id": "usr_0123456789abcdefghjk",
        "promised_by_id": "usr_0123456789abcdefghjk",
        "made_at": "2026-03-02T09:00:00Z",
        "due_at": "2026-03-02T13:00:00Z",
        "first_due_at": "2026-03-02T13:00:00Z",
        "warn_at": "2026-03-02T12:00:00Z",
        "next_check_at": "2026-03-02T12:00:00Z",
        "breached_at": None,
        "kept_at": None,
        "kept_by_contact_id": None,
        "closed_at": None,
        "close_reason": None,
        "replaced_by_id": None,
        "candidate_told": None,
        "reopened_count": 0,
        "paused_at": None,
        "pause_ends_at": None,
        "paused_left_minutes": None,
        "policy_id": "pol_0123456789abcdefghjk",
        "policy_version": 1,
        "calendar_id": "cal_0123456789abcdefghjk",
        "calendar_version": 1,
        "version": 1,
    }

    id = Id("The id.", required=True)
    application_id = Id("To whom it is owed.", required=True)
    kind = Choice("What is owed.", Kind, required=True)
    origin = Choice("Whether a person said it or a rule made it.", Origin, required=True)
    wording = fields.String(required=True, metadata={"description": "What was promised."})
    state = Choice("What became of it.", State, required=True)
    standing = Choice("How it stands at this moment.", Standing, required=True)
    owner_id = Id("Who must keep it.", required=True, allow_none=True)
    promised_by_id = Id("Who gave it.", required=True, allow_none=True)
    made_at = Instant("When it was given.", required=True)
    due_at = Instant("When it is due; contact at this very instant is in time.", required=True)
    first_due_at = Instant("When it was first due.", required=True)
    warn_at = Instant("From when on it is at risk.", required=True, allow_none=True)
    next_check_at = Instant("When it is looked at next.", required=True, allow_none=True)
    breached_at = Instant("The due instant, once it passed.", required=True, allow_none=True)
    kept_at = Instant("When the contact that kept it was.", required=True, allow_none=True)
    kept_by_contact_id = Id("The contact that kept it.", required=True, allow_none=True)
    closed_at = Instant("When it was settled.", required=True, allow_none=True)
    close_reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Why it was settled or paused."}
    )
    replaced_by_id = Id("The promise that took its place.", required=True, allow_none=True)
    candidate_told = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "Whether the candidate knows the new date of a rescheduled one."},
    )
    reopened_count = Count("How often a bounce opened it again.", required=True)
    paused_at = Instant("Since when it is paused.", required=True, allow_none=True)
    pause_ends_at = Instant("When its pause ends by itself.", required=True, allow_none=True)
    paused_left_minutes = Count(
        "Working minutes left when it was paused.", required=True, allow_none=True
    )
    policy_id = Id("The rule whose terms it carries.", required=True, allow_none=True)
    policy_version = Count("That rule's version then.", required=True, allow_none=True)
    calendar_id = Id("The calendar it is measured in.", required=True, allow_none=True)
    calendar_version = Count("That calendar's version.", required=True, allow_none=True)
    version = Count("Rises with every change.", required=True)


class PromiseQuery(PageQuery):
    """How to search for promises; they come by their due instant."""

    application_id = Id("Only those owed to this application.")
    owner_id = Id("Only those this colleague owes.")
    state = Choice("Only those in this state.", State)
    standing = Choice("Only those that stand so now.", Standing)
    kind = Choice("Only those that owe this.", Kind)
    origin = Choice("Only those of this origin.", Origin)


class LadderStepSchema(ApiSchema):
    """One rung of the ladder."""

    at = Instant("When it comes due.", required=True)
    action = fields.String(required=True, metadata={"description": "What it does."})
    template = fields.String(
        required=True, allow_none=True, metadata={"description": "The letter it sends."}
    )
    passed = Flag("Whether it has come due.", required=True)
    text = fields.String(required=True, metadata={"description": "The same in words."})


class ExplanationSchema(ApiSchema):
    """Why a promise is due when it is, and what happens around it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "promise_id": "prm_0123456789abcdefghjk",
        "start_at": "2026-03-02T09:00:00Z",
        "due_at": "2026-03-02T13:00:00Z",
        "due_local": "2026-03-02T13:00:00+00:00",
        "first_due_at": "2026-03-02T13:00:00Z",
        "time_zone": "UTC",
        "wall_local": None,
        "trace": [
            {"kind": "landed", "text": "due Mon 2 Mar 2026 13:00", "at": "2026-03-02T13:00:00Z"}
        ],
        "terms": {"within": "4 business hours", "keeps": "person"},
        "policy": {"id": "pol_0123456789abcdefghjk", "name": "spoken", "version": 1},
        "calendar": {"id": "cal_0123456789abcdefghjk", "name": "company", "version": 1},
        "ladder": [
            {
                "at": "2026-03-02T13:00:00Z",
                "action": "flag",
                "template": None,
                "passed": False,
                "text": "Mon 13:00: the owner is told that it is overdue",
            }
        ],
    }

    promise_id = Id("The promise.", required=True)
    start_at = Instant("From when on it was counted.", required=True)
    due_at = Instant("When it is due.", required=True)
    due_local = fields.String(
        required=True,
        metadata={"description": "The same in the calendar's zone.", "format": "date-time"},
    )
    first_due_at = Instant("When it was first due.", required=True)
    time_zone = fields.String(required=True, metadata={"description": "The calendar's zone."})
    wall_local = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The wall-clock time that was promised, where one was."},
    )
    trace = fields.List(
        fields.Dict(),
        required=True,
        metadata={"description": "The steps from the start to the due instant, in words."},
    )
    terms = fields.Dict(required=True, metadata={"description": "The terms it was made under."})
    policy = fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "The rule they come from, with its version."},
    )
    calendar = fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "The calendar, with its version."},
    )
    ladder = fields.List(
        fields.Nested(LadderStepSchema),
        required=True,
        metadata={"description": "What happens before and after it is due."},
    )
