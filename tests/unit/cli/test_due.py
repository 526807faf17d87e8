"""``keepword due``: a calendar file in, a deadline with its reasons out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.cli.due import due

BERLIN: dict[str, Any] = {
    "name": "berlin",
    "time_zone": "Europe/Berlin",
    "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": {"country": "DE", "subdivision": "BE"},
    "days": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []},
}


def run(
    tmp_path: Path, *options: str, calendar: object = BERLIN, start: str = "2026-03-27T16:00"
) -> Result:
    file = tmp_path / "calendar.json"
    if isinstance(calendar, bytes):
        file.write_bytes(calendar)
    else:
        file.write_text(json.dumps(calendar), encoding="utf-8")
    return CliRunner().invoke(due, ["--calendar", str(file), "--from", start, *options])


def refused(result: Result, *, code: int = 2) -> str:
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr


def test_json_has_the_instant_the_local_time_and_the_trace(tmp_path: Path) -> None:
    result = run(tmp_path, "--in", "2 business hours", "--json")

    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert list(answer) == ["due_at", "due_local", "trace"]
    assert answer["due_at"] == "2026-03-30T08:00:00Z"
    assert answer["due_local"] == "2026-03-30T10:00:00+02:00"
    assert answer["trace"][0]["text"] == "Fri 27 Mar 16:00–17:00: 1 h counted, 1 h left"


def test_text_says_when_and_then_why(tmp_path: Path) -> None:
    result = run(tmp_path, "--in", "2 business hours")

    assert result.stdout.splitlines() == [
        "Due Mon 30 Mar 10:00 in Europe/Berlin (08:00 UTC): 2 business hours",
        "  Fri 27 Mar 16:00–17:00: 1 h counted, 1 h left",
        "  Sun 29 Mar 02:00: clocks go forward 1 h",
        "  Mon 30 Mar 09:00–10:00: 1 h counted, 0 left",
    ]


@pytest.mark.parametrize(
    "start", ["2026-03-27T15:00Z", "2026-03-27T10:00-05:00", "2026-03-27 16:00"]
)
def test_a_start_with_an_offset_is_that_instant(tmp_path: Path, start: str) -> None:
    result = run(tmp_path, "--in", "2 business hours", "--json", start=start)

    assert json.loads(result.stdout)["due_at"] == "2026-03-30T08:00:00Z"


def test_a_named_day_may_follow_by(tmp_path: Path) -> None:
    result = run(tmp_path, "--by", "friday 17:00", "--json")

    assert json.loads(result.stdout)["due_local"] == "2026-03-27T17:00:00+01:00"


def test_a_calendar_may_come_from_standard_input() -> None:
    options = ["--calendar", "-", "--from", "2026-03-27T16:00", "--in", "2 days", "--json"]
    result = CliRunner().invoke(due, options, input=json.dumps(BERLIN))

    assert json.loads(result.stdout)["due_local"] == "2026-03-29T16:00:00+02:00"


def test_every_fault_of_a_calendar_is_listed(tmp_path: Path) -> None:
    broken = {"name": "", "time_zone": "Mars/Olympus", "hours": {"mon": [["9", "25:00"]]}}

    said = refused(run(tmp_path, "--in", "1 day", calendar=broken))
    for pointer in ("/name", "/time_zone", "/hours/mon/0/0", "/hours/mon/0/1"):
        assert f"  {pointer}: " in said


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "is no JSON: Expecting property name"),
        (b"\xff\xfe\x00", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "is no valid calendar"),
        (b" " * 1_000_001, "larger than 1 MB"),
        (b'{"name": ' + b"9" * 5000 + b"}", "is no JSON text"),
    ],
)
def test_a_file_that_is_no_calendar_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in refused(run(tmp_path, "--in", "1 day", calendar=content))


@pytest.mark.parametrize(
    ("options", "start", "says"),
    [
        (["--in", "2 months"], "2026-03-27T16:00", "Say how many days"),
        (["--in", "soonish"], "2026-03-27T16:00", "is no duration. Write it as in"),
        (["--in", "by 2026-03-01"], "2026-03-27T16:00", "has passed. Name a later day"),
        (["--in", "1 day"], "yesterday", "is no instant. Write it as in"),
        (["--in", "1 day"], "1800-01-01T00:00", "1900 to 2200"),
        (["--in", "1 day"], "9999-12-31T23:59", "1900 to 2200"),
        (["--in", "1 day"], "0001-01-01T00:00", "Check the date"),
        (["--in", "1 day"], "0001-01-01T00:00+10:00", "Check the date"),
        ([], "2026-03-27T16:00", "Missing option '--in'"),
    ],
)
def test_bad_input_is_told_with_its_remedy(
    tmp_path: Path, options: list[str], start: str, says: str
) -> None:
    assert says in refused(run(tmp_path, *options, start=start))


def test_a_missing_file_is_a_usage_error() -> None:
    result = CliRunner().invoke(
        due, ["--calendar", "none.json", "--from", "2026-03-27T16:00", "--in", "1 day"]
    )

    assert "does not exist" in refused(result)


def test_a_calendar_that_never_opens_is_a_failure(tmp_path: Path) -> None:
    never = {**BERLIN, "hours": {}, "days": {}}

    said = refused(run(tmp_path, "--in", "1 business hour", calendar=never), code=1)
    assert "“berlin” has no opening within two years" in said
    assert "Add opening hours" in said


def test_the_command_loads_neither_the_web_nor_the_database() -> None:
    program = (
        "import sys, service.cli.due; "
        "print([name for name in ('flask', 'sqlalchemy', 'holidays', 'marshmallow', 'rich') "
        "if name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert shown.stdout.strip() == "[]"
