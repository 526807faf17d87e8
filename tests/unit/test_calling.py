"""Waking steps elsewhere: nobody waits for a broker, and each step is named once."""

from __future__ import annotations

import logging
import threading

import pytest

from service.calling import Caller, Speak

SOON = 20.0
"""Far longer than anything here takes: only a hang comes to it."""


class Broker:
    """Takes names when it is let; raises what it is told to."""

    def __init__(self) -> None:
        self.lets = threading.Event()
        self.entered = threading.Semaphore(0)
        self.heard: list[str] = []
        self.told = threading.Semaphore(0)
        self.faults: list[Exception] = []

    def connect(self) -> Speak:
        """Return the way to speak to it."""
        return self.hear

    def hear(self, name: str) -> None:
        """Wait to be let, and hear a name or fail."""
        self.entered.release()
        assert self.lets.wait(SOON)
        try:
            if self.faults:
                raise self.faults.pop(0)
            self.heard.append(name)
        finally:
            self.told.release()


def test_whoever_wakes_a_step_never_waits_and_each_is_named_once() -> None:
    broker = Broker()
    caller = Caller(broker.connect)

    caller.wake("ingest")
    assert broker.entered.acquire(timeout=SOON)
    # The one thread that speaks is stuck from here on: whoever waited for it would never return.
    for _ in range(1000):
        caller.wake("ingest")
        caller.wake("dispatch")
    assert broker.heard == []

    broker.lets.set()
    for _ in range(3):
        assert broker.told.acquire(timeout=SOON)
    assert broker.heard == ["ingest", "ingest", "dispatch"]


def test_a_broker_that_cannot_be_told_is_logged_once_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = Broker()
    broker.lets.set()
    broker.faults = [ConnectionRefusedError("amqp://user:password@host"), OSError("gone")]
    caller = Caller(broker.connect)

    with caplog.at_level(logging.WARNING, "keepword.worker"):
        for name in ("check", "ingest", "dispatch", "sync"):
            caller.wake(name)
            assert broker.told.acquire(timeout=SOON)
        # What is logged of the third is logged before the fourth is spoken.
        said = [record.getMessage() for record in caplog.records]

    assert broker.heard == ["dispatch", "sync"]
    assert said == [
        "the broker cannot be told of new work (ConnectionRefusedError); it is found later",
        "the broker hears of new work again",
    ]
