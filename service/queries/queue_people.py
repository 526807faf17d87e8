"""One person in the queue as the pages are given them: why they are here, and what is owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.queries.overdue import Lateness
from service.queries.queue_order import Standing


@dataclass(frozen=True)
class Colleague:
    """Somebody who can own a promise, or could."""

    id: str
    name: str
    active: bool


@dataclass(frozen=True)
class Debt:
    """One open promise of a row. ``late`` is set where it is.

    ``speaker`` gave the word, ``None`` for a rule. ``first_due_at`` is set only where the date
    was moved. ``why`` is the stored trace, ``zone`` that of the promise's calendar.
    """

    promise_id: str
    application_id: str
    due_version: int
    kind: str
    wording: str
    spoken: bool
    speaker: str | None
    owner: str | None
    owner_id: str | None
    due_at: datetime
    first_due_at: datetime | None
    zone: str
    standing: Standing
    late: Lateness | None
    why: tuple[str, ...]


@dataclass(frozen=True)
class Bid:
    """One application of a row that has a reason to be in the queue.

    ``waiting_on`` is whose decision is awaited, ``None`` once it is closed.
    """

    id: str
    job_id: str
    job_title: str
    stage: str
    owner: str | None
    waiting_on: str | None
    stage_at: datetime
    interviewed_at: datetime | None
    last_contact_at: datetime | None
    version: int


@dataclass(frozen=True)
class QueueRow:
    """One person. ``lead`` is why they stand where they do, ``bid`` the application it is about,
    ``debts`` what is owed that is in the queue, the most urgent first (none where the law or a
    stopped letter alone put them there); ``letter_id`` the letter that is stopped;
    ``under_way`` tells that one was written and neither arrived nor came back yet.
    """

    candidate_id: str
    key: str
    name: str
    lead: Standing
    bid: Bid
    debts: tuple[Debt, ...]
    asked: int
    asked_after: int
    first_asked_after_at: datetime | None
    last_asked_at: datetime | None
    last_contact_at: datetime | None
    unreachable: str | None
    phone: str | None
    letter_id: str | None
    under_way: bool
