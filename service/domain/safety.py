"""The last look before a letter leaves: is it still true, and is the person still to get it?

Each condition is its own rule. A rule returns what is wrong and what a person can do, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from service.domain.changes import Stage
from service.domain.contacts import DECISION_LETTERS

STAGE_LETTERS = frozenset({"acknowledgement", "status-update"})
"""Letters sent by rule about an application that is still being considered."""


@dataclass(frozen=True)
class LetterFacts:
    """The world as it is in the claiming transaction."""

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
    replied_since: bool = False
    interview_ahead: bool = False
    told_already: bool = False


@dataclass(frozen=True)
class Objection:
    """Why a letter must not leave. A ``moot`` one went by itself and says nothing any more:
    nobody loses by its not being sent, so no person has to look at it.
    """

    text: str
    moot: bool


Rule = Callable[[LetterFacts], str | None]


def erased(facts: LetterFacts) -> str | None:
    """Nobody writes to a person whose data was erased."""
    return "the person's data was erased: nothing may be sent" if facts.erased else None


def application_deleted(facts: LetterFacts) -> str | None:
    """Nobody writes about an application that is gone."""
    return "the application was deleted in the ATS: check before writing" if facts.deleted else None


def no_mail_wanted(facts: LetterFacts) -> str | None:
    """The ATS records whether a person may be mailed at all."""
    if facts.can_email:
        return None
    return "the ATS says that this person must not be emailed: call instead"


def suppressed(facts: LetterFacts) -> str | None:
    """Mail that cannot arrive, or is unwanted, is not sent."""
    return f"{facts.suppressed}: call, or use another address" if facts.suppressed else None


def address_gone(facts: LetterFacts) -> str | None:
    """A letter does not go to an address that is no longer the person's."""
    if facts.address_current:
        return None
    return "the person no longer has this address: write again to the current one"


def no_decision(facts: LetterFacts) -> str | None:
    """No standing decision, no rejection."""
    if facts.kind not in DECISION_LETTERS or facts.decision_stands:
        return None
    return "no decision stands behind this letter any more: decide again or cancel it"


def stage_moved(facts: LetterFacts) -> str | None:
    """What was true when the letter was written must still be."""
    if facts.expected_stage is None or facts.expected_stage is facts.stage:
        return None
    return (
        f"the application was at {facts.expected_stage} when this was written and is at "
        f"{facts.stage} now: read the letter again"
    )


def rejection_of_the_chosen(facts: LetterFacts) -> str | None:
    """Nobody with an offer out, or hired, gets a rejection."""
    if facts.kind not in DECISION_LETTERS:
        return None
    if facts.offer_open or facts.stage in (Stage.OFFER, Stage.HIRED):
        return "an offer is open or the person was hired: this rejection must not go out"
    return None


def replied_meanwhile(facts: LetterFacts) -> str | None:
    """A decision is not sent over the head of somebody who has just written or rung."""
    if facts.kind not in DECISION_LETTERS or not facts.replied_since:
        return None
    return "the person has been in touch since this was written: read what they said first"


def interview_booked(facts: LetterFacts) -> str | None:
    """Nobody is rejected on the eve of an interview that still stands."""
    if facts.kind not in DECISION_LETTERS or not facts.interview_ahead:
        return None
    return "an interview is still booked: cancel it and speak to the person first"


def two_final_letters(facts: LetterFacts) -> str | None:
    """A decision is told by one letter."""
    if facts.kind not in DECISION_LETTERS or not facts.told_already:
        return None
    return "another letter has told this decision already: cancel this one"


def no_longer_considered(facts: LetterFacts) -> str | None:
    """A letter by rule that says "we are considering you" must not follow a decision."""
    closed = facts.stage in (Stage.HIRED, Stage.REJECTED, Stage.WITHDRAWN)
    if facts.automatic and closed and facts.kind in STAGE_LETTERS - {"acknowledgement"}:
        return f"the application is {facts.stage}, so this letter is no longer true"
    return None


def promise_settled(facts: LetterFacts) -> str | None:
    """An automatic letter for a promise that was settled meanwhile would be noise."""
    if facts.automatic and facts.promise_open is False:
        return "the promise this letter was for was settled meanwhile"
    return None


MOOT: tuple[Rule, ...] = (no_longer_considered, promise_settled)
"""Rules about letters that went by themselves and have been overtaken."""

RULES: tuple[Rule, ...] = (
    erased,
    application_deleted,
    no_mail_wanted,
    suppressed,
    address_gone,
    no_decision,
    rejection_of_the_chosen,
    interview_booked,
    two_final_letters,
    stage_moved,
    replied_meanwhile,
)
"""Rules about letters that somebody counts on: what they stop, a person must see."""


def objection(facts: LetterFacts) -> Objection | None:
    """Return the first objection to sending this letter now, or ``None``."""
    for rules, moot in ((MOOT, True), (RULES, False)):
        for rule in rules:
            if (text := rule(facts)) is not None:
                return Objection(text, moot)
    return None
