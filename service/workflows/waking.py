"""When a letter may go: after its hold, and at an hour that is decent where the person lives.

A wait is shown with its reason, never silent; it moves no deadline.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.domain.business_time import Calendar
from service.domain.contacts import DECISION_LETTERS
from service.domain.waking_hours import ANY_HOUR, WakingHours, zone_named
from service.domain.wording import to_say
from service.models import Application
from service.workflows.work import Work

REJECTION_HOLD = timedelta(minutes=60)
"""How long a rejection stays ours before it goes, so that a slip of the hand can be undone."""

_HELD = to_say("held so that it can be taken back")


@dataclass(frozen=True)
class Wait:
    """Until when a letter waits, and why, in words that a colleague reads."""

    until: datetime
    reason: str


def hold(work: Work, application: Application, kind: str, *, urgent: bool = False) -> Wait | None:
    """Return how long a letter written now waits before it may go, or ``None``.

    A final letter stays ours for an hour; then, as every letter from the start, it waits for a
    decent hour. ``urgent`` lets any but a final one go at any hour.
    """
    if kind not in DECISION_LETTERS:
        return asleep(work, application, kind, urgent=urgent)
    return hold_to_take_back(work, application, kind)


def hold_to_take_back(work: Work, application: Application, kind: str) -> Wait:
    """Return how long a letter waits that stays ours for an hour, whatever it says."""
    final = kind in DECISION_LETTERS
    held_until = work.now + REJECTION_HOLD
    hours = waking_hours(work, application)
    until = hours.next_at(held_until, final=final)
    if until == held_until:
        return Wait(until, _HELD)
    return Wait(until, f"{_HELD}; then {hours.why(held_until, final=final)}")


def asleep(work: Work, application: Application, kind: str, *, urgent: bool = False) -> Wait | None:
    """Return until when a letter that is ready must wait, because of the hour; else ``None``."""
    final = kind in DECISION_LETTERS
    if kind in ANY_HOUR or (urgent and not final):
        return None
    hours = waking_hours(work, application)
    until = hours.next_at(work.now, final=final)
    return None if until == work.now else Wait(until, hours.why(work.now, final=final))


def waking_hours(
    work: Work, application: Application, calendar: Calendar | None = None
) -> WakingHours:
    """Return when it is day for an application's candidate.

    In the candidate's zone where one is known that exists, else in the job's calendar's, else in
    the company's. The working days are those of ``calendar``, the job's own where it is left out.
    """
    counted = calendar or work.calendar_of(application)
    zone = application.candidate.time_zone
    # Asked for each of thousands of letters; what is kept holds the calendar, so its id stays its.
    key = f"waking:{id(counted)}:{zone or ''}"
    known: WakingHours | None = work.known.get(key)
    if known is None:
        known = WakingHours(counted, zone_named(zone) or counted.time_zone)
        work.known[key] = known
    return known
