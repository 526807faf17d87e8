"""Adds applications by hand, hands them to another colleague, and records interviews."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from service.db import new_id
from service.domain.changes import (
    CLOSED_STAGES,
    ApplicationRef,
    InterviewBooked,
    InterviewDone,
    Stage,
)
from service.domain.policies import Trigger
from service.domain.promises import PromiseError
from service.domain.wording import to_say, told
from service.models import Application, Candidate, Interview, Job, Promise
from service.workflows.apply_interviews import apply_interview
from service.workflows.candidates import check_present
from service.workflows.contacts import SKEW
from service.workflows.promise_changes import open_promises, retire
from service.workflows.promise_making import check_can_promise
from service.workflows.rule_promises import arm_silence, trigger
from service.workflows.timeline import record
from service.workflows.work import Work


def add_application(
    work: Work,
    candidate: Candidate,
    job: Job,
    *,
    stage: Stage,
    applied_at: datetime,
    owner_id: str | None,
    waiting_on_id: str | None,
) -> Application:
    """Add an application and promise what the rules owe. The candidate's row is locked.

    One person has one application in progress for a job: ``PromiseError`` for a second one.
    """
    check_present(candidate)
    if applied_at > work.now + SKEW:
        raise PromiseError(
            "applied-in-the-future",
            to_say("nobody has applied later than now: check it"),
            "/applied_at",
        )
    standing = select(Application.id).where(
        Application.candidate_id == candidate.id,
        Application.job_id == job.id,
        Application.stage.not_in(CLOSED_STAGES),
        Application.deleted_at.is_(None),
    )
    known = work.session.scalars(standing).first()
    if known is not None:
        raise PromiseError(
            "applied-already", told("an application is in progress already: %(id)s", id=known)
        )
    application = Application(
        candidate=candidate,
        job=job,
        stage=stage,
        stage_at=work.now if stage is not Stage.APPLIED else applied_at,
        applied_at=applied_at,
        closed_at=work.now if stage in CLOSED_STAGES else None,
        owner_id=owner_id or job.owner_id,
        waiting_on_id=waiting_on_id or job.hiring_manager_id,
        created_at=work.now,
    )
    work.session.add(application)
    work.session.flush()
    record(work, application.id, "applied", at=applied_at)
    trigger(work, application, Trigger.APPLIED, "applied", applied_at)
    arm_silence(work, application)
    retire(work, application)
    return application


def reassign(
    work: Work,
    application: Application,
    owner_id: str | None,
    promises: Sequence[Promise] | None = None,
) -> None:
    """Hand an application over, with the open promises its owner owed but did not give.

    ``promises`` are its open ones, where the caller has read them already.
    """
    before = application.owner_id
    if before == owner_id:
        return
    application.owner_id = owner_id
    for promise in open_promises(work, application.id) if promises is None else promises:
        if promise.owner_id == before and promise.promised_by_id is None:
            promise.owner_id = owner_id
    record(work, application.id, "reassigned", before=before, owner=owner_id)
    work.flush()


def add_interview(
    work: Work,
    application: Application,
    *,
    held: bool,
    starts_at: datetime | None,
    ended_at: datetime | None,
) -> Interview:
    """Record an interview booked or held. The application's row is locked."""
    check_can_promise(application)
    if held and ended_at is not None and ended_at > work.now + SKEW:
        raise PromiseError(
            "held-in-the-future",
            to_say("what was held cannot end later than now: book it"),
            "/ended_at",
        )
    if starts_at is not None and ended_at is not None and ended_at < starts_at:
        raise PromiseError("ends-before-it-starts", to_say("it ends before it starts"), "/ended_at")
    own_id = new_id("int")
    interview = Interview(
        id=own_id,
        application_id=application.id,
        # Ours has no id elsewhere; its own is as unique.
        external_id=own_id,
        starts_at=starts_at,
        ends_at=ended_at,
        created_at=work.now,
    )
    work.session.add(interview)
    work.session.flush()
    ref = ApplicationRef(application.id)
    change: InterviewBooked | InterviewDone
    if held:
        change = InterviewDone(ref, work.now, interview.external_id, ended_at)
    else:
        change = InterviewBooked(ref, work.now, interview.external_id, starts_at, ended_at)
    apply_interview(work, application, change, work.now)
    retire(work, application)
    arm_silence(work, application)
    return interview
