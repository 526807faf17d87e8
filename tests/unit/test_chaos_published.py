"""What is published about the trials is what they came to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.figures import PAGE
from tests.chaos.published import BEGIN, END, publish, told
from tests.chaos.results import Line, Results, command_of, read

KILLED = Line(
    "faults", "worker-killed", "postgresql-many", True, 1, "python -m tests.chaos.faults",
    "2026-03-02", "2 cores",
    {"taken": 1440, "letters": 1440, "lost": 0, "doubled": 0, "stuck": 0, "uncertain": 3,
     "injected": 5, "ratio": 1.013, "first": 0.62, "seconds": 61},
)  # fmt: skip
SEEDED = replace(
    KILLED, run="run", what="seeded-kills", where="sqlite", ok=False, seed=7,
    figures={"lives": 1200, "killed": 1100, "letters": 9000, "lost": 1, "doubled": 0,
             "uncertain": 40, "wrongly": 0},
)  # fmt: skip
ABSENT = replace(
    KILLED, what="disk-full", figures={}, skipped="no small file system may be mounted here"
)


def test_the_page_says_what_the_last_trials_came_to() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == f"\n{told(read())}", (
        "docs/figures.md is not what is kept of the trials: python -m tests.chaos.published"
    )


def test_a_table_tells_the_counts_and_what_could_not_be_tried() -> None:
    text = told([SEEDED, KILLED, ABSENT])
    assert text.startswith("2 trials were made, 1 of them went wrong.\n\n- 2026-03-02, `python -m ")
    assert "`python -m tests.chaos.faults`, seed 1, on 2 cores: 1 line\n" in text
    row = "| `seeded-kills` | `sqlite` | 1,200 | 1,100 |  | 9,000 | 1 | 0 |  | 40 | 0 | **no** |\n"
    assert row in text
    row = "1,440 | 1,440 | 0 | 0 | 0 | 3 of 5 | 101% | 0.6 | yes |\n"
    assert f"| `worker-killed` | `postgresql-many` | {row}" in text
    assert text.endswith("- `disk-full` on `postgresql-many`: no small file system may be mounted "
                         "here\n")  # fmt: skip


def test_a_trial_made_again_replaces_its_own_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "results.json"

    def run(seed: int, *trials: str, skipped: str | None = None) -> Results:
        results = Results(path, "faults", seed, f"seed {seed}")
        for each in trials:
            results.keep(each, "sqlite-one", {"lost": seed}, ok=True, skipped=skipped)
        return results

    run(1, "gone", "b", "a").was_whole()
    run(2, "b")
    run(3, "a", skipped="no strace")
    assert [(each.what, each.seed) for each in read(path)] == [("gone", 1), ("b", 2), ("a", 1)]
    run(4, "a", "b").was_whole()
    assert [(each.what, each.seed) for each in read(path)] == [("a", 4), ("b", 4)]

    page = tmp_path / "figures.md"
    page.write_text(f"# Before\n{BEGIN}\nold\n{END}\nAfter\n", "utf-8")
    publish(page, path)
    publish(page, path)
    assert page.read_text("utf-8") == f"# Before\n{BEGIN}\n{told(read(path))}{END}\nAfter\n"
    page.write_text("no marks", "utf-8")
    with pytest.raises(ValueError, match="has no place for figures"):
        publish(page, path)


def test_a_command_says_nothing_of_where_its_results_went() -> None:
    given = ["--only", "disk", "--results", "x.json", "--seed", "2"]
    assert command_of("faults", given) == "python -m tests.chaos.faults --only disk --seed 2"
    assert command_of("run", ["--results=x"]) == "python -m tests.chaos.run"
