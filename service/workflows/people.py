"""Finds or makes the people and jobs that a source speaks of, and takes over what it says of them.

An id of a source leads to one person for ever: after a merge to the one who remained, after an
erasure to an empty tombstone that nothing fills again. Only of whom a rule erased, and who applied
again, it leads to a new person from then on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.db import new_id
from service.domain.changes import CandidateFacts, JobFacts, Person
from service.mail.addresses import BadAddressError, checked_address
from service.models import (
    Candidate,
    CandidateEmail,
    CandidatePhone,
    CandidateSource,
    Connection,
    Job,
    User,
)
from service.models.colleague_at import colleague_at
from service.models.merged_records import records_of
from service.workflows.other_records import with_other_records
from service.workflows.work import Work

UNTITLED = "(a job without a title)"


def update_candidate(
    work: Work, source: CandidateSource, facts: CandidateFacts, at: datetime | None
) -> Candidate:
    """Return the person behind a source's id, brought up to date."""
    candidate = resolve(work, source.candidate_id)
    # An older event, or one about somebody erased, tells nothing new.
    newer = source.facts_at is None or at is None or at >= source.facts_at
    if candidate.erased_at is None and newer:
        take_facts(work, candidate, told_beside(work, source, candidate, facts), source)
        source.facts_at = at or source.facts_at
    return candidate


def told_beside(
    work: Work, source: CandidateSource, candidate: Candidate, facts: CandidateFacts
) -> CandidateFacts:
    """Return what facts told under this id may say of a person.

    Of an id that was merged into another, once that one's facts are known, they only fill gaps: the
    person bears the name of the record that stayed, in whatever order the two are told.
    """
    if not source.merged_away or not _told_under_another(work, source, candidate):
        return facts
    emails = [email.address for email in candidate.emails]
    phones = [phone.number for phone in candidate.phones]
    return replace(
        facts,
        first_name=None if candidate.first_name else facts.first_name,
        last_name=None if candidate.last_name else facts.last_name,
        time_zone=candidate.time_zone or facts.time_zone,
        locale=candidate.locale or facts.locale,
        can_email=None if facts.can_email else facts.can_email,
        emails=None if facts.emails is None else (*emails, *facts.emails),
        phones=None if facts.phones is None else (*phones, *facts.phones),
    )


def _told_under_another(work: Work, source: CandidateSource, candidate: Candidate) -> bool:
    others = select(CandidateSource.id).where(
        CandidateSource.candidate_id.in_(records_of(candidate.id)),
        CandidateSource.connection_id == source.connection_id,
        CandidateSource.merged_away.is_(False),
        CandidateSource.facts_at.is_not(None),
    )
    return work.session.scalars(others.limit(1)).first() is not None


def make_candidate(
    work: Work, connection: Connection, facts: CandidateFacts, at: datetime | None
) -> Candidate:
    """Return a new person whom a source names for the first time; not flushed."""
    candidate = Candidate(id=new_id("cnd"), created_at=work.now, can_email=True)
    source = CandidateSource(
        candidate_id=candidate.id,
        connection_id=connection.id,
        external_id=facts.external_id,
        facts_at=at,
    )
    work.session.add_all([candidate, source])
    take_facts(work, candidate, facts)
    return candidate


def find_source(work: Work, connection: Connection, external_id: str) -> CandidateSource | None:
    """Return how a source's id is known here, or ``None``."""
    return work.session.scalars(
        select(CandidateSource).where(
            CandidateSource.connection_id == connection.id,
            CandidateSource.external_id == external_id,
        )
    ).one_or_none()


def resolve(work: Work, candidate_id: str) -> Candidate:
    """Return a candidate, or the one they were merged into."""
    return whom_it_became(work.session, work.session.get_one(Candidate, candidate_id))


def whom_it_became(session: Session, candidate: Candidate) -> Candidate:
    """Return who goes on under a record: its own person, or whom they were merged into."""
    while candidate.merged_into_id is not None:
        candidate = session.get_one(Candidate, candidate.merged_into_id)
    return candidate


def lock_person(work: Work, candidate: Candidate) -> Candidate:
    """Return a person as they are now, or whom they were merged into, with the row locked."""
    locked = lock_record(work, candidate)
    if locked.merged_into_id is None:
        return locked
    return lock_person(work, work.session.get_one(Candidate, locked.merged_into_id))


def lock_named(work: Work, source: CandidateSource) -> Candidate:
    """Return the person whom a source's id names, as they are now, with the row locked."""
    while True:
        candidate = lock_person(work, resolve(work, source.candidate_id))
        # Somebody else may have told more of them while we waited, or made them anew.
        work.session.refresh(source)
        if resolve(work, source.candidate_id).id == candidate.id:
            return candidate


def lock_record(work: Work, candidate: Candidate) -> Candidate:
    """Return this very record as it is now, with the row locked, merged or not."""
    work.session.flush()
    return work.session.scalars(
        select(Candidate)
        .where(Candidate.id == candidate.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def take_facts(
    work: Work, candidate: Candidate, facts: CandidateFacts, source: CandidateSource | None = None
) -> None:
    """Take over what a source says; what it does not mention stays.

    Of a person whose records were merged here, ``source`` knows one: what it does not know of the
    others stays too, behind what it says.
    """
    if source is not None:
        _note_at_own_record(work, candidate, facts, source)
        facts = with_other_records(work, candidate, facts, source)
    candidate.first_name = _text(facts.first_name, candidate.first_name)
    candidate.last_name = _text(facts.last_name, candidate.last_name)
    candidate.time_zone = facts.time_zone or candidate.time_zone
    candidate.locale = facts.locale or candidate.locale
    if facts.can_email is not None:
        candidate.can_email = facts.can_email
    if facts.emails is not None:
        set_emails(work, candidate, facts.emails)
    if facts.phones is not None:
        set_phones(work, candidate, facts.phones)


def _note_at_own_record(
    work: Work, candidate: Candidate, facts: CandidateFacts, source: CandidateSource
) -> None:
    """Keep at a record that was merged here what its source says of it since: what is told under
    another of the person's names must not take that away.
    """
    if source.candidate_id == candidate.id or source.merged_away:
        return
    own = work.session.get_one(Candidate, source.candidate_id)
    if own.erased_at is not None:
        return
    if facts.can_email is not None:
        own.can_email = facts.can_email
    if facts.emails is not None:
        set_emails(work, own, facts.emails)
    if facts.phones is not None:
        set_phones(work, own, facts.phones)


def set_emails(work: Work, candidate: Candidate, addresses: tuple[str, ...]) -> None:
    """Make these a person's addresses, most preferred first; what is known of each is kept.

    An address that cannot be one is left out: the ATS shows it, and mail to it cannot go.
    """
    known = {email.address_key: email for email in candidate.emails}
    wanted: dict[str, str] = {}
    for address in addresses:
        try:
            wanted.setdefault(checked_address(address).casefold(), address.strip())
        except BadAddressError:
            continue
    for key in set(known) - set(wanted):
        work.session.delete(known[key])
        candidate.emails.remove(known[key])
    for position, (key, address) in enumerate(wanted.items()):
        email = known.get(key)
        if email is None:
            email = CandidateEmail(candidate_id=candidate.id, address=address, address_key=key)
            candidate.emails.append(email)
        email.position = position
    _flush_known(work, candidate)


def set_phones(work: Work, candidate: Candidate, numbers: tuple[str, ...]) -> None:
    """Make these a person's numbers, most preferred first."""
    wanted = list(dict.fromkeys(number.strip() for number in numbers if number.strip()))
    if [phone.number for phone in candidate.phones] == wanted:
        return
    candidate.phones[:] = [
        CandidatePhone(candidate_id=candidate.id, number=number, position=position)
        for position, number in enumerate(wanted)
    ]
    _flush_known(work, candidate)


def _flush_known(work: Work, candidate: Candidate) -> None:
    # Who is new is written at once, with all that is said of them.
    if candidate not in work.session.new:
        work.session.flush()


def job_of(work: Work, connection: Connection, facts: JobFacts, at: datetime | None) -> Job:
    """Return the job a source means, made or brought up to date (title and manager alone)."""
    return take_job(work, connection, facts, at, find_job(work, connection, facts.external_id))


def take_job(
    work: Work, connection: Connection, facts: JobFacts, at: datetime | None, job: Job | None
) -> Job:
    """Return this job, or a new one where there is none, brought up to date as a source says."""
    if job is None:
        job = Job(
            id=new_id("job"),
            title=facts.title or UNTITLED,
            title_at=at if facts.title else None,
            connection_id=connection.id,
            external_id=facts.external_id,
            status=facts.status or "open",
            created_at=work.now,
        )
        work.session.add(job)
    newer = at is None or job.title_at is None or at >= job.title_at
    if facts.title and facts.title != job.title and newer:
        job.title, job.title_at = facts.title, at or job.title_at
    if facts.hiring_manager is not None:
        manager = user_of(work, facts.hiring_manager, role="hiring_manager")
        job.hiring_manager_id = manager.id if manager else job.hiring_manager_id
    if job in work.session.new or job in work.session.dirty:
        work.session.flush()
    return job


def find_job(work: Work, connection: Connection, external_id: str) -> Job | None:
    """Return the job a source's id names, or ``None``."""
    return work.session.scalars(
        select(Job).where(Job.connection_id == connection.id, Job.external_id == external_id)
    ).one_or_none()


def user_of(work: Work, person: Person | None, *, role: str = "recruiter") -> User | None:
    """Return the colleague with this address, made if unknown; nobody without an address."""
    if person is None or not person.email:
        return None
    try:
        address = checked_address(person.email)
    except BadAddressError:
        return None
    user = colleague_at(work.session, address)
    if user is None:
        user = User(email=address, name=person.name or address, role=role, created_at=work.now)
        work.session.add(user)
        work.session.flush()
    return user


def _text(said: str | None, known: str | None) -> str | None:
    return said.strip() or known if said is not None else known
