"""Records decisions and takes them back. Without a standing one no rejection is ever written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from service.domain.applications import Standing, reopen, settle
from service.domain.changes import Stage
from service.domain.contacts import DECISION_LETTERS
from service.domain.policies import Trigger
from service.domain.promises import PromiseError
from service.models import Application, Decision
from service.workflows.enqueue import cancel_unsent
from service.workflows.promise_changes import retire
from service.workflows.promise_making import arm_silence, check_can_promise, trigger
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
    if standing_decision(work, application.id) is not None:
        raise PromiseError(
            "decided-already", "a decision stands already: withdraw it before deciding anew"
        )
    if application.stage != Stage.REJECTED:
        check_can_promise(application)
        application.stage, application.stage_at = Stage.REJECTED, decided_at
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
    record(work, application.id, "decision_withdrawn", decision=decision.id)
    work.session.flush()
    return decision


def reopen_here(work: Work, application: Application, stage: Stage) -> None:
    """Put an application back among those considered after its decision was withdrawn here."""
    current = Standing(Stage(application.stage), application.stage_at)
    standing = reopen(current, stage, work.now, work.now)
    set_standing(work, application, standing)
    retire(work, application)
    arm_silence(work, application)


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
    arm_silence(work, application)
