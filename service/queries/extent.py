"""Narrows a query to what somebody may know of.

It says the same as ``service.domain.rights.within``.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, or_, select, true

from service.domain.rights import Extent, Reach
from service.models import Application, Job


def applications_within(reach: Reach) -> ColumnElement[bool]:
    """Return the condition on ``Application`` (its job need not be joined)."""
    match reach.extent:
        case Extent.ALL:
            return true()
        case Extent.TEAMS:
            jobs = select(Job.id).where(_of_teams(reach))
            return Application.job_id.in_(jobs)
        case Extent.AWAITING:
            return Application.waiting_on_id == reach.user_id if reach.user_id else false()


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


def _of_teams(reach: Reach) -> ColumnElement[bool]:
    return or_(Job.team_id.is_(None), Job.team_id.in_(sorted(reach.team_ids)))
