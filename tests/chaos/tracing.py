"""Watches the system calls of a running Keepword: what it acknowledges was on the disk before.

A kill says nothing about the loss of power. That each answer of success comes after a sync does: on
SQLite one of its own thread, on PostgreSQL one that its server began after it was told the last
thing. It needs strace.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.processes import Process, wait_for

_CALL = re.compile(r"^(?P<thread>\d+) +(?:<\.\.\. )?(?P<call>\w+)")
_WATCHED = "trace=fsync,fdatasync,recvfrom,recv,read,sendto,send,write,sendmsg"


def program() -> str | None:
    """Return strace's path, ``None`` where it is not installed."""
    return shutil.which("strace")


@contextmanager
def traced(pids: Sequence[int], path: Path, process: Process) -> Iterator[None]:
    """Write down the system calls of these and their children while the block lasts."""
    command = [program() or "", "-f", "-q", "-s", "64", "-e", _WATCHED, "-o", str(path)]
    for pid in pids:
        command += ["-p", str(pid)]
    tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: _is_traced(pids), "strace to attach", process)
        yield
    finally:
        # It lets go of whom it watches, and then ends.
        tracer.send_signal(signal.SIGINT)
        tracer.wait(30)


def _is_traced(pids: Sequence[int]) -> bool:
    told = [Path(f"/proc/{pid}/status").read_text(encoding="ascii") for pid in pids]
    return all("TracerPid:\t0\n" not in each for each in told)


def answers(path: Path, *, elsewhere: bool) -> tuple[int, int]:
    """Return how many deliveries were acknowledged in a trace, and how many of them were synced.

    A sync counts if it was begun after the thread had said its last word to the database, or
    without a server after the request had come; where there is a server (``elsewhere``) its sync
    counts whoever asked for it, and else only the thread's own.
    """
    # Instants are numbers of lines. What each thread is at since when; the latest sync of each.
    begun: dict[str, int] = {}
    said: dict[str, int] = {}
    synced: dict[str, int] = {}
    acknowledged = after_sync = 0
    for now, line in enumerate(path.read_text(encoding="ascii", errors="replace").splitlines()):
        found = _CALL.match(line)
        if found is None:
            continue
        thread, call = found["thread"], found["call"]
        since = begun.pop(thread, now) if "resumed>" in line else now
        if line.endswith("<unfinished ...>"):
            begun[thread] = now
        if "POST /hooks/ats/" in line:
            said[thread] = now
        elif call in ("fsync", "fdatasync") and line.rstrip().endswith("= 0"):
            synced["" if elsewhere else thread] = since
        elif thread not in said or "resumed>" in line:
            continue
        elif '"HTTP/1.1 200 ' in line:
            acknowledged += 1
            after_sync += synced.get("" if elsewhere else thread, -1) > said.pop(thread)
        elif elsewhere and call in ("send", "sendto"):
            said[thread] = now
    return acknowledged, after_sync
