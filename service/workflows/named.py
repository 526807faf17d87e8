"""Reads in one statement what is known here of all that an application's event names.

Every row is the one of this connection with that id, or none: what a source calls by an id is one
thing for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, select

from service.domain.changes import ApplicationRef
from service.models import Candidate, CandidateSource, Connection, GoneApplication, Job
from service.workflows.work import Work


@dataclass(frozen=True, slots=True)
class Named:
    """What is known of an application's surroundings.

    ``gone`` tells that the source deleted the application before it was known here; ``source``
    how the person is known, ``None`` for a new one; ``person`` who stands behind that, perhaps
    merged into another since.
    """

    gone: bool
    source: CandidateSource | None
    person: Candidate | None
    job: Job | None


def named_by(work: Work, connection: Connection, ref: ApplicationRef) -> Named:
    """Read it. The session knows the person by it for as long as what is returned is kept."""
    found = work.session.execute(
        _NAMED,
        {
            "by": connection.id,
            "application": ref.external_id,
            "person": ref.candidate.external_id if ref.candidate else None,
            "job": ref.job.external_id if ref.job else None,
        },
    ).one()
    return Named(found.gone is not None, found.CandidateSource, found.Candidate, found.Job)


_NAMED = (
    select(GoneApplication.external_id.label("gone"), CandidateSource, Candidate, Job)
    .select_from(Connection)
    .outerjoin(
        GoneApplication,
        and_(
            GoneApplication.connection_id == Connection.id,
            GoneApplication.external_id == bindparam("application"),
        ),
    )
    .outerjoin(
        CandidateSource,
        and_(
            CandidateSource.connection_id == Connection.id,
            CandidateSource.external_id == bindparam("person"),
        ),
    )
    .outerjoin(Candidate, Candidate.id == CandidateSource.candidate_id)
    .outerjoin(Job, and_(Job.connection_id == Connection.id, Job.external_id == bindparam("job")))
    .where(Connection.id == bindparam("by"))
)
