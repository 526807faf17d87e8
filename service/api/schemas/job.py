"""Jobs in and out."""

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
    QueryFlag,
    Text,
)
from service.domain.changes import JobStatus


class JobChangeSchema(ApiSchema):
    """What may be changed about a job; what is left out stays."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"status": "filled"}

    title = Text("The title.")
    status = Choice("Whether it still takes people.", JobStatus)
    owner_id = Id("The colleague who recruits for it.", allow_none=True)
    hiring_manager_id = Id("The colleague whose decision is awaited.", allow_none=True)
    calendar_id = Id("The calendar its promises are measured in.", allow_none=True)


class JobNewSchema(JobChangeSchema):
    """A job to add."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"title": "Backend Engineer"}

    title = Text("The title.", required=True)


class JobSchema(ApiSchema):
    """An opening."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "job_0123456789abcdefghjk",
        "title": "Backend Engineer",
        "status": "open",
        "owner_id": None,
        "hiring_manager_id": None,
        "calendar_id": None,
        "external_id": None,
        "created_at": "2026-03-02T09:00:00Z",
        "version": 1,
    }

    id = Id("The id.", required=True)
    title = fields.String(required=True, metadata={"description": "The title."})
    status = Choice("Whether it still takes people.", JobStatus, required=True)
    owner_id = Id("The colleague who recruits for it.", required=True, allow_none=True)
    hiring_manager_id = Id(
        "The colleague whose decision is awaited.", required=True, allow_none=True
    )
    calendar_id = Id(
        "The calendar its promises are measured in; null for the company's.",
        required=True,
        allow_none=True,
    )
    external_id = fields.String(
        required=True, allow_none=True, metadata={"description": "Its id in the ATS."}
    )
    created_at = Instant("When it was added.", required=True)
    version = Count("Rises with every change.", required=True)


class JobQuery(PageQuery):
    """How to search for jobs."""

    status = Choice("Only jobs of this status.", JobStatus)
    needs_closing = QueryFlag(
        "Only jobs that take nobody any more and have people who were not told."
    )
