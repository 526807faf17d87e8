"""Lever: what is odd about an opportunity costs that part of it, and never its ending."""

from __future__ import annotations

import pytest

from service.domain.changes import Change, Moved, Rejected, Stands
from tests.doubles import lever_bodies as lever
from tests.doubles.lever_bodies import POSTING, lever_has, understand

ODD = [7, True, "", "\u202e", ["x"], {"odd": 1}, [{"odd": 1}], None]


def told(*changes, **state: object) -> tuple[Change, ...]:
    return understand(lever.body("candidateArchiveChange"), lever_has(*changes, **state)).changes


def rejects(changes: tuple[Change, ...]) -> bool:
    return [type(each) for each in changes].count(Rejected) == 1


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    "part",
    ["name", "emails", "phones", "owner", "stage", "applications", "origin", "sources", "tags",
     "createdAt", "updatedAt", "snoozedUntil", "lastAdvancedAt", "isAnonymized", "dataProtection"],
)  # fmt: skip
def test_a_rejection_is_not_lost_over_an_odd_part_of_its_opportunity(part, odd) -> None:
    if (part, odd) == ("isAnonymized", True):
        pytest.skip("that is no odd part: the person is gone")

    assert rejects(told(archived=lever.archived(), **{part: odd}))


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("part", ["text", "state", "owner", "hiringManager", "updatedAt"])
def test_a_rejection_is_not_lost_over_an_odd_part_of_its_posting(part, odd) -> None:
    posting = {"/postings/p-1": POSTING | {part: odd}}

    assert rejects(told(posting, archived=lever.archived()))


@pytest.mark.parametrize("odd", ["in March", -1, 10**20, 1.5, True, {"at": 1}], ids=repr)
def test_a_rejection_at_an_odd_time_counts_as_of_the_opportunitys_own(odd) -> None:
    changes = told(archived={"archivedAt": odd, "reason": "r-1"})

    (rejected,) = (each for each in changes if isinstance(each, Rejected))
    assert rejected.at == lever.UPDATED_AT


@pytest.mark.parametrize("kind", [None, "", "Non-Hired", "rejected", 7, {"type": "non-hired"}])
def test_words_alone_reject_nobody(kind) -> None:
    reason = {"id": "r-1", "text": "Rejected: underqualified", "type": kind}

    assert not rejects(told({"/archive_reasons/r-1": reason}, archived=lever.archived()))


@pytest.mark.parametrize("odd", [True, "r-1", 7, [], ["r-1"]], ids=repr)
def test_an_opportunity_that_says_something_odd_of_its_ending_is_neither_open_nor_rejected(
    odd,
) -> None:
    changes = told(archived=odd)

    assert not [each for each in changes if isinstance(each, Stands | Rejected)]
    assert [each.stage for each in changes if isinstance(each, Moved)] == [None]


@pytest.mark.parametrize("none", [None, False])
def test_an_opportunity_that_is_not_archived_is_open(none) -> None:
    assert [each for each in told(archived=none) if isinstance(each, Stands)]
