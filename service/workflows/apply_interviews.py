"""Applies what a source says of interviews: booked, held, cancelled.

From the end of an interview the candidate is owed word; an interview once held stays held.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from service.domain.business_time import NoOpeningError, OutOfReachError
from service.domain.changes import InterviewBooked, InterviewCancelled, InterviewDone
from service.domain.durations import parse
from service.domain.policies import Trigger
from service.domain.promises import Origin
from service.models import Application, Connection, Interview
from service.workflows.policies import rules
from service.workflows.promise_changes import open_promises, release_by_rule
from service.workflows.resettle import settle_late
from service.workflows.rule_promises import trigger
from service.workflows.timeline import record
from service.workflows.work import Work


def apply_interview(
    work: Work,
    application: Application,
    change: InterviewBooked | InterviewDone | InterviewCancelled,
    received_at: datetime,
) -> None:
    """Apply one fact about one interview of this application."""
    interview = work.session.scalars(
        select(Interview).where(
            Interview.application_id == application.id,
            Interview.external_id == change.external_id,
        )
    ).one_or_none()
    if interview is None:
        interview = Interview(
            application_id=application.id, external_id=change.external_id, created_at=work.now
        )
        work.session.add(interview)
    match change:
        case InterviewBooked() if _newer(interview, change.at or received_at):
            interview.starts_at = change.starts_at or interview.starts_at
            interview.ends_at = change.ends_at or interview.ends_at
            interview.cancelled_at = None
        case InterviewCancelled() if _newer(interview, change.at or received_at, cancels=True):
            interview.cancelled_at = change.at or received_at
        case InterviewBooked() | InterviewCancelled():
            pass
        case InterviewDone():
            _held(work, application, interview, change, received_at)
    work.session.flush()


def _newer(interview: Interview, said_at: datetime, *, cancels: bool = False) -> bool:
    """Tell whether a booking or cancelling is the newest word on an interview, and note that.

    At one instant a cancelling stands, in whatever order the two came.
    """
    known = interview.said_at
    if known is not None and (
        said_at < known or (said_at == known and not cancels and interview.cancelled_at is not None)
    ):
        return False
    interview.said_at = said_at
    return not cancels or interview.done_at is None


def _held(
    work: Work,
    application: Application,
    interview: Interview,
    change: InterviewDone,
    received_at: datetime,
) -> None:
    if interview.done_at is not None:
        return
    ended_at = min(change.ended_at or interview.ends_at or change.at or received_at, work.now)
    interview.done_at = ended_at
    application.interviewed_at = max(ended_at, application.interviewed_at or ended_at)
    work.session.flush()
    record(work, application.id, "interviewed", at=ended_at, interview=interview.id)
    _give_way(work, application, ended_at)
    for promise in trigger(work, application, Trigger.INTERVIEWED, interview.external_id, ended_at):
        # The word may have been given before the ATS told us of the interview.
        settle_late(work, application, promise, ended_at)


def _give_way(work: Work, application: Application, ended_at: datetime) -> None:
    """Release a repeat that would come later than word after this new interview."""
    calendar = work.calendar_of(application)
    for rule in rules(work, Trigger.INTERVIEWED):
        try:
            due_at = calendar.add(ended_at, parse(rule.terms.within), trace=False).due_at
        except (NoOpeningError, OutOfReachError):
            # The rule cannot be counted from here, so nothing of it comes sooner.
            continue
        for promise in open_promises(work, application.id):
            repeat = promise.policy_id == rule.id and promise.origin == Origin.POLICY
            if repeat and promise.start_at <= ended_at and promise.due_at > max(due_at, work.now):
                release_by_rule(work, promise, "word after a later interview is owed sooner")
    work.session.flush()


def cancel_anywhere(work: Work, connection: Connection, change: InterviewCancelled) -> list[str]:
    """Cancel an interview that its source names without its application."""
    found = work.session.scalars(
        select(Interview)
        .join(Application, Application.id == Interview.application_id)
        .where(
            Application.connection_id == connection.id,
            Interview.external_id == change.external_id,
        )
    ).all()
    if len(found) != 1:
        # Ids of interviews may repeat across applications; a guess would cancel a stranger's.
        return ["it cancels an interview that is not known here for certain"]
    said_at = change.at or work.now
    if _newer(found[0], said_at, cancels=True):
        found[0].cancelled_at = said_at
    return []
