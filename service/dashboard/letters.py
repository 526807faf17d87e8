"""Says how a letter stands and what can be done about it, for the outbox and the letter's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from service.clock import instant_text
from service.dashboard.saying import words
from service.dashboard.wording import clock_words, day_near, time_left, when_words
from service.domain.delivery import STEPS, MailState, Step
from service.queries.outbox import WAITING, Letter, LostRequest, WaitingClosing

_STATES: Final[Mapping[str, tuple[str, Any]]] = {
    MailState.HELD: ("plain", lazy_gettext("waits")),
    MailState.READY: ("plain", lazy_gettext("waits to leave")),
    MailState.CLAIMED: ("plain", lazy_gettext("is about to leave")),
    MailState.SENDING: ("plain", lazy_gettext("is leaving")),
    MailState.RETRY: ("care", lazy_gettext("will be tried again")),
    MailState.ACCEPTED: ("plain", lazy_gettext("taken by the provider, not yet delivered")),
    MailState.UNCONFIRMED: ("care", lazy_gettext("left, and nothing was heard of it for a day")),
    MailState.CAPTURED: ("plain", lazy_gettext("kept here, not sent")),
    MailState.DEFERRED: ("care", lazy_gettext("the mailbox lets it wait")),
    MailState.UNCERTAIN: ("care", lazy_gettext("may or may not have gone out")),
    MailState.DELIVERED: ("good", lazy_gettext("delivered")),
    MailState.BOUNCED: ("broken", lazy_gettext("bounced: it did not arrive")),
    MailState.DROPPED: ("broken", lazy_gettext("the provider did not send it")),
    MailState.COMPLAINED: ("care", lazy_gettext("delivered, and marked as spam")),
    MailState.FAILED: ("broken", lazy_gettext("could not be sent")),
    MailState.BLOCKED: ("care", lazy_gettext("stopped until somebody looks")),
    MailState.CANCELLED: ("plain", lazy_gettext("cancelled")),
}

_SHAPES = {"care": "◐", "broken": "●", "good": "✓"}

_REMEDIES: Final[Mapping[str, Any]] = {
    MailState.FAILED: lazy_gettext("Put right what it names and write to them again, or call."),
    MailState.DROPPED: lazy_gettext("Call, or write to another address."),
    MailState.UNCONFIRMED: lazy_gettext(
        "Ask them. If they have it, say so; else call: it may still arrive."
    ),
}
"""What a person does about a letter where no button does it."""


_KINDS: Final[Mapping[str, Any]] = {
    "acknowledgement": lazy_gettext("acknowledgement"),
    "apology-late": lazy_gettext("apology late"),
    "holding": lazy_gettext("holding"),
    "interview-scheduling": lazy_gettext("interview scheduling"),
    "position-closed": lazy_gettext("position closed"),
    "position-filled": lazy_gettext("position filled"),
    "rejection-application": lazy_gettext("rejection application"),
    "rejection-interview": lazy_gettext("rejection interview"),
    "second-choice": lazy_gettext("second choice"),
    "sign-in-invitation": lazy_gettext("sign in invitation"),
    "sign-in-reset": lazy_gettext("sign in reset"),
    "staff-digest": lazy_gettext("staff digest"),
    "staff-escalation": lazy_gettext("staff escalation"),
    "staff-morning": lazy_gettext("staff morning"),
    "status-update": lazy_gettext("status update"),
}
"""The kinds of letters in words."""


def kind_words(kind: str) -> str:
    """Return what a kind of letter is called."""
    return str(_KINDS.get(kind, kind.replace("-", " ")))


@dataclass(frozen=True)
class LetterView:
    """One letter in words; ``style`` and ``shape`` as of a sign in the strip. ``left`` says how
    long a waiting one can surely be taken back, "" where it does not wait for a time.

    The flags say what a person can do about it here, ``remedy`` what else.
    """

    id: str
    kind: str
    to_name: str
    to_address: str
    subject: str
    style: str
    shape: str
    state: str
    reason: str
    remedy: str
    iso: str
    when: str
    day: str
    clock: str
    left: str
    can_arrive: bool
    can_go_again: bool
    can_be_released: bool
    can_be_cancelled: bool


@dataclass(frozen=True)
class RequestView:
    """Several letters of one request whose answer was lost."""

    batch_id: str
    letters: int
    reason: str


@dataclass(frozen=True)
class ClosingView:
    """The waiting letters of one closing of a job."""

    closing_id: str
    job: str
    letters: int
    leaves: str
    left: str


def letter_view(letter: Letter, zone: str, now: datetime) -> LetterView:
    """Return a letter in words, its times in ``zone``."""
    style, state = _STATES.get(letter.state, ("plain", letter.state))
    state, left = str(state), ""
    if letter.state in WAITING:
        leaves, left = _leaving(letter.due_at, zone, now)
        if leaves and letter.state == MailState.RETRY:
            state = _("will be tried again %(when)s", when=leaves)
        elif leaves and letter.state in (MailState.HELD, MailState.READY):
            # A pause, a rest of the channel or the last look may keep it longer.
            state = _("leaves %(when)s at the earliest", when=leaves)
    return LetterView(
        id=letter.id,
        kind=kind_words(letter.kind),
        to_name=letter.to_name,
        to_address=letter.to_address,
        subject=letter.subject,
        style=style,
        shape=_SHAPES.get(style, ""),
        state=state,
        reason=words(letter.reason or ""),
        remedy=str(_REMEDIES.get(letter.state, "")),
        iso=instant_text(letter.created_at),
        when=when_words(letter.created_at, zone, now),
        day=day_near(letter.created_at, zone, now),
        clock=clock_words(letter.created_at, zone),
        left=left,
        can_arrive=_may(letter, Step.CONFIRM),
        can_go_again=_may(letter, Step.SEND_AGAIN),
        can_be_released=_may(letter, Step.RELEASE),
        can_be_cancelled=_may(letter, Step.CANCEL),
    )


def request_view(request: LostRequest) -> RequestView:
    """Return a lost request in words."""
    return RequestView(request.batch_id, request.letters, words(request.reason or ""))


def closing_view(closing: WaitingClosing, zone: str, now: datetime) -> ClosingView:
    """Return the letters of a closing in words."""
    leaves, left = _leaving(closing.first_at, zone, now)
    return ClosingView(closing.closing_id, closing.job_title, closing.letters, leaves, left)


def _may(letter: Letter, step: Step) -> bool:
    return letter.state in STEPS[step][0]


def _leaving(at: datetime | None, zone: str, now: datetime) -> tuple[str, str]:
    if at is None or at <= now:
        return "", ""
    return when_words(at, zone, now), time_left((at - now).total_seconds())
