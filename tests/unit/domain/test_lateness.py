"""How late flags were raised: classes that only ever grow."""

from __future__ import annotations

from service.domain.lateness import BEYOND, BOUNDS, added, bound_of, cumulative


def test_a_lateness_belongs_to_the_least_bound_that_it_does_not_exceed() -> None:
    assert [bound_of(seconds) for seconds in (0, 1, 1.1, 5, 86_400, 86_400.1)] == [
        *("1", "1", "2", "5"),
        *("86400", BEYOND),
    ]


def test_what_is_added_leaves_what_was_and_every_bound_counts_those_below_it() -> None:
    first = added({}, {"1": 2, "5": 1}, 6.5)
    second = added(first, {"5": 3, BEYOND: 1}, 90_000.0)

    assert first == {"flags": {"1": 2, "5": 1}, "total": 6.5}
    assert second["total"] == 90_006.5
    told = dict(cumulative(second))
    assert [told[bound] for bound in ("1", "2", "5", "10", BEYOND)] == [2, 2, 6, 6, 7]
    assert len(told) == len(BOUNDS) + 1
