"""Lets a process believe another time than the machine's, by a library of ours that is preloaded.

Only its wall clock jumps; the steady one goes on, as on a machine whose clock was set. libfaketime
moves the wall clock too, but fails Python's waits once it is told to leave the steady one alone.
"""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select

from service.domain.policies import Kind
from service.models import Heartbeat, Promise
from service.workflows.promise_making import Spoken, make_spoken
from tests.chaos.harms import Harm
from tests.chaos.processes import wait_for
from tests.chaos.site import Site
from tests.harness import add_application

JUMPS = (
    timedelta(hours=1),
    timedelta(hours=-1),
    timedelta(days=365),
    timedelta(days=-365),
)
PROMISES = 50
NOTICED_WITHIN = 10.0
"""Seconds until the checker must have said that it holds: its own period, and that in which the
steps are woken after the clock was set back."""

SOURCE = Path(__file__).with_name("wall_clock.c")
OFFSET, LIBRARY = "clock.bin", "wall_clock.so"
COMPILER = "cc"


def fault() -> str | None:
    """Return why no process can be told another time here, or ``None``."""
    if sys.platform != "linux":
        return "another time is told to processes of Linux alone"
    if shutil.which(COMPILER) is None:
        return "there is no C compiler (cc) here"
    with TemporaryDirectory() as name:
        made = _compiled(Path(name))
        return None if made.returncode == 0 else f"cc fails: {made.stderr.strip()[-200:]}"


def environment(home: Path) -> Mapping[str, str]:
    """Return what a process must be told to believe the file in this folder."""
    _compiled(home).check_returncode()
    set_by(home, timedelta(0))
    return {"LD_PRELOAD": str(home / LIBRARY), "WALL_CLOCK_OFFSET": str(home / OFFSET)}


def _compiled(folder: Path) -> subprocess.CompletedProcess[str]:
    options: list[str | Path] = ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o"]
    return subprocess.run(
        [COMPILER, *options, folder / LIBRARY, SOURCE, "-ldl"],
        check=False,
        capture_output=True,
        text=True,
    )


def set_by(home: Path, offset: timedelta) -> None:
    """Set the clock of whoever believes this folder, at once."""
    path = home / OFFSET
    # In its place and never a shorter file: it lies in the memory of whoever looks at it.
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(struct.pack("=q", int(offset.total_seconds())))


def _noticed(site: Site) -> bool:
    """Tell whether the checker says that it holds, and why."""
    with site.work() as work:
        found = work.session.get(Heartbeat, "check")
        return found is not None and "clock jumped" in str(found.data.get("not_ready"))


def jumping(*offsets: timedelta) -> Harm:
    """Let the clock jump by each, once in every life: nobody is flagged, no letter leaves, until
    it is set right and another life begins.
    """

    def harm(site: Site, chance: random.Random) -> None:
        _promise(site)
        for by in chance.sample(offsets, len(offsets)):
            _jump(site, by)
        with site.work() as work:
            flagged = work.session.scalars(
                select(func.count()).select_from(Promise).where(Promise.breached_at.is_not(None))
            ).one()
        if flagged:
            site.complain(f"{flagged} promises were flagged before their time")

    return harm


def _promise(site: Site) -> None:
    """Promise some people something that is due within the hour."""
    with site.work() as work:
        for _ in range(PROMISES):
            due_at = work.now + timedelta(minutes=40)
            spoken = Spoken(Kind.CALLBACK, "A call", due_at=due_at)
            make_spoken(work, add_application(work), spoken)


def _jump(site: Site, by: timedelta) -> None:
    """Set the clock wrong in the middle of a life, look, set it right, and begin another life."""
    # Every step has looked at the right clock once.
    time.sleep(site.pace.fault)
    set_by(site.store.home, by)
    # What is on its way when it jumps may still arrive.
    time.sleep(2)
    time.sleep(site.pace.fault)
    if sent := site.sent_within(site.pace.fault - 0.5):
        site.complain(f"{sent} letters were sent while the clock was off by {by}")
    try:
        wait_for(lambda: _noticed(site), "the jump to be noticed", site.web, within=NOTICED_WITHIN)
    except AssertionError:
        site.complain(f"nobody noticed that the clock was off by {by}")
    set_by(site.store.home, timedelta(0))
    code, _seconds = site.web.end()
    if code != 0:
        site.complain(f"{site.web.name} ended with {code}")
    site.web.start()
    site.until_ready()
