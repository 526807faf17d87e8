"""Applies what a source says of interviews: booked, held, cancelled.

From the end of an interview the candidate is owed word. An interview that its source says was held
stays held; one that was only assumed to be (see :mod:`interviews_over`) is taken back as soon as
the source says that it was cancelled, or that it is yet to come.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from service.domain.business_time import NoOpeningError, OutOfReachError
from service.domain.changes import (
    CLOSED_STAGES,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    Stage,
)
from service.domain.durations import parse
from service.domain.policies import Trigger
from service.domain.promises import OPEN_STATES, NeverOwed, Origin
from service.domain.wording import to_say
from service.models import Application, Connection, Interview, Promise
from service.workflows.policies import rules
from service.workflows.promise_changes import (
    lock_application,
    open_promises,
    release_as_never_owed,
    release_by_rule,
    retire,
)
from service.workflows.promise_making import promise_terms
from service.workflows.reopening import owe_again
from service.workflows.resettle import settle_late
from service.workflows.rule_promises import HISTORIC, trigger
from service.workflows.timeline import record
from service.workflows.work import Work

USUAL_LENGTH = timedelta(hours=1)
"""How long an interview takes whose end nobody told."""


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
            moved = change.starts_at not in (None, interview.starts_at)
            interview.starts_at = change.starts_at or interview.starts_at
            # The end that was known belongs to the beginning that was known.
            interview.ends_at = change.ends_at or (None if moved else interview.ends_at)
            interview.cancelled_at = None
            _assume_anew(work, application, interview)
        case InterviewCancelled() if _newer(interview, change.at or received_at, cancels=True):
            _cancel(work, application, interview, change.at or received_at)
        case InterviewBooked() | InterviewCancelled():
            pass
        case InterviewDone():
            told = change.ended_at or interview.ends_at or change.at or received_at
            note_held(work, application, interview, told)
            # Now somebody has said so.
            interview.assumed = False
    watch(interview)
    work.session.flush()


def _assume_anew(work: Work, application: Application, interview: Interview) -> None:
    """Have an interview that was assumed to be held end when its source now says that it does."""
    end = end_of(interview)
    if not interview.assumed or end is None or end == interview.done_at:
        return
    _take_back(work, application, interview)
    if end <= work.now and Stage(application.stage) not in CLOSED_STAGES:
        note_held(work, application, interview, end, assumed=True)


def end_of(interview: Interview) -> datetime | None:
    """Return when a booked interview ends, or would by what is usual; ``None`` without a date."""
    if interview.starts_at is None:
        return interview.ends_at
    usual = interview.starts_at + USUAL_LENGTH
    # An end that is not after the beginning is a default of the source's, or a slip.
    ends_at = interview.ends_at
    return ends_at if ends_at is not None and ends_at > interview.starts_at else usual


def watch(interview: Interview) -> None:
    """Plan when it will have been held unless somebody says otherwise."""
    settled = interview.done_at is not None or interview.cancelled_at is not None
    interview.over_at = None if settled else end_of(interview)


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
    return not cancels or interview.done_at is None or interview.assumed


def _cancel(
    work: Work, application: Application, interview: Interview, cancelled_at: datetime
) -> None:
    interview.cancelled_at = cancelled_at
    if interview.assumed:
        _take_back(work, application, interview)
    watch(interview)


def note_held(
    work: Work,
    application: Application,
    interview: Interview,
    ended_at: datetime,
    *,
    assumed: bool = False,
) -> None:
    """Note that an interview took place, once, and owe word after it.

    ``assumed`` tells that nobody said so. The application's row is locked.
    """
    if interview.done_at is not None:
        return
    ended_at = min(ended_at, work.now)
    interview.done_at = ended_at
    interview.assumed = assumed
    watch(interview)
    application.interviewed_at = max(ended_at, application.interviewed_at or ended_at)
    work.session.flush()
    how = {"assumed": True} if assumed else {}
    record(work, application.id, "interviewed", at=ended_at, interview=interview.id, **how)
    if assumed and work.now - ended_at > HISTORIC:
        # Nobody has said so, and it was long ago: that is no news to write to anybody about.
        return
    _give_way(work, application, ended_at)
    for promise in trigger(work, application, Trigger.INTERVIEWED, interview.external_id, ended_at):
        # The word may have been given before the ATS told us of the interview.
        settle_late(work, application, promise, ended_at)


def _take_back(work: Work, application: Application, interview: Interview) -> None:
    """Owe nothing more for an interview that was only assumed. What was kept by then is kept."""
    interview.done_at, interview.assumed = None, False
    work.session.flush()
    application.interviewed_at = work.session.scalars(
        select(func.max(Interview.done_at)).where(Interview.application_id == application.id)
    ).one()
    record(work, application.id, "interview_not_held", interview=interview.id)
    for promise in _following(work, application, interview):
        if promise.state not in OPEN_STATES:
            # Where it is held after all, word after it is owed anew.
            promise.cause = None
        elif not promise.candidate_told:
            release_as_never_owed(work, promise, NeverOwed.NOT_HELD)
    work.session.flush()
    if (
        Stage(application.stage) not in CLOSED_STAGES
        and application.deleted_at is None
        and application.candidate.erased_at is None
    ):
        # What gave way to it is owed again.
        owe_again(work, application)


def _following(work: Work, application: Application, interview: Interview) -> list[Promise]:
    """Return what the rules made because of an interview and, where no other was held, the word
    that repeats.
    """
    of_rules = work.session.scalars(
        select(Promise)
        .where(Promise.application_id == application.id, Promise.origin == Origin.POLICY)
        .order_by(Promise.due_at, Promise.id)
    ).all()
    caused_by = f":{Trigger.INTERVIEWED}:{interview.external_id}"
    return [
        each
        for each in of_rules
        if (each.cause or "").endswith(caused_by)
        or (
            application.interviewed_at is None
            and each.state in OPEN_STATES
            and promise_terms(each).trigger is Trigger.INTERVIEWED
        )
    ]


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
                release_by_rule(
                    work, promise, to_say("word after a later interview is owed sooner")
                )
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
    application = lock_application(work, found[0].application_id)
    said_at = change.at or work.now
    if application is not None and _newer(found[0], said_at, cancels=True):
        _cancel(work, application, found[0], said_at)
        work.session.flush()
        retire(work, application)
    return []
