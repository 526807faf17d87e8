"""What each of Recruitee's webhooks means.

Documented or seen in public code: the names of the events, ``event_subtype`` of a pipeline change
(``stage_changed``, ``disqualified``, ``requalified``), and in ``payload`` the ``candidate``, the
``offer`` and ``details`` with ``from_stage`` and ``to_stage`` or the reason. From memory: the
envelope's ``created_at``. An event that lacks its time or its job is only a hint: the candidate is
fetched and what is found counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from service.ats.asking import Answers, Needs
from service.ats.meaning import Ignored
from service.ats.payload import JsonObject
from service.ats.recruitee_api import candidate_ask
from service.ats.recruitee_records import (
    application_id,
    candidate_facts,
    closing,
    is_talent_pool,
    job_facts,
    present_states,
    stage_of,
)
from service.domain.changes import (
    ApplicationRef,
    Applied,
    CandidateErased,
    Change,
    Hired,
    JobDeleted,
    JobFacts,
    JobStatus,
    JobUpdated,
    Moved,
    Stage,
    Unrejected,
)


@dataclass(frozen=True)
class _Event:
    """One webhook: its payload, its time if it has one, and when it came."""

    root: JsonObject
    payload: JsonObject
    at: datetime | None
    received_at: datetime

    def offers(self) -> list[JsonObject]:
        """The jobs it speaks of, talent pools left out; raises where it speaks of pools alone."""
        one = self.payload.child("offer")
        named = [one] if one else list(self.payload.children("offers") or ())
        jobs = [each for each in named if not is_talent_pool(each)]
        if named and not jobs:
            raise Ignored("a talent pool is no job, so nobody has applied to anything")
        return jobs

    def ref(
        self, offer: JsonObject, label: str | None = None, applied_at: datetime | None = None
    ) -> ApplicationRef:
        """The application of its candidate to a job."""
        facts, job = candidate_facts(self.payload.required_child("candidate")), job_facts(offer)
        return ApplicationRef(
            application_id(facts.external_id, job.external_id),
            facts,
            job,
            applied_at=applied_at,
            ats_stage=label,
        )


class _Hint(Exception):  # noqa: N818 - no error: the vendor must be asked
    """The event does not say enough by itself."""


def read_event(
    name: str, root: JsonObject, received_at: datetime, answers: Answers
) -> list[Change] | Needs:
    """What an event means; ``Needs`` where the candidate must be fetched first."""
    event = _Event(
        root,
        root.required_child("payload"),
        root.instant("created_at", past_of=received_at),
        received_at,
    )
    try:
        return EVENTS[name](event)
    except _Hint:
        pass
    ask = candidate_ask(event.payload.required_child("candidate").required_id("id"))
    answer = answers.to(ask)
    if answer is None:
        return Needs((ask,))
    if answer.gone:
        raise Ignored("Recruitee no longer has this candidate, so how they stand is not known")
    return present_states(answer.object(), answer.fetched_at)


def _created(event: _Event) -> list[Change]:
    event.payload.required_child("candidate")
    offers = event.offers()
    if not offers:
        raise Ignored("a candidate without a job has not applied to anything yet")
    return _applied(event, offers)


def _assigned(event: _Event) -> list[Change]:
    event.payload.required_child("candidate")
    offers = event.offers()
    if not offers:
        raise _Hint
    return _applied(event, offers)


def _applied(event: _Event, offers: list[JsonObject]) -> list[Change]:
    if event.at is None:
        raise _Hint
    return [
        Applied(event.ref(offer, applied_at=event.at), event.at, Stage.APPLIED) for offer in offers
    ]


def _moved(event: _Event) -> list[Change]:
    event.payload.required_child("candidate")
    kind = event.root.required_text("event_subtype")
    read = _MOVES.get(kind)
    if read is None:
        raise Ignored(f"Keepword has no use for the kind {kind[:60]!r} of a pipeline change")
    offers = event.offers()
    if event.at is None or len(offers) != 1:
        raise _Hint
    return read(event, offers[0], event.payload.child("details"))


def _stage_changed(event: _Event, offer: JsonObject, details: JsonObject | None) -> list[Change]:
    stage = details.child("to_stage") if details else None
    if stage is None:
        raise _Hint
    label, ours, hired = stage_of(stage)
    ref = event.ref(offer, label)
    return [Hired(ref, event.at) if hired else Moved(ref, event.at, ours)]


def _disqualified(event: _Event, offer: JsonObject, details: JsonObject | None) -> list[Change]:
    """The reason is a text, or an object with a name."""
    reason = kind = None
    if details is not None:
        said = details.members.get("disqualify_reason")
        named = details.child("disqualify_reason") if isinstance(said, dict) else None
        reason = named.text("name") if named else details.text("disqualify_reason")
        kind = details.text("disqualify_kind") or (named.text("kind") if named else None)
    return [closing(event.ref(offer), event.at, kind, reason)]


def _requalified(event: _Event, offer: JsonObject, details: JsonObject | None) -> list[Change]:
    stage = (details.child("to_stage") or details.child("stage")) if details else None
    label, ours, _ = stage_of(stage)
    return [Unrejected(event.ref(offer, label), event.at, ours)]


def _deleted(event: _Event) -> list[Change]:
    candidate_id = event.payload.required_child("candidate").required_id("id")
    return [CandidateErased(candidate_id, event.at)]


def _job(event: _Event) -> list[Change]:
    return [JobUpdated(_facts(event), event.at)]


def _job_published(event: _Event) -> list[Change]:
    facts = _facts(event)
    return [JobUpdated(JobFacts(facts.external_id, facts.title, JobStatus.OPEN), event.at)]


def _job_deleted(event: _Event) -> list[Change]:
    return [JobDeleted(_facts(event).external_id, event.at)]


def _facts(event: _Event) -> JobFacts:
    offer = event.payload.child("offer") or event.payload.required_child("job")
    if is_talent_pool(offer):
        raise Ignored("talent pools are not followed, jobs are")
    return job_facts(offer)


_MOVES: dict[str, Callable[[_Event, JsonObject, JsonObject | None], list[Change]]] = {
    "stage_changed": _stage_changed,
    "disqualified": _disqualified,
    "requalified": _requalified,
}

EVENTS: dict[str, Callable[[_Event], list[Change]]] = {
    "candidate_created": _created,
    "candidate_assigned": _assigned,
    "candidate_moved": _moved,
    "candidate_deleted": _deleted,
    # The page says "job", the API says "offer"; which of them the event says is not written down.
    "job_published": _job_published,
    "job_unpublished": _job,
    "job_updated": _job,
    "job_deleted": _job_deleted,
    "offer_published": _job_published,
    "offer_unpublished": _job,
    "offer_updated": _job,
    "offer_deleted": _job_deleted,
}
