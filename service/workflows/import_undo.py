"""Takes an import back: removes what it made, where nothing has happened to it since.

Whoever was contacted, written to, decided about, promised something, moved or edited since stays,
and so does whoever is on legal hold, and the tombstone of somebody who was erased; each with the
reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from service.db import Base, in_chunks
from service.domain.promises import PromiseError
from service.domain.wording import to_say, told
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    CandidatePhone,
    CandidateSource,
    ClosingEntry,
    Contact,
    Decision,
    Delivery,
    Import,
    ImportedApplication,
    ImportedJob,
    Interview,
    Job,
    JobClosing,
    Message,
    MessageAlso,
    Notice,
    ProfileEntry,
    Promise,
    TimelineEntry,
)
from service.workflows.work import Work

CHUNK = 500

_BY_ITSELF = "checker"
"""The source of what happens by itself when a promise comes due."""


@dataclass
class Undone:
    """What was removed, and what stays: application, line of the sheet, reason."""

    import_id: str
    applications: int = 0
    candidates: int = 0
    jobs: int = 0
    stays: list[tuple[str, int, str]] = field(default_factory=list)


def undo_import(work: Work, import_id: str) -> Undone:
    """Take back one import; ``PromiseError`` where there is none or it is gone already."""
    row = work.session.scalars(
        select(Import)
        .where(Import.id == import_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise PromiseError("not-found", told("there is no import “%(id)s”", id=import_id))
    made = work.session.execute(
        select(
            ImportedApplication.application_id,
            ImportedApplication.candidate_id,
            ImportedApplication.made_candidate,
            ImportedApplication.line,
        )
        .where(ImportedApplication.import_id == import_id)
        .order_by(ImportedApplication.line)
    ).all()
    if row.undone_at is not None and not made:
        raise PromiseError("import-undone", to_say("this import was taken back already"))
    undone = Undone(import_id)
    made_here = {person for _, person, new, _ in made if new}
    for chunk in in_chunks(made, CHUNK):
        ids = [application_id for application_id, *_ in chunk]
        stays = _what_stays(work, row, ids)
        undone.stays += [
            (application_id, line, stays[application_id])
            for application_id, _, _, line in chunk
            if application_id in stays
        ]
        _remove(work, [id_ for id_ in ids if id_ not in stays])
        undone.applications += len(ids) - len(stays)
        people = {person for id_, person, _, _ in chunk if id_ not in stays}
        undone.candidates += _remove_people(work, sorted(people & made_here))
        _pass_people_on(work, import_id, sorted(people & made_here))
    undone.jobs = _remove_jobs(work, import_id)
    row.undone_at = work.now
    work.session.flush()
    return undone


def _what_stays(work: Work, row: Import, ids: Sequence[str]) -> dict[str, str]:
    """Return why each of these applications must stay that must."""
    session = work.session
    people = _locked_people(work, ids)
    locked = (
        select(Application)
        .where(Application.id.in_(ids))
        .order_by(Application.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    stays: dict[str, str] = {}
    for application in session.scalars(locked):
        # Whose it became while this waited was changed by that.
        erased_at, held_at = people.get(application.candidate_id, (None, None))
        if erased_at is not None:
            stays[application.id] = to_say("the person's data was erased: the empty record stays")
        elif held_at is not None:
            stays[application.id] = to_say("the person is on legal hold")
        elif application.version > 1:
            stays[application.id] = to_say("it was changed since")
    since = (TimelineEntry.seq > row.story_until, TimelineEntry.source != _BY_ITSELF)
    reasons: tuple[
        tuple[str, InstrumentedAttribute[str | None], tuple[ColumnElement[bool], ...]], ...
    ]
    reasons = (
        (to_say("a letter was written"), Message.application_id, ()),
        (to_say("a letter speaks of it"), MessageAlso.application_id, ()),
        (to_say("a decision was made"), Decision.application_id, ()),
        (to_say("a closing of its job names it"), ClosingEntry.application_id, ()),
        (to_say("something was noted in the ATS"), ProfileEntry.application_id, ()),
        (to_say("something happened since"), TimelineEntry.application_id, since),
    )
    for reason, column, where in reasons:
        for id_ in session.scalars(select(column).where(column.in_(ids), *where).distinct()):
            if id_ is not None:
                stays.setdefault(id_, reason)
    return stays


def _locked_people(
    work: Work, ids: Sequence[str]
) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Return when the people of these applications were erased and put on hold, with their rows
    locked: of a hold and this at once the second hears of the first.
    """
    theirs = (
        select(Candidate.id, Candidate.erased_at, Candidate.held_at)
        .where(Candidate.id.in_(select(Application.candidate_id).where(Application.id.in_(ids))))
        .order_by(Candidate.id)
        .with_for_update(key_share=True)
    )
    return {id_: (erased_at, held_at) for id_, erased_at, held_at in work.session.execute(theirs)}


def _remove(work: Work, ids: Sequence[str]) -> None:
    session = work.session
    promises = select(Promise.id).where(Promise.application_id.in_(ids))
    _delete(work, Notice, Notice.promise_id.in_(promises))
    session.execute(
        update(Promise)
        .where(Promise.application_id.in_(ids))
        .values(caused_by_contact_id=None, kept_by_contact_id=None)
        .execution_options(synchronize_session=False)
    )
    for model in (Contact, Promise, Interview, TimelineEntry, ImportedApplication):
        _delete(work, model, model.application_id.in_(ids))
    _delete(work, Application, Application.id.in_(ids))


def _remove_people(work: Work, ids: Sequence[str]) -> int:
    """Remove the people the import made who have no application any more and were not edited."""
    session = work.session
    held = exists().where(Application.candidate_id == Candidate.id)
    merged = Candidate.__table__.alias()
    free = session.scalars(
        select(Candidate.id).where(
            Candidate.id.in_(ids),
            Candidate.version == 1,
            Candidate.erased_at.is_(None),
            ~held,
            ~exists().where(CandidateSource.candidate_id == Candidate.id),
            ~exists().where(Delivery.candidate_id == Candidate.id),
            ~exists().where(ImportedApplication.candidate_id == Candidate.id),
            ~exists().where(merged.c.merged_into_id == Candidate.id),
        )
    ).all()
    for model in (CandidateEmail, CandidatePhone):
        _delete(work, model, model.candidate_id.in_(free))
    _delete(work, Candidate, Candidate.id.in_(free))
    return len(free)


def _pass_people_on(work: Work, import_id: str, ids: Sequence[str]) -> None:
    """Let whoever stays for a later import's sake go with that one."""
    work.session.execute(
        update(ImportedApplication)
        .where(
            ImportedApplication.candidate_id.in_(ids), ImportedApplication.import_id != import_id
        )
        .values(made_candidate=True)
        .execution_options(synchronize_session=False)
    )


def _remove_jobs(work: Work, import_id: str) -> int:
    """Remove the jobs the import made that nobody has applied for any more.

    A job that other imports' people have applied for goes with one of those.
    """
    free = work.session.scalars(
        select(Job.id)
        .join(ImportedJob, ImportedJob.job_id == Job.id)
        .where(
            ImportedJob.import_id == import_id,
            Job.version == 1,
            ~exists().where(Application.job_id == Job.id),
            ~exists().where(JobClosing.job_id == Job.id),
        )
    ).all()
    for chunk in in_chunks(free, CHUNK):
        _delete(work, ImportedJob, ImportedJob.job_id.in_(chunk))
        _delete(work, Job, Job.id.in_(chunk))
    heir = (
        select(func.max(ImportedApplication.import_id))
        .join(Application, Application.id == ImportedApplication.application_id)
        .where(Application.job_id == ImportedJob.job_id, ImportedApplication.import_id != import_id)
        .scalar_subquery()
    )
    own = exists().where(
        ImportedApplication.import_id == import_id,
        ImportedApplication.application_id == Application.id,
        Application.job_id == ImportedJob.job_id,
    )
    work.session.execute(
        update(ImportedJob)
        .where(ImportedJob.import_id == import_id, ~own, heir.is_not(None))
        .values(import_id=heir)
        .execution_options(synchronize_session=False)
    )
    return len(free)


def _delete(work: Work, model: type[Base], *where: ColumnElement[bool]) -> None:
    work.session.execute(delete(model).where(*where).execution_options(synchronize_session=False))
