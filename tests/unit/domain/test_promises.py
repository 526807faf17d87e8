"""What the checker concludes about one promise, and what a person reads of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.domain.policies import Action, RungAt
from service.domain.promises import (
    Origin,
    PromiseError,
    Standing,
    State,
    Watch,
    check_can_pause,
    judge,
    kept_state,
    minutes_left,
    standing,
)
from tests.doubles.calendars import calendar, local

DUE = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
LADDER = (
    RungAt(DUE - 20 * HOUR, Action.SEND, "status-update"),
    RungAt(DUE - 2 * HOUR, Action.REMIND),
    RungAt(DUE, Action.FLAG),
    RungAt(DUE + HOUR, Action.HOLDING, "holding"),
    RungAt(DUE + 8 * HOUR, Action.ESCALATE),
)


def _at(now: datetime, rung: int = 0, breached_at: datetime | None = None) -> tuple[object, ...]:
    told = judge(Watch(DUE, breached_at, LADDER, rung), now)
    return told.rung, told.breached_at, told.next_check_at, told.notice, told.send


@pytest.mark.parametrize(
    ("now", "rung", "expected"),
    [
        (DUE - 21 * HOUR, 0, (0, None, DUE - 20 * HOUR, None, None)),
        (DUE - 20 * HOUR, 0, (1, None, DUE - 2 * HOUR, None, 0)),
        (DUE - 2 * HOUR - INSTANT, 1, (1, None, DUE - 2 * HOUR, None, None)),
        (DUE - 2 * HOUR, 1, (2, None, DUE, 1, None)),
        (DUE, 2, (2, None, DUE, None, None)),
        (DUE + INSTANT, 2, (3, DUE, DUE + HOUR, 2, None)),
        (DUE + HOUR, 3, (4, DUE, DUE + 8 * HOUR, None, 3)),
        (DUE + 8 * HOUR, 4, (5, DUE, None, 4, None)),
        (DUE + 99 * HOUR, 5, (5, DUE, None, None, None)),
    ],
)
def test_each_rung_comes_at_its_instant(
    now: datetime, rung: int, expected: tuple[object, ...]
) -> None:
    assert _at(now, rung) == expected


def test_after_a_gap_only_the_highest_notice_is_given_and_the_breach_is_the_due_instant() -> None:
    told = judge(Watch(DUE, None, LADDER, 1), DUE + 60 * HOUR)

    assert (told.notice, told.rung, told.breached_at) == (4, 5, DUE)


def test_after_a_gap_the_letter_that_keeps_the_promise_goes_before_a_holding_one() -> None:
    assert judge(Watch(DUE, None, LADDER, 0), DUE + 60 * HOUR).send == 0
    assert judge(Watch(DUE, None, LADDER, 1), DUE + 60 * HOUR).send == 3


def test_a_breach_already_known_keeps_its_instant() -> None:
    earlier = DUE - HOUR

    assert _at(DUE + HOUR, 3, earlier)[1] == earlier


def test_whatever_else_stands_at_the_due_instant_waits_for_the_flag() -> None:
    ladder = (RungAt(DUE, Action.FLAG), RungAt(DUE, Action.HOLDING, "holding"),
              RungAt(DUE, Action.ESCALATE))  # fmt: skip

    assert judge(Watch(DUE, None, ladder, 0), DUE).rung == 0
    assert judge(Watch(DUE, None, ladder, 0), DUE + INSTANT).rung == 3


def test_at_the_due_instant_itself_a_reminder_is_given_and_nobody_is_told_of_a_breach() -> None:
    for action, rung in ((Action.REMIND, 1), (Action.FLAG, 0), (Action.ESCALATE, 0)):
        watch = Watch(DUE, None, (RungAt(DUE, action),), 0)

        assert (judge(watch, DUE).rung, judge(watch, DUE + INSTANT).rung) == (rung, 1), action


def test_judging_twice_changes_nothing_more() -> None:
    now = DUE + 2 * HOUR
    once = judge(Watch(DUE, None, LADDER, 0), now)
    again = judge(Watch(DUE, once.breached_at, LADDER, once.rung), now)

    assert (again.rung, again.notice, again.send) == (once.rung, None, None)


@pytest.mark.parametrize(
    ("at", "expected"),
    [(DUE - INSTANT, State.KEPT), (DUE, State.KEPT), (DUE + INSTANT, State.KEPT_LATE)],
)
def test_contact_at_the_due_instant_is_in_time(at: datetime, expected: State) -> None:
    assert kept_state(at, DUE) is expected


@pytest.mark.parametrize(
    ("state", "now", "expected"),
    [
        ("open", DUE - 3 * HOUR, Standing.ON_TIME),
        ("open", DUE - 2 * HOUR, Standing.AT_RISK),
        ("open", DUE, Standing.AT_RISK),
        ("open", DUE + INSTANT, Standing.OVERDUE),
        ("paused", DUE + HOUR, Standing.PAUSED),
        ("kept", DUE + HOUR, Standing.KEPT),
        ("kept_late", DUE + HOUR, Standing.KEPT_LATE),
        ("released", DUE + HOUR, Standing.RELEASED),
        ("replaced", DUE + HOUR, Standing.REPLACED),
    ],
)
def test_a_person_reads_how_it_stands(state: str, now: datetime, expected: Standing) -> None:
    assert standing(state, DUE, DUE - 2 * HOUR, now) is expected


@pytest.mark.parametrize(
    ("origin", "state", "now", "code"),
    [
        (Origin.SPOKEN, State.OPEN, DUE - HOUR, "spoken-promise-never-pauses"),
        (Origin.POLICY, State.PAUSED, DUE - HOUR, "promise-not-open"),
        (Origin.POLICY, State.KEPT, DUE - HOUR, "promise-not-open"),
        (Origin.POLICY, State.OPEN, DUE + INSTANT, "promise-overdue"),
    ],
)
def test_what_may_not_pause_says_why(
    origin: Origin, state: State, now: datetime, code: str
) -> None:
    with pytest.raises(PromiseError) as caught:
        check_can_pause(origin, state, DUE, now)

    assert caught.value.code == code


def test_a_rule_may_pause_up_to_its_due_instant() -> None:
    check_can_pause(Origin.POLICY, State.OPEN, DUE, DUE)


@pytest.mark.parametrize(
    ("now", "minutes"),
    [
        ("2026-03-06T16:30:00", 90),
        ("2026-03-06T16:29:31", 91),
        ("2026-03-08T12:00:00", 60),
        ("2026-03-09T10:00:00", 0),
    ],
)
def test_a_pause_takes_nothing_from_the_working_time_left(now: str, minutes: int) -> None:
    plain = calendar()
    due_at = local(plain, "2026-03-09T10:00")

    assert minutes_left(plain, local(plain, now), due_at) == minutes
