"""The words a policy is written in. Their values are what documents and tables hold."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What is owed."""

    ACKNOWLEDGEMENT = "acknowledgement"
    CALLBACK = "callback"
    SCHEDULING = "scheduling"
    DECISION = "decision"
    FEEDBACK = "feedback"
    STATUS = "status"
    REPLY = "reply"
    CLOSURE = "closure"


class Trigger(StrEnum):
    """What makes a policy promise. ``spoken`` gives a person's own promises their ladder."""

    APPLIED = "applied"
    SILENCE = "silence"
    INTERVIEWED = "interviewed"
    ENQUIRY = "enquiry"
    DECIDED = "decided"
    SPOKEN = "spoken"


class Keeps(StrEnum):
    """What keeps a promise made under a policy."""

    ANY = "any"  # any delivered message, automatic ones too
    PERSON = "person"  # only a person's own act


class Action(StrEnum):
    """What a rung of the ladder does."""

    SEND = "send"  # the letter that keeps the promise, by itself
    REMIND = "remind"  # the owner, before it is due
    FLAG = "flag"  # overdue: the owner is told
    HOLDING = "holding"  # a holding message to the candidate
    ESCALATE = "escalate"  # the owner's manager is told


class Anchor(StrEnum):
    """Where a rung stands: when the promise is made, before, at, or after it is due."""

    MADE = "made"
    BEFORE = "before"
    DUE = "due"
    AFTER = "after"
