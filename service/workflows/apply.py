"""Applies domain changes from any source to candidates, jobs and applications.

Any order of the same changes ends in the same standing: each fact carries its source's time and
an older one never undoes a newer one, reopens what was closed, or revives an erased person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from service.domain.applications import Standing, reopen, settle
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationRef,
    ApplicationUpdated,
    Applied,
    CandidateErased,
    CandidatesMerged,
    CandidateUpdated,
    Change,
    Hired,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    JobDeleted,
    JobUpdated,
    Moved,
    OfferMade,
    OfferWithdrawn,
    Rejected,
    Stage,
    Unhired,
    Unrejected,
    Withdrawn,
)
from service.domain.policies import Trigger
from service.models import Application, Candidate, Connection, Job
from service.workflows import apply_interviews, apply_people
from service.workflows.decide import (
    reject,
    set_standing,
    standing_decision,
    withdraw_decision,
)
from service.workflows.erase import release_everything
from service.workflows.people import candidate_of, find_job, job_of, resolve, user_of
from service.workflows.promise_changes import lock_application, open_promises, retire
from service.workflows.promise_making import arm_silence, trigger
from service.workflows.timeline import record
from service.workflows.work import Work


@dataclass
class Applying:
    """What applying one delivery touched and what could not be done, in words."""

    candidate_id: str | None = None
    notes: list[str] = field(default_factory=list)


def apply_changes(
    work: Work, connection: Connection, changes: Iterable[Change], received_at: datetime
) -> Applying:
    """Apply the changes of one delivery in their order, in one transaction."""
    done = Applying()
    for change in changes:
        _Applier(work, connection, received_at, done).apply(change)
        work.session.flush()
    return done


class _Applier:
    def __init__(
        self, work: Work, connection: Connection, received_at: datetime, done: Applying
    ) -> None:
        self._work = work
        self._connection = connection
        self._received_at = received_at
        self._done = done

    def apply(self, change: Change) -> None:
        match change:
            case CandidateUpdated() | CandidateErased() | CandidatesMerged():
                self._person(change)
            case JobUpdated() | JobDeleted():
                self._job(change)
            case ApplicationDeleted() | OfferMade() | OfferWithdrawn():
                self._by_id(change)
            case InterviewCancelled(application=None):
                self._done.notes += apply_interviews.cancel_anywhere(
                    self._work, self._connection, change
                )
            case _:
                self._application(change)

    def _person(self, change: CandidateUpdated | CandidateErased | CandidatesMerged) -> None:
        candidate, notes = apply_people.apply_person(
            self._work, self._connection, change, self._received_at
        )
        self._saw(candidate)
        self._done.notes += notes

    def _saw(self, candidate: Candidate | None) -> None:
        if candidate is not None:
            self._done.candidate_id = candidate.id

    def _job(self, change: JobUpdated | JobDeleted) -> None:
        if isinstance(change, JobDeleted):
            job = find_job(self._work, self._connection, change.external_id)
            if job is not None:
                job.status, job.status_at = "closed", change.at or self._received_at
            return
        job = job_of(self._work, self._connection, change.job)
        self._take_status(job, change)

    def _take_status(self, job: Job, change: JobUpdated) -> None:
        at = change.at or self._received_at
        if change.job.status is None or (job.status_at is not None and at < job.status_at):
            return
        job.status, job.status_at = change.job.status, at

    def _find(self, external_id: str) -> Application | None:
        found = self._work.session.scalars(
            select(Application.id).where(
                Application.connection_id == self._connection.id,
                Application.external_id == external_id,
            )
        ).one_or_none()
        return lock_application(self._work, found) if found else None

    def _by_id(self, change: ApplicationDeleted | OfferMade | OfferWithdrawn) -> None:
        external_id = (
            change.external_id
            if isinstance(change, ApplicationDeleted)
            else change.application_external_id
        )
        application = self._find(external_id)
        if application is None:
            self._done.notes.append("it speaks of an application that is not known here")
            return
        self._saw(application.candidate)
        match change:
            case ApplicationDeleted():
                if application.deleted_at is None:
                    application.deleted_at = change.at or self._received_at
                    release_everything(
                        self._work, application, "the application was deleted in the ATS"
                    )
                    record(self._work, application.id, "application_deleted")
            case OfferMade():
                application.open_offer = change.offer_external_id
            case OfferWithdrawn():
                if application.open_offer == change.offer_external_id:
                    application.open_offer = None

    def _application(
        self,
        change: (
            Applied
            | Moved
            | Rejected
            | Unrejected
            | Hired
            | Unhired
            | Withdrawn
            | InterviewBooked
            | InterviewDone
            | InterviewCancelled
            | ApplicationUpdated
        ),
    ) -> None:
        if change.application is None:
            return
        application = self._known(change.application, change)
        if application is None:
            return
        if application.deleted_at is not None or application.candidate.erased_at is not None:
            self._done.notes.append("the application is gone here, so nothing was changed")
            return
        match change:
            case Applied(stage=stage) | Moved(stage=stage):
                self._stand(application, change.application, stage, change.at)
            case Rejected():
                self._reject(application, change)
            case Unrejected(stage=stage) | Unhired(stage=stage):
                self._reopen(application, change, stage)
            case Hired():
                if not _taken_back(application, change.at):
                    self._stand(application, change.application, Stage.HIRED, change.at)
            case Withdrawn():
                self._withdraw(application, change)
            case InterviewBooked() | InterviewDone() | InterviewCancelled():
                apply_interviews.apply_interview(self._work, application, change, self._received_at)
            case ApplicationUpdated():
                pass
        if isinstance(change, Applied):
            self._acknowledge(application)
        self._work.session.flush()
        retire(self._work, application)
        arm_silence(self._work, application)

    def _known(self, ref: ApplicationRef, change: Change) -> Application | None:
        """Find the application or make it, and take over what the source says around it."""
        at = getattr(change, "at", None)
        application = self._find(ref.external_id)
        if ref.prospect and application is None:
            self._done.notes.append("a prospect has not applied, so nothing is owed yet")
            return None
        if ref.candidate is not None:
            candidate = candidate_of(self._work, self._connection, ref.candidate, at)
        elif application is not None:
            candidate = resolve(self._work, application.candidate_id)
        else:
            self._done.notes.append("it names an unknown application without its candidate")
            return None
        self._saw(candidate)
        job = job_of(self._work, self._connection, ref.job) if ref.job else None
        owner = user_of(self._work, ref.owner)
        if application is None:
            if candidate.erased_at is not None:
                self._done.notes.append("the person was erased, so nothing was made")
                return None
            application = self._make(ref, candidate, job, at)
        elif job is not None and application.job_id != job.id:
            application.job = job
        if owner is not None and application.owner_id != owner.id:
            self._reassign(application, owner.id)
        if application.waiting_on_id is None and application.job.hiring_manager_id:
            application.waiting_on_id = application.job.hiring_manager_id
        application.ats_stage = ref.ats_stage or application.ats_stage
        if ref.applied_at is not None:
            application.applied_at = ref.applied_at
        return application

    def _make(
        self, ref: ApplicationRef, candidate: Candidate, job: Job | None, at: datetime | None
    ) -> Application:
        if job is None:
            job = Job(
                title="(no job named)", connection_id=self._connection.id, created_at=self._work.now
            )
        applied_at = ref.applied_at or at or self._received_at
        application = Application(
            candidate=candidate,
            job=job,
            connection_id=self._connection.id,
            external_id=ref.external_id,
            stage=Stage.APPLIED,
            stage_at=min(applied_at, at or applied_at),
            applied_at=min(applied_at, self._work.now),
            created_at=self._work.now,
        )
        self._work.session.add(application)
        self._work.session.flush()
        record(self._work, application.id, "applied", at=application.applied_at)
        return application

    def _reassign(self, application: Application, owner_id: str) -> None:
        before, application.owner_id = application.owner_id, owner_id
        for promise in open_promises(self._work, application.id):
            if promise.owner_id == before and promise.promised_by_id is None:
                promise.owner_id = owner_id

    def _stand(
        self,
        application: Application,
        ref: ApplicationRef,
        stage: Stage | None,
        at: datetime | None,
    ) -> None:
        mapped = self._connection.stage_map.get(ref.ats_stage or "")
        reported = Stage(mapped) if mapped and stage not in (Stage.HIRED, Stage.REJECTED) else stage
        application.unmapped = reported is None
        if reported is None:
            self._done.notes.append("the ATS's stage maps to none of ours yet: map it")
            return
        current = Standing(Stage(application.stage), application.stage_at)
        settled = settle(current, reported, at, self._received_at)
        if settled == current:
            return
        if current.closed and not settled.closed:
            self._undecide(application)
        set_standing(self._work, application, settled)

    def _reject(self, application: Application, change: Rejected) -> None:
        if _taken_back(application, change.at):
            return
        current = Standing(Stage(application.stage), application.stage_at)
        settled = settle(current, Stage.REJECTED, change.at, self._received_at)
        if settled.stage is not Stage.REJECTED or settled == current:
            return
        set_standing(self._work, application, settled)
        if standing_decision(self._work, application.id) is None:
            by = user_of(self._work, change.by)
            reject(
                self._work,
                application,
                reason=change.reason,
                decided_by_id=by.id if by else None,
                decided_at=min(settled.at, self._work.now),
                source=self._connection.name,
            )

    def _reopen(
        self, application: Application, change: Unrejected | Unhired, stage: Stage | None
    ) -> None:
        current = Standing(Stage(application.stage), application.stage_at)
        closing = Stage.REJECTED if isinstance(change, Unrejected) else Stage.HIRED
        if change.at is not None:
            # Remembered whatever stands now: the closing it takes back may still be on its way.
            application.reopened_at = max(change.at, application.reopened_at or change.at)
        label = change.application.ats_stage or ""
        mapped = self._connection.stage_map.get(label)
        back_to = Stage(mapped) if mapped else stage or Stage.APPLIED
        if current.stage is not closing:
            settled = settle(current, back_to, change.at, self._received_at)
        else:
            settled = reopen(current, back_to, change.at, self._received_at)
        if settled == current:
            return
        self._undecide(application)
        set_standing(self._work, application, settled)

    def _undecide(self, application: Application) -> None:
        decision = standing_decision(self._work, application.id)
        if decision is not None:
            withdraw_decision(self._work, application, decision)

    def _withdraw(self, application: Application, change: Withdrawn) -> None:
        self._stand(application, change.application, Stage.WITHDRAWN, change.at)
        if application.stage == Stage.WITHDRAWN:
            release_everything(self._work, application, "the candidate withdrew")

    def _acknowledge(self, application: Application) -> None:
        trigger(self._work, application, Trigger.APPLIED, "applied", application.applied_at)


def _taken_back(application: Application, at: datetime | None) -> bool:
    """Tell whether a closing reported for ``at`` was expressly taken back then or later."""
    reopened_at = application.reopened_at
    return at is not None and reopened_at is not None and at <= reopened_at
