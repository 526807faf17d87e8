"""Keepword's own processes in a trial: started as a person starts them, and treated badly.

Each is a group of its own, so that what is done to one is done to its children and to nobody else.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

PATIENCE = 60.0
"""Seconds until a wait that should have ended is a failure; a busy machine is slow to start."""

END_WITHIN = 10.0
"""Seconds that SIGTERM may take: what the service managers allow."""


class Process:
    """One ``keepword …``, which may be started again as often as it ends."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self.log_file = folder / f"{name}.log"
        self._arguments = list(arguments)
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; whether it is ready is for others to find out."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "service", *self._arguments],
                cwd=ROOT,
                env=kept | self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        """Everything it printed, in all its lives."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def runs(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.poll() is None

    def says(self, words: str, times: int = 1) -> None:
        """Wait until it has printed something, so often."""
        wait_for(lambda: self.log.count(words) >= times, f"{self.name} to say “{words}”", self)

    def kill(self) -> None:
        """Cut it off with its children, wherever it is; harmless where it has ended."""
        if self._process is None:
            return
        self._signal(signal.SIGKILL)
        self._process.wait(PATIENCE)
        self._process = None

    def halt(self) -> None:
        """Let it stand still, with all it holds."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on as if nothing had been."""
        self._signal(signal.SIGCONT)

    def end(self) -> tuple[int, float]:
        """Ask it to end; return its exit code and the seconds that took."""
        assert self._process is not None
        begun = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(PATIENCE)
        self._process = None
        return code, time.monotonic() - begun

    def wait(self) -> int:
        """Let it come to its own end; return its exit code."""
        assert self._process is not None
        code = self._process.wait(PATIENCE)
        self._process = None
        return code

    def pids(self) -> list[int]:
        """Return its own number and those of what it started."""
        assert self._process is not None
        return with_children(self._process.pid)

    def kill_children(self) -> int:
        """Cut off what it started, and leave itself; return how many those were."""
        children = self.pids()[1:]
        for child in children:
            os.kill(child, signal.SIGKILL)
        return len(children)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


def with_children(pid: int) -> list[int]:
    """Return a process's number and those of what it started itself."""
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *map(int, told)]


def wait_for(holds: Callable[[], bool], what: str, *of: Process, within: float = PATIENCE) -> None:
    """Wait until something holds; fail with what these printed where it does not."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "\n".join([f"waited for {what}", *(each.log for each in of)])
        time.sleep(0.05)
