"""Puts a person on legal hold and lifts it: while it stands nobody erases them, neither by hand nor
by rule, nor because an ATS says so.

It is asked for under the person's lock, so that of a hold and an erasure at once the second hears
of the first.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from service.domain.promises import PromiseError
from service.domain.wording import to_say, told
from service.models import Application, Candidate
from service.workflows.candidates import check_present
from service.workflows.people import lock_record
from service.workflows.timeline import record
from service.workflows.work import Work

LONGEST_WHY: Final = 500
"""Characters of the longest reason that is kept."""

SET: Final = "legal_hold_set"
"""The timeline's word for a hold that was set."""

KEPT_BACK: Final = "erasure_kept_back"
"""The timeline's word for an erasure that an ATS asked for and a hold kept from happening."""


def hold(work: Work, candidate: Candidate, why: str) -> Candidate:
    """Put a person on hold, with the reason; ``PromiseError`` where that cannot be.

    Who is on hold already stays so, for the reason that was given first.
    """
    candidate = lock_record(work, candidate)
    check_present(candidate)
    why = " ".join(why.split())
    if not why:
        raise PromiseError(
            "hold-needs-a-reason", to_say("say why they are put on legal hold"), "/why"
        )
    if len(why) > LONGEST_WHY:
        raise PromiseError(
            "hold-needs-a-reason",
            told("the reason is too long: %(number)s characters at the most", number=LONGEST_WHY),
            "/why",
        )
    if candidate.held_at is not None:
        raise PromiseError(
            "on-legal-hold",
            to_say("they are on legal hold already: lift it first to give another reason"),
        )
    candidate.held_at, candidate.held_by, candidate.held_why = work.now, work.actor, why
    _tell(work, candidate, SET)
    return candidate


def lift(work: Work, candidate: Candidate) -> Candidate:
    """Take the hold from a person; ``PromiseError`` where none stands."""
    candidate = lock_record(work, candidate)
    check_present(candidate)
    if candidate.held_at is None:
        raise PromiseError("not-on-legal-hold", to_say("they are on no legal hold"))
    asked_at = candidate.erasure_asked_at
    forget_hold(candidate)
    # That an ATS wants them erased outlives the hold: somebody has to do it now.
    candidate.erasure_asked_at = asked_at
    _tell(work, candidate, "legal_hold_lifted")
    return candidate


def check_not_held(candidate: Candidate) -> None:
    """Refuse to erase a person, locked by the caller, who is on hold."""
    if candidate.held_at is not None:
        raise PromiseError(
            "on-legal-hold",
            to_say("they are on legal hold, so nothing of theirs is erased: lift the hold first"),
        )


def keep_back(work: Work, candidate: Candidate) -> str:
    """Note that an ATS asked for the erasure of a person who is on hold; return it in words."""
    if candidate.erasure_asked_at is None:
        candidate.erasure_asked_at = work.now
        _tell(work, candidate, KEPT_BACK)
    return "the person is on legal hold, so nobody was erased: erase them by hand once it is lifted"


def hold_too(candidate: Candidate, other: Candidate) -> None:
    """Let a hold of ``other`` be of this person too, to whom something of theirs goes over.

    Where both are held, the hold stands since the first, for the reasons of both: whoever lifts it
    reads all that keeps them.
    """
    if other.held_at is None or candidate.erased_at is not None:
        return
    held = [each for each in (candidate, other) if each.held_at is not None]
    held.sort(key=lambda each: each.held_at or each.created_at)
    reasons = "; ".join(dict.fromkeys(each.held_why for each in held if each.held_why))
    candidate.held_at, candidate.held_by = held[0].held_at, held[0].held_by
    candidate.held_why = reasons


def forget_hold(candidate: Candidate) -> None:
    """Leave nothing of a hold in a record that is nobody's from now on."""
    candidate.held_at = candidate.held_by = candidate.held_why = None
    candidate.erasure_asked_at = None


def _tell(work: Work, candidate: Candidate, kind: str) -> None:
    for application_id in work.session.scalars(
        select(Application.id)
        .where(Application.candidate_id == candidate.id)
        .order_by(Application.id)
    ):
        record(work, application_id, kind)
    work.session.flush()
