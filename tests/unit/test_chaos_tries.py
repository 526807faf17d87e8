"""A trial whose rate alone was amiss is made again, and one that lost something is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.chaos.counting import Counts, Rates
from tests.chaos.faults import Trial
from tests.chaos.trials import Outcome


def _outcome(ratio: float, lost: int = 0) -> Outcome:
    counts = Counts(200, 200, lost, 0, 0, 0, 0)
    return Outcome("broker-lost", "here", counts, Rates(20, 20 * ratio, 0.1), recovers=True)


@pytest.mark.parametrize(
    ("ratios", "tried", "told"),
    [
        ([1.0, 0.1], 1, 1.0),
        ([0.93, 1.02, 0.97, 0.1], 3, 0.97),
        ([0.93, 0.5, 0.6, 2.0], 3, 0.6),
    ],
)
def test_the_middle_of_three_counts_where_the_first_was_slow(
    ratios: Sequence[float], tried: int, told: float
) -> None:
    left = [_outcome(ratio) for ratio in ratios]
    made = Trial("broker-lost", "here", lambda: left.pop(0)).outcome()

    assert len(ratios) - len(left) == tried
    assert made.rates is not None
    assert made.rates.ratio == pytest.approx(told)


@pytest.mark.parametrize("losing", [0, 1, 2])
def test_what_lost_a_letter_is_told_whichever_try_it_was(losing: int) -> None:
    left = [_outcome(0.9, lost=number == losing) for number in range(3)]
    made = Trial("broker-lost", "here", lambda: left.pop(0)).outcome()

    assert made.counts is not None
    assert made.counts.lost == 1
    assert not made.ok
