"""``/applications``: bids for jobs, their interviews and their story."""

from __future__ import annotations

from typing import Any

from service.api.lookups import check_references, found, locked_application
from service.api.operation import Answer, Call, Resource, paged
from service.api.problems import not_found
from service.api.schemas.application import (
    ApplicationChangeSchema,
    ApplicationNewSchema,
    ApplicationQuery,
    ApplicationSchema,
    InterviewNewSchema,
    InterviewSchema,
    TimelineEntrySchema,
)
from service.api.schemas.base import PageQuery, page_of
from service.domain.changes import Stage
from service.models import Application, Candidate, Interview, Job, User
from service.queries import records
from service.workflows.applications import add_application, add_interview, reassign
from service.workflows.decide import move_here

resource = Resource("applications", "One person's bid for one job, and all that happened to it.")
_ONE = "/applications/<application_id>"
_FILTERS = ("stage", "job_id", "candidate_id", "owner_id")


@resource.operation(
    "GET", "/applications", scope="read", query=ApplicationQuery, returns=page_of(ApplicationSchema)
)
def list_applications(call: Call, args: dict[str, Any]) -> Any:
    """List applications.

    The newest come first.
    """
    equal = {name: args[name] for name in _FILTERS if name in args}
    return paged(
        "applications",
        args,
        lambda after, limit: records.applications(call.session, after=after, limit=limit, **equal),
    )


@resource.operation(
    "POST",
    "/applications",
    scope="write",
    body=ApplicationNewSchema,
    status=201,
    returns=ApplicationSchema,
)
def create_application(call: Call, body: dict[str, Any]) -> Answer:
    """Add an application.

    What the rules owe from applying (an acknowledgement, word within a time) is promised at once.
    """
    check_references(call, body, candidate_id=Candidate, job_id=Job)
    candidate = found(call, Candidate, body["candidate_id"], "candidate", lock=True)
    job = call.session.get_one(Job, body["job_id"])
    check_references(call, body, owner_id=User, waiting_on_id=User)
    application = add_application(
        call.work,
        candidate,
        job,
        stage=Stage(body["stage"]),
        applied_at=body.get("applied_at") or call.work.now,
        owner_id=body["owner_id"],
        waiting_on_id=body.get("waiting_on_id"),
    )
    call.session.flush()
    return Answer(application, application.version, f"/applications/{application.id}")


@resource.operation("GET", _ONE, scope="read", returns=ApplicationSchema)
def get_application(call: Call, application_id: str) -> Answer:
    """Show an application.

    Where it stands by our stages and the ATS's own label, who must act, and when they last heard.
    """
    application = found(call, Application, application_id, "application")
    return Answer(application, application.version)


@resource.operation(
    "PATCH",
    _ONE,
    scope="write",
    body=ApplicationChangeSchema,
    returns=ApplicationSchema,
    if_match="required",
)
def change_application(call: Call, body: dict[str, Any], application_id: str) -> Answer:
    """Change an application.

    What the rules owe follows the stage. A move to `rejected` is refused: record a decision.
    """
    application = locked_application(call, application_id)
    call.check(application.version)
    check_references(call, body, owner_id=User, waiting_on_id=User)
    if "owner_id" in body:
        reassign(call.work, application, body["owner_id"])
    if "waiting_on_id" in body:
        application.waiting_on_id = body["waiting_on_id"]
    if body.get("stage", application.stage) != application.stage:
        move_here(call.work, application, Stage(body["stage"]))
    call.session.flush()
    return Answer(application, application.version)


@resource.operation(
    "POST",
    f"{_ONE}/interviews",
    scope="write",
    body=InterviewNewSchema,
    status=201,
    returns=InterviewSchema,
)
def record_interview(call: Call, body: dict[str, Any], application_id: str) -> Answer:
    """Record an interview.

    From the end of one that was held, the candidate is owed word.
    """
    application = locked_application(call, application_id)
    interview = add_interview(call.work, application, **body)
    where = f"/applications/{application.id}/interviews/{interview.id}"
    return Answer(interview, location=where)


@resource.operation(
    "GET", f"{_ONE}/interviews", scope="read", query=PageQuery, returns=page_of(InterviewSchema)
)
def list_interviews(call: Call, args: dict[str, Any], application_id: str) -> Any:
    """List an application's interviews.

    Booked, held and cancelled ones; from the end of a held one the candidate is owed word.
    """
    application = found(call, Application, application_id, "application")
    return paged(
        f"interviews {application.id}",
        args,
        lambda after, limit: records.interviews(
            call.session, application.id, after=after, limit=limit
        ),
    )


@resource.operation(
    "GET", f"{_ONE}/interviews/<interview_id>", scope="read", returns=InterviewSchema
)
def get_interview(call: Call, application_id: str, interview_id: str) -> Answer:
    """Show an interview.

    When it is or was, and whether it was held or cancelled.
    """
    interview = found(call, Interview, interview_id, "interview")
    if interview.application_id != application_id:
        raise not_found("interview")
    return Answer(interview)


@resource.operation(
    "GET", f"{_ONE}/timeline", scope="read", query=PageQuery, returns=page_of(TimelineEntrySchema)
)
def get_timeline(call: Call, args: dict[str, Any], application_id: str) -> Any:
    """Tell an application's story.

    Every change wrote one entry, in the order it happened.
    """
    application = found(call, Application, application_id, "application")
    return paged(
        f"timeline {application.id}",
        args,
        lambda after, limit: records.timeline(
            call.session, application.id, after=after, limit=limit
        ),
    )
