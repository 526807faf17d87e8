"""Whether mail goes out at all, and how much at once: a pause or a rest keeps every letter.

A person's pause ends by a person alone. What the provider refuses as a whole (a bad key, no
credits), and failures that pass by themselves, are probed without a letter first; trust then grows
back from one letter to full requests, so that the end of an outage is no stampede.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.domain.retries import rest_until
from service.models import MailChannel

PROBE_AFTER = timedelta(minutes=10)
"""After the provider refused us as a whole, it is asked again this often."""

WINDOW_MOST = 1000
"""How many letters one pass takes at most: what one request to SendGrid may carry."""

WINDOW_FIRST = 10
"""How many letters may go together after the first that got through again; then ever more."""

LONGEST_REST = timedelta(hours=25)
"""No rest is longer: one that ends later was begun by a clock that has been set back since."""

_GROWTH = 4
_RESET_SPREAD = timedelta(seconds=5)

CHANNEL = "email"


@dataclass(frozen=True)
class Allowance:
    """How many letters may leave now, whether to ask the provider first, and why not all."""

    letters: int
    probe_first: bool = False
    reason: str | None = None


def allowance(session: Session, now: datetime) -> Allowance:
    """Say what may leave now."""
    channel = session.get(MailChannel, CHANNEL, populate_existing=True)
    if channel is None:
        return Allowance(WINDOW_MOST)
    if channel.paused_at is not None:
        waited = now - channel.paused_at
        # Less than nothing: the clock was set back.
        if channel.paused_by_provider and not timedelta(0) <= waited < PROBE_AFTER:
            return Allowance(1, probe_first=True, reason=channel.paused_reason)
        return Allowance(0, reason=channel.paused_reason)
    if channel.failures:
        if channel.retry_at is not None and now < channel.retry_at <= now + LONGEST_REST:
            return Allowance(0, reason=_resting(channel))
        return Allowance(1, probe_first=True, reason=_resting(channel))
    return Allowance(channel.window or WINDOW_MOST)


def _resting(channel: MailChannel) -> str:
    at = f" until {channel.retry_at:%H:%M:%S} UTC" if channel.retry_at else ""
    return f"the provider failed {channel.failures} times in a row; mail rests{at}"


def pause_channel(session: Session, now: datetime, reason: str, *, by_provider: bool) -> None:
    """Stop all mail; every letter keeps its place. The caller commits."""
    channel = _locked(session) or _new()
    if channel.paused_at is not None and by_provider and not channel.paused_by_provider:
        return
    channel.paused_at, channel.paused_reason = now, reason
    channel.paused_by_provider = by_provider
    session.add(channel)


def rest(
    session: Session, now: datetime, chance: float, not_before: datetime | None = None
) -> datetime:
    """Let all mail rest after a failure; return until when. The caller commits.

    ``not_before`` is when the provider itself wants to be asked again, if it said so.
    """
    channel = _locked(session) or _new()
    channel.failures += 1
    channel.window = WINDOW_FIRST
    channel.retry_at = rest_until(now, channel.failures, chance)
    if not_before is not None:
        channel.retry_at = max(channel.retry_at, not_before + _RESET_SPREAD * chance)
    if channel.paused_at is not None and channel.paused_by_provider:
        # The probe told nothing of what paused the channel: the next one waits its whole turn.
        channel.paused_at = now
    session.add(channel)
    return channel.retry_at


def provider_answers(session: Session, *, letter: bool) -> bool:
    """Take in that the provider took or judged a request; return whether that ended its pause.

    Only a ``letter`` that got through ends a rest: a probe may pass where letters do not. While
    there is nothing to take in, the row is left alone: whoever stands still with a lock on it
    would keep every other answer from being written down.
    """
    channel = session.get(MailChannel, CHANNEL, populate_existing=True)
    if channel is None or _is_fine(channel):
        return False
    channel = _locked(session)
    if channel is None:
        return False
    if not letter:
        channel.retry_at = None
        return False
    if channel.failures:
        channel.failures, channel.retry_at, channel.window = 0, None, WINDOW_FIRST
    elif channel.window is not None:
        wider = channel.window * _GROWTH
        channel.window = wider if wider < WINDOW_MOST else None
    if channel.paused_at is None or not channel.paused_by_provider:
        return False
    resume_channel(session)
    return True


def _is_fine(channel: MailChannel) -> bool:
    """Tell whether mail goes out as if nothing had ever been."""
    troubles = (channel.failures, channel.retry_at, channel.window, channel.paused_at)
    return not any(troubles)


def resume_channel(session: Session) -> None:
    """Let mail go out again; the caller commits."""
    channel = _locked(session)
    if channel is not None:
        channel.paused_at = channel.paused_reason = None
        channel.paused_by_provider = False
        # Whoever lets mail go again has mended something: it is tried at once.
        channel.retry_at = None


def _locked(session: Session) -> MailChannel | None:
    """Return the channel as it stands, nobody else's until the transaction ends.

    A person's pause that comes while an answer is written down must not be undone by it.
    """
    return session.get(MailChannel, CHANNEL, with_for_update=True, populate_existing=True)


def _new() -> MailChannel:
    return MailChannel(name=CHANNEL, failures=0, paused_by_provider=False)
