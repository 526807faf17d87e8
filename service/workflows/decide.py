"""Records decisions and takes them back. Without a standing one no rejection is ever written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from service.domain.applications import Standing, reopen, settle
from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.contacts import DECISION_LETTERS
from service.domain.policies import Kind, Trigger
from service.domain.promises import Origin, PromiseError
from service.models import Application, Decision, Interview, Promise, TimelineEntry
from service.workflows.enqueue import cancel_unsent
from service.workflows.policies import rules
from service.workflows.promise_changes import open_promises, release_by_rule, retire
from service.workflows.promise_making import check_can_promise, check_still_here, promise_terms
from service.workflows.rule_promises import arm_silence, make_by_rule, trigger
from service.workflows.timeline import record
from service.workflows.work import Work


def standing_decision(work: Work, application_id: str) -> Decision | None:
    """Return the decision that stands about an application, if one does."""
    return work.session.scalars(
        select(Decision).where(
            Decision.application_id == application_id, Decision.withdrawn_at.is_(None)
        )
    ).one_or_none()


def reject(
    work: Work,
    application: Application,
    *,
    reason: str | None,
    decided_by_id: str | None,
    decided_at: datetime,
    source: str,
) -> Decision:
    """Record that a person decided against an application; telling the candidate is now owed.

    A decision made here moves the application to ``rejected``; one reported by an ATS comes with
    the stage change that the caller has made already.
    """
    check_still_here(application)
    if standing_decision(work, application.id) is not None:
        raise PromiseError(
            "decided-already", "a decision stands already: withdraw it before deciding anew"
        )
    if application.stage != Stage.REJECTED:
        check_can_promise(application)
        # Known from now on: what a source says of the time before does not reopen it.
        application.stage, application.stage_at = Stage.REJECTED, work.now
        application.closed_at = decided_at
    decision = Decision(
        application_id=application.id,
        outcome=Stage.REJECTED,
        reason=reason,
        source=source,
        decided_by_id=decided_by_id,
        decided_at=decided_at,
        created_at=work.now,
    )
    work.session.add(decision)
    work.session.flush()
    record(work, application.id, "decided", at=decided_at, decision=decision.id, by=decided_by_id)
    retire(work, application)
    trigger(work, application, Trigger.DECIDED, decision.id, decided_at)
    return decision


def withdraw_decision(work: Work, application: Application, decision: Decision) -> Decision:
    """Take a decision back: its unsent letters stop and nobody is owed its telling."""
    if decision.withdrawn_at is not None:
        raise PromiseError("decision-withdrawn", "the decision was withdrawn already")
    decision.withdrawn_at = work.now
    cancel_unsent(work, application.id, "the decision was withdrawn", *DECISION_LETTERS)
    for promise in open_promises(work, application.id):
        if promise_terms(promise).trigger is Trigger.DECIDED:
            release_by_rule(work, promise, "the decision was withdrawn")
    record(work, application.id, "decision_withdrawn", decision=decision.id)
    work.session.flush()
    return decision


def reopen_here(work: Work, application: Application, stage: Stage) -> None:
    """Put an application back among those considered after its decision was withdrawn here."""
    current = Standing(Stage(application.stage), application.stage_at)
    standing = reopen(current, stage, work.now, work.now)
    set_standing(work, application, standing)
    retire(work, application)
    owe_again(work, application)


def owe_again(work: Work, application: Application) -> None:
    """Make what the rules owe to an application that is considered again, as if it never closed.

    An acknowledgement is owed only to somebody whose applying was told here.
    """
    if was_told_of(work, application):
        trigger(work, application, Trigger.APPLIED, "applied", application.applied_at)
    last = work.session.scalars(
        select(Interview)
        .where(Interview.application_id == application.id, Interview.done_at.is_not(None))
        .order_by(Interview.done_at.desc(), Interview.external_id)
        .limit(1)
    ).one_or_none()
    if last is not None and last.done_at is not None:
        heard = application.last_contact_at
        if heard is None or heard < last.done_at:
            trigger(work, application, Trigger.INTERVIEWED, last.external_id, last.done_at)
        else:
            _repeat_word(work, application, heard)
    arm_silence(work, application)


def _repeat_word(work: Work, application: Application, heard: datetime) -> None:
    for rule in rules(work, Trigger.INTERVIEWED):
        if rule.terms.then_every is not None:
            cause = f"reopened:{application.stage_at.isoformat()}"
            make_by_rule(work, application, rule, cause, heard, within=rule.terms.then_every)


def note_applied(work: Work, application: Application) -> None:
    """Owe the acknowledgement, or remember that one was due had the application been open."""
    if Stage(application.stage) not in CLOSED_STAGES:
        trigger(work, application, Trigger.APPLIED, "applied", application.applied_at)
    elif not was_told_of(work, application):
        record(work, application.id, _NOT_ACKNOWLEDGED, stage=application.stage)


_NOT_ACKNOWLEDGED = "acknowledgement_not_owed"


def was_told_of(work: Work, application: Application) -> bool:
    """Tell whether anybody said that this person applied, as opposed to what came of it."""
    promised = select(Promise.id).where(
        Promise.application_id == application.id,
        Promise.kind == Kind.ACKNOWLEDGEMENT,
        Promise.origin == Origin.POLICY,
    )
    noted = select(TimelineEntry.seq).where(
        TimelineEntry.application_id == application.id, TimelineEntry.kind == _NOT_ACKNOWLEDGED
    )
    found = work.session.scalars(promised).first() or work.session.scalars(noted).first()
    return found is not None


def set_standing(work: Work, application: Application, standing: Standing) -> bool:
    """Write where an application stands now; tell whether its stage changed."""
    changed = application.stage != standing.stage
    before = application.stage
    application.stage, application.stage_at = standing.stage, standing.at
    if standing.closed and application.closed_at is None:
        application.closed_at = standing.at
    elif not standing.closed:
        application.closed_at = None
    if changed:
        record(
            work,
            application.id,
            "stage",
            at=standing.at,
            before=before,
            stage=standing.stage,
        )
    return changed


def move_here(work: Work, application: Application, stage: Stage) -> None:
    """Move an application by hand: what rules owe follows the stage."""
    if stage is Stage.REJECTED:
        raise PromiseError(
            "needs-a-decision",
            "a rejection is a decision: record who decided and why instead of moving the stage",
            "/stage",
        )
    current = Standing(Stage(application.stage), application.stage_at)
    if current.closed and stage in (s for s in Stage if s is not current.stage):
        decision = standing_decision(work, application.id)
        if decision is not None:
            withdraw_decision(work, application, decision)
        standing = reopen(current, stage, work.now, work.now)
    else:
        standing = settle(current, stage, max(work.now, current.at), work.now)
    set_standing(work, application, standing)
    retire(work, application)
    if current.closed and not standing.closed:
        owe_again(work, application)
    else:
        arm_silence(work, application)
