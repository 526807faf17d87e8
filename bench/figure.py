"""One measured figure: what it is, what it is compared with, and whether that is good enough."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Figure:
    """``value`` and ``baseline`` are in ``unit``; ``ratio`` must be at most ``goal``."""

    name: str
    value: float
    unit: str
    baseline: float
    ratio: float
    goal: float
    ok: bool
    command: str = ""

    @classmethod
    def ratio_of(
        cls, name: str, value: float, baseline: float, *, unit: str, goal: float
    ) -> Figure:
        """Compare a value with its baseline of the same run."""
        ratio = value / baseline
        return cls(name, round(value, 6), unit, round(baseline, 6), round(ratio, 3), goal,
                   ratio <= goal)  # fmt: skip

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
