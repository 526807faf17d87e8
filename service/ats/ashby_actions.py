"""What each of Ashby's actions means: one function an action, or a room of its own.

Whatever an action is about, where its application stands comes with it, as in ``ashby_states``.
"""

from __future__ import annotations

import dataclasses

from service.ats import ashby_payloads as read
from service.ats.ashby_api import application_info, error_code, offer_info, results
from service.ats.ashby_interviews import schedule, schedule_created, schedule_updated
from service.ats.ashby_states import Handler, Reading, around, whole
from service.ats.asking import Needs, needed
from service.ats.meaning import Ignored
from service.ats.payload import JsonObject
from service.domain.changes import (
    Applied,
    CandidateErased,
    CandidatesMerged,
    Change,
    Hired,
    JobUpdated,
    OfferMade,
    OfferWithdrawn,
    Stage,
    Stands,
)

_OFFER_OVER = frozenset({"Declined", "Cancelled", "CandidateRejected", "OfferCancelled"})
_OFFER_OUT = frozenset(
    {"Accepted", "Pending", "WaitingOnResponse", "WaitingOnCandidateResponse", "CandidateAccepted"}
)


def _submitted(data: JsonObject, reading: Reading) -> list[Change] | Needs:
    told = whole(data.required_child("application"), reading)
    if isinstance(told, Needs):
        return told
    ref, state = told.ref(), told.standing()
    stage = read.stage_of(told.application) if isinstance(state[0], Stands) else None
    return [Applied(ref, ref.applied_at, stage or Stage.APPLIED), *state]


def _changed(data: JsonObject, reading: Reading) -> list[Change] | Needs:
    told = whole(data.required_child("application"), reading)
    return told if isinstance(told, Needs) else told.standing()


def _hired(data: JsonObject, reading: Reading) -> list[Change] | Needs:
    """The action itself says it, whatever status its application was written down with."""
    try:
        changes = _changed(data, reading)
    except Ignored:
        changes = []
    if isinstance(changes, Needs) or any(isinstance(each, Hired) for each in changes):
        return changes
    said = data.required_child("application")
    ref = read.application_ref(said, reading.received_at)
    at = said.instant("updatedAt", past_of=reading.received_at)
    return [Hired(dataclasses.replace(ref, prospect=False), at), *changes]


def _candidate_deleted(data: JsonObject, _: Reading) -> list[Change]:
    return [CandidateErased(data.required_child("candidate").required_id("id"), None)]


def _candidates_merged(data: JsonObject, _: Reading) -> list[Change]:
    gone = data.required_child("deletedCandidate").required_id("id")
    into = data.required_child("mergedCandidate").required_id("id")
    if gone == into:
        data.fail("mergedCandidate", "a candidate cannot be merged into itself")
    return [CandidatesMerged(gone, into, None)]


def _offer_stated(data: JsonObject, reading: Reading) -> list[Change] | Needs:
    """The offer as it stands now: offers bear no time that would tell an older telling of one.

    A version under way within the company is not out yet. The candidate's answer ends an offer,
    and nothing more: who ended the application is told by its archive reason.
    """
    said = data.required_child("offer")
    application_id, offer_id = said.required_id("applicationId"), said.required_id("id")
    asks = application_info(application_id), offer_info(offer_id)
    answer = reading.answers.to(asks[1])
    whose = around(application_id, reading)
    if answer is None or isinstance(whose, Needs):
        return needed(reading.answers, asks) or Needs(asks)
    state, told = whose[1], results(answer)
    if told is None and (answer.gone or "not_found" in (error_code(answer) or "")):
        return [*state, OfferWithdrawn(application_id, None, offer_id)]
    offer = told or said
    statuses = {offer.text("acceptanceStatus"), offer.text("offerStatus")}
    at = offer.instant("decidedAt", past_of=reading.received_at)
    if statuses & _OFFER_OVER:
        return [*state, OfferWithdrawn(application_id, at, offer_id)]
    return [*state, OfferMade(application_id, at, offer_id, sent=bool(statuses & _OFFER_OUT))]


def _offer_deleted(data: JsonObject, _: Reading) -> list[Change]:
    offer = data.required_child("offer")
    return [OfferWithdrawn(offer.required_id("applicationId"), None, offer.required_id("id"))]


def _job_stated(data: JsonObject, reading: Reading) -> list[Change]:
    return job(data.required_child("job"), reading)


def job(found: JsonObject, reading: Reading) -> list[Change]:
    """A job as it stands as of ``updatedAt``."""
    at = found.instant("updatedAt", past_of=reading.received_at)
    return [JobUpdated(read.job_facts(found), at)]


HANDLERS: dict[str, Handler] = {
    "applicationSubmit": _submitted,
    "applicationUpdate": _changed,
    "candidateStageChange": _changed,
    "candidateHire": _hired,
    "candidateDelete": _candidate_deleted,
    "candidateMerge": _candidates_merged,
    "interviewScheduleCreate": schedule_created,
    "interviewScheduleUpdate": schedule_updated,
    "offerCreate": _offer_stated,
    "offerUpdate": _offer_stated,
    "offerDelete": _offer_deleted,
    "jobCreate": _job_stated,
    "jobUpdate": _job_stated,
}


def _found_application(application: JsonObject, reading: Reading) -> list[Change] | Needs:
    """An application found by asking.

    It is owed no acknowledgement: what was imported in bulk is found here alone, and those people
    did not apply today.
    """
    told = whole(application, reading)
    return told if isinstance(told, Needs) else told.standing()


FOUND: dict[str, Handler] = {
    "application": _found_application,
    "interviewSchedule": schedule,
    "job": job,
}
