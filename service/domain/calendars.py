"""What a working calendar says: weekly hours, holidays' region, own days, in one time zone.

A ``CalendarSpec`` is always valid: whoever reads a document learns every fault in it at once, each
with a JSON pointer (RFC 6901) to the place.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from service.domain.wording import to_say, told

HolidaySource = Callable[[int], Mapping[date, str]]
"""Year -> the public holidays of that year by date, each with its name."""

Shift = tuple[int, int]
"""Opening and closing, in minutes from the local midnight of the day the shift starts on; the
closing is later than the opening, and beyond 1440 where the shift crosses midnight."""

DAY_KEYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_NAME: Final = 200
_FIELDS: Final = ("name", "time_zone", "hours", "holidays", "days")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class CalendarDocumentError(ValueError):
    """A calendar document with faults: pairs of a JSON pointer and what is wrong there."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        self.faults = faults
        super().__init__(
            "; ".join(f"{pointer or '(the document)'}: {msg}" for pointer, msg in faults)
        )


@dataclass(frozen=True)
class CalendarSpec:
    """Opening hours in a time zone.

    ``hours`` holds the shifts of Monday to Sunday; ``days`` replaces the shifts of single dates, a
    public holiday's too (no shifts: closed). Shifts may overlap or touch; they count once.
    """

    name: str
    time_zone: ZoneInfo
    hours: tuple[tuple[Shift, ...], ...]
    country: str | None = None
    subdivision: str | None = None
    days: Mapping[date, tuple[Shift, ...]] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: object) -> CalendarSpec:
        """Read a calendar as the API takes it.

        Raises:
            CalendarDocumentError: with every fault at once.
        """
        return _Reading().calendar(document)

    @staticmethod
    def region_in(document: object) -> tuple[str | None, str | None]:
        """Return the country and subdivision a document names, as far as they can be read."""
        found = document.get("holidays") if isinstance(document, Mapping) else None
        return _Reading().holidays(found)

    def to_document(self) -> dict[str, object]:
        """Return the document that reads back to an equal spec."""
        region = {"country": self.country, "subdivision": self.subdivision}
        return {
            "name": self.name,
            "time_zone": self.time_zone.key,
            "hours": {
                key: _written(shifts) for key, shifts in zip(DAY_KEYS, self.hours, strict=True)
            },
            "holidays": None if self.country is None else region,
            "days": {day.isoformat(): _written(self.days[day]) for day in sorted(self.days)},
        }


class _Reading:
    """One pass over a document, collecting faults."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, str]] = []

    def calendar(self, document: object) -> CalendarSpec:
        if not isinstance(document, Mapping):
            raise CalendarDocumentError([("", "A calendar is an object with name and time_zone.")])
        self.unknown(document, "", _FIELDS)
        name = self.name(document.get("name"))
        zone = self.zone(document.get("time_zone"))
        hours = self.hours(document.get("hours"))
        country, subdivision = self.holidays(document.get("holidays"))
        days = self.days(document.get("days"))
        if self.faults or zone is None:
            raise CalendarDocumentError(self.faults)
        return CalendarSpec(name, zone, hours, country, subdivision, days)

    def fault(self, pointer: str, message: str) -> None:
        self.faults.append((pointer, message))

    def unknown(self, found: Mapping[object, object], pointer: str, known: tuple[str, ...]) -> None:
        for key in found:
            if key not in known:
                self.fault(
                    f"{pointer}/{_escaped(key)}", f"Unknown field. Known are {', '.join(known)}."
                )

    def name(self, found: object) -> str:
        readable = isinstance(found, str) and found.strip() and found.isprintable()
        if not isinstance(found, str) or not readable or len(found) > LONGEST_NAME:
            self.fault(
                "/name",
                told(
                    "Give the calendar a name of 1 to %(number)s characters.", number=LONGEST_NAME
                ),
            )
            return ""
        return found

    def zone(self, found: object) -> ZoneInfo | None:
        if not isinstance(found, str) or not found:
            self.fault(
                "/time_zone", to_say("Give a time zone by its IANA name, such as “Europe/Berlin”.")
            )
            return None
        try:
            return ZoneInfo(found)
        except (KeyError, ValueError, OSError):
            near = difflib.get_close_matches(found[:60], available_timezones(), n=1)
            meant = near[0] if near else "Europe/Berlin"
            self.fault(
                "/time_zone",
                told(
                    "“%(zone)s” is no known time zone. Use an IANA name such as “%(meant)s”.",
                    zone=found[:60],
                    meant=meant,
                ),
            )
            return None

    def hours(self, found: object) -> tuple[tuple[Shift, ...], ...]:
        if not isinstance(found, Mapping):
            self.fault("/hours", 'Give the weekly hours, such as {"mon": [["09:00", "17:00"]]}.')
            return ()
        self.unknown(found, "/hours", DAY_KEYS)
        return tuple(self.shifts(found.get(key, []), f"/hours/{key}") for key in DAY_KEYS)

    def holidays(self, found: object) -> tuple[str | None, str | None]:
        if found is None:
            return None, None
        if not isinstance(found, Mapping):
            self.fault("/holidays", 'Give a region, such as {"country": "DE"}, or null.')
            return None, None
        self.unknown(found, "/holidays", ("country", "subdivision"))
        country, subdivision = found.get("country"), found.get("subdivision")
        if not isinstance(country, str) or not country:
            self.fault(
                "/holidays/country", to_say("Give a country by its two letters, such as “DE”.")
            )
            country = None
        if subdivision is not None and (not isinstance(subdivision, str) or not subdivision):
            self.fault("/holidays/subdivision", to_say("Give a subdivision such as “BE”, or null."))
            subdivision = None
        return country, subdivision

    def days(self, found: object) -> dict[date, tuple[Shift, ...]]:
        if found is None:
            return {}
        if not isinstance(found, Mapping):
            self.fault("/days", 'Give days by date, such as {"2026-12-24": [["09:00", "12:00"]]}.')
            return {}
        days: dict[date, tuple[Shift, ...]] = {}
        for key, shifts in found.items():
            pointer = f"/days/{_escaped(key)}"
            read = self.shifts(shifts, pointer)
            try:
                if not isinstance(key, str) or not _DATE.fullmatch(key):
                    raise ValueError
                days[date.fromisoformat(key)] = read
            except ValueError:
                self.fault(pointer, to_say("No such date. Write year-month-day, as in 2026-12-24."))
        return days

    def shifts(self, found: object, pointer: str) -> tuple[Shift, ...]:
        if not isinstance(found, list | tuple):
            self.fault(
                pointer, 'Give a list of shifts, such as [["09:00", "17:00"]]; [] is closed.'
            )
            return ()
        shifts = [self.shift(shift, f"{pointer}/{index}") for index, shift in enumerate(found)]
        return tuple(sorted({shift for shift in shifts if shift is not None}))

    def shift(self, found: object, pointer: str) -> Shift | None:
        if not isinstance(found, list | tuple) or len(found) != 2:
            self.fault(pointer, 'A shift is its opening and closing, such as ["09:00", "17:00"].')
            return None
        opens = self.minute(found[0], f"{pointer}/0", opening=True)
        closes = self.minute(found[1], f"{pointer}/1", opening=False)
        if opens is None or closes is None or opens == closes:
            return None  # a zero-length shift is nothing
        return opens, closes if closes > opens else closes + 1440

    def minute(self, found: object, pointer: str, *, opening: bool) -> int | None:
        if not isinstance(found, str) or not _TIME.fullmatch(found):
            until = "23:59" if opening else "24:00"
            self.fault(
                pointer,
                told("No such time. Write hours and minutes, 00:00 to %(until)s.", until=until),
            )
            return None
        if opening and found == "24:00":
            self.fault(
                pointer, to_say("A shift cannot open at 24:00. Put it on the next day, at 00:00.")
            )
            return None
        return int(found[:2]) * 60 + int(found[3:])


def _written(shifts: tuple[Shift, ...]) -> list[list[str]]:
    return [[_time(opens), _time(closes)] for opens, closes in shifts]


def _time(minute: int) -> str:
    minute = minute if minute <= 1440 else minute - 1440
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _escaped(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")
