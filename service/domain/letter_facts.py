"""What the last look knows of one letter and one application that it speaks of.

A letter about several applications is looked at once for each; it goes only if all of them allow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from service.domain.changes import Stage
from service.domain.contacts import DECISION_LETTERS

INVITATIONS = frozenset({"interview-scheduling"})
"""Letters that tell the person that they are through to the next step."""

CONSIDERING = INVITATIONS | {"status-update", "holding", "second-choice", "apology-late"}
"""Letters that say or imply "you are still considered". An acknowledgement says nothing."""


class Says(StrEnum):
    """What a letter means for one application."""

    FINAL = "final"  # it tells the decision
    CONSIDERED = "considered"  # the person is, or may be, still in the running
    NEITHER = "neither"


def says(kind: str, *, elsewhere: bool = False, decided: bool = False) -> Says:
    """Tell what a letter means for an application.

    ``elsewhere`` marks one that it only names besides its own: a final letter that names it with
    no decision (``decided``) says that there the person is still considered.
    """
    if kind in DECISION_LETTERS:
        return Says.CONSIDERED if elsewhere and not decided else Says.FINAL
    return Says.CONSIDERED if kind in CONSIDERING else Says.NEITHER


@dataclass(frozen=True)
class LetterFacts:
    """The world as it is in the claiming transaction.

    ``rejections_by`` says who sends rejections where the application came from an ATS
    (``from_ats``). The spans ending in ``_ago`` count from when such a letter left: ``told_ago``
    from the last other final letter about this application, ``considered_ago`` from the last that
    said the opposite, ``told_elsewhere_ago`` from a final letter about another application of this
    person, ``encouraged_ago`` from the last sign that they are through. ``told_stands`` tells
    whether a final letter has left whose decision stands, ``telling_unclear`` whether the ATS has
    a rule about when this decision may be told and has not said from when; ``taken_elsewhere``
    whether the person was taken lately, or may be, on an application that the letter names not;
    ``job_changed`` whether the application was moved to another job than the letter names.
    """

    kind: str
    automatic: bool
    expected_stage: Stage | None
    stage: Stage
    erased: bool
    deleted: bool
    can_email: bool
    suppressed: str | None
    address_current: bool
    decision_stands: bool
    offer_open: bool
    promise_open: bool | None
    says: Says = Says.NEITHER
    elsewhere: bool = False
    job_open: bool = True
    approved: bool = True
    date_passed: bool = False
    from_ats: bool = False
    rejections_by: str | None = None
    replied_since: bool = False
    interview_ahead: bool = False
    told_ago: timedelta | None = None
    told_stands: bool = False
    telling_unclear: bool = False
    considered_ago: timedelta | None = None
    encouraged_ago: timedelta | None = None
    taken_elsewhere: bool = False
    job_changed: bool = False
    told_elsewhere_ago: timedelta | None = None


Rule = Callable[[LetterFacts], str | None]
"""Returns what is wrong and what a person can do, or ``None``."""
