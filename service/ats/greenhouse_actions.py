"""What each of Greenhouse's actions means: one function an action.

Greenhouse sends states more than events: no event time, no previous stage, no promised order. So
``last_activity_at`` is the clock of an application, times stated for a fact win over it, and no
one is rejected unless Greenhouse says so with a time or in so many words.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from service.ats import greenhouse_payloads as read
from service.ats.meaning import Ignored
from service.ats.payload import JsonObject
from service.ats.stages import guess_stage, is_meeting
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationRef,
    ApplicationUpdated,
    Applied,
    CandidateErased,
    CandidateFacts,
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
    Person,
    Rejected,
    Stage,
    Unhired,
    Unrejected,
    Withdrawn,
)

Handler = Callable[[JsonObject, datetime], list[Change]]

# anonymized_fields that take away who the person is, or where to write to them.
_IDENTITY_FIELDS = {"full_name", "email_addresses"}


def _new_application(payload: JsonObject, received_at: datetime) -> list[Change]:
    application, ref = _application(payload, received_at)
    stage = guess_stage(ref.ats_stage)
    at = ref.applied_at or _clock(application, received_at)
    changes: list[Change] = [Applied(ref, at, stage or Stage.APPLIED)]
    if ref.ats_stage and stage is None:
        changes.append(Moved(ref, at, None))
    return (
        changes
        + _interviews(application, ref, received_at)
        + _closing(application, ref, received_at)
    )


def _stage_changed(payload: JsonObject, received_at: datetime) -> list[Change]:
    application, ref = _application(payload, received_at)
    closing = _closing(application, ref, received_at)
    at = _clock(application, received_at)
    if closing or application.text("status") in {"rejected", "hired"}:
        # A late delivery shows the state at sending: a stage must not reopen what is closed.
        return [ApplicationUpdated(ref, at), *closing]
    moved = Moved(ref, at, guess_stage(ref.ats_stage))
    return [moved, *_interviews(application, ref, received_at)]


def _application_updated(payload: JsonObject, received_at: datetime) -> list[Change]:
    application, ref = _application(payload, received_at)
    return [
        ApplicationUpdated(ref, _clock(application, received_at)),
        *_interviews(application, ref, received_at),
        *_closing(application, ref, received_at),
    ]


def _rejected(payload: JsonObject, received_at: datetime) -> list[Change]:
    application, ref = _application(payload, received_at)
    return [
        *_interviews(application, ref, received_at, only_done=True),
        _rejection(application, ref, received_at),
    ]


def _unrejected(payload: JsonObject, received_at: datetime) -> list[Change]:
    application, ref = _application(payload, received_at)
    at = _clock(application, received_at)
    back = Unrejected(ref, at, guess_stage(ref.ats_stage))
    return [back, *_interviews(application, ref, received_at)]


def _hired(payload: JsonObject, received_at: datetime) -> list[Change]:
    """Fires when the offer is accepted; carries no status and no stage.

    The offer may have been accepted before the application was moved last: that undoes no hire.
    """
    application, ref = _application(payload, received_at)
    offer = application.child("offer")
    accepted_at = offer.instant("resolved_at", past_of=received_at) if offer else None
    told = (each for each in (accepted_at, _clock(application, received_at)) if each)
    return [Hired(ref, max(told, default=None))]


def _unhired(payload: JsonObject, received_at: datetime) -> list[Change]:
    application, ref = _application(payload, received_at)
    at = _clock(application, received_at)
    back = Unhired(ref, at, guess_stage(ref.ats_stage))
    return [back, *_interviews(application, ref, received_at)]


def _application_deleted(payload: JsonObject, _: datetime) -> list[Change]:
    application = payload.required_child("application")
    return [ApplicationDeleted(application.required_id("id"), None)]


def _candidate_updated(payload: JsonObject, received_at: datetime) -> list[Change]:
    candidate = payload.required_child("candidate")
    facts = read.candidate_facts(candidate)
    at = candidate.instant("updated_at", past_of=received_at)
    return [CandidateUpdated(facts, at, owner=read.owner_of(candidate))]


def _candidates_merged(payload: JsonObject, _: datetime) -> list[Change]:
    person = payload.required_child("person")
    loser, winner = person.required_id("id"), person.required_id("new_candidate_id")
    if loser == winner:
        person.fail("new_candidate_id", "a candidate cannot be merged into itself")
    return [CandidatesMerged(loser, winner, None)]


def _candidate_deleted(payload: JsonObject, _: datetime) -> list[Change]:
    person = payload.required_child("person")
    applications = person.ids("deleted_application_ids")
    if not applications:
        person.warn(
            "deleted_application_ids",
            "empty, as after a merge; tick 'Candidate merged' in Greenhouse to keep their history",
        )
    return [CandidateErased(person.required_id("id"), None, applications)]


def _candidate_anonymized(payload: JsonObject, _: datetime) -> list[Change]:
    candidate_id = payload.required_id("candidate_id")
    fields = set(payload.texts("anonymized_fields") or ())
    if fields and not fields & _IDENTITY_FIELDS:
        if "phone_numbers" in fields:
            return [CandidateUpdated(CandidateFacts(candidate_id, phones=()), None)]
        raise Ignored("anonymised in Greenhouse: only data that Keepword does not hold")
    return [CandidateErased(candidate_id, None)]


def _offer_stated(payload: JsonObject, received_at: datetime) -> list[Change]:
    """``offer_created|approved|updated``: flat, one version of an offer with its status."""
    application_id, offer_id = _offer_ids(payload)
    status = (payload.text("offer_status") or "").casefold()
    resolved_at = payload.instant("resolved_at", past_of=received_at)
    if status in {"rejected", "deprecated"}:
        return [OfferWithdrawn(application_id, resolved_at, offer_id)]
    if status not in {"created", "accepted"}:
        payload.warn("offer_status", "unknown; the offer is taken to stand")
    # sent_on is a date, which is no instant.
    sent = payload.has("sent_on") or status == "accepted"
    return [
        OfferMade(application_id, resolved_at if status == "accepted" else None, offer_id, sent)
    ]


def _offer_deleted(payload: JsonObject, _: datetime) -> list[Change]:
    offer = payload.child("offer") or payload
    application_id, offer_id = _offer_ids(offer)
    return [OfferWithdrawn(application_id, None, offer_id)]


def _interview_deleted(payload: JsonObject, _: datetime) -> list[Change]:
    return [InterviewCancelled(None, payload.required_child("interview").required_id("id"))]


def _job_created(payload: JsonObject, received_at: datetime) -> list[Change]:
    job = payload.required_child("job")
    return [JobUpdated(read.job_facts(job), job.instant("created_at", past_of=received_at))]


def _job_updated(payload: JsonObject, _: datetime) -> list[Change]:
    """No time at all: ``closed_at`` is when it closed, not when this was said."""
    return [JobUpdated(read.job_facts(payload.required_child("job")), None)]


def _job_deleted(payload: JsonObject, _: datetime) -> list[Change]:
    return [JobDeleted(payload.required_child("job").required_id("id"), None)]


HANDLERS: dict[str, Handler] = {
    "new_candidate_application": _new_application,
    "candidate_stage_change": _stage_changed,
    "application_updated": _application_updated,
    "reject_candidate": _rejected,
    "unreject_candidate": _unrejected,
    "hire_candidate": _hired,
    "unhire_candidate": _unhired,
    "delete_application": _application_deleted,
    "update_candidate": _candidate_updated,
    "merge_candidate": _candidates_merged,
    "delete_candidate": _candidate_deleted,
    "candidate_anonymized": _candidate_anonymized,
    "offer_created": _offer_stated,
    "offer_approved": _offer_stated,
    "offer_updated": _offer_stated,
    "offer_deleted": _offer_deleted,
    "interview_deleted": _interview_deleted,
    "job_created": _job_created,
    "job_updated": _job_updated,
    "job_deleted": _job_deleted,
}


def _application(payload: JsonObject, received_at: datetime) -> tuple[JsonObject, ApplicationRef]:
    application = payload.required_child("application")
    ref = read.application_ref(application, received_at)
    if ref.prospect:
        raise Ignored("a prospect has not applied, so nothing is owed")
    return application, ref


def _clock(application: JsonObject, received_at: datetime) -> datetime | None:
    return application.instant("last_activity_at", past_of=received_at)


def _interviews(
    application: JsonObject, ref: ApplicationRef, received_at: datetime, *, only_done: bool = False
) -> list[Change]:
    """Bookings and ends told by the steps of the current stage; nothing else tells of them.

    A step's id is the job's plan's own: unique within an application, not beyond. "complete"
    also ends steps in which nobody meets the candidate, so the step's name is asked.
    """
    stage = application.child("current_stage")
    changes: list[Change] = []
    for step in (stage.children("interviews") if stage else None) or ():
        status = step.text("status")
        if status not in {"scheduled", "awaiting_feedback", "complete"}:
            continue
        step_id, at = step.id("id"), _clock(application, received_at)
        if step_id is None:
            step.warn("id", "is missing; the interview is left out")
        elif status == "scheduled" and not only_done:
            changes.append(InterviewBooked(ref, at, step_id))
        elif status == "awaiting_feedback" or (
            status == "complete" and is_meeting(step.text("name"))
        ):
            changes.append(InterviewDone(ref, at, step_id))
    return changes


def _closing(application: JsonObject, ref: ApplicationRef, received_at: datetime) -> list[Change]:
    """The end that an application's status states, so that one lost delivery loses no end."""
    status = application.text("status")
    if status == "hired":
        return [Hired(ref, _clock(application, received_at))]
    if status == "rejected":
        if application.instant("rejected_at", past_of=received_at):
            return [_rejection(application, ref, received_at)]
        application.warn("rejected_at", "is missing, so 'rejected' is not taken as a decision")
    return []


def _rejection(application: JsonObject, ref: ApplicationRef, received_at: datetime) -> Change:
    at = application.instant("rejected_at", past_of=received_at)
    at = at or _clock(application, received_at)
    reason = application.child("rejection_reason")
    name = reason.text("name") if reason else None
    if reason is not None and read.candidate_left(reason):
        return Withdrawn(ref, at, name)
    by = application.id("rejected_by_user_id")
    return Rejected(ref, at, name, Person(by) if by else None)


def _offer_ids(offer: JsonObject) -> tuple[str, str]:
    """The application's id, and the id of this *version* of the offer.

    A changed offer tells of the old version's end and the new one's creation in any order, and
    may use one id for both; with the version in it, the end never takes the new one away.
    """
    version = offer.id("version")
    offer_id = offer.required_id("id")
    return offer.required_id("application_id"), f"{offer_id}/v{version}" if version else offer_id
