"""Finds or makes the application that an event is about, with its person, its job and its owner.

A known one is locked before anything around it is read. A new one stands in the session unwritten:
nobody else knows it yet, and whoever asked for it says when it is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from service.db import new_id
from service.domain.changes import ApplicationRef, CandidateFacts, Stage
from service.models import Application, Candidate, CandidateSource, Connection, Job, User
from service.models.merged_records import records_of
from service.workflows.applications import reassign
from service.workflows.applied_again import (
    BEFORE,
    ON_REQUEST,
    emptied_since,
    make_anew,
    why_not_again,
)
from service.workflows.assigning import await_by_default
from service.workflows.erased_addresses import erased_bearer
from service.workflows.legal_hold import hold_too
from service.workflows.named import Named, named_by
from service.workflows.people import (
    lock_named,
    lock_person,
    make_candidate,
    resolve,
    take_job,
    update_candidate,
    user_of,
)
from service.workflows.stage_labels import take_label
from service.workflows.timeline import record
from service.workflows.work import Work
from service.workflows.written_new import write_new


@dataclass(frozen=True, slots=True)
class Found:
    """What an event is about; ``notes`` say why there is no application, in words."""

    application: Application | None = None
    candidate: Candidate | None = None
    owner: User | None = None
    new: bool = False
    notes: tuple[str, ...] = ()


def find_application(work: Work, connection: Connection, external_id: str) -> Application | None:
    """Return the application that a source's id names, with its row locked, or ``None``."""
    named = {"by": connection.id, "named": external_id}
    return work.session.scalars(_LOCKED, named).one_or_none()


_LOCKED = (
    select(Application)
    .where(
        Application.connection_id == bindparam("by"),
        Application.external_id == bindparam("named"),
    )
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def find_or_make(
    work: Work,
    connection: Connection,
    ref: ApplicationRef,
    at: datetime | None,
    received_at: datetime,
) -> Found:
    """Find the application or make it, and bring its person and its job up to date."""
    application = find_application(work, connection, ref.external_id)
    if ref.prospect and application is None:
        return Found(notes=("a prospect has not applied, so nothing is owed yet",))
    named = named_by(work, connection, ref)
    if application is not None:
        return _around_known(work, connection, application, ref, at, named)
    if named.gone:
        return Found(notes=("the application was deleted before, so nothing was made",))
    if ref.candidate is None:
        return Found(notes=("it names an unknown application without its candidate",))
    return _made(work, connection, ref, ref.candidate, at, received_at, named)


def _around_known(
    work: Work,
    connection: Connection,
    application: Application,
    ref: ApplicationRef,
    at: datetime | None,
    named: Named,
) -> Found:
    if ref.candidate is None:
        candidate = resolve(work, application.candidate_id)
    elif named.source is not None:
        candidate = update_candidate(work, named.source, ref.candidate, at)
    else:
        candidate = make_candidate(work, connection, ref.candidate, at)
        write_new(work)
    if candidate.id != application.candidate_id:
        _take_of(work, connection, application, candidate.id, at)
    job = take_job(work, connection, ref.job, at, named.job) if ref.job else None
    owner = user_of(work, ref.owner)
    if job is not None:
        _take_for(work, application, job, at)
    return Found(application, candidate, owner)


def _take_of(
    work: Work,
    connection: Connection,
    application: Application,
    candidate_id: str,
    at: datetime | None,
) -> None:
    """Have an application be of the person that its source names, unless it named another later.

    Sources merge people and tell of it only so. An erased person's stays theirs.
    """
    named_at = work.session.scalars(
        select(func.max(CandidateSource.facts_at)).where(
            CandidateSource.candidate_id.in_(records_of(application.candidate_id)),
            CandidateSource.connection_id == connection.id,
        )
    ).one()
    if at is None or (named_at is not None and at < named_at):
        return
    # An erasure at this very moment ends before, or finds the application theirs.
    person = lock_person(work, work.session.get_one(Candidate, candidate_id))
    if person.erased_at is not None or application.candidate.erased_at is not None:
        return
    hold_too(person, application.candidate)
    application.candidate = person
    record(work, application.id, "candidates_merged", at=at, into=person.id)


def _take_for(work: Work, application: Application, job: Job, at: datetime | None) -> None:
    """Have an application be for the job that its source names, unless a later event named one."""
    if at is not None:
        if application.job_at is not None and at < application.job_at:
            return
        application.job_at = at
    if application.job_id == job.id:
        return
    record(work, application.id, "job_changed", at=at, before=application.job_id, job=job.id)
    application.job, application.moved_at = job, work.now


def _made(
    work: Work,
    connection: Connection,
    ref: ApplicationRef,
    facts: CandidateFacts,
    at: datetime | None,
    received_at: datetime,
    named: Named,
) -> Found:
    known = _taken_hold_of(work, named.source, facts, at) if named.source is not None else None
    anew_after, why = None, None
    if named.source is not None and known is not None:
        if known.erased_at is not None:
            why = why_not_again(work, known, ref.applied_at)
            if why is None:
                anew_after, told_at = known.id, at or ref.applied_at or work.now
                known = make_anew(work, connection, named.source, known, facts, told_at)
        elif emptied := emptied_since(work, known, ref.applied_at):
            known, why = emptied, BEFORE
    elif bearer := erased_bearer(work, facts.emails or (), ref.applied_at):
        # Another ATS, or this one connected anew, knows them under an id that is new here.
        known, why = bearer, ON_REQUEST
    # Before somebody new: what a query flushes must not be half of them.
    job = take_job(work, connection, ref.job, at, named.job) if ref.job else None
    owner = user_of(work, ref.owner)
    if why is not None:
        return Found(candidate=known, notes=(why,))
    # Nobody else can see who is new yet.
    candidate = known or make_candidate(work, connection, facts, at)
    if job is None:
        job = Job(
            id=new_id("job"),
            title="(no job named)",
            connection_id=connection.id,
            created_at=work.now,
        )
        work.session.add(job)
    applied_at = ref.applied_at or at or received_at
    application = Application(
        id=new_id("app"),
        candidate_id=candidate.id,
        candidate=candidate,
        job_id=job.id,
        job=job,
        job_at=at if ref.job else None,
        connection_id=connection.id,
        external_id=ref.external_id,
        stage=Stage.APPLIED,
        stage_at=min(applied_at, at or applied_at),
        unmapped=False,
        applied_at=min(applied_at, work.now),
        closed_here=False,
        created_at=work.now,
    )
    work.session.add(application)
    record(work, application.id, "applied", at=application.applied_at, anew_after=anew_after)
    return Found(application, candidate, owner, new=True)


def _taken_hold_of(
    work: Work, source: CandidateSource, facts: CandidateFacts, at: datetime | None
) -> Candidate:
    """Return a known person, brought up to date, with the row locked.

    Known people come before jobs and colleagues, for whoever writes of them: nobody waits
    crosswise then.
    """
    # An erasure at this very moment ends before anything is written of them, or begins after.
    lock_named(work, source)
    return update_candidate(work, source, facts, at)


def take_surroundings(
    work: Work,
    connection: Connection,
    found: Found,
    application: Application,
    ref: ApplicationRef,
    at: datetime | None,
    received_at: datetime,
) -> None:
    """Take over what the source says around an application: who owns it, its own label of it."""
    # An older event names an owner who may no longer be it.
    newer = at is None or at >= application.stage_at
    if found.owner is not None and (newer or application.owner_id is None):
        reassign(work, application, found.owner.id, () if found.new else None)
    await_by_default(work, application, new=found.new)
    take_label(connection, application, ref.ats_stage, at, received_at)
    if ref.applied_at is not None:
        application.applied_at = ref.applied_at
