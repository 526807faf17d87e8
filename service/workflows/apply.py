"""Applies domain changes from any source to candidates, jobs and applications.

Any order of the same changes ends in the same standing: each fact carries its source's time and
an older one never undoes a newer one, reopens what was closed, or revives an erased person. Who
applies again after a rule erased them is somebody new.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

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
    Stands,
    Unhired,
    Unrejected,
    Withdrawn,
)
from service.models import Application, Candidate, Connection, GoneApplication, Job
from service.workflows import apply_interviews, apply_people
from service.workflows.apply_offers import apply_offer
from service.workflows.apply_standing import apply_standing
from service.workflows.erase import release_everything
from service.workflows.known_application import (
    Found,
    find_application,
    find_or_make,
    take_surroundings,
)
from service.workflows.people import find_job, job_of
from service.workflows.promise_changes import retire
from service.workflows.rule_promises import NOTHING_YET, arm_silence
from service.workflows.timeline import record
from service.workflows.work import Work
from service.workflows.written_new import write_new, written_once

AboutApplication = (
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
)


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
        job = job_of(self._work, self._connection, change.job, change.at)
        self._take_status(job, change)

    def _take_status(self, job: Job, change: JobUpdated) -> None:
        at = change.at or self._received_at
        if change.job.status is None or (job.status_at is not None and at < job.status_at):
            return
        job.status, job.status_at = change.job.status, at

    def _find(self, external_id: str) -> Application | None:
        return find_application(self._work, self._connection, external_id)

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
            case OfferMade() | OfferWithdrawn():
                apply_offer(application, change, self._received_at)

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

    def _application(self, change: AboutApplication) -> None:
        ref, at = change.application, change.at
        if ref is None:
            return
        found = find_or_make(self._work, self._connection, ref, at, self._received_at)
        application = found.application
        self._saw(found.candidate)
        if application is None:
            self._done.notes += found.notes
            return
        if found.new and isinstance(change, Applied):
            # It is written as it stands in the end, and nothing of it is looked for before.
            with written_once(self._work):
                self._take(found, application, ref, change)
            return
        if found.new:
            write_new(self._work)
            application = self._work.session.get_one(Application, application.id)
            found = replace(found, new=False)
        self._take(found, application, ref, change)

    def _take(
        self,
        found: Found,
        application: Application,
        ref: ApplicationRef,
        change: AboutApplication,
    ) -> None:
        work, received_at = self._work, self._received_at
        label_before = application.ats_stage
        take_surroundings(work, self._connection, found, application, ref, change.at, received_at)
        if application.deleted_at is not None or application.candidate.erased_at is not None:
            # Whoever applied again is somebody new, and what comes late of before is not theirs.
            self._done.erased |= application.candidate.erased_at is not None
            self._done.notes.append("the application is gone here, so nothing was changed")
            return
        match change:
            case InterviewBooked() | InterviewDone() | InterviewCancelled():
                apply_interviews.apply_interview(work, application, change, received_at)
                retire(work, application)
            case ApplicationUpdated():
                work.session.flush()
                retire(work, application)
            case _:
                # It lets go itself of what is no longer owed.
                self._done.notes += apply_standing(
                    work,
                    self._connection,
                    application,
                    change,
                    received_at,
                    label_before,
                    new=found.new,
                )
        work.flush()
        arm_silence(work, application, standing=NOTHING_YET if found.new else None)
