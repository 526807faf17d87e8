"""Adds and changes people by hand, as a colleague or a program asks.

An erased person stays erased, and who was merged is changed at the record that remained.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm.attributes import flag_modified

from service.domain.promises import PromiseError
from service.domain.wording import to_say, told
from service.models import Candidate
from service.workflows.people import set_emails, set_phones
from service.workflows.work import Work

PLAIN = ("first_name", "last_name", "time_zone", "locale", "can_email")


def add_candidate(work: Work, facts: Mapping[str, Any]) -> Candidate:
    """Add a person. ``facts`` holds any of ``PLAIN``, ``emails`` and ``phones``.

    Raises ``PromiseError`` for a person whom nobody could name or reach.
    """
    if not any(facts.get(name) for name in ("first_name", "last_name", "emails", "phones")):
        raise PromiseError(
            "nobody-named", to_say("say who it is: a name, an address or a number"), "/first_name"
        )
    candidate = Candidate(can_email=True, created_at=work.now)
    work.session.add(candidate)
    _take(work, candidate, facts)
    work.session.flush()
    return candidate


def edit_candidate(work: Work, candidate: Candidate, facts: Mapping[str, Any]) -> Candidate:
    """Change what ``facts`` mentions; ``PromiseError`` for who was erased or merged."""
    check_present(candidate)
    _take(work, candidate, facts)
    # Addresses lie in a table of their own: the person's version must rise with them too.
    flag_modified(candidate, "can_email")
    work.session.flush()
    return candidate


def check_present(candidate: Candidate) -> None:
    """Refuse to work with a record that is nobody's any more."""
    if candidate.erased_at is not None:
        raise PromiseError(
            "candidate-erased", to_say("the person's data was erased: nothing is recorded")
        )
    if candidate.merged_into_id is not None:
        raise PromiseError(
            "candidate-merged",
            told("this record was merged into %(id)s: use that one", id=candidate.merged_into_id),
        )


def _take(work: Work, candidate: Candidate, facts: Mapping[str, Any]) -> None:
    for name in PLAIN:
        if name in facts:
            setattr(candidate, name, facts[name])
    work.session.flush()
    if "emails" in facts:
        set_emails(work, candidate, tuple(facts["emails"]))
    if "phones" in facts:
        set_phones(work, candidate, tuple(facts["phones"]))
