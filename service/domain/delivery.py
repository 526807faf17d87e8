"""The life of one email, from outbox to mailbox.

Events arrive in any order and any number of times; the state is a function of the *set* of
events, so every order ends alike. Delivered makes a contact; a bounce takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class MailState(StrEnum):
    """Where one email stands."""

    HELD = "held"  # ours until hold_until; can be cancelled
    READY = "ready"  # waits for the next pass
    CLAIMED = "claimed"  # leased by a worker, nothing sent yet
    SENDING = "sending"  # committed before the first byte; a crash here is uncertain
    RETRY = "retry"  # surely not sent; waits
    ACCEPTED = "accepted"  # the provider queued it
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


CANCELLABLE = frozenset({MailState.HELD, MailState.READY, MailState.RETRY, MailState.BLOCKED})
"""States in which nothing has left yet, so that a person may still stop the mail."""

LEFT = frozenset(
    {
        MailState.SENDING,
        MailState.ACCEPTED,
        MailState.DEFERRED,
        MailState.UNCERTAIN,
        MailState.DELIVERED,
        MailState.COMPLAINED,
    }
)
"""States of a letter that reached the person, may have, or still will."""

_BEFORE_THE_PROVIDER = frozenset(
    {
        MailState.CAPTURED,
        MailState.CANCELLED,
    }
)

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
    both. Any event proves that the provider had the mail, so it also settles ``uncertain``.
    """
    seen = set(kinds) - {EventKind.UNKNOWN}
    if not seen or current in _BEFORE_THE_PROVIDER:
        return current
    if seen & _REFUSED:
        return MailState.BOUNCED
    if seen & _ARRIVED:
        return MailState.COMPLAINED if EventKind.COMPLAINED in seen else MailState.DELIVERED
    if EventKind.DROPPED in seen:
        return MailState.DROPPED
    return MailState.DEFERRED if EventKind.DEFERRED in seen else MailState.ACCEPTED


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
        return "mail to this address bounced"
    if kind is EventKind.COMPLAINED:
        return "the person marked our mail as spam"
    if kind is EventKind.UNSUBSCRIBED:
        return "the person unsubscribed"
    if kind is EventKind.DROPPED and reason is not None:
        return _DROPS.get(reason.strip().lower())
    return None


# The reasons SendGrid documents for `dropped` that speak of the address or its owner.
_DROPS = {
    "bounced address": "mail to this address bounced",
    "invalid": "the address is invalid",
    "unsubscribed address": "the person unsubscribed",
    "spam reporting address": "the person marked our mail as spam",
}
