"""A broker of one trial's own, behind a proxy that can make a black hole of it.

It may come back with what it held when it fell, or without: either way it held nothing but "look
now".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.brokers import Broker, RabbitMQ, Redis
from tests.chaos.proxy import FaultProxy


class Brokerage:
    """One broker and the way to it."""

    def __init__(self, broker: Broker, proxy: FaultProxy) -> None:
        self.broker = broker
        self.proxy = proxy

    @property
    def url(self) -> str:
        """What ``KEEPWORD_BROKER_URL`` has to be."""
        return self.broker.url.replace(f":{self.broker.port}/", f":{self.proxy.port}/")


def program_of(name: str) -> str | None:
    """Return the path of a broker's program, ``None`` where it is not on this machine."""
    return {"redis": Redis.program, "rabbitmq": RabbitMQ.program}[name]()


@contextmanager
def brokerage_of(name: str, *, remembering: bool) -> Iterator[Brokerage]:
    """Start a broker; ``remembering`` lets it keep on disk what it holds."""
    with TemporaryDirectory(prefix="keepword-broker-") as folder:
        made = _KINDS[name, remembering](Path(folder))
        made.start()
        try:
            with FaultProxy(made.port) as proxy:
                yield Brokerage(made, proxy)
        finally:
            made.kill()


class _KeptRedis(Redis):
    """Writes what it is told to its log, and reads that when it starts."""

    def _command(self, folder: Path) -> tuple[list[str], dict[str, str]]:
        command, environment = super()._command(_same(folder))
        return [*command, "--appendonly", "yes", "--appendfsync", "always"], environment


class _KeptRabbitMQ(RabbitMQ):
    """Finds its files where it left them."""

    def _command(self, folder: Path) -> tuple[list[str], dict[str, str]]:
        return super()._command(_same(folder))


def _same(folder: Path) -> Path:
    """Return what is the same at every start, beside the new folder that each is given."""
    kept = folder.parent / "kept"
    kept.mkdir(exist_ok=True)
    return kept


_KINDS: dict[tuple[str, bool], Callable[[Path], Broker]] = {
    ("redis", False): Redis,
    ("redis", True): _KeptRedis,
    ("rabbitmq", False): RabbitMQ,
    ("rabbitmq", True): _KeptRabbitMQ,
}
