"""Where an application stands, in whatever order the reports come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.domain.applications import Standing, reopen, settle
from service.domain.changes import CLOSED_STAGES, Stage

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FIRST = Standing(Stage.APPLIED, START)
LATE = START + timedelta(days=30)

instants = st.integers(0, 5).map(lambda hours: START + timedelta(hours=hours))
reports = st.lists(st.tuples(st.sampled_from(Stage), instants), min_size=1, max_size=6)


def _after(told: list[tuple[Stage, datetime]]) -> Standing:
    current = FIRST
    for stage, at in told:
        current = settle(current, stage, at, LATE)
    return current


@given(reports.flatmap(lambda told: st.tuples(st.just(told), st.permutations(told + told))))
def test_any_order_and_repetition_of_reports_ends_alike(
    told: tuple[list[tuple[Stage, datetime]], list[tuple[Stage, datetime]]],
) -> None:
    once, shuffled = told

    assert _after(shuffled) == _after(once)


@given(st.sampled_from(sorted(CLOSED_STAGES)), st.sampled_from(Stage), instants, instants)
def test_an_older_report_never_reopens(
    closed: Stage, stage: Stage, one: datetime, other: datetime
) -> None:
    older, newer = sorted((one, other))
    settled = settle(Standing(closed, newer), stage, older, LATE)

    assert settled.closed


def test_a_report_without_a_time_never_reopens() -> None:
    closed = Standing(Stage.REJECTED, START)

    assert settle(closed, Stage.SCREENING, None, LATE) == closed


def test_a_report_without_a_time_counts_as_of_its_receipt() -> None:
    assert settle(FIRST, Stage.OFFER, None, LATE) == Standing(Stage.OFFER, LATE)
    assert settle(Standing(Stage.REJECTED, START), Stage.HIRED, None, LATE).stage is Stage.HIRED


def test_taking_back_at_the_very_instant_of_the_closing_counts() -> None:
    closed = Standing(Stage.REJECTED, START)

    assert reopen(closed, Stage.SCREENING, START, LATE) == Standing(Stage.SCREENING, START)


def test_taking_back_without_a_time_is_newer_than_what_it_takes_back() -> None:
    closed = Standing(Stage.REJECTED, LATE)

    assert reopen(closed, Stage.SCREENING, None, START) == Standing(Stage.SCREENING, LATE)


def test_an_older_taking_back_and_one_of_nothing_change_nothing() -> None:
    closed = Standing(Stage.REJECTED, LATE)

    assert reopen(closed, Stage.SCREENING, START, LATE) == closed
    assert reopen(FIRST, Stage.SCREENING, LATE, LATE) == FIRST
