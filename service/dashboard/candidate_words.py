"""The words for stages, channels, outcomes and letters on the pages about people and jobs, and
instants in the reader's zone with the candidate's own beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from service.clock import instant_text
from service.dashboard.rows import Moment
from service.dashboard.wording import when_words
from service.domain.changes import Stage
from service.domain.contacts import Channel, Outcome
from service.domain.delivery import MailState
from service.domain.promises import Standing

STAGES: Final[Mapping[str, Any]] = {
    Stage.APPLIED: lazy_gettext("applied"),
    Stage.SCREENING: lazy_gettext("screening"),
    Stage.ASSESSMENT: lazy_gettext("assessment"),
    Stage.INTERVIEW: lazy_gettext("interview"),
    Stage.OFFER: lazy_gettext("offer"),
    Stage.HIRED: lazy_gettext("hired"),
    Stage.REJECTED: lazy_gettext("rejected"),
    Stage.WITHDRAWN: lazy_gettext("withdrawn"),
}

STANDINGS: Final[Mapping[str, tuple[str, Any, str]]] = {
    Standing.OVERDUE: ("●", lazy_gettext("overdue"), "overdue"),
    Standing.AT_RISK: ("◐", lazy_gettext("at risk"), "at-risk"),
    Standing.ON_TIME: ("○", lazy_gettext("on time"), "on-time"),
    Standing.PAUSED: ("○", lazy_gettext("paused"), "on-time"),
}
"""Shape, word and style of how an open promise stands."""

LETTERS: Final[Mapping[str, tuple[str, str, Any]]] = {
    MailState.HELD: ("plain", "○", lazy_gettext("waits to leave")),
    MailState.READY: ("plain", "○", lazy_gettext("waits to leave")),
    MailState.CLAIMED: ("plain", "○", lazy_gettext("is about to leave")),
    MailState.SENDING: ("plain", "○", lazy_gettext("is leaving")),
    MailState.RETRY: ("care", "◐", lazy_gettext("will be tried again")),
    MailState.ACCEPTED: ("plain", "○", lazy_gettext("sent, not yet delivered")),
    MailState.UNCONFIRMED: ("care", "◐", lazy_gettext("sent, and nothing was heard of it")),
    MailState.CAPTURED: ("plain", "○", lazy_gettext("kept here, not sent")),
    MailState.DEFERRED: ("care", "◐", lazy_gettext("the mailbox lets it wait")),
    MailState.UNCERTAIN: ("care", "◐", lazy_gettext("may or may not have gone out")),
    MailState.DELIVERED: ("good", "✓", lazy_gettext("delivered")),
    MailState.BOUNCED: ("broken", "●", lazy_gettext("bounced")),
    MailState.DROPPED: ("broken", "●", lazy_gettext("not sent by the provider")),
    MailState.COMPLAINED: ("care", "◐", lazy_gettext("delivered, and marked as spam")),
    MailState.FAILED: ("broken", "●", lazy_gettext("could not be sent")),
    MailState.BLOCKED: ("care", "◐", lazy_gettext("stopped until somebody looks")),
    MailState.CANCELLED: ("plain", "○", lazy_gettext("cancelled")),
}
"""Style, shape and words of how a letter stands."""

OUT: Final[Mapping[tuple[str, str], Any]] = {
    (Channel.PHONE, Outcome.REACHED): lazy_gettext("called, reached"),
    (Channel.PHONE, Outcome.NO_ANSWER): lazy_gettext("called, no answer"),
    (Channel.VOICEMAIL, Outcome.LEFT_MESSAGE): lazy_gettext("left a voicemail"),
    (Channel.EMAIL, Outcome.DELIVERED): lazy_gettext("wrote by mail, delivered"),
    (Channel.EMAIL, Outcome.NOT_DELIVERED): lazy_gettext("wrote by mail, not delivered"),
    (Channel.TEXT, Outcome.DELIVERED): lazy_gettext("sent a text message, delivered"),
    (Channel.TEXT, Outcome.NOT_DELIVERED): lazy_gettext("sent a text message, not delivered"),
    (Channel.IN_PERSON, Outcome.REACHED): lazy_gettext("spoke in person"),
}

ASKED: Final[Mapping[str, Any]] = {
    Channel.PHONE: lazy_gettext("rang and asked"),
    Channel.VOICEMAIL: lazy_gettext("left a voicemail and asked"),
    Channel.EMAIL: lazy_gettext("wrote and asked"),
    Channel.TEXT: lazy_gettext("sent a text message and asked"),
    Channel.IN_PERSON: lazy_gettext("asked in person"),
}
"""How a candidate got in touch: what an enquiry may be recorded as."""

REACHED: Final = frozenset({Outcome.REACHED, Outcome.DELIVERED})


@dataclass(frozen=True)
class Times:
    """Says instants to one reader about one candidate. ``theirs`` is the candidate's zone."""

    zone: str
    theirs: str | None
    now: datetime

    def at(self, at: datetime) -> Moment:
        """Return an instant in words."""
        return Moment(instant_text(at), when_words(at, self.zone, self.now), self._theirs(at))

    def maybe(self, at: datetime | None) -> Moment | None:
        """Return an instant in words, where there is one."""
        return None if at is None else self.at(at)

    def _theirs(self, at: datetime) -> str:
        if self.theirs is None:
            return ""
        here, there = at.astimezone(ZoneInfo(self.zone)), at.astimezone(ZoneInfo(self.theirs))
        if here.utcoffset() == there.utcoffset():
            return ""
        if here.date() == there.date():
            return f"{there:%H:%M}"
        return when_words(at, self.theirs, self.now)


def stage_words(stage: str) -> str:
    """Return the word for one of our stages."""
    return str(STAGES.get(stage, stage))


def letter_words(state: str) -> tuple[str, str, str]:
    """Return style, shape and words of how a letter stands."""
    style, shape, words = LETTERS.get(state, ("plain", "○", state))
    return style, shape, str(words)


def contact_words(channel: str, outcome: str) -> str:
    """Return what a contact that went out was."""
    return str(OUT.get((channel, outcome), f"{channel} {outcome}".replace("_", " ")))


def asked_words(channel: str) -> str:
    """Return how a candidate got in touch."""
    return str(ASKED.get(channel, _("got in touch")))
