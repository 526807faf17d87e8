"""``/jobs``: openings people apply for."""

from __future__ import annotations

from typing import Any

from service.api.lookups import check_references, found
from service.api.operation import Answer, Call, Resource, paged
from service.api.schemas.base import page_of
from service.api.schemas.job import JobChangeSchema, JobNewSchema, JobQuery, JobSchema
from service.models import Calendar, Job, User
from service.queries import records
from service.workflows.jobs import add_job, edit_job

resource = Resource("jobs", "Openings, with their colleagues and calendar.")


@resource.operation("GET", "/jobs", scope="read", query=JobQuery, returns=page_of(JobSchema))
def list_jobs(call: Call, args: dict[str, Any]) -> Any:
    """List jobs.

    The newest come first. `needs_closing` finds those that the ATS reports as filled or closed
    while people wait for an answer.
    """
    return paged(
        "jobs",
        args,
        lambda after, limit: records.jobs(
            call.session,
            after=after,
            limit=limit,
            status=args.get("status"),
            untold_on=call.work.now.date() if args.get("needs_closing") else None,
        ),
    )


@resource.operation(
    "POST", "/jobs", scope="write", body=JobNewSchema, status=201, returns=JobSchema
)
def create_job(call: Call, body: dict[str, Any]) -> Answer:
    """Add a job.

    Its calendar is what promises about it are measured in; the company's where none is named.
    """
    _check(call, body)
    job = add_job(call.work, body)
    return Answer(job, job.version, f"/jobs/{job.id}")


@resource.operation("GET", "/jobs/<job_id>", scope="read", returns=JobSchema)
def get_job(call: Call, job_id: str) -> Answer:
    """Show a job.

    Its title, status, colleagues and calendar.
    """
    job = found(call, Job, job_id, "job")
    return Answer(job, job.version)


@resource.operation(
    "PATCH",
    "/jobs/<job_id>",
    scope="write",
    body=JobChangeSchema,
    returns=JobSchema,
    if_match="required",
)
def change_job(call: Call, body: dict[str, Any], job_id: str) -> Answer:
    """Change a job.

    A new calendar counts for promises made from now on.
    """
    job = found(call, Job, job_id, "job", lock=True)
    call.check(job.version)
    _check(call, body)
    edit_job(call.work, job, body)
    return Answer(job, job.version)


def _check(call: Call, body: dict[str, Any]) -> None:
    check_references(call, body, owner_id=User, hiring_manager_id=User, calendar_id=Calendar)
