"""Reading a calendar document: every fault at once, each with a pointer."""

from __future__ import annotations

import copy
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.domain.business_time import Calendar
from service.domain.calendars import CalendarDocumentError, CalendarSpec
from service.domain.durations import BusinessDays, BusinessHours
from service.public_holidays import holidays_for

BERLIN: dict[str, Any] = {
    "name": "berlin",
    "time_zone": "Europe/Berlin",
    "hours": {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "fri": [["22:00", "06:00"]]},
    "holidays": {"country": "DE", "subdivision": "BE"},
    "days": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []},
}


def changed(**fields: Any) -> dict[str, Any]:
    return {**copy.deepcopy(BERLIN), **fields}


def pointers(document: Any) -> list[str]:
    with pytest.raises(CalendarDocumentError) as refused:
        Calendar.from_document(document, holidays_for)
    for pointer, message in refused.value.faults:
        assert message.endswith(".")
        assert f"{pointer or '(the document)'}: {message}" in str(refused.value)
    return [pointer for pointer, _ in refused.value.faults]


def test_a_document_is_read_whole() -> None:
    spec = CalendarSpec.from_document(BERLIN)

    assert spec.name == "berlin"
    assert spec.time_zone.key == "Europe/Berlin"
    assert spec.hours[0] == ((540, 720), (780, 1020))
    assert spec.hours[4] == ((1320, 1800),)
    assert (spec.country, spec.subdivision) == ("DE", "BE")
    assert spec.days == {date(2026, 12, 24): ((540, 720),), date(2026, 12, 31): ()}


@pytest.mark.parametrize(
    "document", [BERLIN, changed(holidays=None, hours={"sun": [["00:00", "24:00"]]})]
)
def test_a_spec_writes_a_document_that_reads_the_same(document: dict[str, Any]) -> None:
    spec = CalendarSpec.from_document(document)

    assert spec == CalendarSpec.from_document(spec.to_document())


def test_holidays_and_days_may_be_left_out_and_hours_may_be_empty() -> None:
    spec = CalendarSpec.from_document({"name": "never", "time_zone": "UTC", "hours": {}})

    assert (spec.country, dict(spec.days)) == (None, {})
    assert not any(spec.hours)


def test_every_fault_is_listed_at_once() -> None:
    document = {
        "name": " ",
        "time_zone": "Europe/Berln",
        "hours": {"mon": [["9:00", "17:00"], ["24:00", "08:00"]], "monday": []},
        "holidays": {"country": "DE", "subdivision": "ZZ", "region": "x"},
        "days": {"2026-02-30": [], "2026-03-01": [["09:00"]], "24.12.2026": []},
        "a/b~c": 1,
    }

    assert {
        "/name",
        "/time_zone",
        "/hours/mon/0/0",
        "/hours/mon/1/0",
        "/hours/monday",
        "/holidays/subdivision",
        "/holidays/region",
        "/days/2026-02-30",
        "/days/2026-03-01/0",
        "/days/24.12.2026",
        "/a~1b~0c",
    } == set(pointers(document))


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        (None, ""),
        (changed(name=7), "/name"),
        (changed(name="x" * 201), "/name"),
        (changed(name="a\x00b"), "/name"),
        (changed(time_zone=None), "/time_zone"),
        (changed(time_zone="Europe"), "/time_zone"),
        (changed(time_zone="../../etc/passwd"), "/time_zone"),
        (changed(time_zone="a\x00b"), "/time_zone"),
        (changed(time_zone="Z" * 10_000), "/time_zone"),
        (changed(hours=[]), "/hours"),
        (changed(hours={"mon": "09:00-17:00"}), "/hours/mon"),
        (changed(hours={"mon": [["09:00", "25:00"]]}), "/hours/mon/0/1"),
        (changed(hours={"mon": [["09:00", 17]]}), "/hours/mon/0/1"),
        (changed(hours={"mon": [["09:00", "24:01"]]}), "/hours/mon/0/1"),
        (changed(hours={"mon": [["09:00:00", "17:00"]]}), "/hours/mon/0/0"),
        (changed(hours={"mon": [["09:00", "17:00", "18:00"]]}), "/hours/mon/0"),
        (changed(holidays="DE"), "/holidays"),
        (changed(holidays={}), "/holidays/country"),
        (changed(holidays={"country": "XX"}), "/holidays/country"),
        (changed(holidays={"country": "DE", "subdivision": 3}), "/holidays/subdivision"),
        (changed(days=[]), "/days"),
        (changed(days={"2026-12-24": None}), "/days/2026-12-24"),
        (changed(days={"20261224": []}), "/days/20261224"),
    ],
)
def test_a_fault_is_pointed_at(document: Any, pointer: str) -> None:
    assert [pointer] == pointers(document)


def test_a_misspelt_zone_gets_a_suggestion() -> None:
    with pytest.raises(CalendarDocumentError, match="such as “Europe/Berlin”"):
        CalendarSpec.from_document(changed(time_zone="Europe/Berln"))


def test_zero_length_shifts_vanish_and_repeated_ones_count_once() -> None:
    shifts = [["13:00", "14:00"], ["09:00", "09:00"], ["13:00", "14:00"], ["00:00", "00:00"]]
    spec = CalendarSpec.from_document(changed(hours={"tue": shifts}))

    assert spec.hours[1] == ((780, 840),)


def test_a_shift_to_midnight_may_be_written_both_ways() -> None:
    hours = {"mon": [["22:00", "24:00"]], "tue": [["22:00", "00:00"]]}
    spec = CalendarSpec.from_document(changed(hours=hours))

    assert ((1320, 1440),) == spec.hours[0] == spec.hours[1]


def test_threads_that_compile_one_calendar_at_once_agree() -> None:
    calendar = Calendar.from_document(BERLIN, holidays_for)
    start = datetime(2026, 3, 27, 15, tzinfo=UTC)
    together = threading.Barrier(8)
    found: list[datetime] = []

    def ask(years: int) -> None:
        together.wait(timeout=30)
        far = calendar.add(start - timedelta(days=365 * years), BusinessHours(7 * 60)).due_at
        found.append(calendar.add(start, BusinessDays(100 * years)).due_at)
        assert far < start

    threads = [threading.Thread(target=ask, args=(years,)) for years in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    alone = Calendar.from_document(BERLIN, holidays_for)
    assert sorted(found) == [
        alone.add(start, BusinessDays(100 * years)).due_at for years in range(1, 9)
    ]
