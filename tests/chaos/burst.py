"""Part of ``make chaos``: 5,000 signed deliveries, and three kills while they are posted.

Prints what was counted on each database and ends with 1 where an acknowledged delivery was lost,
worked in twice, or left unsettled.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine

from service.db import prepare_engine
from service.workflows import migrate
from tests.acceptance.bursting import Burst, Counted
from tests.chaos.results import Results, command_of
from tests.postgres import postgres_server


def main() -> int:
    """Run on SQLite, then on PostgreSQL; print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5_000, help="deliveries on each database")
    parser.add_argument("--results", type=Path, help="keep JSON lines in this file")
    asked = parser.parse_args()
    results = Results(asked.results, "burst", None, command_of("burst", sys.argv[1:]))
    failed = False
    print("database    posted acknowledged sent-again kills lost twice unsettled   s")
    for kind in ("sqlite", "postgresql"):
        start = time.monotonic()
        found = _on(kind, asked.people)
        print(
            f"{kind:11} {found.posted:6} {found.acknowledged:12} {found.again:10} "
            f"{found.kills:5} {len(found.lost):4} {len(found.twice):5} {found.unsettled:9} "
            f"{time.monotonic() - start:3.0f}"
        )
        wrong = bool(found.lost or found.twice or found.unsettled)
        failed |= wrong
        results.keep("burst-and-kills", kind, figures_of(found), ok=not wrong)
    results.was_whole()
    return int(failed)


def figures_of(found: Counted) -> dict[str, float]:
    """Return what is published of one burst."""
    return {
        "killed": found.kills,
        "taken": found.acknowledged,
        "lost": len(found.lost),
        "doubled": len(found.twice),
        "stuck": found.unsettled,
    }


def _on(kind: str, people: int) -> Counted:
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made below it
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        if kind == "sqlite":
            return _under(f"sqlite:///{folder}/burst.db", folder, people)
        with postgres_server() as address:
            return _under(f"{address}/postgres", folder, people)


def _under(url: str, folder: Path, people: int) -> Counted:
    engine = create_engine(url)
    prepare_engine(engine)
    migrate.upgrade(engine)
    engine.dispose()
    return Burst(folder, url, people).run()


if __name__ == "__main__":
    sys.exit(main())
