"""Says who must act: the owner and the hiring manager of an application or a job, and its team.

An application's owner hands over what they owe by rule; whoever gave their word still owes it.
"""

from __future__ import annotations

from sqlalchemy import select

from service.domain.promises import PromiseError
from service.domain.wording import to_say
from service.models import Application, Job, Team, TimelineEntry, User
from service.workflows.applications import reassign
from service.workflows.jobs import edit_job
from service.workflows.timeline import record
from service.workflows.work import Work


def assign(
    work: Work, application: Application, *, owner_id: str | None, waiting_on_id: str | None
) -> None:
    """Hand an application to an owner and wait on a hiring manager. Its row is locked.

    ``PromiseError`` where one of them is newly named and nobody here, or has left.
    """
    _check_here(work, owner_id, application.owner_id, "/owner_id")
    _check_here(work, waiting_on_id, application.waiting_on_id, "/waiting_on_id")
    reassign(work, application, owner_id)
    before = application.waiting_on_id
    if before != waiting_on_id:
        application.waiting_on_id = waiting_on_id
        record(work, application.id, "waiting_on", before=before, owner=waiting_on_id)
    work.session.flush()


def await_by_default(work: Work, application: Application, *, new: bool = False) -> None:
    """Wait on the job's hiring manager, until they have answered or somebody has said otherwise.

    ``new`` tells that nobody can have said anything of it yet.
    """
    manager_id = application.job.hiring_manager_id
    if application.waiting_on_id is not None or manager_id is None:
        return
    said = select(TimelineEntry.seq).where(
        TimelineEntry.application_id == application.id,
        TimelineEntry.kind.in_(("waiting_on", "manager_goes_on")),
    )
    if new or work.session.scalars(said.limit(1)).first() is None:
        application.waiting_on_id = manager_id


def hand_back(work: Work, application: Application) -> None:
    """Note that whose decision was awaited wants to go on: nothing waits on them any more.

    The application's row is locked.
    """
    before = application.waiting_on_id
    end_wait(work, application)
    record(work, application.id, "manager_goes_on", by=before)


def end_wait(work: Work, application: Application) -> None:
    """Wait on nobody any more: the decision that was awaited is made, and told of by itself."""
    application.waiting_on_id = None
    work.session.flush()


def assign_job(
    work: Work,
    job: Job,
    *,
    owner_id: str | None,
    hiring_manager_id: str | None,
    team_id: str | None,
) -> None:
    """Say who owns a job, whose decision it awaits, and which team alone sees it (``None``: all).

    Applications that are there keep their owner. ``PromiseError`` as in :func:`assign`.
    """
    _check_here(work, owner_id, job.owner_id, "/owner_id")
    _check_here(work, hiring_manager_id, job.hiring_manager_id, "/hiring_manager_id")
    if team_id is not None and work.session.get(Team, team_id) is None:
        raise PromiseError(
            "unknown-reference", to_say("there is no such team any more"), "/team_id"
        )
    job.team_id = team_id
    edit_job(work, job, {"owner_id": owner_id, "hiring_manager_id": hiring_manager_id})


def _check_here(work: Work, user_id: str | None, before: str | None, pointer: str) -> None:
    if user_id is None or user_id == before:
        return
    active = select(User.id).where(User.id == user_id, User.active)
    if work.session.scalars(active).first() is None:
        raise PromiseError(
            "unknown-reference", to_say("this colleague is not here any more"), pointer
        )
