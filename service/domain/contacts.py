"""Contacts: which touch reached the person, and which promise it keeps.

Only an outbound contact that reached the person keeps anything. Notes and stage moves are no
contacts at all; an unanswered call is one that reached nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.domain.policies import Keeps, Kind
from service.domain.wording import to_say


class Direction(StrEnum):
    """Who reached out."""

    IN = "in"
    OUT = "out"


class Channel(StrEnum):
    """By what means."""

    PHONE = "phone"
    VOICEMAIL = "voicemail"
    EMAIL = "email"
    TEXT = "text"
    IN_PERSON = "in_person"


class Outcome(StrEnum):
    """What came of it."""

    REACHED = "reached"
    LEFT_MESSAGE = "left_message"
    NO_ANSWER = "no_answer"
    DELIVERED = "delivered"
    RECEIVED = "received"
    NOT_DELIVERED = "not_delivered"


ALLOWED_OUTCOMES: dict[Channel, frozenset[Outcome]] = {
    Channel.PHONE: frozenset({Outcome.REACHED, Outcome.NO_ANSWER}),
    Channel.VOICEMAIL: frozenset({Outcome.LEFT_MESSAGE}),
    Channel.EMAIL: frozenset({Outcome.DELIVERED, Outcome.NOT_DELIVERED}),
    Channel.TEXT: frozenset({Outcome.DELIVERED, Outcome.NOT_DELIVERED}),
    Channel.IN_PERSON: frozenset({Outcome.REACHED}),
}

# Which letters say which thing. A letter keeps a promise of content only if it has that content.
DECISION_LETTERS = frozenset(
    {"rejection-application", "rejection-interview", "position-filled", "position-closed"}
)
_EMPTY_LETTERS = frozenset({"acknowledgement"})
_CONTENT = frozenset({Kind.DECISION, Kind.FEEDBACK, Kind.CLOSURE})

_NOT_TOLD = {
    Kind.DECISION: to_say("this letter does not tell the decision"),
    Kind.FEEDBACK: to_say("this letter does not tell the feedback"),
    Kind.CLOSURE: to_say("this letter does not tell the closure"),
}
_NOBODY_SAID = {
    Kind.DECISION: to_say(
        "nobody said that this contact told the decision: name the promise if it did"
    ),
    Kind.FEEDBACK: to_say(
        "nobody said that this contact told the feedback: name the promise if it did"
    ),
    Kind.CLOSURE: to_say(
        "nobody said that this contact told the closure: name the promise if it did"
    ),
}


@dataclass(frozen=True)
class Touch:
    """One outbound contact as the rules see it.

    ``automatic`` marks mail no person asked for. ``letter`` is the kind of the message behind it,
    if one was, ``message_id`` its id. ``meant_for`` holds the ids of promises a person named as
    answered by it. ``contact_id`` is its own id, once it is recorded.
    """

    channel: Channel
    outcome: Outcome
    at: datetime
    automatic: bool = False
    letter: str | None = None
    meant_for: frozenset[str] = frozenset()
    direction: Direction = Direction.OUT
    message_id: str | None = None
    contact_id: str | None = None


@dataclass(frozen=True)
class Owed:
    """One open promise as the rules see it. ``made_by_letter`` is the letter that gave the word,
    ``counted_from`` the contact from which on the next word is owed.
    """

    id: str
    kind: Kind
    keeps: Keeps
    voicemail_counts: bool
    made_at: datetime
    made_by_letter: str | None = None
    counted_from: str | None = None


def reached(touch: Touch, *, voicemail_counts: bool = False) -> bool:
    """Tell whether the person was reached. Sent is not reached; delivered is."""
    if touch.direction is not Direction.OUT:
        return False
    if touch.outcome is Outcome.LEFT_MESSAGE:
        return voicemail_counts
    return touch.outcome in (Outcome.REACHED, Outcome.DELIVERED)


def why_not_kept(touch: Touch, owed: Owed) -> str | None:
    """Return why this contact does not keep this promise, in words, or ``None`` if it does."""
    if not reached(touch, voicemail_counts=owed.voicemail_counts):
        return _not_reached(touch)
    if touch.at < owed.made_at:
        return to_say("the contact was before the promise was made")
    if touch.message_id is not None and touch.message_id == owed.made_by_letter:
        return to_say("this letter made the promise, so another word must keep it")
    if touch.contact_id is not None and touch.contact_id == owed.counted_from:
        return to_say("the promise is counted from this contact, so another must keep it")
    if touch.letter in _EMPTY_LETTERS and owed.kind is not Kind.ACKNOWLEDGEMENT:
        return to_say("an acknowledgement says only that the application arrived")
    if owed.keeps is Keeps.PERSON and touch.automatic:
        return to_say("only a person's own act keeps this promise, and the mail went out by itself")
    if owed.kind in _CONTENT:
        return _content(touch, owed)
    return None


def _not_reached(touch: Touch) -> str:
    if touch.direction is not Direction.OUT:
        return to_say("the candidate reached out; nobody has answered yet")
    return {
        Outcome.NO_ANSWER: to_say("nobody answered the call"),
        Outcome.LEFT_MESSAGE: to_say("a voicemail does not count under this promise's policy"),
        Outcome.NOT_DELIVERED: to_say("the message did not arrive"),
    }.get(touch.outcome, to_say("the person was not reached"))


def _content(touch: Touch, owed: Owed) -> str | None:
    if touch.letter is not None:
        if touch.letter in DECISION_LETTERS:
            return (
                None
                if owed.kind is not Kind.FEEDBACK
                else to_say("a decision letter is no feedback")
            )
        if touch.automatic or touch.letter in ("holding", "status-update", "apology-late"):
            return _NOT_TOLD[owed.kind]
    if owed.id in touch.meant_for:
        return None
    return _NOBODY_SAID[owed.kind]


def breaks_silence(touch: Touch) -> bool:
    """Tell whether the candidate has now heard something of substance.

    Feeds the silence clock: a call that reached them or a delivered letter that says where they
    stand. An acknowledgement, a note, a stage move or a bounce does not.
    """
    return reached(touch) and touch.letter not in _EMPTY_LETTERS
