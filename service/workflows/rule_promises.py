"""Makes what the rules owe: one promise a rule and cause, however often the cause is told.

A rule never breaks its own word before Keepword could watch it, and one that cannot be counted in
the calendar leaves a line on the timeline and stops nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from service.db import in_chunks
from service.domain.business_time import NoOpeningError, OutOfReachError
from service.domain.changes import Stage
from service.domain.contacts import Direction
from service.domain.durations import Duration, parse
from service.domain.policies import Trigger
from service.domain.promises import OPEN_STATES, Origin, PromiseError
from service.models import Application, Contact, Promise
from service.workflows.policies import Rule, rules
from service.workflows.promise_making import terms_document, write_promise
from service.workflows.timeline import record
from service.workflows.work import Work

HISTORIC = timedelta(days=30)
"""What was applied or decided longer ago than this when we first hear of it is history."""


def trigger(
    work: Work,
    application: Application,
    cause: Trigger,
    subject: str,
    start: datetime,
    *,
    contact_id: str | None = None,
    standing: PromisedByRule | None = None,
) -> list[Promise]:
    """Make what the rules with this trigger owe; ``subject`` names the one thing that caused it.

    ``standing`` is what was promised by rule before, where the caller has read it already.
    """
    found = rules(work, cause)
    if found and standing is None:
        standing = promised_by_rule(work, [application.id])[application.id]
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
class PromisedByRule:
    """What an application was promised by rule: every cause ever, and the rules with one open."""

    causes: frozenset[str]
    policy_ids: frozenset[str]


NOTHING_YET = PromisedByRule(frozenset(), frozenset())
"""What an application was promised that has just become known."""


def promised_by_rule(work: Work, application_ids: Sequence[str]) -> dict[str, PromisedByRule]:
    """Return what each of these applications was promised by rule, in few statements."""
    causes: dict[str, set[str]] = defaultdict(set)
    policy_ids: dict[str, set[str]] = defaultdict(set)
    for chunk in in_chunks(application_ids, _CHUNK):
        for id_, cause, policy_id, state in work.session.execute(
            select(Promise.application_id, Promise.cause, Promise.policy_id, Promise.state).where(
                Promise.application_id.in_(chunk), Promise.origin == Origin.POLICY
            )
        ):
            if cause is not None:
                causes[id_].add(cause)
            if policy_id is not None and state in OPEN_STATES:
                policy_ids[id_].add(policy_id)
    return {
        id_: PromisedByRule(frozenset(causes[id_]), frozenset(policy_ids[id_]))
        for id_ in application_ids
    }


_CHUNK = 500


def make_by_rule(
    work: Work,
    application: Application,
    rule: Rule,
    cause: str,
    start: datetime,
    *,
    within: str | None = None,
    contact_id: str | None = None,
    standing: PromisedByRule | None = None,
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
    known = standing or promised_by_rule(work, [application.id])[application.id]
    if key in known.causes or rule.id in known.policy_ids:
        return None
    try:
        return _write(
            work, application, rule, key, start, parse(within or terms.within), contact_id
        )
    except (NoOpeningError, OutOfReachError, PromiseError):
        # What cannot be counted must not undo the contact or the event that set the rule off.
        record(work, application.id, "promise_not_possible", policy=rule.id, code="no-opening")
        return None


def _write(
    work: Work,
    application: Application,
    rule: Rule,
    key: str,
    start: datetime,
    duration: Duration,
    contact_id: str | None,
) -> Promise | None:
    terms = rule.terms
    row = work.calendar_row(application.job)
    calendar = work.calendar(row.id, row.version)
    # Told why only where it stays: whoever waited too long has their clock started anew.
    if calendar.add(start, duration, trace=False).due_at <= work.now:
        if terms.trigger in (Trigger.APPLIED, Trigger.DECIDED) and work.now - start > HISTORIC:
            return None
        start = work.now
    deadline = calendar.add(start, duration)
    return write_promise(
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
            terms=terms_document(terms, terms.kind, str(duration)),
            cause=key,
            caused_by_contact_id=contact_id,
        ),
        terms,
        calendar,
        start,
        deadline,
    )


def arm_silence(
    work: Work,
    application: Application,
    *,
    heard: tuple[str, datetime] | None = None,
    standing: PromisedByRule | None = None,
) -> None:
    """Start the silence clocks that should run and do not: from the last word, else applying.

    ``heard`` is the contact just recorded (its id and instant): what starts with it ends with it.
    """
    start = application.last_contact_at or application.applied_at
    contact_id = heard[0] if heard is not None and heard[1] == start else None
    subject = start.isoformat()
    made = trigger(
        work,
        application,
        Trigger.SILENCE,
        subject,
        start,
        contact_id=contact_id,
        standing=standing,
    )
    if made and contact_id is None:
        contact_id = last_word(work, application)
        for promise in made:
            promise.caused_by_contact_id = contact_id


def last_word(work: Work, application: Application) -> str | None:
    """Return the id of the contact by which the candidate last heard something, if they did."""
    if application.last_contact_at is None:
        return None
    return work.session.scalars(
        select(Contact.id)
        .where(
            Contact.application_id == application.id,
            Contact.direction == Direction.OUT,
            Contact.at == application.last_contact_at,
            Contact.taken_back_at.is_(None),
        )
        .order_by(Contact.id)
        .limit(1)
    ).first()
