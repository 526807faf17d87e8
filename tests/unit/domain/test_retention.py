"""What is kept, and how long: the table, its words, and when a clock may be trusted to judge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.config import SHORTEST_PEOPLE_DAYS, Config, ConfigError
from service.domain.retention import (
    EVERY,
    RAW_DAYS,
    STEADY,
    Fate,
    Readiness,
    people_before,
    readiness,
    what_is_kept,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PAGE = Path(__file__).resolve().parents[3] / "docs/operating.md"


@pytest.mark.parametrize(
    ("ago", "left", "does"),
    [
        (None, False, Readiness.LOOK),
        (timedelta(seconds=-1), True, Readiness.LOOK),
        (STEADY + timedelta(seconds=1), True, Readiness.LOOK),
        (timedelta(days=365), False, Readiness.LOOK),
        (timedelta(0), False, Readiness.REST),
        (EVERY - timedelta(seconds=1), False, Readiness.REST),
        (EVERY - timedelta(seconds=1), True, Readiness.PRUNE),
        (EVERY, False, Readiness.PRUNE),
        (STEADY, False, Readiness.PRUNE),
    ],
)
def test_only_a_clock_that_was_read_within_a_day_says_what_is_old(
    ago: timedelta | None, left: bool, does: Readiness
) -> None:
    last_at = None if ago is None else NOW - ago

    assert readiness(last_at, NOW, left=left) is does


def test_what_came_in_is_kept_as_long_as_somebody_says() -> None:
    spans = {
        days: [each for each in what_is_kept(days) if each.fate is Fate.EMPTIED]
        for days in (7, 0, 10**12)
    }

    assert {each.before(NOW) for each in spans[7]} == {NOW - timedelta(days=7)}
    assert {each.how_long for each in spans[7]} == {"7 days after it was worked in"}
    for days in (0, 10**12):
        assert {each.before(NOW) for each in spans[days]} == {None}
    assert {each.how_long for each in spans[0]} == {"for ever"}
    assert Config.from_environment({}).raw_days == RAW_DAYS
    assert Config.from_environment({"KEEPWORD_KEEP_RAW_DAYS": "0"}).raw_days == 0


def test_the_page_says_what_is_kept_how_long_and_why() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## What is kept, and how long")[2]
    lines = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("|")]

    assert lines[2:] == [
        f"| {each.name} | {each.how_long} | {each.fate} | {each.reason} |"
        for each in what_is_kept()
    ]


def test_people_are_kept_for_ever_unless_somebody_says_how_long() -> None:
    name = "KEEPWORD_KEEP_PEOPLE_DAYS"

    assert Config.from_environment({}).people_days == 0
    assert Config.from_environment({name: "0"}).people_days == 0
    assert Config.from_environment({name: "30"}).people_days == SHORTEST_PEOPLE_DAYS == 30
    assert people_before(0, NOW) is people_before(10**12, NOW) is None
    assert people_before(30, NOW) == NOW - timedelta(days=30)
    for wrong, remedy in (
        ("29", "write 30 or more"),
        ("1", "leave it out"),
        ("-3", "whole number"),
    ):
        with pytest.raises(ConfigError, match=remedy) as caught:
            Config.from_environment({name: wrong})
        assert len(caught.value.faults) == 1
        assert name in caught.value.faults[0]
