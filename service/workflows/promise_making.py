"""Makes promises as a person gives them, and writes down those that rules make.

The deadline, its trace and the whole ladder are computed here, once, and stored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from service.db import new_id
from service.domain.business_time import Calendar, Deadline, TraceStep
from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.durations import DurationError, parse
from service.domain.ladders import climb, warn_at
from service.domain.policies import Kind, Terms, Trigger
from service.domain.promises import Origin, PromiseError, State
from service.domain.timetable import NoOpeningError, OutOfReachError
from service.domain.wording import ToldTime, to_say, told
from service.models import Application, Promise
from service.workflows.policies import Rule, rules
from service.workflows.timeline import record
from service.workflows.waking import waking_hours
from service.workflows.work import Work


@dataclass(frozen=True)
class Spoken:
    """What a person promised. Exactly one of ``within`` and ``due_at`` is given."""

    kind: Kind
    wording: str
    within: str | None = None
    due_at: datetime | None = None
    promised_at: datetime | None = None
    owner_id: str | None = None
    promised_by_id: str | None = None


def make_spoken(work: Work, application: Application, spoken: Spoken) -> Promise:
    """Record a promise a person gave; ``PromiseError`` says why one cannot be made."""
    check_can_promise(application)
    start = spoken.promised_at or work.now
    if start > work.now:
        raise PromiseError(
            "promised-in-the-future",
            to_say("a promise cannot have been given later than now: leave promised_at out"),
            "/promised_at",
        )
    if start < application.created_at - timedelta(days=366):
        raise PromiseError(
            "promised-too-long-ago",
            to_say(
                "the promise would be older than a year before "
                "the application was known: check promised_at"
            ),
            "/promised_at",
        )
    row = work.calendar_row(application.job)
    calendar = work.calendar(row.id, row.version)
    rule = spoken_rule(work)
    deadline = spoken_deadline(calendar, start, spoken.within, spoken.due_at)
    if deadline.due_at <= work.now:
        raise PromiseError(
            "due-in-the-past",
            told(
                "the promise would have been due %(at)s, which has passed: say when the candidate "
                "will hear instead",
                at=ToldTime(deadline.due_local),
            ),
            "/within" if spoken.within else "/due_at",
        )
    return write_promise(
        work,
        application,
        Promise(
            kind=spoken.kind,
            origin=Origin.SPOKEN,
            wording=spoken.wording,
            owner_id=spoken.owner_id or spoken.promised_by_id or application.owner_id,
            promised_by_id=spoken.promised_by_id,
            policy_id=rule.id,
            policy_version=rule.version,
            calendar_id=row.id,
            calendar_version=row.version,
            terms=terms_document(rule.terms, spoken.kind, spoken.within),
        ),
        rule.terms,
        calendar,
        start,
        deadline,
    )


def spoken_deadline(
    calendar: Calendar, start: datetime, within: str | None, due_at: datetime | None
) -> Deadline:
    """Return the deadline a person named, as a length of time or an instant."""
    if (within is None) == (due_at is None):
        raise PromiseError(
            "say-when-once", to_say("say when in one way: within or due_at"), "/within"
        )
    if due_at is not None:
        local = due_at.astimezone(calendar.time_zone)
        said = TraceStep("named", f"{local:%a %d %b %Y %H:%M}: the instant that was named")
        return Deadline(due_at, local, (said,), None)
    try:
        return calendar.add(start, parse(within or ""))
    except DurationError as error:
        raise PromiseError("duration-not-understood", error.said, "/within") from error
    except (NoOpeningError, OutOfReachError) as error:
        raise PromiseError("no-opening", error.said, "/within") from error


def check_can_promise(application: Application) -> None:
    """Refuse a new promise where nobody could keep it."""
    check_still_here(application)
    if Stage(application.stage) in CLOSED_STAGES:
        raise PromiseError(
            "application-closed",
            told(
                "the application is %(stage)s: reopen it before promising anything on it",
                stage=Stage(application.stage),
            ),
        )


def check_still_here(application: Application) -> None:
    """Refuse to do anything about a person or an application whose data is gone."""
    if application.candidate.erased_at is not None:
        raise PromiseError(
            "candidate-erased",
            to_say("the person's data was erased, so nothing can be promised to them"),
        )
    if application.deleted_at is not None:
        raise PromiseError(
            "application-deleted",
            to_say("the application was deleted, so nothing can be promised on it"),
        )


def set_deadline(
    work: Work,
    application: Application,
    promise: Promise,
    terms: Terms,
    calendar: Calendar,
    start: datetime,
    deadline: Deadline,
) -> None:
    """Write a deadline and the ladder that follows from it into a promise of this application."""
    promise.due_at = deadline.due_at
    promise.trace = [step.to_document() for step in deadline.trace]
    promise.wall_local = deadline.wall.local if deadline.wall else None
    promise.wall_zone = deadline.wall.zone if deadline.wall else None
    promise.warn_at = warn_at(terms, start, deadline.due_at, calendar)
    waking = waking_hours(work, application, calendar)
    ladder = climb(terms, start, deadline.due_at, calendar, waking)
    promise.ladder = [rung.to_document() for rung in ladder]
    promise.rung = 0
    promise.next_check_at = ladder[0].at


def promise_terms(promise: Promise) -> Terms:
    """Return the terms a promise was made under."""
    return _terms(json.dumps(promise.terms, sort_keys=True))


@lru_cache(maxsize=512)
def _terms(document: str) -> Terms:
    """Read terms once: thousands of promises are made under the same few."""
    found: dict[str, Any] = json.loads(document)
    return Terms.from_document(found)


def write_promise(
    work: Work,
    application: Application,
    promise: Promise,
    terms: Terms,
    calendar: Calendar,
    start: datetime,
    deadline: Deadline,
) -> Promise:
    """Insert a promise with its deadline and ladder, and tell it on the timeline.

    Raises ``PromiseError`` where a rung of the ladder would lie in closed time for ever.
    """
    promise.application_id = application.id
    promise.state = State.OPEN
    promise.made_at = start
    promise.start_at = start
    promise.due_version = 1
    try:
        set_deadline(work, application, promise, terms, calendar, start, deadline)
    except (NoOpeningError, OutOfReachError) as error:
        raise PromiseError("no-opening", error.said, "/due_at") from error
    promise.first_due_at = promise.first_due_at or deadline.due_at
    # Named here: it may be written with many others, later than its entry on the timeline.
    promise.id = promise.id or new_id("prm")
    work.session.add(promise)
    work.flush()
    record(
        work,
        application.id,
        "promise_made",
        at=start,
        promise=promise.id,
        owed=promise.kind,
        origin=promise.origin,
        due_at=deadline.due_at.isoformat(),
    )
    return promise


def replace(
    work: Work,
    application: Application,
    old: Promise,
    deadline: Deadline,
    calendar: Calendar,
    cause: str | None,
) -> Promise:
    """Insert the promise that takes an old one's place: same debt, new deadline, first date kept.

    The old one must be closed and flushed already, and ``cause`` be its own no more.
    """
    row = work.calendar_row(application.job)
    terms = promise_terms(old)
    return write_promise(
        work,
        application,
        Promise(
            kind=old.kind,
            origin=old.origin,
            wording=old.wording,
            owner_id=old.owner_id,
            promised_by_id=old.promised_by_id,
            policy_id=old.policy_id,
            policy_version=old.policy_version,
            calendar_id=row.id,
            calendar_version=row.version,
            terms=old.terms,
            cause=cause,
            caused_by_contact_id=old.caused_by_contact_id,
            first_due_at=old.first_due_at,
        ),
        terms,
        calendar,
        work.now,
        deadline,
    )


def spoken_rule(work: Work) -> Rule:
    """Return the rule that says what happens around a word given; ``PromiseError`` if none does."""
    found = rules(work, Trigger.SPOKEN)
    if not found:
        raise PromiseError(
            "no-spoken-policy",
            to_say("no active policy says what happens around a spoken promise: activate one"),
        )
    return found[0]


def terms_document(terms: Terms, kind: Kind, within: str | None) -> dict[str, Any]:
    """Return the terms a promise copies: a policy's, with this promise's kind and span."""
    return {**terms.to_document(), "kind": kind.value, **({"within": within} if within else {})}
