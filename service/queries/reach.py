"""Whom mail cannot reach, and why, in words."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.wording import to_say
from service.models import Candidate, CandidateEmail

NO_ADDRESS = to_say("no address is known")
NO_MAIL_WANTED = to_say("the ATS says that they must not be emailed")


def unreachable(session: Session, people: Sequence[str]) -> dict[str, str]:
    """Return, by candidate id, why mail reaches somebody at none of their addresses."""
    wanted = session.execute(
        select(Candidate.id, Candidate.can_email).where(Candidate.id.in_(people))
    )
    why = {id_: NO_ADDRESS if can_email else NO_MAIL_WANTED for id_, can_email in wanted}
    addresses = session.execute(
        select(
            CandidateEmail.candidate_id,
            CandidateEmail.suppressed_at,
            CandidateEmail.suppressed_reason,
        )
        .where(CandidateEmail.candidate_id.in_(people))
        # The preferred address comes last, so that its reason is the one told.
        .order_by(CandidateEmail.position.desc())
    )
    reached = set()
    for candidate_id, suppressed_at, reason in addresses:
        if why[candidate_id] == NO_MAIL_WANTED:
            continue
        if suppressed_at is None:
            reached.add(candidate_id)
        why[candidate_id] = reason or to_say("mail to them does not arrive")
    return {id_: text for id_, text in why.items() if id_ not in reached}
