"""What ``keepword doctor`` says of one thing it looked at.

A finding names settings, connections and counts, never a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How one thing stands."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``remedy`` is empty where nothing is wrong."""

    verdict: Verdict
    what: str
    text: str
    remedy: str = ""
