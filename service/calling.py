"""Wakes steps in other processes by way of the broker, from a thread that alone may wait for it.

Best effort: whoever wakes a step never waits, whether the broker is up, down, or takes the
connection and never answers. What is not said is found a period later.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import threading
from collections.abc import Callable

log = logging.getLogger("keepword.worker")

Speak = Callable[[str], None]
"""Tells the broker that a step should look now; raises where it cannot be told."""


class Caller:
    """Passes on which steps should look now: each once, however often it was asked meanwhile."""

    def __init__(self, connect: Callable[[], Speak]) -> None:
        """``connect`` is asked once a process, by the thread that speaks."""
        self._connect = connect
        self._asked: dict[str, None] = {}
        self._news = threading.Condition()
        self._process: int | None = None
        self._deaf = False

    def wake(self, name: str) -> None:
        """Have a step look now in some process; return at once."""
        with self._news:
            self._asked[name] = None
            if self._process != os.getpid():
                # Not before: a thread does not survive the fork into a web worker.
                self._process = os.getpid()
                threading.Thread(target=self._speak, name="keepword-wake", daemon=True).start()
            self._news.notify()

    def _speak(self) -> None:
        speak: Speak | None = None
        while True:
            with self._news:
                self._news.wait_for(lambda: self._asked)
                name = next(iter(self._asked))
                del self._asked[name]
            try:
                speak = speak or self._connect()
                speak(name)
            except Exception as error:  # noqa: BLE001 - each broker's client raises its own
                self._tell(type(error).__name__)
            else:
                self._tell(None)

    def _tell(self, fault: str | None) -> None:
        """Log once that nobody hears, and once that somebody does again."""
        if fault is not None and not self._deaf:
            log.warning("the broker cannot be told of new work (%s); it is found later", fault)
        elif fault is None and self._deaf:
            log.warning("the broker hears of new work again")
        self._deaf = fault is not None


def caller_to(broker_url: str) -> Caller:
    """Return what wakes the steps of the workers behind this broker."""

    def connect() -> Speak:
        # Imported here: a start need not wait for Celery.
        from service.cluster import call, make_celery
        from service.cluster_reach import BROKER_WITHIN

        app = make_celery(broker_url, BROKER_WITHIN)
        return lambda name: call(app, name)

    return Caller(connect)


def broker_fault(broker_url: str) -> str | None:
    """Say why no broker can be spoken to at this address, without its password; else ``None``."""
    if importlib.util.find_spec("celery") is None:
        return "Celery is not installed: pip install “.[cluster]” in its checkout"
    # Imported here: as above.
    from service.cluster import make_celery
    from service.cluster_reach import BROKER_WITHIN

    with make_celery(broker_url, BROKER_WITHIN).connection_for_write() as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=5)
        except Exception as error:  # noqa: BLE001 - each broker's client raises its own
            return f"No broker answers at {connection.as_uri()} ({type(error).__name__})"
    return None
