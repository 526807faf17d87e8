"""No migration keeps people waiting: none locks a long table for longer than a moment.

The first six made the tables before there was a release with data in them; what follows is judged.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from service.workflows import migrate

LAST_BEFORE_DATA = "0006"

EXCUSED = {
    "prefer-robust-stmts": "one that was broken off is dropped first, never taken for whole",
    "require-statement-timeout": "the lock is what has a limit; building takes as long as it takes",
    "require-lock-timeout": "service.workflows.migrate sets it before the first step",
    "prefer-bigint-over-int": "SQLAlchemy's own numbers of small things",
}
"""The rules of squawk that are not ours, and why."""

FORBIDDEN = {
    r"^CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)\S+ ON (?P<table>\w+)": "an index in one go",
    r"^ALTER TABLE (?P<table>\w+) ADD COLUMN (?!.*DEFAULT).*NOT NULL": "a column nobody has filled",
    r"^ALTER TABLE (?P<table>\w+) ALTER COLUMN \w+ (SET NOT NULL|TYPE)": "a look at every row",
    r"^ALTER TABLE (?P<table>\w+) ADD CONSTRAINT (?!.*NOT VALID)": "a look at every row",
}


def slow(sql: str) -> list[str]:
    """Return the statements that would lock a table which was there before."""
    new = set(re.findall(r"^CREATE TABLE (\w+)", sql, re.MULTILINE))
    return [
        f"{why}: {statement}"
        for statement in re.split(r";\s*", sql)
        for pattern, why in FORBIDDEN.items()
        if (found := re.match(pattern, statement)) and found["table"] not in new
    ]


def test_no_migration_locks_a_table_that_may_be_long() -> None:
    assert slow(migrate.statements(LAST_BEFORE_DATA)) == []


def test_what_would_lock_one_is_found() -> None:
    bad = (
        "CREATE INDEX a ON promise (kind);\nALTER TABLE promise ADD COLUMN b VARCHAR NOT NULL;\n"
        "ALTER TABLE promise ADD CONSTRAINT c CHECK (rung > 0);\n"
        "CREATE TABLE d (\n id VARCHAR);\nCREATE INDEX e ON d (id);"
    )

    assert [each.split(":")[0] for each in slow(bad)] == [
        "an index in one go",
        "a column nobody has filled",
        "a look at every row",
    ]


def test_squawk_has_nothing_to_say_either(tmp_path: Path) -> None:
    program = shutil.which("squawk", path=str(Path(sys.executable).parent)) or shutil.which(
        "squawk"
    )
    if program is None:
        pytest.skip("squawk is not installed (squawk-cli)")
    script = tmp_path / "migrations.sql"
    script.write_text(migrate.statements(LAST_BEFORE_DATA), encoding="utf-8")

    said = subprocess.run(
        [program, "--pg-version=15.0", "--reporter=gcc", f"--exclude={','.join(EXCUSED)}", script],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (said.returncode, said.stdout) == (0, "")
