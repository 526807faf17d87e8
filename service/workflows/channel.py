"""Whether mail goes out at all: a pause keeps every letter, and nothing leaves while it lasts.

A person's pause ends by a person alone. The provider's (a bad key, no credits) is probed with one
letter at a time until one gets through.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.models import MailChannel

PROBE_AFTER = timedelta(minutes=10)
"""After the provider refused us as a whole, one letter is tried this often."""

CHANNEL = "email"


def allowance(session: Session, now: datetime, most: int) -> tuple[int, str | None]:
    """Return how many letters may be claimed (``most``, one to probe, none) and why not all."""
    channel = session.get(MailChannel, CHANNEL, populate_existing=True)
    if channel is None or channel.paused_at is None:
        return most, None
    if channel.paused_by_provider and now - channel.paused_at >= PROBE_AFTER:
        return 1, channel.paused_reason
    return 0, channel.paused_reason


def pause_channel(session: Session, now: datetime, reason: str, *, by_provider: bool) -> None:
    """Stop all mail; every letter keeps its place. The caller commits."""
    channel = session.get(MailChannel, CHANNEL) or MailChannel(name=CHANNEL)
    if channel.paused_at is not None and by_provider and not channel.paused_by_provider:
        return
    channel.paused_at, channel.paused_reason = now, reason
    channel.paused_by_provider = by_provider
    session.add(channel)


def probe_later(session: Session, now: datetime) -> None:
    """Let the next probe of a channel that is down wait its whole turn: this one told nothing."""
    channel = session.get(MailChannel, CHANNEL)
    if channel is not None and channel.paused_at is not None and channel.paused_by_provider:
        channel.paused_at = now


def provider_answers(session: Session) -> bool:
    """End the provider's own pause, if there is one: it took a letter or judged one."""
    channel = session.get(MailChannel, CHANNEL)
    if channel is None or channel.paused_at is None or not channel.paused_by_provider:
        return False
    resume_channel(session)
    return True


def resume_channel(session: Session) -> None:
    """Let mail go out again; the caller commits."""
    channel = session.get(MailChannel, CHANNEL)
    if channel is not None:
        channel.paused_at = channel.paused_reason = None
        channel.paused_by_provider = False
