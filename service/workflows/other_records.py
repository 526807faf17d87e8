"""What a source's word leaves of a person whose records were merged here: it knows one of them.

A merge by hand keeps the addresses and numbers of both records, and so does every later event: no
letter on its way loses its address, and no address forgets that mail to it fails. Where the source
merged the records itself, what it says is all there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import exists, select

from service.domain.changes import CandidateFacts
from service.models import Candidate, CandidateEmail, CandidateSource
from service.models.merged_records import records_of
from service.workflows.work import Work


def with_other_records(
    work: Work, candidate: Candidate, facts: CandidateFacts, source: CandidateSource
) -> CandidateFacts:
    """Return what a source says, followed by what only the person's other records know.

    Mail that is unwanted at one record stays so. Asks the database only where something that is
    known would go.
    """
    emails, phones = _left_out(candidate, facts)
    lifts = bool(facts.can_email) and not candidate.can_email
    if not (emails or phones or lifts) or (
        source.merged_away and source.candidate_id != candidate.id
    ):
        return facts
    if source.candidate_id == candidate.id:
        others = _merged_by_hand(work, candidate.id)
        if not others:
            return facts
        # What a record knew when it was merged, or was told of it since, stays with it.
        keys = {email.address_key for each in others for email in each.emails}
        numbers = {phone.number for each in others for phone in each.phones}
        emails = [email for email in emails if email.address_key in keys]
        phones = [number for number in phones if number in numbers]
        lifts = lifts and not all(each.can_email for each in others)
    return replace(
        facts,
        emails=_followed(facts.emails, [email.address for email in emails]),
        phones=_followed(facts.phones, phones),
        can_email=None if lifts else facts.can_email,
    )


def _left_out(
    candidate: Candidate, facts: CandidateFacts
) -> tuple[list[CandidateEmail], list[str]]:
    """Return the known addresses and numbers that would go with what is told."""
    emails: list[CandidateEmail] = []
    if facts.emails is not None:
        told = {address.strip().casefold() for address in facts.emails}
        emails = [email for email in candidate.emails if email.address_key not in told]
    phones: list[str] = []
    if facts.phones is not None:
        numbers = {number.strip() for number in facts.phones}
        phones = [phone.number for phone in candidate.phones if phone.number not in numbers]
    return emails, phones


def _merged_by_hand(work: Work, candidate_id: str) -> Sequence[Candidate]:
    """Return the records merged into one, but those that a source merged itself."""
    with work.session.no_autoflush:
        return work.session.scalars(
            select(Candidate).where(
                Candidate.id.in_(records_of(candidate_id)),
                Candidate.id != candidate_id,
                ~exists().where(
                    CandidateSource.candidate_id == Candidate.id, CandidateSource.merged_away
                ),
            )
        ).all()


def _followed(told: tuple[str, ...] | None, known: list[str]) -> tuple[str, ...] | None:
    return None if told is None else (*told, *known)
