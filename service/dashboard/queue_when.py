"""When: the quick choices of a deadline, each with the instant it comes to and why, and instants
that somebody typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from service.clock import instant_text
from service.dashboard.queue_acting import FormError
from service.dashboard.site import zone
from service.dashboard.wording import when_words
from service.domain.business_time import Calendar
from service.domain.durations import parse
from service.domain.promises import PromiseError
from service.domain.zones import resolve_wall
from service.mail.variables import one_line
from service.models import Application
from service.workflows.promise_making import spoken_deadline
from service.workflows.work import Work

OWN = "own"
"""The choice to say it in one's own words."""

_CHOICES: Final[tuple[tuple[str, Any], ...]] = (
    ("1 business hour", lazy_gettext("in an hour")),
    ("end of day", lazy_gettext("end of the day")),
    ("tomorrow", lazy_gettext("tomorrow")),
    ("friday", lazy_gettext("Friday")),
    ("1 week", lazy_gettext("in a week")),
)


_LATEST: Final = {"end of day": 0, "tomorrow": 1}
"""Days within which a choice must end to be what it says: after hours "end of the day" would be
the next working day's, and somebody who hears it means today.
"""


@dataclass(frozen=True)
class Choice:
    """One quick choice: what is said, the instant it comes to, and how it comes about."""

    value: str
    label: str
    iso: str
    words: str
    why: tuple[str, ...]


def choices(work: Work, application: Application) -> list[Choice]:
    """Return the quick choices as they are now; one that has passed or says a day it does not end
    on is not offered.
    """
    calendar = work.calendar_of(application)
    offered: list[Choice] = []
    for value, label in _CHOICES:
        choice = _choice(calendar, work.now, value, str(label))
        if choice is not None:
            offered.append(choice)
    return offered


def deadline_words(calendar: Calendar, due_at: datetime, now: datetime) -> str:
    """Return a deadline in the calendar's zone, and in the reader's where that is another."""
    there = when_words(due_at, calendar.time_zone.key, now)
    here = when_words(due_at, zone(), now)
    return str(
        there if there == here else _("%(there)s (%(here)s for you)", there=there, here=here)
    )


def chosen_within(about: tuple[Work, Application] | None = None) -> str:
    """Return what was chosen or typed as a length of time; ``FormError`` where nothing was.

    ``about`` says whom alone it is about: a choice that is offered no more by now is not taken.
    """
    chosen = request.form.get("when", "")
    said = one_line(request.form.get("within", ""))
    if chosen and chosen != OWN:
        if chosen not in {value for value, _label in _CHOICES}:
            raise FormError("when", _("Choose when."))
        if about is not None and chosen not in {each.value for each in choices(*about)}:
            raise FormError("when", _("This has passed meanwhile: choose anew."))
        return chosen
    if not said:
        raise FormError("when", _("Choose when, or say it in your own words."))
    return said[:100]


def typed_instant(name: str, usual: datetime) -> datetime:
    """Return an instant typed in the reader's zone, or the usual one where none was."""
    text = request.form.get(name, "").strip()
    if not text:
        return usual
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise FormError(name, _("Give a date and a time.")) from None
    if local.tzinfo is not None or local.second or local.microsecond:
        raise FormError(name, _("Give a date and a time."))
    for shown in (usual, _seen(usual)):
        if local == _local(shown):
            # As it was shown: to the minute, which would lie before what happened within it.
            return shown
    try:
        return resolve_wall(local, ZoneInfo(zone())) if _is_usual_year(local) else usual
    except (ValueError, OverflowError):
        raise FormError(name, _("Give a date and a time.")) from None


def _seen(now: datetime) -> datetime:
    """Return when the form was shown, as it says itself."""
    try:
        seen = datetime.fromisoformat(request.form.get("seen", ""))
    except ValueError:
        return now
    return seen if seen.tzinfo is not None and seen <= now else now


def local_minute(at: datetime) -> str:
    """Return an instant as a field of date and time shows it, in the reader's zone."""
    return _local(at).isoformat(timespec="minutes")


def _local(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(zone())).replace(tzinfo=None, second=0, microsecond=0)


def _is_usual_year(local: datetime) -> bool:
    if 1990 <= local.year <= 2200:
        return True
    raise ValueError("no year that anything here happens in")


def _choice(calendar: Calendar, now: datetime, value: str, label: str) -> Choice | None:
    try:
        deadline = spoken_deadline(calendar, now, str(parse(value)), None)
    except PromiseError:
        return None
    if deadline.due_at <= now + timedelta(minutes=1):
        return None
    days = (deadline.due_local.date() - now.astimezone(calendar.time_zone).date()).days
    if days > _LATEST.get(value, days):
        return None
    return Choice(
        value,
        label,
        instant_text(deadline.due_at),
        deadline_words(calendar, deadline.due_at, now),
        tuple(step.text for step in deadline.trace),
    )
