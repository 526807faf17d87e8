"""The published figures are those that were measured."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.figures import BEGIN, END, PAGE, machine, measured, publish, publishable, read, table_of

MET = {"name": "check.flagging", "value": 0.4321, "unit": "s", "baseline": 0.1, "ratio": 4.321,
       "goal": 10.0, "ok": True, "command": "python -m bench.run"}  # fmt: skip
FASTER = {"name": "calendar.add", "value": 12_345.6, "unit": "additions/s", "baseline": 7.0,
          "ratio": 1763.657, "goal": 100.0, "ok": True, "command": "make bench"}  # fmt: skip
MISSED = MET | {"name": "queue.page", "ratio": 12.0, "ok": False}


def test_the_page_says_what_the_last_run_measured() -> None:
    if not publishable(read()):
        pytest.skip("the last run here was a quick one, and those are not published")
    text = PAGE.read_text(encoding="utf-8")
    between = text.partition(BEGIN)[2].partition(END)[0]
    assert between.endswith(f"\n\n{table_of(read())}"), (
        "docs/figures.md is not what bench/results.json holds: python -m bench.figures"
    )


def test_a_row_says_which_way_its_goal_lies_and_whether_it_was_met() -> None:
    rows = table_of([MET, FASTER, MISSED]).splitlines()[2:]
    assert rows == [
        "| `check.flagging` | 0.432 s | 0.1 s | 4.32 | at most 10 | met |",
        "| `calendar.add` | 12,346 additions/s | 7 additions/s | 1,764 | at least 100 | met |",
        "| `queue.page` | 0.432 s | 0.1 s | 12 | at most 10 | **missed** |",
    ]


def test_what_is_written_by_hand_around_the_figures_stays(tmp_path: Path) -> None:
    page, results = tmp_path / "figures.md", tmp_path / "results.json"
    results.write_text('{"name": "a", "value": 1, "unit": "s", "baseline": 2, "ratio": 0.5, '
                       '"goal": 1, "ok": true, "command": "make bench"}\n', "utf-8")  # fmt: skip
    page.write_text(f"# Before\n{BEGIN}\nold figures\n{END}\nAfter\n", "utf-8")
    publish(page, results)
    publish(page, results)
    text = page.read_text("utf-8")
    assert text.startswith(f"# Before\n{BEGIN}\nMeasured on ")
    assert text.endswith(f"| `a` | 1 s | 2 s | 0.5 | at most 1 | met |\n{END}\nAfter\n")
    assert "old figures" not in text
    results.write_text(results.read_text("utf-8").replace("make bench", "bench --quick"), "utf-8")
    with pytest.raises(ValueError, match="quick run"):
        publish(page, results)
    results.write_text("", "utf-8")
    page.write_text("no marks", "utf-8")
    with pytest.raises(ValueError, match="has no place for figures"):
        publish(page, results)


def test_the_page_names_the_day_the_commands_the_machine_and_what_was_missed() -> None:
    told = measured([MET, MISSED], datetime(2026, 3, 2, tzinfo=UTC), machine())
    assert told.startswith("Measured on 2026-03-02 by `python -m bench.run`, on ")
    assert "2 figures, 1 of them short of their goal." in told
    for part in (" cores (", "Python 3.", "SQLite 3.", "PostgreSQL "):
        assert part in told
