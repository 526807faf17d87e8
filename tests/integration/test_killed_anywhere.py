"""A worker killed anywhere between decision and delivery loses nothing and sends nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.run import at_random, closed_anywhere, settled_anywhere, stalled_anywhere
from tests.chaos.trial import Tally, Trial, trial
from tests.chaos.victim import EDGES
from tests.doubles.sendgrid_behaviours import hang_up


@pytest.fixture
def lives(database_url: str, tmp_path: Path) -> Iterator[Trial]:
    """Lives on one database, each from decision to delivered, against one double."""
    with trial(database_url, tmp_path) as made:
        yield made


def assert_nothing_went_wrong(tally: Tally) -> None:
    assert tally.faults == []
    assert (tally.lost, tally.doubled, tally.wrongly_uncertain) == (0, 0, 0)


def test_a_life_that_is_let_live_delivers_everything(lives: Trial) -> None:
    tally, told = lives.run()

    assert_nothing_went_wrong(tally)
    assert (tally.killed, tally.delivered, tally.letters) == (0, 5, 5)
    assert (told.heard, told.ambiguous) == (2, 0)
    # Enough of them that a kill at each is worth its name: two writes, two requests, the hook.
    assert told.boundaries > 20


def test_killed_at_every_commit_before_and_after_it(lives: Trial) -> None:
    at, killed = 0, True
    places = []
    while killed:
        at += 1
        tally, told = lives.run(die_at=at)
        assert_nothing_went_wrong(tally)
        killed = bool(tally.killed)
        places.append(told.ambiguous)

    assert at > 20
    # Of each of the two requests: after the commit that says "sending", before the answer's.
    assert len([place for place in places if place]) == 4


@pytest.mark.parametrize("edge", EDGES)
def test_killed_at_every_edge_of_a_request(lives: Trial, edge: str) -> None:
    for request in (0, 1):
        tally, told = lives.run(edge=edge, edge_of=request)
        assert_nothing_went_wrong(tally)
        assert tally.killed == 1
        assert told.ambiguous in (2, 3)
        arrived = edge in EDGES[2:]
        assert tally.uncertain == (0 if arrived else told.ambiguous)


def test_killed_after_an_answer_was_lost(lives: Trial) -> None:
    for at in (8, 10, 12):
        tally, _ = lives.run(hang_up(accepted=False), die_at=at)
        assert_nothing_went_wrong(tally)


def test_halted_after_any_commit_and_woken_when_others_have_done_its_work(lives: Trial) -> None:
    tally = stalled_anywhere(lives)

    assert_nothing_went_wrong(tally)
    assert tally.delivered == tally.letters
    assert lives.stalled == tally.lives > 10


def test_killed_anywhere_while_lost_answers_are_settled_by_the_log_and_by_a_person(
    lives: Trial,
) -> None:
    tally = settled_anywhere(lives)

    assert_nothing_went_wrong(tally)
    assert tally.killed > 30
    assert tally.uncertain == 0


def test_killed_at_random_places_in_bad_weather(lives: Trial) -> None:
    for seed in range(12):
        assert_nothing_went_wrong(at_random(lives, seed))


def test_killed_anywhere_on_the_way_from_closing_a_job(lives: Trial) -> None:
    tally = closed_anywhere(lives)

    assert_nothing_went_wrong(tally)
    assert tally.killed > 20
