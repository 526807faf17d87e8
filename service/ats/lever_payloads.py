"""Reads people, postings and instants out of Lever's objects.

Only ids are required. Source: Lever's API documentation, the attributes of each object.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from service.ats import lever_api as lever
from service.ats.asking import Ask
from service.ats.lever_api import Known
from service.ats.payload import CLOCK_SKEW, JsonObject
from service.ats.person_names import split_name
from service.domain.changes import CandidateFacts, JobFacts, JobStatus, Person

# "internal" is what Lever's pages call unlisted: people may still apply and be referred.
_JOB_STATUS = {
    "published": JobStatus.OPEN,
    "internal": JobStatus.OPEN,
    "closed": JobStatus.CLOSED,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FARTHEST = 253_402_300_799_999
"""The last millisecond of the year 9999."""


def instant(holder: JsonObject, key: str, *, past_of: datetime | None = None) -> datetime | None:
    """An optional instant in milliseconds since 1970; later than ``past_of`` is not believed."""
    value = holder.members.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _FARTHEST:
        holder.odd(key, "expected an instant in milliseconds since 1970")
        return None
    found = _EPOCH + timedelta(milliseconds=value)
    if past_of is not None and found > past_of + CLOCK_SKEW:
        holder.odd(key, "lies in the future")
        return None
    return found


def expanded(
    holder: JsonObject, key: str, known: Known, ask_for: Callable[[str], Ask]
) -> JsonObject | None:
    """What a member leads to: the object itself where it was expanded, else asked for by its id."""
    if isinstance(holder.members.get(key), dict):
        return holder.child(key)
    id_ = holder.id(key)
    return known.thing(ask_for(id_)) if id_ else None


def contact_id(opportunity: JsonObject) -> str:
    """The id of the person; it stays the same over all their opportunities."""
    if isinstance(opportunity.members.get("contact"), dict):
        return opportunity.required_child("contact").required_id("id")
    return opportunity.required_id("contact")


def candidate_facts(
    external_id: str, holder: JsonObject, as_of: datetime | None = None
) -> CandidateFacts:
    """A person, as an opportunity or a contact describes them; ``as_of`` is when it was said.

    ``dataProtection.contact.allowed`` is law: where it is false, or has run out, nothing is
    mailed. Where no policy applies Lever says nothing, and what is known stays.
    """
    first_name, last_name = split_name(holder.text("name"))
    phones = holder.children("phones")
    numbers = tuple(each.text("value") for each in phones) if phones is not None else None
    return CandidateFacts(
        external_id=external_id,
        first_name=first_name,
        last_name=last_name,
        emails=_addresses(holder),
        phones=tuple(each for each in numbers if each) if numbers is not None else None,
        can_email=_may_contact(holder, as_of),
    )


def job_facts(posting_id: str, posting: JsonObject | None, known: Known) -> JobFacts:
    """A posting; drafts and those waiting for approval have no status of ours."""
    if posting is None:
        return JobFacts(posting_id)
    return JobFacts(
        external_id=posting_id,
        title=posting.text("text"),
        status=_JOB_STATUS.get(posting.text("state") or ""),
        hiring_manager=person(posting, "hiringManager", known),
    )


def person(holder: JsonObject, key: str, known: Known) -> Person | None:
    """A member of staff."""
    found = expanded(holder, key, known, lever.user)
    if found is None:
        return None
    staff = Person(found.id("id"), found.text("name"), found.text("email"))
    return None if staff == Person() else staff


def _addresses(holder: JsonObject) -> tuple[str, ...] | None:
    found = holder.texts("emails")
    if found is None:
        return None
    usable = tuple(dict.fromkeys(address for address in found if "@" in address))
    if len(usable) < len(found):
        holder.warn("emails", "an entry is no email address, or repeated; left out")
    return usable


def _may_contact(holder: JsonObject, as_of: datetime | None) -> bool | None:
    protection = holder.child("dataProtection")
    contact = protection.child("contact") if protection else None
    if contact is None:
        return None
    expires_at = instant(contact, "expiresAt")
    if expires_at is not None and as_of is not None and expires_at <= as_of:
        return False
    return contact.flag("allowed")
