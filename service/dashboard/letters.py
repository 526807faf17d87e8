"""Says how a letter stands, for the list of the outbox and the letter's own page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.clock import instant_text
from service.domain.delivery import MailState
from service.domain.wording import when_words
from service.queries.outbox import Letter

_STATES: dict[str, tuple[str, str]] = {
    MailState.HELD: ("plain", "held back for now"),
    MailState.READY: ("plain", "waits to leave"),
    MailState.CLAIMED: ("plain", "is about to leave"),
    MailState.SENDING: ("plain", "is leaving"),
    MailState.RETRY: ("care", "will be tried again"),
    MailState.ACCEPTED: ("plain", "taken by the provider, not yet delivered"),
    MailState.CAPTURED: ("plain", "kept here, not sent"),
    MailState.DEFERRED: ("care", "the mailbox lets it wait"),
    MailState.UNCERTAIN: ("care", "may or may not have gone out"),
    MailState.DELIVERED: ("good", "delivered"),
    MailState.BOUNCED: ("broken", "bounced: it did not arrive"),
    MailState.DROPPED: ("broken", "the provider did not send it"),
    MailState.COMPLAINED: ("care", "delivered, and marked as spam"),
    MailState.FAILED: ("broken", "could not be sent"),
    MailState.BLOCKED: ("care", "stopped until somebody looks"),
    MailState.CANCELLED: ("plain", "cancelled"),
}


@dataclass(frozen=True)
class LetterView:
    """One letter in words; ``style`` as of a sign in the strip."""

    id: str
    kind: str
    to_name: str
    to_address: str
    subject: str
    style: str
    state: str
    reason: str
    iso: str
    when: str


def letter_view(letter: Letter, zone: str, now: datetime) -> LetterView:
    """Return a letter in words, its time in ``zone``."""
    style, state = _STATES.get(letter.state, ("plain", letter.state))
    return LetterView(
        id=letter.id,
        kind=letter.kind.replace("-", " "),
        to_name=letter.to_name,
        to_address=letter.to_address,
        subject=letter.subject,
        style=style,
        state=state,
        reason=letter.reason or "",
        iso=instant_text(letter.created_at),
        when=when_words(letter.created_at, zone, now),
    )
