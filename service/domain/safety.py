"""The last look before a letter leaves: is it still true, and is the person still to get it?

Each condition is its own rule, known by its name. What a rule stops it says in words: what is
wrong, and what a person can do. Some rules a person may overrule for one letter, having read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.contradictions import CONTRADICTIONS
from service.domain.letter_facts import CONSIDERING, LetterFacts, Rule, Says
from service.domain.wording import Told, to_say, told

__all__ = ["LetterFacts", "Objection", "Says", "objection"]


@dataclass(frozen=True)
class Objection:
    """Why a letter must not leave; ``rule`` is the name of the rule that says so.

    A ``moot`` letter went by itself and says nothing any more: nobody loses by its not being
    sent, so no person has to look at it. ``can_overrule`` tells whether a person who has read the
    letter may let it go all the same.
    """

    text: str
    moot: bool
    rule: str
    can_overrule: bool


def erased(facts: LetterFacts) -> str | None:
    """Nobody writes to a person whose data was erased."""
    return to_say("the person's data was erased: nothing may be sent") if facts.erased else None


def application_deleted(facts: LetterFacts) -> str | None:
    """Nobody writes about an application that is gone."""
    return (
        to_say("the application was deleted in the ATS: check before writing")
        if facts.deleted
        else None
    )


def no_mail_wanted(facts: LetterFacts) -> str | None:
    """The ATS records whether a person may be mailed at all."""
    if facts.can_email:
        return None
    return to_say("the ATS says that this person must not be emailed: call instead")


def suppressed(facts: LetterFacts) -> str | None:
    """Mail that cannot arrive, or is unwanted, is not sent."""
    return (
        told("%(why)s: call, or use another address", why=facts.suppressed)
        if facts.suppressed
        else None
    )


def address_gone(facts: LetterFacts) -> str | None:
    """A letter does not go to an address that is no longer the person's."""
    if facts.address_current:
        return None
    return to_say("the person no longer has this address: write again to the current one")


def no_decision(facts: LetterFacts) -> str | None:
    """No standing decision, no rejection."""
    if facts.says is not Says.FINAL or facts.decision_stands:
        return None
    return to_say("no decision stands behind this letter any more: decide again or cancel it")


def template_withdrawn(facts: LetterFacts) -> str | None:
    """Only a wording that somebody approved is sent."""
    if facts.approved:
        return None
    return to_say(
        "the wording of this letter is not approved any more: cancel it and write it anew in the "
        "wording that is"
    )


def date_passed(facts: LetterFacts) -> str | None:
    """A letter that waited past a day it names would break its word by arriving."""
    if not facts.date_passed:
        return None
    return to_say("it names a day that has passed: cancel it and write it anew with a new date")


def ats_sends_rejections(facts: LetterFacts) -> str | None:
    """Either Keepword sends rejections or the ATS does; never both, and never by guessing."""
    if facts.says is not Says.FINAL or not facts.from_ats or facts.rejections_by == "keepword":
        return None
    if facts.rejections_by is None:
        return to_say(
            "nobody has said whether Keepword or the ATS sends rejections for this connection: "
            "answer that for the connection first"
        )
    return to_say("the ATS sends the rejections for this connection: cancel this one")


def stage_moved(facts: LetterFacts) -> str | None:
    """What was true when the letter was written must still be."""
    if facts.elsewhere and facts.says is Says.CONSIDERED and facts.stage in CLOSED_STAGES:
        return _goes_on_no_more(facts.stage)
    if facts.expected_stage is None or facts.expected_stage is facts.stage:
        return None
    return _moved(facts.expected_stage, facts.stage)


def job_changed(facts: LetterFacts) -> str | None:
    """A letter names the job that it was written about; that something arrived stays true."""
    if not facts.job_changed or facts.kind == "acknowledgement":
        return None
    return to_say(
        "the application was moved to another job after this was written, and the letter names "
        "the former one: cancel it and write it anew"
    )


def job_closed_elsewhere(facts: LetterFacts) -> str | None:
    """Nobody is told that an application goes on for a job that takes nobody any more."""
    if not facts.elsewhere or facts.says is not Says.CONSIDERED or facts.job_open:
        return None
    return to_say(
        "the letter says that this application goes on, and its job has been closed since: "
        "cancel it and write it anew"
    )


def rejection_of_the_chosen(facts: LetterFacts) -> str | None:
    """Nobody with an offer out, or hired, gets a rejection."""
    if facts.says is not Says.FINAL:
        return None
    if facts.offer_open or facts.stage in (Stage.OFFER, Stage.HIRED):
        return to_say("an offer is open or the person was hired: this rejection must not go out")
    return None


def taken_elsewhere(facts: LetterFacts) -> str | None:
    """Nobody who was taken on another application is rejected unseen."""
    if facts.says is not Says.FINAL or not facts.taken_elsewhere:
        return None
    return to_say(
        "the person was hired, or has an offer open, on another application: speak to them first, "
        "then let this letter go"
    )


def telling_unclear(facts: LetterFacts) -> str | None:
    """A rejection is told only from when its ATS lets it be told."""
    if facts.says is not Says.FINAL or not facts.telling_unclear:
        return None
    return to_say(
        "the ATS has not said from when the person may be told of this rejection: look there, "
        "then let it go"
    )


def replied_meanwhile(facts: LetterFacts) -> str | None:
    """A decision is not sent over the head of somebody who has just written or rung."""
    if facts.says is not Says.FINAL or not facts.replied_since:
        return None
    return to_say("the person has been in touch since this was written: read what they said first")


def interview_booked(facts: LetterFacts) -> str | None:
    """Nobody is rejected on the eve of an interview that still stands."""
    if facts.says is not Says.FINAL or not facts.interview_ahead:
        return None
    return to_say("an interview is still booked: cancel it and speak to the person first")


def no_longer_considered(facts: LetterFacts) -> str | None:
    """A letter by rule that says or implies "we are considering you" must not follow a decision.

    A word given outlives the decision: its promise stays open and flagged, for a person to keep.
    """
    if facts.automatic and facts.stage in CLOSED_STAGES and facts.kind in CONSIDERING:
        return _true_no_more(facts.stage)
    return None


def promise_settled(facts: LetterFacts) -> str | None:
    """An automatic letter for a promise that was settled meanwhile would be noise."""
    if facts.automatic and facts.promise_open is False:
        return to_say("the promise this letter was for was settled meanwhile")
    return None


MOOT: tuple[Rule, ...] = (no_longer_considered, promise_settled)
"""Rules about letters that went by themselves and have been overtaken."""

FIRM: tuple[Rule, ...] = (
    erased,
    application_deleted,
    no_mail_wanted,
    suppressed,
    address_gone,
    no_decision,
    rejection_of_the_chosen,
    ats_sends_rejections,
    template_withdrawn,
    date_passed,
)
"""Rules that hold whatever a person says: the world must change first."""

OVERRULABLE: tuple[Rule, ...] = (
    interview_booked,
    taken_elsewhere,
    *CONTRADICTIONS,
    stage_moved,
    job_changed,
    job_closed_elsewhere,
    telling_unclear,
    replied_meanwhile,
)
"""Rules that make a person read the letter again; then they may let it go."""


def _goes_on_no_more(stage: Stage) -> Told:
    return told(
        "the letter says that this application goes on, and it is %(stage)s now: "
        "cancel it and write it anew",
        stage=stage,
    )


def _moved(before: Stage, stage: Stage) -> Told:
    return told(
        "the application was at %(before)s when this was written and is at %(stage)s now: "
        "read the letter again",
        before=before,
        stage=stage,
    )


def _true_no_more(stage: Stage) -> Told:
    return told("the application is %(stage)s, so this letter is no longer true", stage=stage)


def about_stages() -> Iterator[Told]:
    """Yield every objection that names a stage: beside a letter it is stored as it was said."""
    for stage in Stage:
        yield _goes_on_no_more(stage)
        yield _true_no_more(stage)
        yield from (_moved(before, stage) for before in Stage)


def objection(facts: LetterFacts, overruled: frozenset[str] = frozenset()) -> Objection | None:
    """Return the first objection to sending this letter now, or ``None``.

    ``overruled`` holds the names of the rules that a person has set aside for this letter.
    """
    for rules, moot, can_overrule in (
        (MOOT, True, False),
        (FIRM, False, False),
        (OVERRULABLE, False, True),
    ):
        for rule in rules:
            if can_overrule and rule.__name__ in overruled:
                continue
            if (text := rule(facts)) is not None:
                return Objection(text, moot, rule.__name__, can_overrule)
    return None
