"""The few things that can happen to a candidate, whatever ATS reports them.

Every adapter turns its vendor's payloads into these values and one workflow applies them, so a
vendor's quirks end at the adapter. Ids are the source's own; ``at`` is the source's time, aware
and in UTC, or ``None`` where the source gives none (receipt time is then used).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """Where an application stands, in Keepword's own words."""

    APPLIED = "applied"
    SCREENING = "screening"
    ASSESSMENT = "assessment"
    INTERVIEW = "interview"
    OFFER = "offer"
    HIRED = "hired"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


CLOSED_STAGES = frozenset({Stage.HIRED, Stage.REJECTED, Stage.WITHDRAWN})


class JobStatus(StrEnum):
    """Whether an opening still takes people."""

    OPEN = "open"
    CLOSED = "closed"
    FILLED = "filled"


@dataclass(frozen=True)
class Person:
    """A member of the employer's staff as the ATS names them."""

    external_id: str | None = None
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class CandidateFacts:
    """What a source says about a candidate. ``None`` means it said nothing, and changes nothing.

    ``emails`` and ``phones`` come most preferred first.
    """

    external_id: str
    first_name: str | None = None
    last_name: str | None = None
    emails: tuple[str, ...] | None = None
    phones: tuple[str, ...] | None = None
    can_email: bool | None = None
    time_zone: str | None = None
    locale: str | None = None


@dataclass(frozen=True)
class JobFacts:
    """What a source says about a job. ``None`` changes nothing."""

    external_id: str
    title: str | None = None
    status: JobStatus | None = None
    hiring_manager: Person | None = None


@dataclass(frozen=True)
class ApplicationRef:
    """Names one application and carries what the source said about the people around it."""

    external_id: str
    candidate: CandidateFacts | None = None
    job: JobFacts | None = None
    owner: Person | None = None
    coordinator: Person | None = None
    applied_at: datetime | None = None
    ats_stage: str | None = None
    prospect: bool = False


@dataclass(frozen=True)
class Applied:
    """Somebody applied (or was added by hand to the ATS)."""

    application: ApplicationRef
    at: datetime | None
    stage: Stage = Stage.APPLIED


@dataclass(frozen=True)
class Moved:
    """An application stands at a stage; ``None`` where the label maps to none of ours."""

    application: ApplicationRef
    at: datetime | None
    stage: Stage | None


@dataclass(frozen=True)
class Stands:
    """The source's whole present state of an application that is open, as of ``at``.

    Unlike ``Moved`` it also takes back an older closing: a source that is asked how things stand
    and says "open" has seen whatever closed it before. ``stage`` is ``None`` where the label maps
    to none of ours, which leaves an open application's stage as it is.
    """

    application: ApplicationRef
    at: datetime | None
    stage: Stage | None


@dataclass(frozen=True)
class Telling:
    """From when the candidate may be told of a rejection, where the source makes that a rule.

    ``not_before`` is ``None`` where the source has the rule and did not say from when: a person
    must look there before any letter goes.
    """

    not_before: datetime | None


@dataclass(frozen=True)
class Rejected:
    """A person decided against this application in the ATS: the event is the record of it.

    ``telling`` is ``None`` where the source has no rule about when the candidate may be told.
    ``decided_at`` is set where ``at`` is when the source's record changed, which may be years
    after the decision.
    """

    application: ApplicationRef
    at: datetime | None
    reason: str | None = None
    by: Person | None = None
    telling: Telling | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True)
class Unrejected:
    """A rejection was taken back; ``stage`` is where the application stands again, if known."""

    application: ApplicationRef
    at: datetime | None
    stage: Stage | None = None


@dataclass(frozen=True)
class Hired:
    """The person was hired for this job."""

    application: ApplicationRef
    at: datetime | None


@dataclass(frozen=True)
class Unhired:
    """A hire was taken back; ``stage`` is where the application stands again, if known."""

    application: ApplicationRef
    at: datetime | None
    stage: Stage | None = None


@dataclass(frozen=True)
class Withdrawn:
    """The candidate withdrew: nothing more is owed by rule."""

    application: ApplicationRef
    at: datetime | None
    reason: str | None = None


@dataclass(frozen=True)
class InterviewBooked:
    """An interview has a date. ``starts_at`` is ``None`` where the source names no time."""

    application: ApplicationRef
    at: datetime | None
    external_id: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class InterviewDone:
    """An interview took place; from ``ended_at`` (else ``at``) the candidate is owed word."""

    application: ApplicationRef
    at: datetime | None
    external_id: str
    ended_at: datetime | None = None


@dataclass(frozen=True)
class InterviewCancelled:
    """A booked interview will not take place. Some sources do not name its ``application``."""

    at: datetime | None
    external_id: str
    application: ApplicationRef | None = None


@dataclass(frozen=True)
class OfferMade:
    """An offer is out for this application (``sent`` tells whether the candidate has it)."""

    application_external_id: str
    at: datetime | None
    offer_external_id: str
    sent: bool


@dataclass(frozen=True)
class OfferWithdrawn:
    """An offer no longer stands."""

    application_external_id: str
    at: datetime | None
    offer_external_id: str


@dataclass(frozen=True)
class ApplicationUpdated:
    """Facts around an application changed (owner, job, label) without a stage of their own."""

    application: ApplicationRef
    at: datetime | None


@dataclass(frozen=True)
class CandidateUpdated:
    """A candidate's own facts changed."""

    candidate: CandidateFacts
    at: datetime | None
    owner: Person | None = None


@dataclass(frozen=True)
class CandidatesMerged:
    """Two records were one person: everything of ``external_id`` now belongs to ``into``."""

    external_id: str
    into: str
    at: datetime | None


@dataclass(frozen=True)
class CandidateErased:
    """A person's data must go: deleted or anonymised at the source.

    ``application_external_ids`` go with them, whosever they are here by now.
    """

    external_id: str
    at: datetime | None
    application_external_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApplicationDeleted:
    """One application was deleted at the source; the person may remain."""

    external_id: str
    at: datetime | None


@dataclass(frozen=True)
class JobUpdated:
    """A job's title, status or hiring manager changed."""

    job: JobFacts
    at: datetime | None


@dataclass(frozen=True)
class JobDeleted:
    """A job was deleted at the source."""

    external_id: str
    at: datetime | None


Change = (
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
    | OfferMade
    | OfferWithdrawn
    | ApplicationUpdated
    | CandidateUpdated
    | CandidatesMerged
    | CandidateErased
    | ApplicationDeleted
    | JobUpdated
    | JobDeleted
)


@dataclass(frozen=True)
class Translation:
    """What one delivery means: changes in the order to apply them, or why there are none.

    ``ignored`` is set exactly when ``changes`` is empty; it is shown to people beside the stored
    delivery. ``warnings`` name what was odd but harmless.
    """

    changes: tuple[Change, ...] = ()
    ignored: str | None = None
    warnings: tuple[str, ...] = field(default=())
