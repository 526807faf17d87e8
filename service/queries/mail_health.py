"""How mail itself is doing: whether its events come back, and whether the channel rests.

Read over indexes of what is unsettled, and says nothing about a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from service.domain.delivery import UNHEARD_AFTER, MailState
from service.domain.wording import ENGLISH, Speech
from service.models import MailChannel, MailEvent, Message

EVENT_HOOK = "/hooks/sendgrid/events"
"""Where the provider posts its events, below the base URL."""


@dataclass(frozen=True)
class Silence:
    """No event came though mail went out. ``since`` is the last one's receipt, if ever one came;
    ``letters`` counts what the provider took since and never spoke of.
    """

    since: datetime | None
    letters: int


@dataclass(frozen=True)
class Rest:
    """Mail rests after failures in a row that pass by themselves; it goes on at ``until``."""

    failures: int
    until: datetime | None


def webhook_silence(session: Session, now: datetime) -> Silence | None:
    """Return the silence of the provider's event webhook, or ``None`` where it speaks.

    Silent means: letters were taken more than a day ago and not one event, about whatever letter,
    was received in the day that followed. An employer who sends nothing hears nothing, rightly.
    """
    last, letters = session.execute(silence_query(now)).one()
    return silence_of(last, letters, now)


def silence_query(now: datetime) -> Select[*tuple[Any, ...]]:
    """Return the question when the provider last spoke, and of how many letters it has not."""
    last = select(func.max(MailEvent.received_at)).scalar_subquery()
    unheard = select(func.count()).where(
        Message.state.in_((MailState.ACCEPTED, MailState.UNCONFIRMED)),
        Message.accepted_at <= now - UNHEARD_AFTER,
        or_(last.is_(None), Message.accepted_at > last),
    )
    return select(last.label("last"), unheard.scalar_subquery().label("letters"))


def silence_of(last: datetime | None, letters: int, now: datetime) -> Silence | None:
    """Return the silence from the answer to ``silence_query``."""
    if last is not None and now - last < UNHEARD_AFTER:
        return None
    return Silence(last, letters) if letters else None


def silence_text(silence: Silence, speech: Speech = ENGLISH) -> str:
    """Say what was not heard."""
    if silence.since is None:
        return speech.say_many(
            "No event has ever come from SendGrid, though it took 1 letter more than a day ago.",
            "No event has ever come from SendGrid, though it took %(num)s letters more than a day "
            "ago.",
            silence.letters,
        )
    return speech.say_many(
        "No event has come for a day from SendGrid, though it took 1 letter more than a day ago.",
        "No event has come for a day from SendGrid, though it took %(num)s letters more than a "
        "day ago.",
        silence.letters,
    )


def silence_remedy(base_url: str, speech: Speech = ENGLISH) -> str:
    """Say how the event webhook is put right."""
    return speech.say(
        "In SendGrid, under Settings, Mail Settings, Event Webhooks: post to %(url)s, with every "
        "delivery event and signing switched on, and set SENDGRID_EVENT_PUBLIC_KEY to that "
        "webhook's verification key.",
        url=f"{base_url}{EVENT_HOOK}",
    )


def channel_rest(session: Session, now: datetime) -> Rest | None:
    """Say whether mail rests after failures, or ``None``; ``mail_pause`` tells of a pause."""
    found = session.execute(
        select(MailChannel.failures, MailChannel.retry_at).where(MailChannel.failures > 0).limit(1)
    ).one_or_none()
    if found is None:
        return None
    return rest_of(*found, now)


def rest_of(failures: int, until: datetime | None, now: datetime) -> Rest:
    """Return a rest from what the channel's row says of it."""
    return Rest(failures, until if until is not None and until > now else None)


def channel_query() -> Select[*tuple[Any, ...]]:
    """Return the question how the channel is: paused when, why and by whom, and its failures."""
    return select(
        MailChannel.paused_at,
        MailChannel.paused_reason,
        MailChannel.paused_by_provider,
        MailChannel.paused_by,
        MailChannel.failures,
        MailChannel.retry_at,
    )
