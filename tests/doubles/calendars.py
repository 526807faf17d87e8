"""Calendars for tests, and a short way to ask them."""

from __future__ import annotations

from datetime import datetime, timedelta

from service.domain.business_time import Calendar, Deadline
from service.domain.durations import parse
from service.public_holidays import holidays_for

NINE_TO_FIVE = [["09:00", "17:00"]]
WORKWEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), NINE_TO_FIVE)
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ROUND_THE_CLOCK = {day: [["00:00", "24:00"]] for day in EVERY_DAY}
NIGHTS = {day: [["22:00", "06:00"]] for day in EVERY_DAY}
SPLIT = {day: [["08:00", "12:00"], ["13:00", "17:00"]] for day in WORKWEEK}


def calendar(
    hours: dict[str, list[list[str]]] = WORKWEEK,
    zone: str = "Europe/Berlin",
    holidays: dict[str, str] | None = None,
    days: dict[str, list[list[str]]] | None = None,
) -> Calendar:
    document = {
        "name": "test",
        "time_zone": zone,
        "hours": hours,
        "holidays": holidays,
        "days": days or {},
    }
    return Calendar.from_document(document, holidays_for)


BERLIN = calendar(holidays={"country": "DE", "subdivision": "BE"})


def add(on: Calendar, start: str, amount: str) -> Deadline:
    """Start is local to the calendar unless it has an offset."""
    at = datetime.fromisoformat(start)
    return on.add(at if at.tzinfo else at.replace(tzinfo=on.time_zone), parse(amount))


def due(on: Calendar, start: str, amount: str) -> str:
    return add(on, start, amount).due_local.isoformat(timespec="minutes")


def local(on: Calendar, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=on.time_zone)


def hours_open(on: Calendar, start: str, end: str) -> float:
    return on.working_time(local(on, start), local(on, end)) / timedelta(hours=1)
