"""Applies domain changes from any source to candidates, jobs and applications.

Any order of the same changes ends in the same standing: each fact carries its source's time and
an older one never undoes a newer one, reopens what was closed, or revives an erased person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

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
    Stands,
    Unhired,
    Unrejected,
    Withdrawn,
)
from service.models import Application, Candidate, Connection, GoneApplication, Job
from service.workflows import apply_interviews, apply_people
from service.workflows.applications import reassign
from service.workflows.apply_standing import apply_standing
from service.workflows.assigning import await_by_default
from service.workflows.erase import release_everything
from service.workflows.people import (
    candidate_of,
    find_job,
    job_of,
    lock_person,
    resolve,
    user_of,
)
from service.workflows.promise_changes import lock_application, retire
from service.workflows.rule_promises import arm_silence
from service.workflows.stage_labels import take_label
from service.workflows.timeline import record
from service.workflows.work import Work


@dataclass
class Applying:
    """What applying one delivery touched and what could not be done, in words.

    ``erased`` tells that a person's data is gone, so what was delivered must go too.
    """

    candidate_id: str | None = None
    erased: bool = False
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
        self._label_before: str | None = None

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
        if isinstance(change, CandidateErased) and candidate and candidate.erased_at is not None:
            for external_id in change.application_external_ids:
                application = self._find(external_id)
                # Here it may be somebody else's by now, who stays.
                if application is not None and application.candidate.erased_at is None:
                    self._delete(application, change.at)

    def _saw(self, candidate: Candidate | None) -> None:
        if candidate is not None:
            self._done.candidate_id = candidate.id
            # Of several people in one delivery one is enough.
            self._done.erased = self._done.erased or candidate.erased_at is not None

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
            if isinstance(change, ApplicationDeleted):
                self._never(external_id, change.at)
            self._done.notes.append("it speaks of an application that is not known here")
            return
        self._saw(application.candidate)
        match change:
            case ApplicationDeleted():
                self._delete(application, change.at)
            case OfferMade():
                application.open_offer = change.offer_external_id
            case OfferWithdrawn():
                if application.open_offer == change.offer_external_id:
                    application.open_offer = None

    def _never(self, external_id: str, at: datetime | None) -> None:
        """Remember that an application is gone, so that an event still on its way makes none."""
        key = (self._connection.id, external_id)
        if self._work.session.get(GoneApplication, key) is None:
            self._work.session.add(
                GoneApplication(
                    connection_id=self._connection.id,
                    external_id=external_id,
                    gone_at=at or self._received_at,
                )
            )

    def _delete(self, application: Application, at: datetime | None) -> None:
        if application.deleted_at is None:
            application.deleted_at = at or self._received_at
            release_everything(self._work, application, "the application was deleted in the ATS")
            record(self._work, application.id, "application_deleted")

    def _application(
        self,
        change: (
            Applied
            | Moved
            | Stands
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
            case InterviewBooked() | InterviewDone() | InterviewCancelled():
                apply_interviews.apply_interview(self._work, application, change, self._received_at)
            case ApplicationUpdated():
                pass
            case _:
                self._done.notes += apply_standing(
                    self._work,
                    self._connection,
                    application,
                    change,
                    self._received_at,
                    self._label_before,
                )
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
        gone = (self._connection.id, ref.external_id)
        if application is None and self._work.session.get(GoneApplication, gone) is not None:
            self._done.notes.append("the application was deleted before, so nothing was made")
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
            # An erasure at this very moment ends before or begins after.
            candidate = lock_person(self._work, candidate)
            if candidate.erased_at is not None:
                self._saw(candidate)
                self._done.notes.append("the person was erased, so nothing was made")
                return None
            application = self._make(ref, candidate, job, at)
        elif job is not None and application.job_id != job.id:
            application.job = job
        # An older event names an owner who may no longer be it.
        newer = at is None or at >= application.stage_at
        if owner is not None and (newer or application.owner_id is None):
            reassign(self._work, application, owner.id)
        await_by_default(self._work, application)
        self._label_before = application.ats_stage
        take_label(self._connection, application, ref.ats_stage, at, self._received_at)
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
