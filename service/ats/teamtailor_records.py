"""Reads Teamtailor's records: JSON:API documents, and the same attributes in a webhook.

A member may be spelled with dashes (as the API has it) or underscores (as the documentation of
webhooks has it); an absent one and ``null`` are told apart where that matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.ats.asking import Ask
from service.ats.payload import JsonObject
from service.ats.request_parts import path
from service.ats.stages import guess_stage
from service.domain.changes import CandidateFacts, JobFacts, JobStatus, Person, Stage

APPLICATION_INCLUDES = "candidate,job,stage,reject-reason"
JOB_INCLUDES = "user"

_JOB_STATUS = {
    "open": JobStatus.OPEN,
    "published": JobStatus.OPEN,
    "unlisted": JobStatus.OPEN,
    "internal": JobStatus.OPEN,
    "archived": JobStatus.CLOSED,
    "closed": JobStatus.CLOSED,
    "expired": JobStatus.CLOSED,
}

# The types of a stage, and which of our stages its name may tell more exactly within each.
_STAGE_TYPES: dict[str, tuple[Stage | None, frozenset[Stage]]] = {
    "inbox": (Stage.APPLIED, frozenset()),
    "screening": (Stage.SCREENING, frozenset({Stage.ASSESSMENT})),
    "interview": (Stage.INTERVIEW, frozenset({Stage.SCREENING, Stage.ASSESSMENT})),
    "offer": (Stage.OFFER, frozenset()),
}
_HIRED = "hired"


@dataclass(frozen=True)
class Member:
    """One attribute of a record, in whichever spelling it came."""

    holder: JsonObject
    key: str

    @property
    def said(self) -> bool:
        """Whether the record has it at all, even if it is null."""
        return self.key in self.holder.members

    def text(self) -> str | None:
        """The text, if there is one."""
        return self.holder.text(self.key)

    def instant(self, past_of: datetime | None = None) -> datetime | None:
        """The instant, if there is one."""
        return self.holder.instant(self.key, past_of=past_of)


def member(attributes: JsonObject, name: str) -> Member:
    """An attribute by its name with dashes, however it is spelled here."""
    underscored = name.replace("-", "_")
    spelled = underscored if underscored in attributes.members else name
    return Member(attributes, name if name in attributes.members else spelled)


class Document:
    """A JSON:API document: one record, and the records it points to."""

    def __init__(self, root: JsonObject) -> None:
        self.root = root
        self.record = root.required_child("data")
        self._included = {
            (each.text("type"), each.id("id")): each for each in root.children("included") or ()
        }

    @property
    def attributes(self) -> JsonObject:
        """The record's own attributes."""
        return attributes_of(self.record)

    def related_id(self, name: str) -> str | None:
        """The id of a record that this one points to."""
        data = self._related(name)
        return data.id("id") if data else None

    def related(self, name: str) -> JsonObject | None:
        """A record that this one points to, where it came along."""
        data = self._related(name)
        return self._included.get((data.text("type"), data.id("id"))) if data else None

    def _related(self, name: str) -> JsonObject | None:
        relationships = self.record.child("relationships")
        if relationships is None:
            return None
        found = relationships.child(member(relationships, name).key)
        return found.child("data") if found else None


def attributes_of(record: JsonObject) -> JsonObject:
    """A record's attributes, empty where it has none."""
    found = record.child("attributes")
    return found or JsonObject({}, record.at("attributes"), record.strict, record.warnings)


def application_ask(external_id: str) -> Ask:
    """An application with its candidate, job, stage and reason."""
    where = path("v1", "job-applications", external_id)
    return Ask(where, (("include", APPLICATION_INCLUDES),))


def candidate_ask(external_id: str) -> Ask:
    """A candidate."""
    return Ask(path("v1", "candidates", external_id))


def job_ask(external_id: str) -> Ask:
    """A job with the user who answers for it."""
    return Ask(path("v1", "jobs", external_id), (("include", JOB_INCLUDES),), optional=True)


def candidate_facts(candidate: JsonObject) -> CandidateFacts:
    """A candidate. Who unsubscribed from Teamtailor's mail gets none by rule from here either."""
    attributes = attributes_of(candidate)
    email, phone = member(attributes, "email").text(), member(attributes, "phone").text()
    if email is not None and "@" not in email:
        attributes.warn("email", "is no email address; left out")
        email = None
    unsubscribed = attributes.flag(member(attributes, "unsubscribed").key)
    return CandidateFacts(
        external_id=candidate.required_id("id"),
        first_name=member(attributes, "first-name").text(),
        last_name=member(attributes, "last-name").text(),
        emails=(email,) if email else None,
        phones=(phone,) if phone else None,
        can_email=None if unsubscribed is None else not unsubscribed,
    )


def job_facts(job: JsonObject) -> JobFacts:
    """A job. A draft or a scheduled one has no status of ours yet."""
    attributes = attributes_of(job)
    human, plain = (member(attributes, name).text() for name in ("human-status", "status"))
    statuses = (_JOB_STATUS.get((each or "").casefold()) for each in (human, plain))
    return JobFacts(
        external_id=job.required_id("id"),
        title=member(attributes, "title").text(),
        status=next((each for each in statuses if each is not None), None),
    )


def person_of(user: JsonObject | None) -> Person | None:
    """A user of Teamtailor."""
    if user is None:
        return None
    attributes = attributes_of(user)
    names = [member(attributes, name).text() for name in ("first-name", "last-name")]
    name = member(attributes, "name").text() or " ".join(each for each in names if each) or None
    found = Person(user.id("id"), name, member(attributes, "email").text())
    return None if found == Person() else found


def is_hired(stage: JsonObject | None) -> bool:
    """Whether a stage is the one of those who were hired: by its type, never by its name."""
    return stage is not None and _type(stage) == _HIRED


def stage_of(stage: JsonObject | None, label: str | None) -> Stage | None:
    """Our stage: by the stage's type, and by its name where the type says little."""
    guessed = guess_stage(label)
    known = _STAGE_TYPES.get(_type(stage)) if stage else None
    if known is None:
        return guessed
    usual, also = known
    return guessed if guessed in also else usual


def stage_name(stage: JsonObject | None) -> str | None:
    """The employer's name of a stage."""
    return member(attributes_of(stage), "name").text() if stage else None


def _type(stage: JsonObject) -> str:
    said = member(attributes_of(stage), "stage-type").text() or ""
    return said.casefold().strip()
