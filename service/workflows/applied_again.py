"""Makes somebody known anew who applied again after a rule had erased them.

The empty record stays empty, with all that they applied for before: a new person is made, and what
their source calls them leads to that one. Whoever was erased on request is never made again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from service.domain.changes import CandidateFacts
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    CandidateSource,
    Connection,
    TimelineEntry,
)
from service.models.merged_records import records_of
from service.workflows.candidates import PLAIN
from service.workflows.last_erasure import erased_by_rule
from service.workflows.legal_hold import hold_too
from service.workflows.people import set_emails, set_phones, take_facts
from service.workflows.timeline import record
from service.workflows.work import Work

ON_REQUEST = "the person was erased, so nothing was made"
BEFORE = (
    "the person was erased by rule, so long after they had applied for this that it had had its "
    "time: nothing was made"
)
NO_INSTANT = (
    "the person was erased by rule, and it does not say when they applied, so nothing was made: "
    "add them by hand if they applied again"
)

_TELLING = ("applied", "candidates_merged")
"""The entries of who is there again: ``anew_after`` in them is the empty record of before."""

_INSTANT = timedelta(microseconds=1)


def why_not_again(work: Work, candidate: Candidate, applied_at: datetime | None) -> str | None:
    """Return why an application that is not known makes nobody anew of somebody erased, in words.

    ``None`` where it does: by ``applied_at``, the source's own instant of applying, the rule would
    have kept them. When it was told proves nothing: a late word of an old application looks the
    same.
    """
    over = _over(work, candidate)
    if over is None:
        return ON_REQUEST
    if applied_at is None:
        return NO_INSTANT
    return None if applied_at > over else BEFORE


def emptied_since(
    work: Work, candidate: Candidate, applied_at: datetime | None
) -> Candidate | None:
    """Return the empty record that an application which is not known belongs to, rather than to
    somebody who is there again: it was applied for before a rule emptied that one.
    """
    # Whoever is there again was made after the erasure: of most people nothing is asked.
    if applied_at is None or applied_at >= candidate.created_at:
        return None
    told = (
        select(TimelineEntry.data)
        .join(Application, Application.id == TimelineEntry.application_id)
        .where(Application.candidate_id == candidate.id, TimelineEntry.kind.in_(_TELLING))
    )
    ids = {data["anew_after"] for data in work.session.scalars(told) if "anew_after" in data}
    for id_ in sorted(ids):
        before = work.session.get(Candidate, id_)
        over = _over(work, before) if before is not None else None
        if over is not None and applied_at <= over:
            return before
    return None


def _over(work: Work, candidate: Candidate) -> datetime | None:
    """Return until when somebody had applied for all that a rule saw the end of; ``None`` where no
    rule erased them.

    What they applied for after that, so many days before the erasure, would have kept them: it was
    not known yet, however short the way from its source.
    """
    days = erased_by_rule(work.session, [candidate.id]).get(candidate.id)
    if candidate.erased_at is None or days is None:
        return None
    return candidate.erased_at - timedelta(days=days)


def make_anew(
    work: Work,
    connection: Connection,
    source: CandidateSource,
    erased: Candidate,
    facts: CandidateFacts,
    at: datetime,
) -> Candidate:
    """Return a new person, written, for whom ``source`` named before they were erased.

    The caller holds the lock of the empty record. ``at`` is the source's instant of the facts.
    """
    candidate = Candidate(created_at=work.now, can_email=True)
    work.session.add(candidate)
    work.session.flush()
    name_anew(work, connection, erased, candidate, at - _INSTANT)
    # Of several names this is the one that the source spoke of last.
    source.facts_at = at
    take_facts(work, candidate, facts)
    stay_suppressed(work, candidate)
    work.session.flush()
    return candidate


def keep_apart(work: Work, candidate: Candidate, erased_at: datetime) -> None:
    """Give what somebody applied for after an instant to a new person of the same facts.

    For a record that a rule had emptied then, and that a backup filled again before they applied
    again: it can be emptied once more, and who is there stays.
    """
    since = select(Application).where(
        Application.candidate_id == candidate.id, Application.applied_at > erased_at
    )
    applications = work.session.scalars(since.order_by(Application.id)).all()
    if not applications:
        return
    facts = {name: getattr(candidate, name) for name in PLAIN}
    other = Candidate(created_at=work.now, **facts)
    work.session.add(other)
    work.session.flush()
    set_emails(work, other, tuple(each.address for each in candidate.emails))
    set_phones(work, other, tuple(each.number for each in candidate.phones))
    hold_too(other, candidate)
    stay_suppressed(work, other)
    for application in applications:
        application.candidate = other
        record(work, application.id, "candidates_merged", into=other.id, anew_after=candidate.id)
    for connection_id in {each.connection_id for each in applications} - {None}:
        name_anew(work, work.session.get_one(Connection, connection_id), candidate, other)
    work.session.flush()


def stay_suppressed(work: Work, candidate: Candidate) -> None:
    """Stop mail to those of a new person's addresses to which it is stopped for anybody here."""
    by_key = {each.address_key: each for each in candidate.emails}
    stopped = select(CandidateEmail).where(
        CandidateEmail.address_key.in_(by_key), CandidateEmail.suppressed_at.is_not(None)
    )
    for each in work.session.scalars(stopped).all():
        email = by_key[each.address_key]
        email.suppressed_at, email.suppressed_reason = each.suppressed_at, each.suppressed_reason


def name_anew(
    work: Work,
    connection: Connection,
    erased: Candidate,
    candidate: Candidate,
    facts_at: datetime | None = None,
) -> None:
    """Let every id by which a source knew an empty record lead to somebody who is there.

    Those too of records that were merged into it: to the source they are all one person.
    ``facts_at`` is from when on facts told under these ids are news; as before without it.
    """
    for each in work.session.scalars(
        select(CandidateSource).where(
            CandidateSource.candidate_id.in_(records_of(erased.id)),
            CandidateSource.connection_id == connection.id,
        )
    ):
        each.candidate_id = candidate.id
        each.facts_at = facts_at or each.facts_at
    work.session.flush()
