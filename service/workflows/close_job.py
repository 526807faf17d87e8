"""Closes a job: decides about everybody who is left, and tells each in the way that is right.

All of it is one transaction, planned anew within it: what was shown and what is done differ only
where the world did, and then the number of letters that was confirmed is not the number any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from service.db import in_chunks
from service.domain.closing_terms import JOB_STATUS, MANY, Outcome, Part
from service.domain.policies import Kind, Trigger
from service.domain.promises import PromiseError
from service.domain.wording import day_words, to_say, told
from service.models import (
    Application,
    ClosingEntry,
    Connection,
    Decision,
    Job,
    JobClosing,
    Message,
)
from service.workflows.closing_letters import PlannedLetter
from service.workflows.closing_plan import ClosingPlan, ClosingWish, plan_closing
from service.workflows.composing import Letter
from service.workflows.decide import reject_all
from service.workflows.enqueue import cancel_all, enqueue_letters
from service.workflows.given_way import give_way_reason
from service.workflows.letters import record_letter
from service.workflows.policies import rules
from service.workflows.promise_changes import open_promises_of
from service.workflows.promise_making import Spoken, make_spoken, promise_terms
from service.workflows.waking import Wait
from service.workflows.work import Work

CHUNK = 500
CALL_WORDING = to_say("A call to tell them the decision")
_CALL_WITHIN = "2 business days"
_REASONS = {
    Outcome.FILLED: to_say("the position was filled"),
    Outcome.CLOSED: to_say("the position was closed"),
    Outcome.CANCELLED: to_say("the position was cancelled"),
}


@dataclass(frozen=True)
class Closed:
    """A closing that was made, and the plan it carried out."""

    closing: JobClosing
    plan: ClosingPlan


def close_job(
    work: Work, job_id: str, wish: ClosingWish, confirm_count: int | None = None
) -> Closed:
    """Close a job as planned now.

    ``confirm_count`` is how many letters the person expects to go; beyond ``MANY`` it must be
    said, and wherever it is said it must be right. Raises ``PromiseError`` otherwise, where the
    wish cannot be followed, and where nobody is left to be told.
    """
    job, _kept_in_memory = lock_for_closing(work, job_id)
    plan = plan_closing(work, job, wish)
    _check_count(len(plan.letters), confirm_count)
    _check_new(work, plan)
    closing = JobClosing(
        job_id=job.id,
        outcome=wish.outcome,
        by_user_id=wish.by_user_id,
        job_status_before=job.status,
        second_choice_until_on=wish.second_choice_until_on if wish.second_choice else None,
        created_at=work.now,
    )
    work.session.add(closing)
    work.session.flush()
    _give_way(work, closing, plan)
    promises = _promise_calls(work, plan)
    made = _decide(work, plan)
    standing = {
        each.application.id: each.decision for each in plan.planned if each.decision is not None
    }
    messages = _write(work, closing, plan, {**standing, **made})
    promises |= _tasks(work, plan)
    for each in plan.planned:
        id_ = each.application.id
        work.session.add(
            ClosingEntry(
                closing_id=closing.id,
                application_id=id_,
                part=each.part,
                reason=each.reason,
                stage_before=each.stage_before,
                message_id=messages.get(id_),
                decision_id=made[id_].id if id_ in made else None,
                promise_id=promises.get(id_),
            )
        )
    job.status, job.status_at = JOB_STATUS[wish.outcome], work.now
    work.session.flush()
    return Closed(closing, plan)


def lock_for_closing(work: Work, job_id: str) -> tuple[Job, dict[str, Application]]:
    """Lock a job and all applications that its closing may touch, in the order everybody locks.

    Whoever keeps what is returned finds the rows in the session and asks for none of them again.
    """
    people = select(Application.candidate_id).where(Application.job_id == job_id)
    applications = work.session.scalars(
        select(Application)
        .where(Application.candidate_id.in_(people))
        .order_by(Application.id)
        .options(selectinload(Application.candidate), selectinload(Application.job))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    # The job comes last: what an ATS says of an application may change its job as well.
    job = work.session.scalars(
        select(Job)
        .where(Job.id == job_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    return job, {application.id: application for application in applications}


def _check_count(letters: int, confirmed: int | None) -> None:
    if confirmed == letters or (confirmed is None and letters <= MANY):
        return
    raise PromiseError(
        "count-not-confirmed",
        to_say("1 letter would go out: look at the preview, and confirm that number")
        if letters == 1
        else told(
            "%(number)s letters would go out: look at the preview, and confirm that number",
            number=letters,
        ),
        "/confirm_count",
    )


def _check_new(work: Work, plan: ClosingPlan) -> None:
    """Refuse to close a job twice in the same way: the second time would only add a record."""
    if plan.anything_new or plan.job.status != JOB_STATUS[plan.wish.outcome]:
        return
    before = work.session.scalars(
        select(JobClosing.id).where(
            JobClosing.job_id == plan.job.id, JobClosing.undone_at.is_(None)
        )
    ).first()
    if before is not None:
        raise PromiseError(
            "closed-already",
            told(
                "the job was closed already (%(id)s), and nobody is left who has not been told",
                id=before,
            ),
        )


def _give_way(work: Work, closing: JobClosing, plan: ClosingPlan) -> None:
    """Cancel the letters that wait and would say again what the new ones say."""
    ids = sorted({id_ for letter in plan.letters for id_ in letter.supersedes})
    for chunk in in_chunks(ids, CHUNK):
        waiting = work.session.scalars(
            select(Message)
            .where(Message.id.in_(chunk))
            .order_by(Message.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).all()
        # One that was sent since the plan was made raises: the whole closing is asked anew.
        cancel_all(work, waiting, give_way_reason(closing.id))


def _decide(work: Work, plan: ClosingPlan) -> dict[str, Decision]:
    """Decide about everybody the plan says; return the decisions by application."""
    wish = plan.wish
    applications = [each.application for each in plan.planned if each.to_decide]
    decisions = reject_all(
        work,
        applications,
        reason=wish.reason or _REASONS[wish.outcome],
        decided_by_id=wish.by_user_id,
        decided_at=work.now,
        source=work.source,
    )
    return {decision.application_id: decision for decision in decisions}


def _write(
    work: Work, closing: JobClosing, plan: ClosingPlan, decisions: Mapping[str, Decision]
) -> dict[str, str]:
    """Write every letter; return the messages' ids by each application they are about."""
    # Kept in memory, so that nobody asks for one of them again with every letter.
    connections = work.session.scalars(select(Connection)).all()
    ids = enqueue_letters(
        work,
        [
            (planned.application, _letter(closing, plan, planned, decisions))
            for planned in plan.letters
        ],
    )
    del connections
    for planned, id_ in zip(plan.letters, ids, strict=True):
        if planned.overrules:
            _overrule(work, id_, planned)
    return {
        application.id: id_
        for planned, id_ in zip(plan.letters, ids, strict=True)
        for application in (planned.application, *planned.also)
    }


def _overrule(work: Work, message_id: str, planned: PlannedLetter) -> None:
    """Note at a letter that whoever closes the job chose it, knowing what speaks against it."""
    message = work.session.get_one(Message, message_id)
    message.overruled = [*planned.overrules]
    for rule in planned.overrules:
        record_letter(work, message, "objection_overruled", rule=rule)


def _letter(
    closing: JobClosing,
    plan: ClosingPlan,
    planned: PlannedLetter,
    decisions: Mapping[str, Decision],
) -> Letter:
    return Letter(
        kind=planned.kind,
        dedupe_key=f"closing:{closing.id}:{planned.application.candidate_id}",
        values=planned.values,
        by_user_id=plan.wish.by_user_id,
        decision=decisions.get(planned.application.id),
        promises_on=planned.promises_on,
        closing_id=closing.id,
        also=_also(planned, decisions),
        first=True,
        # Every letter of a closing can be taken back, also those that say nothing final.
        hold_for=Wait(planned.goes_at, planned.waits),
    )


def _also(
    planned: PlannedLetter, decisions: Mapping[str, Decision]
) -> tuple[tuple[Application, Decision | None], ...]:
    told = [(application, decisions.get(application.id)) for application in planned.also]
    return (*told, *((application, None) for application in planned.goes_on))


def _tasks(work: Work, plan: ClosingPlan) -> dict[str, str]:
    """Make sure that somebody owes each call; return the promises by application."""
    calls = [each.application.id for each in plan.planned if each.part is Part.CALL_FIRST]
    tasks = {}
    for id_, owed in open_promises_of(work, calls).items():
        for promise in owed:
            if promise_terms(promise).trigger is Trigger.DECIDED or promise.wording == CALL_WORDING:
                promise.wording = CALL_WORDING
                promise.owner_id = promise.owner_id or plan.wish.by_user_id
                tasks[id_] = promise.id
    return tasks


def _promise_calls(work: Work, plan: ClosingPlan) -> dict[str, str]:
    """Promise the calls that no rule will owe; return the promises by application.

    It is done before the decisions: afterwards the applications are closed.
    """
    written = {letter.application.candidate_id for letter in plan.letters}
    by_rule = bool(rules(work, Trigger.DECIDED))
    made = {}
    for each in plan.planned:
        application = each.application
        if each.part is Part.SECOND_CHOICE and application.candidate_id not in written:
            day = day_words(plan.wish.second_choice_until_on or work.now.date())
            wording = f"A call to say that they are second choice until {day}"
            made[application.id] = _call(work, plan, application, Kind.CALLBACK, wording)
        elif each.part is Part.CALL_FIRST and each.to_decide and not by_rule:
            made[application.id] = _call(work, plan, application, Kind.DECISION, CALL_WORDING)
    return made


def _call(work: Work, plan: ClosingPlan, application: Application, kind: Kind, wording: str) -> str:
    spoken = Spoken(
        kind,
        wording,
        within=_CALL_WITHIN,
        owner_id=application.owner_id or plan.wish.by_user_id,
        promised_by_id=plan.wish.by_user_id,
    )
    return make_spoken(work, application, spoken).id
