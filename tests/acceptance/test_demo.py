"""``keepword demo`` plays its weeks through the product's own doors and says what they left."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SMALL = ("--no-serve", "--scale", "0.05")
MANY = 300
"""Seconds two small demos may take on a busy machine before something hangs."""


@dataclass(frozen=True)
class Ended:
    """What two runs with one seed printed, and what was left in their temporary folder."""

    figures: str
    told: str
    left: list[str]

    @property
    def found(self) -> dict[str, Any]:
        """The figures, read."""
        document: dict[str, Any] = json.loads(self.figures)
        return document


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Two small demos: one prints for programs, one for a person."""
    home = tmp_path_factory.mktemp("home")
    figures, told = _demo(home, *SMALL, "--json"), _demo(home, *SMALL)
    return Ended(figures, told, sorted(path.name for path in home.iterdir()))


def _demo(home: Path, *arguments: str) -> str:
    """Run the command in an environment of its own; its whole error output must be empty."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "KEEPWORD_HOME": str(home / "keepword"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "service", "demo", *arguments],
        cwd=Path(__file__).resolve().parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=MANY,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_figures_are_one_object_of_the_documented_shape(ended: Ended) -> None:
    assert list(ended.found) == [
        "candidates",
        "promises",
        "kept",
        "kept_late",
        "overdue",
        "mails",
        "reopened_by_bounce",
    ]
    assert len(ended.figures.strip().splitlines()) == 1


def test_the_figures_add_up_and_the_story_has_every_ending(ended: Ended) -> None:
    found = ended.found

    assert found["kept"] + found["kept_late"] + found["overdue"] <= found["promises"]
    endings = {name: found[name] for name in ("kept", "kept_late", "overdue", "reopened_by_bounce")}
    assert {name: number for name, number in endings.items() if number <= 0} == {}
    assert found["mails"]["delivered"] > found["mails"]["bounced"] > 0


def test_everybody_is_counted_but_the_erased_and_the_merged(ended: Ended) -> None:
    assert ended.found["candidates"] == 40 - 2


def test_a_second_run_with_one_seed_tells_the_same_story(ended: Ended) -> None:
    found = ended.found

    assert (
        f"{found['candidates']} candidates, {found['promises']} promises: {found['kept']} kept, "
        f"{found['kept_late']} kept late, {found['overdue']} overdue."
    ) in ended.told
    assert f"{found['reopened_by_bounce']} promises were kept by a mail that" in ended.told


def test_a_person_reads_who_is_overdue_and_what_to_do(ended: Ended) -> None:
    assert re.search(r"^\d+ people are waiting for a word from you\.$", ended.told, re.MULTILINE)
    assert re.search(r", promised by \w+ \w+ for .*\. .* late\.$", ended.told, re.MULTILINE)
    assert re.search(r"due by rule .*; \w+ \w+ owes it\. .* late\.$", ended.told, re.MULTILINE)
    assert re.search(r"asked .*, .* after the day had passed", ended.told)
    assert re.search(r"mail does not reach them: call \+\d", ended.told)


def test_a_person_reads_why_a_promise_was_due_then_and_what_was_sent(ended: Ended) -> None:
    assert re.search(r"^Why is .* owed this by .*\?$", ended.told, re.MULTILINE)
    assert "in Europe/Berlin (" in ended.told
    assert re.search(r"^  acknowledgement +\d+ .*\d+ delivered", ended.told, re.MULTILINE)


def test_nothing_is_left_behind(ended: Ended) -> None:
    assert ended.left == []
