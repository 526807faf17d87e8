"""A database that is there and takes nothing: its rows are held by somebody else, or its log has no
room left.

Whoever watches from outside must learn that the checker stands still, and all must go on by itself
once the database does.
"""

from __future__ import annotations

import random
import time

from tests.chaos.site import Site
from tests.chaos.stores import PostgreSQL

HANGS = 75.0
"""Seconds for which the checker hangs: more than the minute between two pings."""

BACK_WITHIN = 30.0
"""Seconds in which everything must run again. Who waits for a lock asks again after ten."""

FALLS_WITHIN = 60.0
"""Seconds that PostgreSQL may take to find that its log is full."""


def database_held(site: Site, chance: random.Random) -> None:
    """Let somebody else hold the promises, so that the checker hangs in the database."""
    time.sleep(chance.uniform(0, 0.3))
    with site.store.held():
        # What each had sent is known to the provider alone until it can be written down.
        site.injected += len(site.workers)
        # Whoever was past the lock already may still say so.
        time.sleep(2)
        begun = time.monotonic()
        time.sleep(HANGS)
        if site.watcher.heard_since(begun):
            site.complain("the watcher outside was told that a checker runs which hangs")
        status, problems = site.readiness()
        # No answer says so too: where one may write at a time, the web's threads all wait to.
        if status and (status != 503 or "loop-late:check" not in problems):
            site.complain(f"/readyz says {status} {sorted(problems)} of a checker that hangs")
    freed = time.monotonic()
    while True:
        heard, (status, problems) = site.watcher.heard_since(freed), site.readiness()
        # The others may still be at what gathered meanwhile.
        if heard and status and "loop-late:check" not in problems:
            return
        if time.monotonic() - freed > BACK_WITHIN:
            site.complain(f"after the lock: /readyz {status} {sorted(problems)}, {heard} pings")
            return
        time.sleep(0.5)


def log_full(site: Site, chance: random.Random) -> None:
    """Leave no room for PostgreSQL's log: it falls, and cannot come back until there is room."""
    assert isinstance(site.store, PostgreSQL)
    before = site.load.statuses.copy()
    site.store.fill()
    site.injected += len(site.workers)
    end = time.monotonic() + FALLS_WITHIN
    while site.store.runs and time.monotonic() < end:
        site.store.begin_log_file()
        time.sleep(chance.uniform(0.1, 0.3))
    if site.store.runs:
        site.complain("the database did not fall: its log was not full")
    time.sleep(2 * site.pace.fault)
    if (found := site.status("/livez")) != 200:
        site.complain(f"/livez was answered with {found} while the database was away")
    status, problems = site.readiness()
    if status != 503 or problems != {"database-unreachable"}:
        site.complain(f"/readyz says {status} {sorted(problems)} of a database that is away")
    answered = site.load.statuses - before
    if strange := {status for status in answered if status not in (0, 200, 503)}:
        site.complain(f"deliveries were answered with {sorted(strange)} while it was away")
    site.store.make_room()
    if not site.store.runs:
        site.store.start()
