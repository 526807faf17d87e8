"""What each of Lever's events makes us ask, and what the answers mean.

An event's ``data`` is not signed: it names what to look at, and nothing in it is believed. That
something was deleted is believed when Lever has it no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from service.ats import lever_api as lever
from service.ats import lever_payloads as read
from service.ats.asking import Answers, Needs
from service.ats.lever_api import Known
from service.ats.lever_states import Hint, present
from service.ats.meaning import Ignored
from service.ats.payload import JsonObject
from service.ats.present_state import NEWS_FOR
from service.domain.changes import (
    ApplicationDeleted,
    CandidateErased,
    CandidateUpdated,
    Change,
    JobUpdated,
)


@dataclass(frozen=True)
class Reading:
    """When something came, when Lever says it happened, and what is known by now."""

    received_at: datetime
    at: datetime | None
    answers: Answers


Handler = Callable[[JsonObject, Reading], list[Change] | Needs]


def _applied(data: JsonObject, reading: Reading) -> list[Change] | Needs:
    return _look(data, reading, Hint(applied=True))


def _moved(data: JsonObject, reading: Reading) -> list[Change] | Needs:
    return _look(data, reading, Hint())


def _interview(data: JsonObject, reading: Reading) -> list[Change] | Needs:
    return _look(data, reading, Hint(interview=data.id("interviewId"), at=reading.at))


def _look(data: JsonObject, reading: Reading, hint: Hint) -> list[Change] | Needs:
    """Ask how the opportunity stands now; that alone counts."""
    known = Known(reading.answers)
    answer = known.answer(lever.opportunity(_opportunity_id(data)))
    if answer is None:
        return Needs(tuple(known.missing))
    if answer.gone:
        raise Ignored("Lever has this opportunity no more; a deletion is told by its own event")
    found = answer.object().required_child("data")
    return present(_noting(found, data), answer.fetched_at, known, hint)


def _deleted(data: JsonObject, reading: Reading) -> list[Change] | Needs:
    """The opportunity, and with it the person where it was their last."""
    id_, person_id = _opportunity_id(data), data.id("contactId")
    known = Known(reading.answers)
    answer = known.answer(lever.opportunity(id_))
    contact = known.answer(lever.contact(person_id)) if person_id else None
    if known.missing or answer is None:
        return Needs(tuple(known.missing))
    if not answer.gone:
        found = answer.object().required_child("data")
        return present(_noting(found, data), answer.fetched_at, known, Hint())
    if person_id and contact is not None and _is_nobody(known, person_id, gone=contact.gone):
        return [CandidateErased(person_id, reading.at, (id_,))]
    return [ApplicationDeleted(id_, reading.at)]


def _contact_updated(data: JsonObject, reading: Reading) -> list[Change] | Needs:
    """A person's own facts. A contact that is gone may be merged: that erases nobody."""
    person_id = data.required_id("contactId")
    known = Known(reading.answers)
    answer = known.answer(lever.contact(person_id))
    if answer is None:
        return Needs(tuple(known.missing))
    if answer.gone:
        raise Ignored("Lever has this contact no more; a deletion is told by its own event")
    found = _noting(answer.object().required_child("data"), data)
    if found.flag("isAnonymized"):
        return [CandidateErased(person_id, answer.fetched_at)]
    return [CandidateUpdated(read.candidate_facts(person_id, found), answer.fetched_at)]


HANDLERS: dict[str, Handler] = {
    "applicationCreated": _applied,
    "candidateStageChange": _moved,
    "candidateArchiveChange": _moved,
    "candidateHired": _moved,
    "candidateDeleted": _deleted,
    "interviewCreated": _interview,
    "interviewUpdated": _interview,
    "interviewDeleted": _interview,
    "contactUpdated": _contact_updated,
}


def _found_opportunity(record: JsonObject, reading: Reading) -> list[Change] | Needs:
    """An opportunity found by asking.

    It is owed an acknowledgement only where the candidate applied through a posting just now:
    what recruiters, agencies and imports add is told by its event, or not at all.
    """
    listed = record.members.get("applications")
    first = listed[0] if isinstance(listed, list) and listed else None
    applied = isinstance(first, dict) and first.get("type") == "posting"
    created_at = read.instant(record, "createdAt")
    fresh = created_at is not None and reading.received_at - created_at <= NEWS_FOR
    hint = Hint(applied=applied and fresh)
    return present(record, reading.received_at, Known(reading.answers), hint)


def _found_deletion(record: JsonObject, reading: Reading) -> list[Change] | Needs:
    id_ = record.required_id("id")
    at = read.instant(record, "deletedAt", past_of=reading.received_at)
    if record.has("contact"):
        known, person_id = Known(reading.answers), read.contact_id(record)
        contact = known.answer(lever.contact(person_id))
        if contact is None:
            return Needs(tuple(known.missing))
        if _is_nobody(known, person_id, gone=contact.gone):
            return [CandidateErased(person_id, at, (id_,))]
    return [ApplicationDeleted(id_, at)]


def _found_posting(record: JsonObject, reading: Reading) -> list[Change] | Needs:
    known = Known(reading.answers)
    job = read.job_facts(record.required_id("id"), record, known)
    at = read.instant(record, "updatedAt", past_of=reading.received_at)
    return Needs(tuple(known.missing)) if known.missing else [JobUpdated(job, at)]


FOUND: dict[str, Handler] = {
    "opportunity": _found_opportunity,
    "deletion": _found_deletion,
    "posting": _found_posting,
}


def _opportunity_id(data: JsonObject) -> str:
    """Older opportunities go by the id of the candidate, says Lever."""
    if data.has("opportunityId") or not data.has("candidateId"):
        return data.required_id("opportunityId")
    return data.required_id("candidateId")


def _is_nobody(known: Known, person_id: str, *, gone: bool) -> bool:
    if gone:
        return True
    contact = known.thing(lever.contact(person_id))
    return contact is not None and contact.flag("isAnonymized") is True


def _noting(found: JsonObject, data: JsonObject) -> JsonObject:
    """The same object, its oddities noted beside the event's."""
    return JsonObject(found.members, found.pointer, found.strict, data.warnings)
