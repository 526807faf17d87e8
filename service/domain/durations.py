"""How long a promise may take, as people say it: "4 business hours", "by friday 17:00".

``parse(str(duration)) == duration`` holds for every value, so a stored wording never drifts from
the value that was computed with it. Amounts are never negative.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal, get_args

from service.domain.wording import ToldError, told

DayName = Literal[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "today",
    "tomorrow",
]
"""A weekday, or a day relative to the one the promise is made on."""

WEEKDAYS: Final[tuple[str, ...]] = get_args(DayName)[:7]
"""Monday first, as ``date.weekday`` counts them."""

LONGEST_DAYS: Final = 3660
"""The furthest a duration may reach, in days (ten years): more is a slip of the keyboard."""

LONGEST_MINUTES: Final = LONGEST_DAYS * 24 * 60

EXAMPLES: Final = (
    "“4 business hours”, “90 business minutes”, “2 business days”, “45 days”, “end of day”, "
    "“by friday”, “friday 17:00”, “tomorrow 10:00” or “by 2026-03-29 14:30”"
)


_UNITS: Final = {"minutes": told("minutes"), "days": told("days")}


class DurationError(ToldError):
    """A duration that cannot be read or kept; the message names the fault and the remedy."""


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """Working time, in minutes of opening hours."""

    minutes: int

    def __post_init__(self) -> None:
        _bound("minutes", self.minutes, LONGEST_MINUTES)

    def __str__(self) -> str:
        if self.minutes % 60:
            return f"{self.minutes} business minute{_s(self.minutes)}"
        return f"{self.minutes // 60} business hour{_s(self.minutes // 60)}"


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """Working days after the one the promise starts in, at the same local time of day."""

    days: int

    def __post_init__(self) -> None:
        _bound("days", self.days, LONGEST_DAYS)

    def __str__(self) -> str:
        return f"{self.days} business day{_s(self.days)}"


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """Days of the calendar on the wall, open or closed, at the same local time of day."""

    days: int

    def __post_init__(self) -> None:
        _bound("days", self.days, LONGEST_DAYS)

    def __str__(self) -> str:
        return f"{self.days} day{_s(self.days)}"


@dataclass(frozen=True, slots=True)
class EndOfDay:
    """The last closing of the working day the promise starts in."""

    def __str__(self) -> str:
        return "end of day"


@dataclass(frozen=True, slots=True)
class ByTime:
    """A named day, and a wall-clock time on it; without ``at``, that day's closing.

    ``day`` is a weekday in lower case, a date, ``"today"`` or ``"tomorrow"``; ``at`` is naive and
    in whole minutes. Today without a time is ``EndOfDay()``.
    """

    day: DayName | date
    at: time | None = None

    def __post_init__(self) -> None:
        is_date = isinstance(self.day, date) and not isinstance(self.day, datetime)
        if not is_date and self.day not in get_args(DayName):
            raise DurationError(
                told(
                    "“%(day)s” is no day. Name a weekday, a date, “today” or “tomorrow”.",
                    day=self.day,
                )
            )
        if self.day == "today" and self.at is None:
            raise DurationError("“today” without a time is the end of day. Use EndOfDay().")
        if self.at is not None and (self.at.tzinfo or self.at.second or self.at.microsecond):
            raise DurationError(
                told(
                    "%(at)s is no plain time. Give hours and minutes without a zone: 17:00.",
                    at=self.at,
                )
            )

    def __str__(self) -> str:
        day = self.day.isoformat() if isinstance(self.day, date) else self.day
        return f"by {day}" if self.at is None else f"by {day} {self.at:%H:%M}"


Duration = BusinessHours | BusinessDays | CalendarDays | EndOfDay | ByTime

_AMOUNT = re.compile(
    r"(?P<sign>-\s*)?(?P<number>[0-9]{1,9}(?:\.[0-9]{1,4})?)\s*"
    r"(?P<working>(?:business|working)\s+)?"
    r"(?P<unit>minutes?|mins?|hours?|hrs?|h|days?|weeks?|months?|years?)"
)
_END_OF_DAY = re.compile(r"today|end of (?:the )?(?:business )?day|end of today|eod")
_BY = re.compile(
    r"(?P<day>[a-z]+|[0-9]{4}-[0-9]{2}-[0-9]{2})?"
    r"(?:(?:^|\s+|\s*t(?=[0-9]))(?:at\s+)?(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}))?"
)
_DAY_NAMES: Final[dict[str, DayName]] = {
    **{name: name for name in get_args(DayName)},
    **{name[:3]: name for name in get_args(DayName)[:7]},
}


@lru_cache(maxsize=512)
def parse(text: str) -> Duration:
    """Read a duration as a person writes it.

    Case and spacing do not matter; a leading "in", "within" or "by" is tolerated. "working" is
    another word for "business"; a week is seven days; a bare time ("by 17:00") means today.
    What was read once is remembered: thousands of promises are made under the same few rules.

    Raises:
        DurationError: with the fault and the remedy in one text.
    """
    said = " ".join(text.lower().split())
    said = re.sub(r"^(?:(?:in|within|by)\s+)+", "", said)
    if _END_OF_DAY.fullmatch(said):
        return EndOfDay()
    if found := _AMOUNT.fullmatch(said):
        return _amount(found, text)
    if (found := _BY.fullmatch(said)) and said:
        return _by(found, text)
    raise _unreadable(text)


def _amount(found: re.Match[str], text: str) -> Duration:
    number = Fraction(found["number"])
    unit = found["unit"]
    if found["sign"] and number:
        raise DurationError(
            told(
                "“%(text)s” is negative. A promise is due after it is made: leave out the minus.",
                text=_short(text),
            )
        )
    if unit[0] == "y" or unit.startswith("mo"):
        raise DurationError(
            told(
                "“%(text)s”: months and years differ in length. "
                "Say how many days, or name the date (“by 2026-03-31”).",
                text=_short(text),
            )
        )
    if unit[0] in "mh":
        if not found["working"]:
            raise DurationError(
                told(
                    "“%(text)s” does not say which hours count. "
                    "Say “%(better)s”, or name the time (“today 17:00”).",
                    text=_short(text),
                    better=f"{found['number']} business {unit}",
                )
            )
        return BusinessHours(_whole(number * (60 if unit[0] == "h" else 1), "minutes", text))
    if unit[0] == "w":
        if found["working"]:
            raise DurationError(
                told(
                    "“%(text)s”: say how many business days, such as “5 business days”.",
                    text=_short(text),
                )
            )
        return CalendarDays(_whole(number * 7, "days", text))
    days = _whole(number, "days", text)
    return BusinessDays(days) if found["working"] else CalendarDays(days)


def _by(found: re.Match[str], text: str) -> Duration:
    said = found["day"] or "today"
    day: DayName | date
    if said in _DAY_NAMES:
        day = _DAY_NAMES[said]
    elif said[0].isdigit():
        try:
            day = date.fromisoformat(said)
        except ValueError:
            raise DurationError(
                told(
                    "“%(text)s” is no date of the calendar. "
                    "Write year-month-day, as in 2026-03-29.",
                    text=said,
                )
            ) from None
    else:
        raise _unreadable(text)
    if found["hour"] is None:
        return ByTime(day)
    try:
        at = time(int(found["hour"]), int(found["minute"]))
    except ValueError:
        clock = f"{found['hour']}:{found['minute']}"
        raise DurationError(
            told("“%(text)s” is no time. Use 00:00 to 23:59.", text=clock)
        ) from None
    return ByTime(day, at)


def _whole(number: Fraction, unit: str, text: str) -> int:
    if number.denominator != 1:
        raise DurationError(
            told(
                "“%(text)s” is no whole number of %(unit)s. Give whole %(unit)s.",
                text=_short(text),
                unit=_UNITS[unit],
            )
        )
    return int(number)


def _bound(unit: str, amount: int, longest: int) -> None:
    if amount < 0:
        raise DurationError(
            told(
                "%(amount)s %(unit)s is negative. Give zero or more.",
                amount=amount,
                unit=_UNITS[unit],
            )
        )
    if amount > longest:
        raise DurationError(
            told(
                "%(amount)s %(unit)s is more than ten years. Give at most %(longest)s %(unit)s.",
                amount=amount,
                longest=longest,
                unit=_UNITS[unit],
            )
        )


def _unreadable(text: str) -> DurationError:
    return DurationError(
        told(
            "“%(text)s” is no duration. Write it as in %(examples)s.",
            text=_short(text),
            examples=EXAMPLES,
        )
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def _s(amount: int) -> str:
    return "" if amount == 1 else "s"
