"""Lets a process believe another time than the machine's, by libfaketime where that is installed.

Only its wall clock jumps; the steady one goes on, as on a machine whose clock was set.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select

from service.domain.policies import Kind
from service.models import Promise
from service.workflows.promise_making import Spoken, make_spoken
from tests.chaos.site import Site
from tests.harness import add_application

JUMPS = (
    timedelta(hours=1),
    timedelta(hours=-1),
    timedelta(days=365),
    timedelta(days=-365),
)
PROMISES = 50
OFFSET = "clock.txt"


def library() -> Path | None:
    """Return where libfaketime lies, ``None`` where it is not installed."""
    given = os.environ.get("LIBFAKETIME", "")
    found = (
        [Path(given)] if given else sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    )
    return next((each for each in found if each.exists()), None)


def fault() -> str | None:
    """Return why no process can be told another time here, or ``None``."""
    found = library()
    if found is None:
        return "libfaketime is not installed (Debian: libfaketime)"
    with TemporaryDirectory() as name:
        told = os.environ | environment(Path(name))
        trial = [sys.executable, "-c", "import time; time.sleep(0.01)"]
        if subprocess.run(trial, env=told, check=False, capture_output=True).returncode:
            return "this libfaketime breaks Python's time.sleep: a newer one is needed"
    return None


def environment(home: Path) -> Mapping[str, str]:
    """Return what a process must be told to believe the file in this folder."""
    set_by(home, timedelta(0))
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(home / OFFSET),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def set_by(home: Path, offset: timedelta) -> None:
    """Set the clock of whoever believes this folder."""
    draft = home / f"{OFFSET}.new"
    draft.write_text(f"{int(offset.total_seconds()):+d}\n", encoding="ascii")
    # Whole or not at all: it is read at every look at the clock.
    draft.replace(home / OFFSET)


def jumped(site: Site, chance: random.Random) -> None:
    """Let the clock jump, once in every life: nobody is flagged, no letter leaves, until it is
    set right and another life begins.
    """
    home = site.store.home
    with site.work() as work:
        for _ in range(PROMISES):
            due_at = work.now + timedelta(minutes=40)
            spoken = Spoken(Kind.CALLBACK, "A call", due_at=due_at)
            make_spoken(work, add_application(work), spoken)
    for by in chance.sample(JUMPS, len(JUMPS)):
        # Every step has looked at the right clock once.
        time.sleep(site.pace.fault)
        set_by(home, by)
        # What is on its way when it jumps may still arrive.
        time.sleep(2)
        time.sleep(site.pace.fault)
        if sent := site.sent_within(site.pace.fault - 0.5):
            site.complain(f"{sent} letters were sent while the clock was off by {by}")
        set_by(home, timedelta(0))
        code, _seconds = site.web.end()
        if code != 0:
            site.complain(f"{site.web.name} ended with {code}")
        site.web.start()
        site.until_ready()
    with site.work() as work:
        flagged = work.session.scalars(
            select(func.count()).select_from(Promise).where(Promise.breached_at.is_not(None))
        ).one()
    if flagged:
        site.complain(f"{flagged} promises were flagged before their time")
