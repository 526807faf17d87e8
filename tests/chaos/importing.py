"""Kills an import wherever it is: all of its people are there afterwards, or none of them."""

from __future__ import annotations

import random
import time
from pathlib import Path

from sqlalchemy import func, select

from service.models import Application
from tests.chaos.counting import Counts
from tests.chaos.processes import Process
from tests.chaos.site import Site

KILLS = 6


def import_killed(site: Site, chance: random.Random, people: int) -> Counts:
    """Import one sheet several times, all but twice killed on the way.

    ``site`` needs no process that runs: the import is one of its own. ``stuck`` are those that
    were torn in two.
    """
    sheet = _sheet(site.store.home / "people.csv", people)
    trial = Process("dry", ("import", str(sheet), "--dry-run"), site.environment, site.store.home)
    begun = time.monotonic()
    _to_its_end(site, trial)
    whole = time.monotonic() - begun
    torn = 0
    real = Process("import", ("import", str(sheet)), site.environment, site.store.home)
    for _ in range(KILLS):
        real.start()
        time.sleep(chance.uniform(0.3, 1.0) * whole)
        real.kill()
        torn += _imported(site) not in (0, people)
    for _ in range(2):
        real.start()
        _to_its_end(site, real)
    found = _imported(site)
    return Counts(
        acknowledged=people,
        letters=0,
        lost=max(0, people - found),
        doubled=max(0, found - people),
        stuck=torn,
        uncertain=0,
        injected=0,
    )


def _to_its_end(site: Site, process: Process) -> None:
    if not process.runs:
        process.start()
    code = process.wait()
    if code != 0:
        site.complain(f"{process.name} ended with {code}: {process.log[-300:]}")


def _imported(site: Site) -> int:
    with site.work() as work:
        return work.session.scalars(select(func.count(Application.id))).one()


def _sheet(path: Path, people: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write("First name,Last name,Email,Job,Applied\n")
        for number in range(people):
            name = f"Mira,Adler {number},mira{number}@example.com"
            file.write(f"{name},Bookbinder {number % 20},2026-03-02\n")
    return path
