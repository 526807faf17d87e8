"""Adds 80 business hours with ``businesstimedelta``; prints the seconds one addition takes.

Runs under the peers' Python.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime, timedelta
from datetime import time as clock_time

import pytz
from businesstimedelta import BusinessTimeDelta, Rules, WorkDayRule


def main() -> None:
    """Time as many additions as asked for, from as many starting hours."""
    additions = int(sys.argv[1])
    berlin = pytz.timezone("Europe/Berlin")
    rules = Rules(
        [
            WorkDayRule(
                start_time=clock_time(9),
                end_time=clock_time(17),
                working_days=[0, 1, 2, 3, 4],
                tz=berlin,
            )
        ]
    )
    span = BusinessTimeDelta(rules, hours=80)
    first = berlin.localize(datetime(2026, 3, 2, 10))  # noqa: DTZ001 - pytz wants it so
    starts = [first + timedelta(hours=hour) for hour in range(additions)]
    began = time.perf_counter()
    ends = [start + span for start in starts]
    took = time.perf_counter() - began
    print(json.dumps({"seconds": took / additions, "last": ends[-1].isoformat()}))


if __name__ == "__main__":
    main()
