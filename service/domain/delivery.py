"""The life of one email, from outbox to mailbox.

Events arrive in any order and any number of times; the state is a function of the *set* of
events, so every order ends alike. Delivered makes a contact; a bounce takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from service.domain.wording import to_say


class MailState(StrEnum):
    """Where one email stands."""

    HELD = "held"  # ours until hold_until; can be cancelled
    READY = "ready"  # waits for the next pass
    CLAIMED = "claimed"  # leased by a worker, nothing sent yet
    SENDING = "sending"  # committed before the first byte; a crash here is uncertain
    RETRY = "retry"  # surely not sent; waits
    ACCEPTED = "accepted"  # the provider queued it
    UNCONFIRMED = "unconfirmed"  # queued a day ago, and nothing was heard of it since
    CAPTURED = "captured"  # kept for reading, never sent
    DEFERRED = "deferred"  # the mailbox asked the provider to wait
    UNCERTAIN = "uncertain"  # perhaps sent: an event or a person settles it
    DELIVERED = "delivered"  # in the mailbox
    BOUNCED = "bounced"  # the mailbox refused it
    DROPPED = "dropped"  # the provider never tried
    COMPLAINED = "complained"  # delivered, and marked as spam
    FAILED = "failed"  # refused for what it is
    BLOCKED = "blocked"  # stopped by us: a person must look
    CANCELLED = "cancelled"  # stopped by a person


class EventKind(StrEnum):
    """What a provider reports about one email, in Keepword's words.

    ``blocked`` is a refusal that says nothing against the address (the facts call it temporary).
    """

    PROCESSED = "processed"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    BLOCKED = "blocked"
    DROPPED = "dropped"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    OPENED = "opened"
    CLICKED = "clicked"
    UNKNOWN = "unknown"


class Step(StrEnum):
    """What can happen to a letter, apart from the provider's events."""

    CLAIM = "claim"  # a worker takes it
    HAND_BACK = "hand_back"  # given back unsent, to go with a later pass
    TAKE_APART = "take_apart"  # its request was refused whole: it goes in a smaller one at once
    WAIT = "wait"  # it is not the hour for it yet
    STOP = "stop"  # the last look found what a person must see
    OVERTAKE = "overtake"  # the last look found that it says nothing any more
    SEND = "send"  # committed; the first byte may leave now
    ACCEPT = "accept"  # the provider took it
    CAPTURE = "capture"  # kept for reading
    REFUSE = "refuse"  # refused for what it is, or tried for long enough
    PUT_OFF = "put_off"  # surely not sent; tried again later
    LOSE = "lose"  # the answer was lost, or the worker died while sending
    GO_UNHEARD = "go_unheard"  # a day went by without an event
    CANCEL = "cancel"  # a person, or a fact, takes it back
    RELEASE = "release"  # a person read what stopped it and lets it go
    SEND_AGAIN = "send_again"  # a person decides that it did not arrive
    CONFIRM = "confirm"  # a person knows that it arrived


_UNSENT = frozenset({MailState.HELD, MailState.READY, MailState.RETRY})
# A slow answer may come after its letter was given up for lost; it still counts.
_ON_THE_WAY = frozenset({MailState.SENDING, MailState.UNCERTAIN})

STEPS: dict[Step, tuple[frozenset[MailState], MailState]] = {
    Step.CLAIM: (_UNSENT | {MailState.CLAIMED}, MailState.CLAIMED),
    Step.HAND_BACK: (frozenset({MailState.CLAIMED}) | _ON_THE_WAY, MailState.READY),
    Step.TAKE_APART: (frozenset({MailState.SENDING}), MailState.CLAIMED),
    Step.WAIT: (frozenset({MailState.CLAIMED}), MailState.HELD),
    Step.STOP: (frozenset({MailState.CLAIMED}), MailState.BLOCKED),
    Step.OVERTAKE: (frozenset({MailState.CLAIMED}), MailState.CANCELLED),
    Step.SEND: (frozenset({MailState.CLAIMED}), MailState.SENDING),
    Step.ACCEPT: (_ON_THE_WAY, MailState.ACCEPTED),
    Step.CAPTURE: (_ON_THE_WAY, MailState.CAPTURED),
    Step.REFUSE: (frozenset({MailState.CLAIMED}) | _ON_THE_WAY, MailState.FAILED),
    Step.PUT_OFF: (_ON_THE_WAY, MailState.RETRY),
    Step.LOSE: (frozenset({MailState.SENDING}), MailState.UNCERTAIN),
    Step.GO_UNHEARD: (
        frozenset({MailState.ACCEPTED, MailState.DEFERRED}),
        MailState.UNCONFIRMED,
    ),
    # Claimed is not sent: whoever sends looks at the row once more, under its lock.
    Step.CANCEL: (_UNSENT | {MailState.CLAIMED, MailState.BLOCKED}, MailState.CANCELLED),
    Step.RELEASE: (frozenset({MailState.BLOCKED}), MailState.READY),
    Step.SEND_AGAIN: (frozenset({MailState.UNCERTAIN}), MailState.READY),
    Step.CONFIRM: (
        frozenset({MailState.UNCERTAIN, MailState.UNCONFIRMED}),
        MailState.DELIVERED,
    ),
}
"""From which states each step may be taken, and where it leads."""


class NoSuchStepError(ValueError):
    """A step that a letter in this state cannot take; nothing was changed."""


def take(current: MailState, step: Step) -> MailState:
    """Return the state after a step; raise ``NoSuchStepError`` where it cannot be taken."""
    allowed, to = STEPS[step]
    if current not in allowed:
        raise NoSuchStepError(f"a letter that is {current} cannot {step.replace('_', ' ')}")
    return to


CANCELLABLE = STEPS[Step.CANCEL][0]
"""States in which nothing has left yet, so that a person may still stop the mail."""

UNDER_WAY = CANCELLABLE - {MailState.BLOCKED} | {
    MailState.SENDING,
    MailState.ACCEPTED,
    MailState.DEFERRED,
    MailState.UNCERTAIN,
}
"""States of a letter that was written and has neither arrived nor come back nor been stopped."""

LEFT = frozenset(
    {
        MailState.SENDING,
        MailState.ACCEPTED,
        MailState.UNCONFIRMED,
        MailState.DEFERRED,
        MailState.UNCERTAIN,
        MailState.DELIVERED,
        MailState.COMPLAINED,
    }
)
"""States of a letter that reached the person, may have, or still will."""

UNHEARD_AFTER = timedelta(hours=24)
"""How long after the provider took a letter some event about it must have come."""

TRIED_FOR = timedelta(hours=72)
"""How long SendGrid tries a mailbox that asks it to wait; then it reports a bounce."""


def unheard_at(state: MailState, accepted_at: datetime) -> datetime | None:
    """Return when a letter in this state should have been heard of again, if ever."""
    if state is MailState.ACCEPTED:
        return accepted_at + UNHEARD_AFTER
    return accepted_at + TRIED_FOR + UNHEARD_AFTER if state is MailState.DEFERRED else None


_NO_NEWS_TO = {
    MailState.DELIVERED: (MailState.ACCEPTED, MailState.DEFERRED),
    MailState.UNCONFIRMED: (MailState.ACCEPTED,),
}

_ARRIVED = frozenset(
    {
        EventKind.DELIVERED,
        EventKind.OPENED,
        EventKind.CLICKED,
        EventKind.COMPLAINED,
        EventKind.UNSUBSCRIBED,
    }
)
_REFUSED = frozenset({EventKind.BOUNCED, EventKind.BLOCKED})


def fold(current: MailState, kinds: Iterable[EventKind]) -> MailState:
    """Return the state that a set of events amounts to; no events leave it as it is.

    A refusal outranks a delivery, since mailboxes that take a mail and bounce it later report
    both. Any event proves that the provider had the mail, so it also settles ``uncertain``, and
    takes its word from what says ``cancelled``: sent, sent again, and cancelled before that.
    """
    seen = set(kinds) - {EventKind.UNKNOWN}
    if not seen or current is MailState.CAPTURED:
        return current
    if seen & _REFUSED:
        return MailState.BOUNCED
    if seen & _ARRIVED:
        return MailState.COMPLAINED if EventKind.COMPLAINED in seen else MailState.DELIVERED
    if EventKind.DROPPED in seen:
        return MailState.DROPPED
    queued = MailState.DEFERRED if EventKind.DEFERRED in seen else MailState.ACCEPTED
    # A person knows that it arrived, or a day has passed: that it was queued is no news.
    return current if queued in _NO_NEWS_TO.get(current, ()) else queued


def arrived(kinds: Iterable[EventKind]) -> bool:
    """Tell whether the mail stands as delivered: it arrived and was not refused afterwards."""
    seen = set(kinds)
    return bool(seen & _ARRIVED) and not seen & _REFUSED


def suppresses(kind: EventKind, reason: str | None) -> str | None:
    """Return why an address must get no more mail after this event, or ``None``.

    ``blocked`` says nothing against the address. A drop does only where the provider names the
    address or its owner's wish as the cause, not our own mistakes.
    """
    if kind is EventKind.BOUNCED:
        return to_say("mail to this address bounced")
    if kind is EventKind.COMPLAINED:
        return to_say("the person marked our mail as spam")
    if kind is EventKind.UNSUBSCRIBED:
        return to_say("the person unsubscribed")
    if kind is EventKind.DROPPED and reason is not None:
        return _DROPS.get(reason.strip().lower())
    return None


# The reasons SendGrid documents for `dropped` that speak of the address or its owner.
_DROPS = {
    "bounced address": to_say("mail to this address bounced"),
    "invalid": to_say("the address is invalid"),
    "unsubscribed address": to_say("the person unsubscribed"),
    "spam reporting address": to_say("the person marked our mail as spam"),
}
