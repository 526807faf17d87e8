"""How the pages say spans, questions and numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.dashboard.wording import ago, asked_words, dialled, inside, time_left
from tests.harness import MONDAY

FRIDAY = MONDAY + timedelta(days=4)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 s ago"),
        (4.9, "4 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86400 * 2 - 1, "47 h ago"),
        (86400 * 2, "2 days ago"),
    ],
)
def test_a_span_is_said_in_its_largest_unit(seconds: float, words: str) -> None:
    assert ago(seconds) == words


@pytest.mark.parametrize(
    ("asked", "after", "hours", "words"),
    [
        (0, 0, 0, ""),
        (1, 0, 0, "has asked once"),
        (1, 1, 24, "has asked once, after Friday had passed"),
        (2, 2, 24, "has asked twice, both times after Friday had passed"),
        (3, 3, 24, "has asked 3 times, each time after Friday had passed"),
        (3, 1, 24, "has asked 3 times, once after Friday had passed"),
        (1, 1, 1, "has asked once, after Fri 09:00 had passed"),
    ],
)
def test_how_often_somebody_asked_is_said_in_words(
    asked: int, after: int, hours: int, words: str
) -> None:
    first = FRIDAY + timedelta(hours=hours) if after else None

    assert asked_words(asked, after, first, FRIDAY, "UTC", FRIDAY + timedelta(days=3)) == words


def test_long_ago_the_day_is_named_by_its_date() -> None:
    asked = asked_words(
        1, 1, FRIDAY + timedelta(days=1), FRIDAY, "UTC", FRIDAY + timedelta(days=30)
    )

    assert asked == "has asked once, after 6 March had passed"


@pytest.mark.parametrize(
    ("number", "link"),
    [
        ("+1 416 555 0100", "tel:+14165550100"),
        ("(030) 1234-567 ext. 8", "tel:0301234567"),
        ("ask her sister", None),
        ("javascript:alert(1)", None),
    ],
)
def test_only_a_number_can_be_dialled(number: str, link: str | None) -> None:
    assert dialled(number) == link


@pytest.mark.parametrize(
    ("wording", "words"),
    [("A call", "a call"), ("HR calls", "HR calls"), ("I call", "I call"), ("", "")],
)
def test_a_wording_begins_small_inside_a_sentence(wording: str, words: str) -> None:
    assert inside(wording) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (30, "less than a minute left"),
        (60, "1 min left"),
        (59 * 60 + 59, "59 min left"),
        (3600, "1 h left"),
        (86400 * 2, "2 days left"),
    ],
)
def test_the_time_that_is_left_is_never_said_longer_than_it_is(seconds: float, words: str) -> None:
    assert time_left(seconds) == words
