"""What a candidate of Workable means, as they stand: open at a stage, disqualified or hired.

At Workable a candidate is one person in one job, so a candidate's id names both the person and the
application here. Nobody is rejected unless Workable says ``disqualified``, and then only if it
says neither that the candidate withdrew nor a reason that its own list puts under "candidate
withdrew".

Documented: ``disqualified``, ``disqualified_at``, ``disqualification_reason``, ``stage``, ``job``,
``created_at``, ``updated_at``, ``hired_at`` and ``sourced`` of a candidate, and
``candidate_withdrew`` of a reason. From memory: ``stage_kind`` and ``withdrew`` of a candidate;
nothing depends on either being there.
"""

from __future__ import annotations

from datetime import datetime

from service.ats.asking import Answer, Answers, Needs
from service.ats.json_list import objects_of
from service.ats.meaning import once
from service.ats.payload import JsonObject, PayloadError
from service.ats.person_names import split_name
from service.ats.present_state import stands_open
from service.ats.stages import guess_stage
from service.ats.withdrawals import says_candidate_left
from service.ats.workable_api import REASONS, candidate_ask
from service.domain.changes import (
    ApplicationRef,
    ApplicationUpdated,
    Applied,
    CandidateFacts,
    CandidateUpdated,
    Change,
    Hired,
    JobFacts,
    JobStatus,
    JobUpdated,
    Rejected,
    Stage,
    Stands,
    Translation,
    Withdrawn,
)

_KINDS = {
    "applied": Stage.APPLIED,
    "shortlisted": Stage.SCREENING,
    "phone_screen": Stage.SCREENING,
    "assessment": Stage.ASSESSMENT,
    "interview": Stage.INTERVIEW,
    "offer": Stage.OFFER,
}
_JOB_STATES = {
    "published": JobStatus.OPEN,
    "archived": JobStatus.CLOSED,
    "closed": JobStatus.CLOSED,
}
_GONE = "Workable no longer has this candidate, so how they stand is not known"


def present_state(
    candidate: JsonObject, received_at: datetime, answers: Answers, *, created: bool = False
) -> Translation | Needs:
    """What a candidate's record means. ``created``: its event says that they have just applied.

    A record that leaves out when it was changed, or whether and when the candidate was
    disqualified, is only a hint: the candidate is fetched.
    """
    record, read_at = candidate, received_at
    if not _says_enough(candidate, received_at):
        ask = candidate_ask(candidate.required_id("id"))
        answer = answers.to(ask)
        if answer is None:
            return Needs((ask,))
        if answer.gone:
            return Translation(ignored=_GONE)
        record, read_at = _fetched(candidate, answer), answer.fetched_at
    clock = record.instant("updated_at", past_of=read_at) or read_at
    if _disqualified(record):
        reason = record.text("disqualification_reason")
        listed = answers.to(REASONS)
        if reason is not None and record.flag("withdrew") is None and listed is None:
            return Needs((REASONS,))
        changes = _closed(record, clock, read_at, left=_left(record, reason, listed))
    elif _hired(record):
        ref = application_ref(record, read_at)
        # So they stand now: a date of hiring that lies before their last move undoes no hire.
        hired_at = max(record.instant("hired_at", past_of=read_at) or clock, clock)
        changes = [Hired(ref, hired_at), CandidateUpdated(candidate_facts(record), clock)]
    elif record.flag("disqualified") is None:
        record.warn("disqualified", "is not said, so nobody knows whether they are still in it")
        changes = [ApplicationUpdated(application_ref(record, read_at), clock)]
    else:
        changes = _open(record, clock, read_at, created=created)
    return Translation(tuple(changes), warnings=once(record.warnings))


def job_found(job: JsonObject) -> Translation:
    """A job of the list of jobs. It tells no time of its last change."""
    status = _JOB_STATES.get(job.text("state") or "")
    facts = JobFacts(job.required_id("shortcode"), job.text("title"), status)
    return Translation((JobUpdated(facts, None),), warnings=tuple(job.warnings))


def application_ref(record: JsonObject, read_at: datetime) -> ApplicationRef:
    """The application that a candidate is, with its job and when they applied."""
    job = record.child("job")
    shortcode = job.id("shortcode") if job else None
    label = record.text("stage")
    return ApplicationRef(
        external_id=record.required_id("id"),
        candidate=candidate_facts(record),
        job=JobFacts(shortcode, job.text("title")) if job and shortcode else None,
        applied_at=record.instant("created_at", past_of=read_at),
        ats_stage=label,
        prospect="sourced" in {_kind(record), (label or "").casefold()},
    )


def candidate_facts(record: JsonObject) -> CandidateFacts:
    """The person. Workable knows one address and one number of them."""
    first_name, last_name = split_name(record.text("name"))
    email, phone = record.text("email"), record.text("phone")
    if email is not None and "@" not in email:
        record.warn("email", "is no email address; left out")
        email = None
    return CandidateFacts(
        external_id=record.required_id("id"),
        first_name=record.text("firstname") or first_name,
        last_name=record.text("lastname") or last_name,
        emails=(email,) if email else None,
        phones=(phone,) if phone else None,
    )


def _says_enough(record: JsonObject, received_at: datetime) -> bool:
    disqualified = record.flag("disqualified")
    if disqualified is None or record.instant("updated_at", past_of=received_at) is None:
        return False
    return not disqualified or record.instant("disqualified_at", past_of=received_at) is not None


def _fetched(candidate: JsonObject, answer: Answer) -> JsonObject:
    root = answer.object()
    record = root.child("candidate") or root
    if record.required_id("id") != candidate.required_id("id"):
        record.fail("id", "is not the candidate that was asked for")
    return record


def _disqualified(record: JsonObject) -> bool:
    said = record.flag("disqualified")
    return record.has("disqualified_at") if said is None else said


def _hired(record: JsonObject) -> bool:
    """Whether they are hired: a candidate moved on from "Hired" may keep ``hired_at``."""
    kind, label = _kind(record), record.text("stage")
    if kind is not None:
        return kind == "hired"
    if (label or "").casefold() == "hired":
        return True
    return record.has("hired_at") and guess_stage(label) is None


def _kind(record: JsonObject) -> str | None:
    kind = record.text("stage_kind")
    return kind.casefold().replace("-", "_").replace(" ", "_") if kind else None


def _open(record: JsonObject, clock: datetime, read_at: datetime, *, created: bool) -> list[Change]:
    ref = application_ref(record, read_at)
    stage = guess_stage(ref.ats_stage) or _KINDS.get(_kind(record) or "")
    if ref.prospect:
        return [Stands(ref, clock, None)]
    if record.flag("sourced"):
        # Somebody was sought out and has gone on since: they have not applied, and are not thanked.
        return [Stands(ref, clock, stage)]
    if created:
        return [Applied(ref, ref.applied_at or clock), Stands(ref, clock, stage)]
    return stands_open(ref, clock, stage, read_at)


def _closed(record: JsonObject, clock: datetime, read_at: datetime, *, left: bool) -> list[Change]:
    ref = application_ref(record, read_at)
    at = record.instant("disqualified_at", past_of=read_at) or clock
    reason = record.text("disqualification_reason")
    closing = Withdrawn(ref, at, reason) if left else Rejected(ref, at, reason)
    # The closing is older than what else the record says of the person.
    return [closing, CandidateUpdated(candidate_facts(record), clock)]


def _left(record: JsonObject, reason: str | None, listed: Answer | None) -> bool:
    """Whether the candidate withdrew: as Workable says, as its list says, as the words say.

    Without a word on it, ``disqualified`` stands for what it says: the employer's decision.
    """
    said = record.flag("withdrew")
    if said is not None or reason is None:
        return bool(said)
    categories = _categories(reason, listed)
    if len(categories) == 1:
        return categories.pop()
    record.warn(
        "disqualification_reason",
        "Workable's list of reasons does not say whose decision it was, so its words were read",
    )
    return says_candidate_left(reason)


def _categories(reason: str, listed: Answer | None) -> set[bool]:
    """What the list says of every reason of these words; nothing where it cannot be read."""
    if listed is None:
        return set()
    try:
        reasons = objects_of(listed)
    except PayloadError:
        try:
            root = listed.object()
        except PayloadError:
            return set()
        reasons = root.children("disqualification_reasons") or ()
    wanted = reason.casefold()
    return {
        bool(each.flag("candidate_withdrew"))
        for each in reasons
        if (each.text("description") or "").casefold() == wanted
    }
