"""What an opportunity means as it stands now: one answer, and what it leads to.

A webhook of Lever's is a hint whose data is not even signed, so nothing comes from there: open
takes back an older closing, archived ends by its reason (see ``lever_archiving``), anonymised
erases. The opportunity is the application here, and Lever's contact is the candidate.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from service.ats import lever_api as lever
from service.ats import lever_payloads as read
from service.ats.asking import Needs
from service.ats.lever_api import Known
from service.ats.lever_archiving import Ending, ending_of
from service.ats.lever_interviews import deleted, interviews
from service.ats.payload import JsonObject
from service.ats.stages import guess_stage
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationRef,
    Applied,
    CandidateErased,
    Change,
    Hired,
    JobFacts,
    JobUpdated,
    Moved,
    Rejected,
    Stage,
    Stands,
    Withdrawn,
)


@dataclass(frozen=True)
class Hint:
    """Why an opportunity is looked at: ``applied`` tells that its application is new.

    ``interview`` is one that the hint names, which may have been deleted ``at`` that time.
    """

    applied: bool = False
    interview: str | None = None
    at: datetime | None = None


def present(
    opportunity: JsonObject, as_of: datetime, known: Known, hint: Hint
) -> list[Change] | Needs:
    """Everything an opportunity says of itself at ``as_of``, or what must be asked first."""
    id_, person_id = opportunity.required_id("id"), read.contact_id(opportunity)
    at = read.instant(opportunity, "updatedAt", past_of=as_of) or as_of
    if opportunity.flag("isAnonymized"):
        changes = _anonymised(opportunity, id_, person_id, at, known)
    else:
        changes = _standing(opportunity, person_id, at, as_of, known, hint)
    return Needs(tuple(known.missing)) if known.missing else changes


def _anonymised(
    opportunity: JsonObject, id_: str, person_id: str, at: datetime, known: Known
) -> list[Change]:
    """Lever anonymises opportunity by opportunity; with the last of them, the person."""
    contact = read.expanded(opportunity, "contact", known, lever.contact)
    if contact is not None and contact.flag("isAnonymized") is False:
        return [ApplicationDeleted(id_, at)]
    return [CandidateErased(person_id, at, (id_,))]


def _standing(
    opportunity: JsonObject,
    person_id: str,
    at: datetime,
    as_of: datetime,
    known: Known,
    hint: Hint,
) -> list[Change]:
    stage = read.expanded(opportunity, "stage", known, lever.stage)
    label = stage.text("text") if stage else None
    guessed = guess_stage(label)
    archived_at, is_archived = _archived(opportunity, as_of)
    application = _application(opportunity, known)
    posting = read.expanded(application, "posting", known, lever.posting) if application else None
    applied_at = read.instant(application, "createdAt", past_of=as_of) if application else None
    ref = ApplicationRef(
        external_id=opportunity.required_id("id"),
        candidate=read.candidate_facts(person_id, opportunity, as_of),
        job=_job(application, posting, known),
        owner=read.person(opportunity, "owner", known)
        or (read.person(posting, "owner", known) if posting else None),
        applied_at=applied_at or read.instant(opportunity, "createdAt", past_of=as_of),
        ats_stage=label,
        prospect=_is_prospect(opportunity, application, settled=is_archived or guessed is None),
    )
    changes: list[Change] = []
    if ref.job is not None and ref.job.status is not None and posting is not None:
        changes.append(JobUpdated(ref.job, read.instant(posting, "updatedAt", past_of=as_of)))
    if hint.applied and not (ref.prospect or _was_sought_out(opportunity, application)):
        opened = Stage.APPLIED if is_archived else guessed or Stage.APPLIED
        changes.append(Applied(ref, ref.applied_at, opened))
    if is_archived:
        changes.append(_ended(opportunity, ref, archived_at or at, known))
    else:
        changes.append(Stands(ref, at, guessed))
    if hint.interview or is_archived or (guessed is not Stage.APPLIED and not ref.prospect):
        # A closed application had no interviews after its end.
        until = (archived_at or at) if is_archived else as_of
        booked, seen = interviews(ref, known, until, closed=is_archived)
        changes += booked
        if hint.interview and hint.interview not in seen:
            changes += deleted(ref, known, hint.interview, hint.at)
    return changes


def _archived(opportunity: JsonObject, as_of: datetime) -> tuple[datetime | None, bool]:
    """When it was archived, and whether: ``archived`` today, two members of its own before."""
    archived = opportunity.child("archived")
    if archived is not None and (archived.has("archivedAt") or archived.has("reason")):
        return read.instant(archived, "archivedAt", past_of=as_of), True
    if archived is None and opportunity.members.get("archived") not in (None, False):
        # It says something else than it ever did: that it is open is not what it says.
        return None, True
    if opportunity.has("archivedAt"):
        return read.instant(opportunity, "archivedAt", past_of=as_of), True
    return None, False


def _ended(opportunity: JsonObject, ref: ApplicationRef, at: datetime, known: Known) -> Change:
    archived = opportunity.child("archived")
    holder, key = (
        (archived, "reason")
        if archived and archived.has("reason")
        else (opportunity, "archiveReason")
    )
    reason = read.expanded(holder, key, known, lever.archive_reason)
    text = reason.text("text") if reason else None
    ending = ending_of(reason.text("type") if reason else None, text)
    if ending is Ending.HIRED:
        return Hired(ref, at)
    if ending is Ending.WITHDRAWN:
        return Withdrawn(ref, at, text)
    if ending is Ending.REJECTED:
        return Rejected(ref, at, text)
    opportunity.warn("archived", "for a reason that says not who decided what: a person must")
    label = f"Archived: {text or 'no reason'}"
    return Moved(dataclasses.replace(ref, ats_stage=label), at, None)


def _application(opportunity: JsonObject, known: Known) -> JsonObject | None:
    """The application: an opportunity has one at most."""
    listed = opportunity.members.get("applications")
    if not isinstance(listed, list) or not listed:
        return None
    if isinstance(listed[0], dict):
        return (opportunity.children("applications") or (None,))[0]
    first = next(iter(opportunity.ids("applications")), None)
    if first is None:
        return None
    return known.thing(lever.application(opportunity.required_id("id"), first))


def _job(
    application: JsonObject | None, posting: JsonObject | None, known: Known
) -> JobFacts | None:
    if application is None:
        return None
    id_ = posting.id("id") if posting else application.id("posting")
    return read.job_facts(id_, posting, known) if id_ else None


def _is_prospect(opportunity: JsonObject, application: JsonObject | None, *, settled: bool) -> bool:
    """Whether nobody applied: no application, or one that a recruiter gave to somebody sourced.

    The latter counts once a stage says that there is a conversation; ``settled`` tells that none
    does, because the stage is one for leads, or because it has ended.
    """
    if not opportunity.members.get("applications"):
        return True
    return settled and _was_sought_out(opportunity, application)


def _was_sought_out(opportunity: JsonObject, application: JsonObject | None) -> bool:
    """Whether a recruiter sourced somebody and gave them the application: they never applied."""
    given = application is not None and application.text("type") == "user"
    return given and opportunity.text("origin") == "sourced"
