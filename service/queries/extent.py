"""Narrows a query to what somebody may know of: applications, jobs, and the mail about them.

It says the same as ``service.domain.rights.within``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select, true
from sqlalchemy.orm import Session

from service.domain.changes import CLOSED_STAGES
from service.domain.rights import Extent, Reach
from service.models import Application, Job, Message, MessageAlso


def applications_within(reach: Reach, of: Any = Application) -> ColumnElement[bool]:
    """Return the condition on ``Application`` (its job need not be joined), or on rows that have
    its columns.
    """
    match reach.extent:
        case Extent.ALL:
            return true()
        case Extent.TEAMS:
            jobs = select(Job.id).where(_of_teams(reach))
            within: ColumnElement[bool] = of.job_id.in_(jobs)
            return within
        case Extent.AWAITING:
            if reach.user_id is None:
                return false()
            return and_(of.waiting_on_id == reach.user_id, of.stage.not_in(CLOSED_STAGES))


def jobs_within(reach: Reach) -> ColumnElement[bool]:
    """Return the condition on ``Job``: one whose people somebody may know of, if there are any."""
    match reach.extent:
        case Extent.ALL:
            return true()
        case Extent.TEAMS:
            return _of_teams(reach)
        case Extent.AWAITING:
            awaiting = select(Application.job_id).where(applications_within(reach))
            return Job.id.in_(awaiting)


def letters_within(reach: Reach) -> ColumnElement[bool]:
    """Return the condition on ``Message``: it speaks of an application somebody may know of.

    A letter about several applications of one person is a matter of whoever may know of one of
    them. A letter to a colleague names people of any team: it is for its reader, and for whoever
    may know of everybody.
    """
    if reach.extent is Extent.ALL:
        return true()
    mine = Message.user_id == reach.user_id if reach.user_id else false()
    about = exists().where(Application.id == Message.application_id, applications_within(reach))
    also = exists().where(
        MessageAlso.message_id == Message.id,
        MessageAlso.application_id == Application.id,
        applications_within(reach),
    )
    return or_(
        # Named, lest a query that reads applications too lends them to these.
        about.correlate(Message),
        also.correlate(Message),
        and_(Message.application_id.is_(None), or_(mine, not_(_leaves_somebody_out(reach)))),
    )


def knows_everybody(session: Session, reach: Reach) -> bool:
    """Tell whether nobody's application lies outside a reach, today and by the teams' choice."""
    if reach.extent is Extent.ALL:
        return True
    return not session.scalars(select(_leaves_somebody_out(reach))).one()


def _leaves_somebody_out(reach: Reach) -> ColumnElement[bool]:
    if reach.extent is Extent.AWAITING:
        return true()
    return exists(select(Job.id).where(not_(_of_teams(reach))).correlate(None))


def _of_teams(reach: Reach) -> ColumnElement[bool]:
    return or_(Job.team_id.is_(None), Job.team_id.in_(sorted(reach.team_ids)))


def is_job_within(session: Session, reach: Reach, job_id: str) -> bool:
    """Tell whether somebody may know of a job's people."""
    query = select(Job.id).where(jobs_within(reach), Job.id == job_id)
    return session.scalars(query).first() is not None


def is_any_letter_within(session: Session, reach: Reach, which: ColumnElement[bool]) -> bool:
    """Tell whether somebody may know of any of these letters."""
    query = select(Message.id).where(which, letters_within(reach)).limit(1)
    return session.scalars(query).first() is not None


def is_team_within(session: Session, reach: Reach, team_id: str) -> bool:
    """Tell whether somebody may know of the people of a team's jobs; it must have one."""
    query = select(Job.id).where(jobs_within(reach), Job.team_id == team_id)
    return session.scalars(query.limit(1)).first() is not None
