"""What is counted of claims that a worker lost to another, and under which names it is kept."""

from __future__ import annotations

from typing import Final

CLAIMING: Final = ("sync", "ingest", "fetch", "dispatch", "write-back")
"""The steps that lease what they work at, in the order of a full turn."""

_PREFIX: Final = "claims-lost:"


def kept_as(step: str) -> str:
    """Return the name of the heartbeat that keeps how many claims a step lost."""
    return _PREFIX + step


def step_of(name: str) -> str:
    """Return the step whose losses are kept under a name."""
    return name.removeprefix(_PREFIX)
