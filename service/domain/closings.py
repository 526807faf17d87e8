"""Closing a job: into which part each application falls, and why, in words.

Each condition is its own rule and the first that speaks decides, so every application falls into
exactly one part. A reason holds no name, no address and nothing that a person wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from service.domain.changes import Stage
from service.domain.closing_terms import Applicant, Part, Placement, Sender, Writing
from service.domain.wording import to_say, told

Rule = Callable[[Applicant], Placement | None]


def _gone(facts: Applicant) -> Placement | None:
    if facts.erased:
        return Placement(Part.LEFT_OUT, to_say("the person's data was erased"))
    if facts.deleted:
        return Placement(Part.LEFT_OUT, to_say("the application was deleted in the ATS"))
    return None


def _by_choice(facts: Applicant) -> Placement | None:
    return Placement(Part.LEFT_OUT, to_say("left out by choice")) if facts.leave_out else None


def _chosen(facts: Applicant) -> Placement | None:
    """Nobody who was taken, or may still be, is told that somebody else was."""
    if facts.stage is Stage.HIRED:
        return Placement(Part.LEFT_OUT, to_say("was hired"))
    if facts.stage is Stage.OFFER or facts.offer_open:
        return Placement(Part.LEFT_OUT, to_say("an offer is open: settle it first"))
    return None


def _withdrew(facts: Applicant) -> Placement | None:
    if facts.stage is Stage.WITHDRAWN:
        return Placement(Part.LEFT_OUT, to_say("withdrew, so no decision is owed"))
    return None


def _told(facts: Applicant) -> Placement | None:
    if facts.stage is not Stage.REJECTED:
        return None
    if facts.told:
        return Placement(Part.TOLD_ALREADY, to_say("the decision was told"))
    match facts.writing:
        case Writing.LEFT:
            return Placement(
                Part.TOLD_ALREADY, to_say("the letter that tells the decision was sent")
            )
        case Writing.WAITS:
            return Placement(
                Part.TOLD_ALREADY,
                to_say("the letter that tells the decision is written and will go"),
            )
        case Writing.KEPT:
            return Placement(
                Part.TOLD_ALREADY,
                to_say("the letter was captured: this installation sends no mail"),
            )
        case Writing.STOPPED:
            return Placement(
                Part.LEFT_OUT,
                to_say("the letter that tells the decision was stopped: settle it first"),
            )
        case Writing.NONE:
            return None


def _history(facts: Applicant) -> Placement | None:
    """Whoever was rejected before Keepword watched may have been told long ago."""
    if facts.stage is not Stage.REJECTED:
        return None
    if facts.let_go:
        return Placement(
            Part.TOLD_ALREADY, to_say("a colleague said that nobody need tell them any more")
        )
    if not facts.decided:
        return Placement(
            Part.LEFT_OUT,
            to_say("rejected, but no decision is recorded: record who decided, and why"),
        )
    if facts.decided_before_us:
        return Placement(
            Part.LEFT_OUT,
            to_say("decided before Keepword knew of it: whether they were told is not known"),
        )
    return None


def _second_choice(facts: Applicant) -> Placement | None:
    if facts.second_choice:
        if facts.stage is Stage.REJECTED:
            return Placement(
                Part.LEFT_OUT, to_say("a decision against them stands: withdraw it to keep them")
            )
        if facts.kept_until_on == facts.second_choice_until_on:
            return Placement(Part.TOLD_ALREADY, to_say("kept as second choice, and told so"))
        reason = to_say("kept as second choice")
        if facts.unreachable is not None:
            reason = told("%(fault)s; %(why)s", fault=reason, why=_call(facts))
        return Placement(Part.SECOND_CHOICE, reason)
    if facts.kept_until_on is not None and not facts.mail_anyway:
        return Placement(
            Part.TOLD_ALREADY,
            to_say("kept as second choice by an earlier closing, and the day is not yet"),
        )
    return None


def _other_sender(facts: Applicant) -> Placement | None:
    """Keepword or the ATS sends rejections; never both, and neither by guess."""
    match facts.sender:
        case Sender.ATS:
            return Placement(
                Part.LEFT_OUT,
                to_say("the ATS sends rejections for this connection: reject them there"),
            )
        case Sender.UNANSWERED:
            return Placement(
                Part.LEFT_OUT,
                to_say(
                    "nobody has said whether Keepword or the ATS sends rejections for this "
                    "connection"
                ),
            )
        case Sender.KEEPWORD:
            return None


def _taken_elsewhere(facts: Applicant) -> Placement | None:
    if facts.taken_elsewhere:
        return Placement(
            Part.LEFT_OUT,
            to_say("hired, or with an offer open, on another application: speak to them"),
        )
    return None


def _unreachable(facts: Applicant) -> Placement | None:
    if facts.unreachable is None:
        return None
    return Placement(Part.CALL_FIRST, _call(facts))


def _call(facts: Applicant) -> str:
    if facts.number_known:
        return told("cannot be reached by mail (%(why)s): call", why=facts.unreachable)
    return told(
        "cannot be reached by mail (%(why)s): call, though no number is known",
        why=facts.unreachable,
    )


def _interview_ahead(facts: Applicant) -> Placement | None:
    if facts.interview_ahead:
        return Placement(
            Part.CALL_FIRST, to_say("an interview is still booked: cancel it and speak to them")
        )
    return None


def _deserves_a_call(facts: Applicant) -> Placement | None:
    if facts.mail_anyway:
        return None
    if facts.called_for is not None:
        return Placement(Part.CALL_FIRST, f"a call was promised to them for {facts.called_for}")
    if facts.interviewed:
        return Placement(Part.CALL_FIRST, to_say("was interviewed: a call comes before any letter"))
    if facts.encouraged:
        return Placement(
            Part.CALL_FIRST,
            to_say("was moved on or invited within the last five days: speak to them"),
        )
    if facts.asked:
        return Placement(
            Part.CALL_FIRST,
            to_say("has been in touch and nobody has answered: read it, and speak to them"),
        )
    return None


def _mail(facts: Applicant) -> Placement:
    called = facts.interviewed or facts.called_for or facts.encouraged or facts.asked
    if facts.mail_anyway and called:
        return Placement(Part.MAIL, to_say("told by mail at once, by choice"))
    if facts.decided:
        return Placement(Part.MAIL, to_say("decided earlier, and not told"))
    return Placement(Part.MAIL, to_say("not interviewed"))


RULES: Sequence[Rule] = (
    _gone,
    _by_choice,
    _chosen,
    _withdrew,
    _told,
    _history,
    _second_choice,
    _other_sender,
    _taken_elsewhere,
    _unreachable,
    _interview_ahead,
    _deserves_a_call,
)


def place(facts: Applicant) -> Placement:
    """Return the part an application falls into: the first rule that speaks, else mail."""
    for rule in RULES:
        if (placement := rule(facts)) is not None:
            return placement
    return _mail(facts)


def agree(placements: Sequence[Placement]) -> list[Placement]:
    """Make one of what several applications of one person to one job fall into.

    Nobody gets a letter and a call, or a rejection beside "you are our second choice".
    """
    parts = {placement.part for placement in placements}
    if Part.SECOND_CHOICE in parts:
        other = Placement(Part.LEFT_OUT, to_say("kept as second choice on another application"))
        return [p if p.part not in _DECIDING else other for p in placements]
    if Part.CALL_FIRST in parts:
        other = Placement(
            Part.CALL_FIRST, to_say("is called about another application for this job")
        )
        return [p if p.part is not Part.MAIL else other for p in placements]
    return list(placements)


_DECIDING = (Part.MAIL, Part.CALL_FIRST)
