"""What a closing speaks of: its outcome, its parts, what the rules know of an application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from service.domain.changes import JobStatus, Stage
from service.domain.wording import to_say

MANY = 30
"""Beyond so many letters a closing is confirmed by their number (facts: blast guard)."""


class Outcome(StrEnum):
    """Why a job takes nobody any more."""

    FILLED = "filled"
    CLOSED = "closed"
    CANCELLED = "cancelled"


JOB_STATUS = {
    Outcome.FILLED: JobStatus.FILLED,
    Outcome.CLOSED: JobStatus.CLOSED,
    Outcome.CANCELLED: JobStatus.CLOSED,
}
"""The status that each outcome gives the job."""

SECOND_TO_NOBODY = {
    Outcome.CLOSED: to_say(
        "nobody is second choice for a job that is closed: say that it is filled, or leave the "
        "second choice out"
    ),
    Outcome.CANCELLED: to_say(
        "nobody is second choice for a job that is cancelled: say that it is filled, or leave the "
        "second choice out"
    ),
}
"""Why nobody can be kept as second choice, by the outcome."""


class Part(StrEnum):
    """What a closing does about one application."""

    MAIL = "mail"  # a decision, told by a letter
    CALL_FIRST = "call_first"  # a decision, told by a person; a task with a due time
    SECOND_CHOICE = "second_choice"  # no decision yet, and told so, with a date
    TOLD_ALREADY = "told_already"  # nothing is to be done
    LEFT_OUT = "left_out"  # nothing is done, for the reason given


class Writing(StrEnum):
    """How far the letter that tells an earlier decision has come."""

    NONE = "none"
    WAITS = "waits"  # written, and it will go by itself
    STOPPED = "stopped"  # a person must look at it
    KEPT = "kept"  # captured: this installation sends no mail
    LEFT = "left"


class Sender(StrEnum):
    """Who sends rejections to this application, by its connection."""

    KEEPWORD = "keepword"
    ATS = "ats"
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Applicant:
    """What the rules must know of one application.

    ``unreachable`` says why mail cannot reach the person, ``number_known`` whether a call could.
    ``encouraged`` tells that they saw a sign a few days ago that they are through.
    ``called_for`` says when a promised call is due, where one is. ``kept_until_on`` is the day up
    to which an earlier closing keeps them as second choice. The last four are what the person who
    closes the job wishes.
    """

    stage: Stage
    erased: bool = False
    deleted: bool = False
    offer_open: bool = False
    taken_elsewhere: bool = False
    sender: Sender = Sender.KEEPWORD
    decided: bool = False
    decided_before_us: bool = False
    told: bool = False
    let_go: bool = False
    writing: Writing = Writing.NONE
    unreachable: str | None = None
    number_known: bool = True
    interviewed: bool = False
    interview_ahead: bool = False
    encouraged: bool = False
    asked: bool = False
    called_for: str | None = None
    kept_until_on: date | None = None
    leave_out: bool = False
    second_choice_until_on: date | None = None
    mail_anyway: bool = False

    @property
    def second_choice(self) -> bool:
        """Tell whether they are to be kept as second choice."""
        return self.second_choice_until_on is not None


@dataclass(frozen=True)
class Placement:
    """The part one application falls into, and the reason as a colleague reads it."""

    part: Part
    reason: str
