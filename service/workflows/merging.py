"""Merges two records of one person, whoever found that they are one: an ATS or a colleague.

What was of the one is of the other from then on, and nothing of either is lost: an erasure of one
of both ends before anything moves, or begins after and finds one person.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from service.domain.promises import PromiseError
from service.domain.wording import to_say
from service.models import Application, Candidate
from service.workflows.candidates import check_present
from service.workflows.erase import erase_candidate
from service.workflows.legal_hold import forget_hold, hold_too
from service.workflows.people import lock_person, resolve, set_emails, set_phones
from service.workflows.timeline import record
from service.workflows.work import Work


@dataclass(frozen=True)
class Merged:
    """What a merge did: ``applications`` changed hands, and who goes on is ``stays``."""

    stays: Candidate
    applications: int


def merge_people(work: Work, gone: Candidate, stays: Candidate) -> Merged:
    """Merge ``gone`` into ``stays`` because somebody says that they are one person.

    Both are locked already (:func:`take_hold_of_both`). Raises ``PromiseError`` where one of them
    was erased or was merged into somebody else, and where both are one record.
    """
    if gone.id == stays.id:
        raise PromiseError(
            "same-person", to_say("both are one record: there is nothing to merge"), "/into"
        )
    check_present(gone)
    check_present(stays)
    moved = move_everything(work, gone, stays)
    if not moved:
        # Nothing changed hands; that they became one is told where the story goes on.
        for application_id in work.session.scalars(
            select(Application.id)
            .where(Application.candidate_id == stays.id)
            .order_by(Application.id)
        ):
            record(work, application_id, "candidates_merged", into=stays.id)
        work.session.flush()
    return Merged(stays, moved)


def take_hold_of_both(work: Work, one_id: str, other_id: str) -> tuple[Candidate, Candidate]:
    """Return two persons as they are now, or whom they were merged into, with their rows locked: an
    erasure of one of them ends before anything of the other's becomes theirs, or begins after.
    """
    held: set[str] = set()
    while True:
        one, other = resolve(work, one_id), resolve(work, other_id)
        missing = {one.id, other.id} - held
        if not missing:
            return one, other
        # In one order, whoever merges them and which way round.
        for candidate_id in sorted(missing):
            held |= {
                candidate_id,
                lock_person(work, work.session.get_one(Candidate, candidate_id)).id,
            }


def move_everything(work: Work, old: Candidate, new: Candidate) -> int:
    """Make all that is one person's another's, both locked; return how many applications moved.

    Who goes on keeps what is known of them; the other's name fills what is missing, and the other's
    addresses and numbers follow theirs. Where mail is unwanted or an address fails, it stays so.
    """
    hold_too(new, old)
    # What an ATS asked for while a hold stood is asked of the person, under whatever record.
    asked = [each.erasure_asked_at for each in (new, old) if each.erasure_asked_at is not None]
    forget_hold(old)
    if new.erased_at is None:
        new.erasure_asked_at = min(asked, default=None)
    if new.erased_at is not None:
        erase_candidate(work, old, "merged into a person whose data was erased")
    moved = 0
    for application in work.session.scalars(
        select(Application)
        .where(Application.candidate_id == old.id)
        .order_by(Application.id)
        .with_for_update(key_share=True)
    ):
        application.candidate = new
        record(work, application.id, "candidates_merged", into=new.id)
        moved += 1
    if new.erased_at is None:
        _take_over(work, old, new)
    old.merged_into_id = new.id
    work.session.flush()
    return moved


def _take_over(work: Work, old: Candidate, new: Candidate) -> None:
    addresses = [email.address for email in [*new.emails, *old.emails]]
    suppressed = {
        email.address_key: email for email in old.emails if email.suppressed_at is not None
    }
    if old.erased_at is None:
        new.can_email = new.can_email and old.can_email
    new.first_name = new.first_name or old.first_name
    new.last_name = new.last_name or old.last_name
    new.time_zone = new.time_zone or old.time_zone
    new.locale = new.locale or old.locale
    set_emails(work, new, tuple(addresses))
    set_phones(work, new, tuple(phone.number for phone in [*new.phones, *old.phones]))
    for email in new.emails:
        known = suppressed.get(email.address_key)
        if known is not None:
            email.suppressed_at = known.suppressed_at
            email.suppressed_reason = known.suppressed_reason
    # Addresses lie in a table of their own: whoever read the person before read another one.
    flag_modified(new, "can_email")
