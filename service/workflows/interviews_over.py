"""Counts booked interviews as held once they are over: few sources ever say that one was.

A promise too many is seen and released, a missing one is silence. Nothing is assumed while news
that may say otherwise waits to be worked in, nor of an application that is closed or gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from service.domain.changes import CLOSED_STAGES, Stage
from service.models import Interview
from service.workflows.apply_interviews import end_of, note_held
from service.workflows.check import backlog
from service.workflows.heartbeat import beat
from service.workflows.promise_changes import lock_application, retire
from service.workflows.rule_promises import arm_silence
from service.workflows.work import Office, Work, never

BATCH = 200


@dataclass
class OverReport:
    """What one pass did: interviews that count as held now, and those that could not be judged."""

    held: int = 0
    failed: int = 0
    not_ready: str | None = None


def assume_held(
    session: Session,
    office: Office,
    now: datetime,
    *,
    stop: Callable[[], bool] = never,
) -> OverReport:
    """Judge every booked interview that is over by ``now``; commit one by one."""
    report = OverReport()
    after: tuple[datetime, str] | None = None
    while not stop() and (rows := _over(session, now, after)):
        if after is None:
            report.not_ready = backlog(session, now)
            if report.not_ready is not None:
                break
        after = rows[-1][0], rows[-1][1]
        for _, id_, application_id in rows:
            if stop():
                break
            session.expunge_all()
            try:
                report.held += _judge(Work(session, now, office), id_, application_id)
                session.commit()
            except Exception:  # noqa: BLE001 - one that cannot be judged never stops the others
                session.rollback()
                report.failed += 1
    session.rollback()
    if report != OverReport():
        beat(session, "interviews", now, dict(vars(report)))
        session.commit()
    return report


def _over(
    session: Session, now: datetime, after: tuple[datetime, str] | None
) -> Sequence[tuple[datetime, str, str]]:
    query = (
        select(Interview.over_at, Interview.id, Interview.application_id)
        .where(Interview.over_at <= now)
        .order_by(Interview.over_at, Interview.id)
        .limit(BATCH)
    )
    if after is not None:
        at, id_ = after
        later = and_(Interview.over_at == at, Interview.id > id_)
        query = query.where(or_(Interview.over_at > at, later))
    found = [(at, id_, of) for at, id_, of in session.execute(query) if at is not None]
    session.commit()
    return found


def _judge(work: Work, interview_id: str, application_id: str) -> bool:
    """Judge one interview under its application's lock; tell whether it counts as held now."""
    application = lock_application(work, application_id)
    interview = work.session.get(Interview, interview_id)
    if application is None or interview is None or interview.over_at is None:
        return False
    ended_at = end_of(interview)
    if ended_at is not None and ended_at > work.now:
        interview.over_at = ended_at
        return False
    interview.over_at = None
    settled = interview.done_at is not None or interview.cancelled_at is not None
    closed = Stage(application.stage) in CLOSED_STAGES
    gone = application.deleted_at is not None or application.candidate.erased_at is not None
    if ended_at is None or settled or closed or gone:
        return False
    note_held(work, application, interview, ended_at, assumed=True)
    retire(work, application)
    arm_silence(work, application)
    return True
