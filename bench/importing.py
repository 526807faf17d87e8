"""Importing a sheet of people against ``csv`` and ``executemany`` that write the same rows.

The floor knows no rule: it reads the sheet with ``csv`` and writes, through the driver itself, as
many rows of the same size into the same tables, every value but the ids ready beforehand. Ours is
the whole command: a new process that reads, checks, looks up, computes every deadline and commits.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from sqlalchemy import Engine, text

from bench.checker import Store
from bench.figure import Figure
from service.clock import SystemClock
from service.db import new_id

TIME_GOAL = 6.0
MEMORY_GOAL = 1.25

_IN_ONE_GO = 1000
_STAGES = ("Applied", "Phone screen", "Take-home test", "Onsite", "Offer", "rejected")
_HEADINGS = ("Candidate ID", "First name", "Last name", "E-mail", "Phone", "Job", "Stage",
             "Applied on")  # fmt: skip

# In the order in which one names another, and by what their rows differ in size and number.
_TABLES = {"candidate": "1", "candidate_email": "1", "candidate_phone": "1", "application": "1",
           "imported_application": "1", "promise": "policy_id", "timeline": "kind"}  # fmt: skip
_OWN = {"candidate": "cnd", "candidate_email": "eml", "candidate_phone": "phn",
        "application": "app", "promise": "prm"}  # fmt: skip


@dataclass(frozen=True)
class Took:
    """Seconds, and the most memory in bytes that the process ever held."""

    seconds: float
    memory: int


def importing(store: Store, home: Path, *, people: int, runs: int) -> Figure:
    """Return how much longer the import of so many people takes than writing their rows."""
    sheet = _sheet(home, people)
    ours, floor = [], []
    for _ in range(runs):
        with store.empty() as name:
            ours.append(_import(store.url(name), home, sheet).seconds)
            with store.opened(name) as engine:
                patterns = _patterns(engine, people)
                _emptied(engine)
                floor.append(_floor(engine, sheet, patterns))
    return Figure.ratio_of(
        f"import.{store.kind}.{people}-people-beside-csv-and-executemany",
        median(ours),
        median(floor),
        unit="s",
        goal=TIME_GOAL,
    )


def import_memory(store: Store, home: Path, *, few: int, many: int) -> Figure:
    """Return how much more memory many people take than few."""
    peaks = []
    for people in (few, many):
        with store.empty() as name:
            peaks.append(_import(store.url(name), home, _sheet(home, people)).memory)
    return Figure.ratio_of(
        f"import-memory.{store.kind}.{many}-vs-{few}-people",
        peaks[1],
        peaks[0],
        unit="bytes",
        goal=MEMORY_GOAL,
    )


def _sheet(home: Path, people: int) -> Path:
    """Write a sheet as a system exports one: each applicant with the second they applied at.

    Instants rather than days: what is owed to everybody of one day and stage is computed once, so
    that a sheet of days takes a fraction of the time.
    """
    path = home / f"people-{people}.csv"
    if path.exists():
        return path
    chance = Random(7)  # noqa: S311 - the same sheet in every run
    now = SystemClock().now()
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_HEADINGS)
        for number in range(people):
            applied = now - timedelta(seconds=chance.randrange(60 * 24 * 3600))
            rows.writerow(
                (
                    f"C{number}",
                    f"Amara {number}",
                    "Okafor",
                    f"amara.{number}@example.com",
                    f"+1 416 555 {number:07}",
                    f"Bookbinder {number % 40}",
                    chance.choice(_STAGES),
                    applied.isoformat(timespec="seconds"),
                )
            )
    return path


def _import(url: str, home: Path, sheet: Path) -> Took:
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "KEEPWORD_HOME": str(home),
        "SECRET_KEY": "an invented key that seals nothing here",
    }
    keepword = [sys.executable, "-m", "service"]
    # The calendar and the rules that an installation has.
    subprocess.run(  # noqa: S603 - our own program
        [*keepword, "db", "upgrade"], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    before = time.perf_counter()
    running = subprocess.Popen(  # noqa: S603 - our own program
        [*keepword, "import", str(sheet)], env=environment, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(running.pid, 0)
    took = time.perf_counter() - before
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise RuntimeError(f"the import ended with {running.returncode}")
    return Took(took, used.ru_maxrss * 1024)


@dataclass(frozen=True)
class Pattern:
    """One row of a table as the driver takes it, and how many like it each person has."""

    table: str
    values: dict[str, Any]
    each: float


def _patterns(engine: Engine, people: int) -> list[Pattern]:
    """Read from a finished import what the floor has to write."""
    found = []
    with engine.connect() as connection:
        for table, alike in _TABLES.items():
            groups = connection.exec_driver_sql(
                f"SELECT {alike}, count(*) FROM {table} GROUP BY {alike}"  # noqa: S608 - our own names
            ).all()
            for key, count in groups:
                where = f"WHERE {alike} = '{key}'" if isinstance(key, str) else ""
                row = connection.exec_driver_sql(
                    f"SELECT * FROM {table} {where} LIMIT 1"  # noqa: S608 - our own names
                )
                values = {
                    name: json.dumps(value) if isinstance(value, dict | list) else value
                    for name, value in row.mappings().one().items()
                    if name != "seq"
                }
                found.append(Pattern(table, values, count / people))
    made = sum(pattern.each for pattern in found if pattern.table == "application")
    if made != 1:
        raise RuntimeError(f"{made:.0%} of the people were imported")
    return found


def _emptied(engine: Engine) -> None:
    """Take out whom the import brought, and leave the jobs and the rules they name."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("TRUNCATE candidate CASCADE"))
        return
    engine.dispose()
    with closing(sqlite3.connect(str(engine.url.database), isolation_level=None)) as plain:
        # Without its foreign keys: each row that goes would be looked for everywhere.
        for table in reversed(_TABLES):
            plain.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        plain.execute("VACUUM")


def _floor(engine: Engine, sheet: Path, patterns: Sequence[Pattern]) -> float:
    """Read the sheet and write its rows through the driver; return the seconds."""
    sign = "%s" if engine.dialect.name == "postgresql" else "?"
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        before = time.perf_counter()
        if sign == "?":
            cursor.execute("BEGIN IMMEDIATE")
        people = 0
        with sheet.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows)
            while lot := list(itertools.islice(rows, _IN_ONE_GO)):
                ids = [(new_id("cnd"), new_id("app")) for _ in lot]
                for pattern in patterns:
                    names = ", ".join(f'"{name}"' for name in pattern.values)
                    signs = ", ".join([sign] * len(pattern.values))
                    cursor.executemany(
                        f"INSERT INTO {pattern.table} ({names}) VALUES ({signs})",  # noqa: S608 - our own names
                        list(_rows(pattern, lot, ids, people)),
                    )
                people += len(lot)
        connection.commit()
        return time.perf_counter() - before


def _rows(
    pattern: Pattern, lot: Sequence[list[str]], ids: Sequence[tuple[str, str]], before: int
) -> Iterator[list[Any]]:
    """Yield a table's rows for some people: their own cells and ids in one pattern."""
    places = {name: place for place, name in enumerate(pattern.values)}
    values = list(pattern.values.values())
    own = _OWN.get(pattern.table)
    for number, (cells, (candidate, application)) in enumerate(zip(lot, ids, strict=True)):
        # As many as there are on the average, spread evenly.
        if int((before + number + 1) * pattern.each) == int((before + number) * pattern.each):
            continue
        row = values.copy()
        for name, value in (
            ("candidate_id", candidate),
            ("application_id", application),
            ("address", cells[3]),
            ("address_key", cells[3]),
            ("number", cells[4]),
            ("first_name", cells[1]),
            ("candidate_key", cells[0]),
            (
                "id",
                own
                and (candidate if own == "cnd" else application if own == "app" else new_id(own)),
            ),
        ):
            if name in places:
                row[places[name]] = value
        yield row
