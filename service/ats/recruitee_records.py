"""Reads Recruitee's candidates, offers and placements: who bids for what, and how that stands.

A placement is one candidate in one job, so the pair of their ids names the application: webhooks
speak of a candidate and an offer, and name no placement. A talent pool is no job, and whoever is
in one has not applied to anything.

Seen in public code (recorded answers): the members of a candidate, of ``placements[]`` and of
``references[]``, the categories of stages, and ``disqualify_kind`` ``admin``. From memory: that a
kind that speaks of the candidate means that they withdrew; where nothing says so, the reason's
words are read, and else ``disqualified`` stands for what it says: the employer's decision.
"""

from __future__ import annotations

from datetime import datetime

from service.ats.payload import JsonObject
from service.ats.person_names import split_name
from service.ats.present_state import stands_open
from service.ats.stages import guess_stage
from service.ats.withdrawals import says_candidate_left
from service.domain.changes import (
    ApplicationRef,
    CandidateFacts,
    CandidateUpdated,
    Change,
    Hired,
    JobFacts,
    JobStatus,
    Person,
    Rejected,
    Stage,
    Withdrawn,
)

_CATEGORIES = {
    "apply": Stage.APPLIED,
    "phone_screen": Stage.SCREENING,
    "evaluation": Stage.ASSESSMENT,
    "interview": Stage.INTERVIEW,
    "offer": Stage.OFFER,
}
_HIRE = "hire"
_STATUS = {
    "published": JobStatus.OPEN,
    "internal": JobStatus.OPEN,
    "closed": JobStatus.CLOSED,
    "archived": JobStatus.CLOSED,
}


def application_id(candidate_id: str, offer_id: str) -> str:
    """The name of one candidate's application to one job."""
    return f"{candidate_id}/{offer_id}"


def candidate_facts(candidate: JsonObject) -> CandidateFacts:
    """The person."""
    first_name, last_name = split_name(candidate.text("name"))
    emails = candidate.texts("emails")
    return CandidateFacts(
        external_id=candidate.required_id("id"),
        first_name=first_name,
        last_name=last_name,
        emails=None if emails is None else tuple(each for each in emails if "@" in each),
        phones=candidate.texts("phones"),
    )


def job_facts(offer: JsonObject) -> JobFacts:
    """A job. A draft has no status of ours; Recruitee never says that a job was filled."""
    return JobFacts(
        external_id=offer.required_id("id"),
        title=offer.text("title"),
        status=_STATUS.get(offer.text("status") or ""),
    )


def is_talent_pool(offer: JsonObject) -> bool:
    """Whether an offer is a list of people and no job."""
    return offer.text("kind") == "talent_pool"


def stage_of(stage: JsonObject | None) -> tuple[str | None, Stage | None, bool]:
    """A stage's label, ours for it by its name or else its category, and whether it means hired."""
    if stage is None:
        return None, None, False
    label, category = stage.text("name"), stage.text("category") or ""
    return label, guess_stage(label) or _CATEGORIES.get(category), category == _HIRE


def closing(
    ref: ApplicationRef, at: datetime | None, kind: str | None, reason: str | None
) -> Change:
    """What a disqualification is: the candidate's own withdrawal, or the employer's decision."""
    if "candidate" in (kind or "") or says_candidate_left(reason):
        return Withdrawn(ref, at, reason)
    return Rejected(ref, at, reason)


def present_states(root: JsonObject, read_at: datetime) -> list[Change]:
    """How every application of a candidate stands, by their record with its references.

    A placement's own time is no time of the person's facts, so each state counts as of the
    latest of both, and a closing, which has a time of its own, is followed by the facts alone.
    """
    candidate = root.child("candidate") or root
    facts = candidate_facts(candidate)
    references = _by_type_and_id(root)
    owner = _owner(candidate, references)
    changed_at = candidate.instant("updated_at", past_of=read_at)
    changes: list[Change] = []
    for placement in candidate.children("placements") or ():
        offer_id = placement.id("offer_id")
        offer = placement.child("offer") or references.get(("Offer", offer_id))
        if offer is None or is_talent_pool(offer):
            continue
        job = job_facts(offer)
        ref = ApplicationRef(
            external_id=application_id(facts.external_id, job.external_id),
            candidate=facts,
            job=job,
            owner=owner,
            applied_at=placement.instant("created_at", past_of=read_at),
        )
        changes += _placement(placement, ref, references, read_at, changed_at)
    return [*changes, CandidateUpdated(facts, changed_at or read_at)]


def _placement(
    placement: JsonObject,
    ref: ApplicationRef,
    references: dict[tuple[str, str | None], JsonObject],
    read_at: datetime,
    changed_at: datetime | None,
) -> list[Change]:
    stage = placement.child("stage") or references.get(("Stage", placement.id("stage_id")))
    label, ours, hired = stage_of(stage)
    ref = ApplicationRef(
        ref.external_id, ref.candidate, ref.job, ref.owner, applied_at=ref.applied_at,
        ats_stage=label,
    )  # fmt: skip
    own_at = placement.instant("updated_at", past_of=read_at)
    if _disqualified(placement):
        at = placement.instant("disqualified_at", past_of=read_at) or own_at or read_at
        reason = placement.text("disqualify_reason")
        return [closing(ref, at, placement.text("disqualify_kind"), reason)]
    if hired or (stage is None and placement.has("hired_at")):
        hired_at = placement.instant("hired_at", past_of=read_at)
        # So they stand now: a date of hiring that lies before their last move undoes no hire.
        at = max((each for each in (hired_at, own_at) if each), default=read_at)
        return [Hired(ref, at)]
    at = max((each for each in (own_at, changed_at) if each), default=read_at)
    return stands_open(ref, at, ours, read_at)


def _disqualified(placement: JsonObject) -> bool:
    said = placement.flag("disqualified")
    if said is not None:
        return said
    return any(placement.has(f"disqualif{end}") for end in ("ied_at", "y_kind", "y_reason"))


def _by_type_and_id(root: JsonObject) -> dict[tuple[str, str | None], JsonObject]:
    return {
        (each.text("type") or "", each.id("id")): each for each in root.children("references") or ()
    }


def _owner(
    candidate: JsonObject, references: dict[tuple[str, str | None], JsonObject]
) -> Person | None:
    """The first colleague assigned to the candidate, or else whoever added them."""
    assigned = candidate.ids("assigned_admins_ids")
    added_by = candidate.id("admin_id")
    for each in (*assigned, *([added_by] if added_by else [])):
        admin = references.get(("Admin", each))
        if admin is not None:
            names = (admin.text("first_name"), admin.text("last_name"))
            name = " ".join(part for part in names if part) or admin.text("name")
            return Person(each, name, admin.text("email"))
    return None
