"""What was answered with success is kept and worked in once, however often the process is killed.

``make chaos`` does the same with 5,000 deliveries.
"""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.bursting import Burst

PEOPLE = 300


def test_a_burst_loses_nothing_and_doubles_nothing_while_the_process_is_killed_three_times(
    database_url: str, tmp_path: Path
) -> None:
    counted = Burst(tmp_path, database_url, PEOPLE).run()

    assert counted.acknowledged == PEOPLE
    assert counted.again > 0, "no post was hit by a kill"
    assert (counted.lost, counted.twice, counted.unsettled) == ([], [], 0)
