"""Closings of jobs as they stand."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields

from service.api.schemas.base import (
    ApiSchema,
    Choice,
    Count,
    Id,
    Instant,
    PageQuery,
)
from service.api.schemas.closing_preview import APPLICATION, PARTS, Day, PartsSchema
from service.domain.changes import Stage
from service.domain.closing_terms import Outcome, Part
from service.domain.delivery import MailState
from service.queries.closings import LETTER_STEPS


class ClosingSchema(ApiSchema):
    """The closing of a job."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "clo_0123456789abcdefghjk",
        "job_id": "job_0123456789abcdefghjk",
        "outcome": "filled",
        "by_user_id": "usr_0123456789abcdefghjk",
        "job_status_before": "open",
        "second_choice_until_on": None,
        "created_at": "2026-03-02T09:00:00Z",
        "undone_at": None,
        "undone_by_id": None,
        "version": 1,
    }

    id = Id("The id.", required=True)
    job_id = Id("The job.", required=True)
    outcome = Choice("Why it takes nobody any more.", Outcome, required=True)
    by_user_id = Id("Who decided.", required=True, allow_none=True)
    job_status_before = fields.String(
        required=True, metadata={"description": "What taking it back gives the job again."}
    )
    second_choice_until_on = Day(
        "Until which day second choices are kept.", required=True, allow_none=True
    )
    created_at = Instant("When it was carried out.", required=True)
    undone_at = Instant("When it was taken back.", required=True, allow_none=True)
    undone_by_id = Id("Who took it back.", required=True, allow_none=True)
    version = Count("Rises with every change.", required=True)


_LETTERS = {**dict.fromkeys(LETTER_STEPS, 0), "waiting": 400, "delivered": 31}


class LetterStepsSchema(ApiSchema):
    """How many letters of a closing stand where."""

    EXAMPLE: ClassVar[dict[str, Any]] = _LETTERS

    waiting = Count("They go by themselves, and can still be taken back.", required=True)
    sent = Count("Handed over; not heard of yet.", required=True)
    delivered = Count("In the mailbox.", required=True)
    uncertain = Count("Perhaps sent: the answer was lost.", required=True)
    bounced = Count("They did not arrive: call.", required=True)
    blocked = Count("Stopped: a person must look.", required=True)
    captured = Count("Kept for reading: this installation sends no mail.", required=True)
    cancelled = Count("Taken back.", required=True)


class ClosingProgressSchema(ClosingSchema):
    """The closing of a job, and how far it has come."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **ClosingSchema.EXAMPLE,
        "parts": PARTS,
        "letters_written": 431,
        "letters": _LETTERS,
        "goes_from": "2026-03-03T08:00:00Z",
        "goes_until": "2026-03-03T16:00:00Z",
        "calls_open": 6,
    }

    parts = fields.Nested(
        PartsSchema, required=True, metadata={"description": "How many fell into each part."}
    )
    letters_written = Count("How many letters were written.", required=True)
    letters = fields.Nested(
        LetterStepsSchema, required=True, metadata={"description": "Where they stand."}
    )
    goes_from = Instant("When the first that waits goes.", required=True, allow_none=True)
    goes_until = Instant("When the last that waits goes.", required=True, allow_none=True)
    calls_open = Count("Calls that nobody has made yet.", required=True)


class StaysSchema(ApiSchema):
    """Somebody about whom taking back changed nothing."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "application_id": APPLICATION,
        "why": "the letter has left: it is delivered",
    }

    application_id = Id("The application.", required=True)
    why = fields.String(required=True, metadata={"description": "Why."})


class ClosingUndoneSchema(ClosingProgressSchema):
    """A closing that was taken back, as far as that was possible."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **ClosingProgressSchema.EXAMPLE,
        "letters_cancelled": 400,
        "reopened": [APPLICATION],
        "stays": [StaysSchema.EXAMPLE],
    }

    letters_cancelled = Count("How many letters were stopped.", required=True)
    reopened = fields.List(
        Id("An application."),
        required=True,
        metadata={"description": "Who is considered again, where they were."},
    )
    stays = fields.List(
        fields.Nested(StaysSchema),
        required=True,
        metadata={"description": "Who stays rejected, and why."},
    )


class ClosingPersonSchema(ApiSchema):
    """One application in a closing."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "cle_0123456789abcdefghjk",
        "application_id": APPLICATION,
        "candidate_id": "cnd_0123456789abcdefghjk",
        "name": "Amara Okafor",
        "job_title": "Bookbinder",
        "stage": "rejected",
        "stage_before": "screening",
        "part": "mail",
        "reason": "not interviewed",
        "phone": "+1 416 555 0100",
        "message_id": "msg_0123456789abcdefghjk",
        "message_state": "held",
        "message_reason": "held so that it can be taken back",
        "goes_at": "2026-03-03T08:00:00Z",
        "decision_id": "dec_0123456789abcdefghjk",
        "promise_id": None,
        "promise_state": None,
        "due_at": None,
    }

    id = Id("The id of this entry.", required=True)
    application_id = Id("The application.", required=True)
    candidate_id = Id("The person.", required=True)
    name = fields.String(required=True, metadata={"description": "The person's name."})
    job_title = fields.String(required=True, metadata={"description": "The job applied for."})
    stage = Choice("Where it stands now.", Stage, required=True)
    stage_before = Choice("Where it stood before.", Stage, required=True)
    part = Choice("Into which part it fell.", Part, required=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why."})
    phone = fields.String(
        required=True, allow_none=True, metadata={"description": "A number to call."}
    )
    message_id = Id("The letter that tells them.", required=True, allow_none=True)
    message_state = Choice("What became of it.", MailState, required=True, allow_none=True)
    message_reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Why it waits or stopped."}
    )
    goes_at = Instant("When it goes, where it waits.", required=True, allow_none=True)
    decision_id = Id("The decision this closing made.", required=True, allow_none=True)
    promise_id = Id("The call that is owed.", required=True, allow_none=True)
    promise_state = fields.String(
        required=True, allow_none=True, metadata={"description": "What became of it."}
    )
    due_at = Instant("When the call is due.", required=True, allow_none=True)


class ClosingQuery(PageQuery):
    """How to search for closings."""

    job_id = Id("Only of this job.")


class ClosingPeopleQuery(PageQuery):
    """How to search among the people of a closing."""

    part = Choice("Only this part.", Part)
