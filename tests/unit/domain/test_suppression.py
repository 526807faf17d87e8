"""When an address gets no more mail, from everything heard about it in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.domain.delivery import EventKind
from service.domain.suppression import REFUSED_IN_A_ROW, Heard, Suppression, suppression

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def heard(letter: str, kind: EventKind, hours: int, reason: str | None = None) -> Heard:
    return Heard(letter, kind, reason, START + timedelta(hours=hours))


BLOCKS = [heard(letter, EventKind.BLOCKED, hours) for letter, hours in (("a", 1), ("b", 2))]
THIRD = heard("c", EventKind.BLOCKED, 3)


def test_two_refused_letters_say_nothing_against_an_address() -> None:
    assert suppression(BLOCKS) is None


def test_three_refused_letters_in_a_row_end_the_mail_with_the_third() -> None:
    assert suppression([*BLOCKS, THIRD]) == Suppression(THIRD.at, REFUSED_IN_A_ROW)


def test_one_letter_refused_three_times_counts_once() -> None:
    again = [heard("a", EventKind.BLOCKED, hours) for hours in (1, 2, 3)]

    assert suppression(again) is None


def test_a_refusal_told_again_or_a_fourth_does_not_move_the_day_that_mail_ended() -> None:
    later = [heard("a", EventKind.BLOCKED, 9), heard("d", EventKind.BLOCKED, 12)]

    assert suppression([*BLOCKS, THIRD, *later]) == Suppression(THIRD.at, REFUSED_IN_A_ROW)


def test_late_news_of_the_way_is_no_second_arrival() -> None:
    arrived = [heard("d", EventKind.DELIVERED, 0), heard("d", EventKind.DEFERRED, 2)]

    assert suppression([*BLOCKS, THIRD, *arrived]) == Suppression(THIRD.at, REFUSED_IN_A_ROW)


def test_a_letter_that_arrived_in_between_begins_the_count_anew() -> None:
    arrived = heard("d", EventKind.DELIVERED, 2)

    assert suppression([BLOCKS[0], arrived, BLOCKS[1], THIRD]) is None


def test_a_letter_taken_and_then_refused_did_not_arrive() -> None:
    taken = heard("c", EventKind.DELIVERED, 2)

    assert suppression([*BLOCKS, taken, THIRD]) == Suppression(THIRD.at, REFUSED_IN_A_ROW)


def test_what_speaks_against_the_address_outweighs_refusals_that_may_pass() -> None:
    bounce = heard("d", EventKind.BOUNCED, 9)
    found = suppression([*BLOCKS, THIRD, bounce])

    assert found == Suppression(bounce.at, "mail to this address bounced")


@given(st.permutations([*BLOCKS, THIRD, heard("d", EventKind.DELIVERED, 0), *BLOCKS]))
def test_the_order_of_news_changes_nothing(events: list[Heard]) -> None:
    assert suppression(events) == Suppression(THIRD.at, REFUSED_IN_A_ROW)


@given(st.permutations([heard(kind, EventKind(kind), 1) for kind in ("complained", "bounced")]))
def test_nor_does_the_order_of_news_of_one_instant(events: list[Heard]) -> None:
    assert suppression(events) == Suppression(events[0].at, "mail to this address bounced")
