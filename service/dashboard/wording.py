"""How the pages say instants, spans and what somebody asked, in the reader's language."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import get_day_names, get_month_names
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from service.domain.durations import (
    BusinessDays,
    BusinessHours,
    CalendarDays,
    DurationError,
    parse,
)
from service.domain.wording import Speech
from service.queries.overdue import Lateness

_DIALLED = re.compile(r"[^0-9+]")


class _Reader(Speech):
    """Says what the layers below have to say in the language of who reads."""

    def say(self, text: str, **values: object) -> str:
        # The empty text is what a catalog keeps its own head under.
        return str(_(text, **values)) if text else ""

    def say_many(self, one: str, many: str, number: int, **values: object) -> str:
        return str(ngettext(one, many, number, **values))


READER = _Reader()


def day_words(day: date) -> str:
    """Return a date without its year: ``Friday 27 November``."""
    return str(
        _(
            "%(weekday)s %(day)s %(month)s",
            weekday=_weekday(day, "wide"),
            day=day.day,
            month=_month(day, "wide"),
        )
    )


def moment_words(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant that is read later, whenever that is: ``Mon 30 Mar 08:00``."""
    local = at.astimezone(zone)
    return f"{_short_day(local.date())} {local:%H:%M}"


def when_words(at: datetime, zone: str, now: datetime) -> str:
    """Return an instant as a colleague says it: ``today 17:00`` or ``Fri 6 Nov 17:00``.

    The weekday alone serves within six days either way; further off the date is named.
    """
    day, clock = day_near(at, zone, now), clock_words(at, zone)
    return str(_("%(day)s %(clock)s", day=day, clock=clock))


def at_words(at: datetime, zone: str, now: datetime) -> str:
    """Return an instant inside a sentence: ``today at 15:00``, ``Fri 6 Nov at 15:00``."""
    day, clock = day_near(at, zone, now), clock_words(at, zone)
    return str(_("%(day)s at %(clock)s", day=day, clock=clock))


def day_near(at: datetime, zone: str, now: datetime) -> str:
    """Return the day of an instant as a colleague says it: ``today``, ``Fri``, ``Fri 6 Nov``."""
    day, today = at.astimezone(ZoneInfo(zone)).date(), now.astimezone(ZoneInfo(zone)).date()
    away = (day - today).days
    if abs(away) < 2:
        return str({0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}[away])
    if abs(away) < 7:
        return _weekday(day, "abbreviated")
    return _short_day(day) + (f" {day.year}" if day.year != today.year else "")


def clock_words(at: datetime, zone: str) -> str:
    """Return the time of day of an instant, where its day is said already: ``17:00``."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def _short_day(day: date) -> str:
    return str(
        _(
            "%(weekday)s %(day)s %(month)s",
            weekday=_weekday(day, "abbreviated"),
            day=day.day,
            month=_month(day, "abbreviated"),
        )
    )


def _weekday(day: date, width: str) -> str:
    names = get_day_names(width, context="stand-alone", locale=get_locale())  # type: ignore[arg-type]  # one of two of its words
    return str(names[day.weekday()])


def _month(day: date, width: str) -> str:
    names = get_month_names(width, context="stand-alone", locale=get_locale())  # type: ignore[arg-type]  # one of two of its words
    return str(names[day.month])


def span_words(working: timedelta, working_days: int) -> str:
    """Return a working span: ``25 min``, ``6 h``, ``2 working days``.

    ``working_days`` counts the working days begun since; hours serve within the first two.
    """
    minutes = int(working / timedelta(minutes=1))
    if working_days >= 2 or working >= timedelta(hours=24):
        days = max(working_days, 1)
        return str(ngettext("%(num)s working day", "%(num)s working days", days))
    if minutes >= 60:
        return f"{minutes // 60} h"
    return f"{max(minutes, 1)} min"


def lateness_words(late: Lateness) -> str:
    """Return how late something is, as a colleague would say it."""
    if late.beyond:
        return str(_("more than %(num)s working days", num=late.working_days))
    return span_words(late.working, late.working_days)


def duration_words(text: str) -> str:
    """Return a length of time as a person reads it, where it was stored as ``2 business days``."""
    try:
        length = parse(text)
    except DurationError:
        return text
    match length:
        case BusinessHours(minutes) if minutes % 60 == 0:
            hours = minutes // 60
            return str(ngettext("%(num)s business hour", "%(num)s business hours", hours))
        case BusinessHours(minutes):
            return str(ngettext("%(num)s business minute", "%(num)s business minutes", minutes))
        case BusinessDays(days):
            return str(ngettext("%(num)s business day", "%(num)s business days", days))
        case CalendarDays(days):
            return str(ngettext("%(num)s day", "%(num)s days", days))
        case _:
            return text


def times(number: int) -> str:
    """Return ``once``, ``twice``, ``3 times``."""
    if number < 3:
        return str({0: _("never"), 1: _("once"), 2: _("twice")}[number])
    return str(_("%(number)s times", number=number))


def ago(seconds: float) -> str:
    """Return a span since then, in the largest unit that says enough: ``4 s ago``."""
    if seconds >= 2 * 86400:
        return str(_("%(number)s days ago", number=int(seconds // 86400)))
    if seconds >= 3600:
        return str(_("%(number)s h ago", number=int(seconds // 3600)))
    if seconds >= 60:
        return str(_("%(number)s min ago", number=int(seconds // 60)))
    return str(_("%(number)s s ago", number=max(0, int(seconds))))


def time_left(seconds: float) -> str:
    """Return a span until then, never longer than it is: ``59 min left``."""
    if seconds >= 2 * 86400:
        return str(_("%(number)s days left", number=int(seconds // 86400)))
    if seconds >= 3600:
        return str(_("%(number)s h left", number=int(seconds // 3600)))
    if seconds >= 60:
        return str(_("%(number)s min left", number=int(seconds // 60)))
    return str(_("less than a minute left"))


def asked_words(
    asked: int,
    after: int,
    first_after_at: datetime | None,
    due_at: datetime,
    zone: str,
    now: datetime,
) -> str:
    """Say how often somebody asked, and how often after their date had passed; "" for never.

    ``has asked 3 times, twice after Friday had passed``: the day alone serves when they first
    asked on a later one; on the same day the time is named.
    """
    if not asked:
        return ""
    if not after or first_after_at is None:
        return str(_("has asked %(times)s", times=times(asked)))
    mark = _mark(due_at, first_after_at, zone, now)
    if asked == 1:
        return str(_("has asked once, after %(mark)s had passed", mark=mark))
    if asked == after == 2:
        return str(_("has asked twice, both times after %(mark)s had passed", mark=mark))
    how_often, late = times(asked), times(after)
    if asked == after:
        said = _(
            "has asked %(times)s, each time after %(mark)s had passed", times=how_often, mark=mark
        )
    else:
        said = _(
            "has asked %(times)s, %(late)s after %(mark)s had passed",
            times=how_often,
            late=late,
            mark=mark,
        )
    return str(said)


def _mark(due_at: datetime, first_after_at: datetime, zone: str, now: datetime) -> str:
    local = ZoneInfo(zone)
    due_on, today = due_at.astimezone(local).date(), now.astimezone(local).date()
    if first_after_at.astimezone(local).date() == due_on:
        if due_on == today:
            return f"{due_at.astimezone(local):%H:%M}"
        return when_words(due_at, zone, now)
    if (today - due_on).days < 7:
        return _weekday(due_on, "wide")
    return str(_("%(day)s %(month)s", day=due_on.day, month=_month(due_on, "wide")))


def dialled(number: str) -> str | None:
    """Return a number as ``tel:`` takes it, or ``None`` where it is no number to dial."""
    digits = _DIALLED.sub("", number.split("ext", 1)[0].split("x", 1)[0])
    digits = digits[:1] + digits[1:].replace("+", "")
    return f"tel:{digits}" if len(digits) >= 5 else None


def inside(wording: str) -> str:
    """Return a promise's wording within a sentence: its first letter small, unless it is a name.

    A word with further capitals ("HR", "CV") is left as it is.
    """
    first = wording.split(" ", 1)[0]
    plain = first[:1].isupper() and (first[1:].islower() or len(first) == 1)
    return wording[:1].lower() + wording[1:] if plain and first != "I" else wording
