"""Makes what the rules owe to an application that is considered again, as if it never closed.

What its past says is read once, for one application or for many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from service.db import in_chunks
from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.policies import Kind, Trigger
from service.domain.promises import Origin
from service.models import Application, Interview, Promise, TimelineEntry
from service.workflows.policies import rules
from service.workflows.resettle import settle_late
from service.workflows.rule_promises import (
    NOTHING_YET,
    PromisedByRule,
    arm_silence,
    last_word,
    make_by_rule,
    promised_by_rule,
    trigger,
)
from service.workflows.timeline import record
from service.workflows.work import Work

_CHUNK = 500
_NOT_ACKNOWLEDGED = "acknowledgement_not_owed"


@dataclass(frozen=True)
class Past:
    """What counts of the time before an application was closed.

    ``told_of`` tells whether anybody said that this person applied, as opposed to what came of
    it; ``interview`` is the last that was held, by its source's id.
    """

    told_of: bool
    interview: tuple[str, datetime] | None
    by_rule: PromisedByRule


def pasts(work: Work, application_ids: Sequence[str]) -> dict[str, Past]:
    """Return the past of each of these applications, in few statements."""
    told_of: set[str] = set()
    held: dict[str, tuple[str, datetime]] = {}
    for ids in in_chunks(application_ids, _CHUNK):
        told_of |= _told_of(work, ids)
        for id_, external_id, done_at in work.session.execute(
            select(Interview.application_id, Interview.external_id, Interview.done_at)
            .where(Interview.application_id.in_(ids), Interview.done_at.is_not(None))
            .order_by(Interview.done_at, Interview.external_id.desc())
        ):
            if done_at is not None:
                # The last one stays.
                held[id_] = (external_id, done_at)
    by_rule = promised_by_rule(work, application_ids)
    return {id_: Past(id_ in told_of, held.get(id_), by_rule[id_]) for id_ in application_ids}


def owe_again(work: Work, application: Application, past: Past | None = None) -> None:
    """Make what the rules owe to an application that is considered again.

    An acknowledgement is owed only to somebody whose applying was told here. ``past`` is what
    counts of the time before, where the caller has read it already.
    """
    if past is None:
        past = pasts(work, [application.id])[application.id]
    by_rule = past.by_rule
    _watch_again(work, application.id)
    if past.told_of:
        applied_at = application.applied_at
        for owed in trigger(
            work, application, Trigger.APPLIED, "applied", applied_at, standing=by_rule
        ):
            # Whoever was called while it was closed, or got the letter, knows that it arrived.
            settle_late(work, application, owed, applied_at)
    if past.interview is not None:
        external_id, done_at = past.interview
        heard = application.last_contact_at
        if heard is None or heard < done_at:
            about = Trigger.INTERVIEWED
            trigger(work, application, about, external_id, done_at, standing=by_rule)
        else:
            _repeat_word(work, application, heard, by_rule)
    arm_silence(work, application, standing=by_rule)


def _watch_again(work: Work, application_id: str) -> None:
    """Look at interviews again that were passed over while the application was closed."""
    work.session.execute(
        update(Interview)
        .where(
            Interview.application_id == application_id,
            Interview.done_at.is_(None),
            Interview.cancelled_at.is_(None),
            Interview.over_at.is_(None),
        )
        .values(over_at=func.coalesce(Interview.ends_at, Interview.starts_at))
    )


def _repeat_word(
    work: Work, application: Application, heard: datetime, by_rule: PromisedByRule
) -> None:
    for rule in rules(work, Trigger.INTERVIEWED):
        every = rule.terms.then_every
        if every is not None:
            cause = f"reopened:{application.stage_at.isoformat()}"
            make_by_rule(
                work,
                application,
                rule,
                cause,
                heard,
                within=every,
                contact_id=last_word(work, application),
                standing=by_rule,
            )


def note_applied(
    work: Work, application: Application, standing: PromisedByRule | None = None
) -> None:
    """Owe the acknowledgement, or remember that one was due had the application been open.

    ``standing`` is what was promised by rule before, where the caller has read it already.
    """
    if Stage(application.stage) not in CLOSED_STAGES:
        applied_at = application.applied_at
        trigger(work, application, Trigger.APPLIED, "applied", applied_at, standing=standing)
    elif standing is NOTHING_YET or not _told_of(work, [application.id]):
        record(work, application.id, _NOT_ACKNOWLEDGED, stage=application.stage)


def _told_of(work: Work, application_ids: Sequence[str]) -> set[str]:
    promised = select(Promise.application_id).where(
        Promise.application_id.in_(application_ids),
        Promise.kind == Kind.ACKNOWLEDGEMENT,
        Promise.origin == Origin.POLICY,
    )
    noted = select(TimelineEntry.application_id).where(
        TimelineEntry.application_id.in_(application_ids), TimelineEntry.kind == _NOT_ACKNOWLEDGED
    )
    return {*work.session.scalars(promised), *work.session.scalars(noted)}
