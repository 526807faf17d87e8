"""Makes promises: spoken ones as a person gives them, policy ones as the rules say.

The deadline, its trace and the whole ladder are computed here, once, and stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from service.domain.business_time import Calendar, Deadline, TraceStep
from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.durations import DurationError, parse
from service.domain.ladders import climb, warn_at
from service.domain.policies import Kind, Terms, Trigger
from service.domain.promises import OPEN_STATES, Origin, PromiseError, State
from service.domain.timetable import NoOpeningError, OutOfReachError
from service.models import Application, Promise
from service.workflows.policies import Rule, rules
from service.workflows.timeline import record
from service.workflows.work import Work

HISTORIC = timedelta(days=30)
"""What was applied or decided longer ago than this when we first hear of it is history."""


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
            "a promise cannot have been given later than now: leave promised_at out",
            "/promised_at",
        )
    if start < application.created_at - timedelta(days=366):
        raise PromiseError(
            "promised-too-long-ago",
            "the promise would be older than a year before "
            "the application was known: check promised_at",
            "/promised_at",
        )
    row = work.calendar_row(application.job)
    calendar = work.calendar(row.id, row.version)
    rule = _spoken_rule(work)
    deadline = spoken_deadline(calendar, start, spoken.within, spoken.due_at)
    if deadline.due_at <= work.now:
        raise PromiseError(
            "due-in-the-past",
            f"the promise would have been due {deadline.due_local:%A %d %B %Y %H:%M}, which has "
            "passed: say when the candidate will hear instead",
            "/within" if spoken.within else "/due_at",
        )
    return _insert(
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
            terms=_terms_document(rule.terms, spoken.kind, spoken.within),
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
        raise PromiseError("say-when-once", "say when in one way: within or due_at", "/within")
    if due_at is not None:
        local = due_at.astimezone(calendar.time_zone)
        said = TraceStep("named", f"{local:%a %d %b %Y %H:%M}: the instant that was named")
        return Deadline(due_at, local, (said,), None)
    try:
        return calendar.add(start, parse(within or ""))
    except DurationError as error:
        raise PromiseError("duration-not-understood", str(error), "/within") from error
    except (NoOpeningError, OutOfReachError) as error:
        raise PromiseError("no-opening", str(error), "/within") from error


def check_can_promise(application: Application) -> None:
    """Refuse a new promise where nobody could keep it."""
    check_still_here(application)
    if Stage(application.stage) in CLOSED_STAGES:
        raise PromiseError(
            "application-closed",
            f"the application is {application.stage}: reopen it before promising anything on it",
        )


def check_still_here(application: Application) -> None:
    """Refuse to do anything about a person or an application whose data is gone."""
    if application.candidate.erased_at is not None:
        raise PromiseError(
            "candidate-erased", "the person's data was erased, so nothing can be promised to them"
        )
    if application.deleted_at is not None:
        raise PromiseError(
            "application-deleted", "the application was deleted, so nothing can be promised on it"
        )


def trigger(
    work: Work,
    application: Application,
    cause: Trigger,
    subject: str,
    start: datetime,
    *,
    contact_id: str | None = None,
) -> list[Promise]:
    """Make what the rules with this trigger owe; ``subject`` names the one thing that caused it."""
    found = rules(work, cause)
    standing = _standing(work, application) if found else None
    made = []
    for rule in found:
        promise = make_by_rule(
            work,
            application,
            rule,
            f"{cause}:{subject}",
            start,
            contact_id=contact_id,
            standing=standing,
        )
        if promise is not None:
            made.append(promise)
    return made


@dataclass(frozen=True)
class _Standing:
    """What an application was promised by rule: every cause ever, and the rules with one open."""

    causes: frozenset[str]
    policy_ids: frozenset[str]


def _standing(work: Work, application: Application) -> _Standing:
    found = work.session.execute(
        select(Promise.cause, Promise.policy_id, Promise.state).where(
            Promise.application_id == application.id, Promise.origin == Origin.POLICY
        )
    ).all()
    return _Standing(
        frozenset(cause for cause, _, _ in found if cause is not None),
        frozenset(policy_id for _, policy_id, state in found if policy_id and state in OPEN_STATES),
    )


def make_by_rule(
    work: Work,
    application: Application,
    rule: Rule,
    cause: str,
    start: datetime,
    *,
    within: str | None = None,
    contact_id: str | None = None,
    standing: _Standing | None = None,
) -> Promise | None:
    """Make one policy promise, unless it stands already or was made for this cause before.

    Where the deadline would lie in the past (an old application seen for the first time), the
    clock starts now: a rule breaks no word before Keepword could watch it.
    """
    terms = rule.terms
    if application.deleted_at is not None or application.candidate.erased_at is not None:
        return None
    interviewed = application.interviewed_at is not None
    if not terms.applies_to(Stage(application.stage), interviewed=interviewed):
        return None
    key = f"{rule.id}:{cause}"
    known = standing or _standing(work, application)
    if key in known.causes or rule.id in known.policy_ids:
        return None
    row = work.calendar_row(application.job)
    calendar = work.calendar(row.id, row.version)
    duration = parse(within or terms.within)
    deadline = calendar.add(start, duration)
    if deadline.due_at <= work.now:
        if terms.trigger in (Trigger.APPLIED, Trigger.DECIDED) and work.now - start > HISTORIC:
            return None
        start = work.now
        deadline = calendar.add(start, duration)
    return _insert(
        work,
        application,
        Promise(
            kind=terms.kind,
            origin=Origin.POLICY,
            wording=terms.wording,
            owner_id=application.owner_id,
            policy_id=rule.id,
            policy_version=rule.version,
            calendar_id=row.id,
            calendar_version=row.version,
            terms=_terms_document(terms, terms.kind, str(duration)),
            cause=key,
            caused_by_contact_id=contact_id,
        ),
        terms,
        calendar,
        start,
        deadline,
    )


def arm_silence(
    work: Work, application: Application, *, heard: tuple[str, datetime] | None = None
) -> None:
    """Start the silence clocks that should run and do not: from the last word, else applying.

    ``heard`` is the contact just recorded (its id and instant): what starts with it ends with it.
    """
    start = application.last_contact_at or application.applied_at
    contact_id = heard[0] if heard is not None and heard[1] == start else None
    subject = start.isoformat()
    trigger(work, application, Trigger.SILENCE, subject, start, contact_id=contact_id)


def set_deadline(
    promise: Promise, terms: Terms, calendar: Calendar, start: datetime, deadline: Deadline
) -> None:
    """Write a deadline and the ladder that follows from it into a promise."""
    promise.due_at = deadline.due_at
    promise.trace = [step.to_document() for step in deadline.trace]
    promise.wall_local = deadline.wall.local if deadline.wall else None
    promise.wall_zone = deadline.wall.zone if deadline.wall else None
    promise.warn_at = warn_at(terms, start, deadline.due_at, calendar)
    ladder = climb(terms, start, deadline.due_at, calendar)
    promise.ladder = [rung.to_document() for rung in ladder]
    promise.rung = 0
    promise.next_check_at = ladder[0].at


def promise_terms(promise: Promise) -> Terms:
    """Return the terms a promise was made under."""
    document: dict[str, Any] = promise.terms
    return Terms.from_document(document)


def _insert(
    work: Work,
    application: Application,
    promise: Promise,
    terms: Terms,
    calendar: Calendar,
    start: datetime,
    deadline: Deadline,
) -> Promise:
    promise.application_id = application.id
    promise.state = State.OPEN
    promise.made_at = start
    promise.start_at = start
    promise.due_version = 1
    try:
        set_deadline(promise, terms, calendar, start, deadline)
    except (NoOpeningError, OutOfReachError) as error:
        raise PromiseError("no-opening", str(error), "/due_at") from error
    promise.first_due_at = promise.first_due_at or deadline.due_at
    work.session.add(promise)
    work.session.flush()
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
    work: Work, application: Application, old: Promise, deadline: Deadline, calendar: Calendar
) -> Promise:
    """Insert the promise that takes an old one's place: same debt, new deadline, first date kept.

    The old one must be closed and flushed already.
    """
    row = work.calendar_row(application.job)
    terms = promise_terms(old)
    return _insert(
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
            caused_by_contact_id=old.caused_by_contact_id,
            first_due_at=old.first_due_at,
        ),
        terms,
        calendar,
        work.now,
        deadline,
    )


def _spoken_rule(work: Work) -> Rule:
    found = rules(work, Trigger.SPOKEN)
    if not found:
        raise PromiseError(
            "no-spoken-policy",
            "no active policy says what happens around a spoken promise: activate one",
        )
    return found[0]


def _terms_document(terms: Terms, kind: Kind, within: str | None) -> dict[str, Any]:
    return {**terms.to_document(), "kind": kind.value, **({"within": within} if within else {})}
