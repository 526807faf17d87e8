"""Watches the system calls of a running Keepword: what it acknowledges was on the disk before.

A kill says nothing about the loss of power. That each answer of success comes after the sync of
its own thread does; it needs strace.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.processes import Process, wait_for

_CALL = re.compile(r"^(?P<thread>\d+) +(?:<\.\.\. )?(?P<call>\w+)")
_WATCHED = "trace=fsync,fdatasync,recvfrom,recv,read,sendto,send,write,sendmsg"


def program() -> str | None:
    """Return strace's path, ``None`` where it is not installed."""
    return shutil.which("strace")


@contextmanager
def traced(process: Process, path: Path) -> Iterator[None]:
    """Write down the system calls of a process and its children while the block lasts."""
    pids = [str(pid) for pid in process.pids()]
    command = [program() or "", "-f", "-q", "-s", "64", "-e", _WATCHED, "-o", str(path)]
    for pid in pids:
        command += ["-p", pid]
    tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: _is_traced(pids), "strace to attach", process)
        yield
    finally:
        # It lets go of whom it watches, and then ends.
        tracer.send_signal(signal.SIGINT)
        tracer.wait(30)


def _is_traced(pids: list[str]) -> bool:
    told = [Path(f"/proc/{pid}/status").read_text(encoding="ascii") for pid in pids]
    return all("TracerPid:\t0\n" not in each for each in told)


def answers(path: Path) -> tuple[int, int]:
    """Return how many deliveries were acknowledged in a trace, and how many of them were synced
    by the same thread between the request and the answer.
    """
    synced: dict[str, bool] = {}
    acknowledged = after_sync = 0
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        found = _CALL.match(line)
        if found is None:
            continue
        thread = found["thread"]
        if "POST /hooks/ats/" in line:
            synced[thread] = False
        elif found["call"] in ("fsync", "fdatasync") and line.rstrip().endswith("= 0"):
            synced[thread] = True
        elif '"HTTP/1.1 200 ' in line and thread in synced:
            acknowledged += 1
            after_sync += synced.pop(thread)
    return acknowledged, after_sync
