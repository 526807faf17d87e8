"""Applications, their interviews and their story, in and out."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields

from service.api.schemas.base import (
    ApiSchema,
    Choice,
    Count,
    Flag,
    Id,
    Instant,
    PageQuery,
)
from service.domain.changes import Stage


class ApplicationNewSchema(ApiSchema):
    """An application to add; what the rules owe from applying is promised at once."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "candidate_id": "cnd_0123456789abcdefghjk",
        "job_id": "job_0123456789abcdefghjk",
        "owner_id": "usr_0123456789abcdefghjk",
    }

    candidate_id = Id("Who applies.", required=True)
    job_id = Id("For which job.", required=True)
    owner_id = Id("The colleague who must act.", allow_none=True, load_default=None)
    waiting_on_id = Id("The colleague whose decision is awaited.", allow_none=True)
    stage = Choice(
        "Where it stands already.",
        [stage for stage in Stage if stage is not Stage.REJECTED],
        load_default=Stage.APPLIED.value,
    )
    applied_at = Instant("When they applied; now where left out.")


class ApplicationChangeSchema(ApiSchema):
    """What may be changed; what is left out stays. A rejection needs a decision instead."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"stage": "interview"}

    stage = Choice("Where it stands now.", Stage)
    owner_id = Id("The colleague who must act; the promises they owe follow.", allow_none=True)
    waiting_on_id = Id("The colleague whose decision is awaited.", allow_none=True)


class ApplicationSchema(ApiSchema):
    """One person's bid for one job."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "app_0123456789abcdefghjk",
        "candidate_id": "cnd_0123456789abcdefghjk",
        "job_id": "job_0123456789abcdefghjk",
        "stage": "screening",
        "stage_at": "2026-03-03T10:00:00Z",
        "ats_stage": "Phone Screen",
        "unmapped": False,
        "owner_id": "usr_0123456789abcdefghjk",
        "waiting_on_id": None,
        "connection_id": None,
        "external_id": None,
        "applied_at": "2026-03-02T09:00:00Z",
        "interviewed_at": None,
        "last_contact_at": None,
        "closed_at": None,
        "deleted_at": None,
        "created_at": "2026-03-02T09:00:00Z",
        "version": 2,
    }

    id = Id("The id.", required=True)
    candidate_id = Id("Who applied.", required=True)
    job_id = Id("For which job.", required=True)
    stage = Choice("Where it stands.", Stage, required=True)
    stage_at = Instant("Since when, by its source.", required=True)
    ats_stage = fields.String(
        required=True, allow_none=True, metadata={"description": "The ATS's own label."}
    )
    unmapped = Flag("Whether that label maps to none of our stages yet.", required=True)
    owner_id = Id("The colleague who must act.", required=True, allow_none=True)
    waiting_on_id = Id("The colleague whose decision is awaited.", required=True, allow_none=True)
    connection_id = Id("The ATS it came from.", required=True, allow_none=True)
    external_id = fields.String(
        required=True, allow_none=True, metadata={"description": "Its id in the ATS."}
    )
    applied_at = Instant("When they applied.", required=True)
    interviewed_at = Instant("When they were last interviewed.", required=True, allow_none=True)
    last_contact_at = Instant("When they last heard from us.", required=True, allow_none=True)
    closed_at = Instant("When it was closed.", required=True, allow_none=True)
    deleted_at = Instant("When the ATS deleted it.", required=True, allow_none=True)
    created_at = Instant("When it was added.", required=True)
    version = Count("Rises with every change.", required=True)


class ApplicationQuery(PageQuery):
    """How to search for applications."""

    stage = Choice("Only at this stage.", Stage)
    job_id = Id("Only for this job.")
    candidate_id = Id("Only of this person.")
    owner_id = Id("Only this colleague's.")


class InterviewNewSchema(ApiSchema):
    """An interview, booked or held. From its end the candidate is owed word."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"ended_at": "2026-03-04T15:00:00Z", "held": True}

    held = Flag("Whether it took place; otherwise it is booked.", load_default=False)
    starts_at = Instant("When it starts.", allow_none=True, load_default=None)
    ended_at = Instant(
        "When it ends or ended; now where it was held and this is left out.",
        allow_none=True,
        load_default=None,
    )


class InterviewSchema(ApiSchema):
    """One interview."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "int_0123456789abcdefghjk",
        "application_id": "app_0123456789abcdefghjk",
        "starts_at": None,
        "ends_at": None,
        "done_at": "2026-03-04T15:00:00Z",
        "cancelled_at": None,
        "created_at": "2026-03-04T15:10:00Z",
    }

    id = Id("The id.", required=True)
    application_id = Id("The application it was for.", required=True)
    starts_at = Instant("When it starts.", required=True, allow_none=True)
    ends_at = Instant("When it ends.", required=True, allow_none=True)
    done_at = Instant("When it ended, once it was held.", required=True, allow_none=True)
    cancelled_at = Instant("When it was cancelled.", required=True, allow_none=True)
    created_at = Instant("When it was recorded.", required=True)


class TimelineEntrySchema(ApiSchema):
    """One thing that happened."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "seq": 17,
        "at": "2026-03-02T09:00:00Z",
        "recorded_at": "2026-03-02T09:00:03Z",
        "kind": "promise_made",
        "actor": "user:usr_0123456789abcdefghjk",
        "source": "api",
        "data": {"promise": "prm_0123456789abcdefghjk", "owed": "callback"},
    }

    seq = Count("The order of writing.", required=True)
    at = Instant("When it happened.", required=True)
    recorded_at = Instant("When it was written down.", required=True)
    kind = fields.String(required=True, metadata={"description": "What happened."})
    actor = fields.String(required=True, metadata={"description": "Who did it."})
    source = fields.String(required=True, metadata={"description": "Through what."})
    data = fields.Dict(required=True, metadata={"description": "Ids, kinds and instants."})
