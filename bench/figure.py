"""One measured figure: what it is, what it is compared with, and whether that is good enough."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Figure:
    """``value`` and ``baseline`` are in ``unit``; ``ratio`` must be at most ``goal``, or at least
    where ``bound`` says so.
    """

    name: str
    value: float
    unit: str
    baseline: float
    ratio: float
    goal: float
    ok: bool
    command: str = ""
    bound: str = "at most"

    @classmethod
    def ratio_of(
        cls, name: str, value: float, baseline: float, *, unit: str, goal: float
    ) -> Figure:
        """Compare a value with its baseline of the same run."""
        ratio = value / baseline
        return cls(name, round(value, 6), unit, round(baseline, 6), round(ratio, 3), goal,
                   ratio <= goal)  # fmt: skip

    @classmethod
    def at_least(
        cls, name: str, value: float, baseline: float, *, unit: str, goal: float
    ) -> Figure:
        """Compare a value with its baseline of the same run; more is better."""
        ratio = value / baseline
        return cls(name, round(value, 6), unit, round(baseline, 6), round(ratio, 3), goal,
                   ratio >= goal, bound="at least")  # fmt: skip

    @classmethod
    def faster(cls, name: str, value: float, baseline: float, *, unit: str, goal: float) -> Figure:
        """Say how many times faster a span is than its baseline of the same run."""
        ratio = baseline / value
        return cls(name, round(value, 6), unit, round(baseline, 6), round(ratio, 3), goal,
                   ratio >= goal, bound="at least")  # fmt: skip

    def by(self, command: str) -> Figure:
        """Say which command measured it."""
        return replace(self, command=command)

    def to_line(self) -> str:
        """Return the figure as one line of JSON."""
        return json.dumps(
            {
                "name": self.name,
                "value": self.value,
                "unit": self.unit,
                "baseline": self.baseline,
                "ratio": self.ratio,
                "goal": self.goal,
                "ok": self.ok,
                "command": self.command,
            }
        )
