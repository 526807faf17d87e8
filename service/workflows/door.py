"""What a process remembers of a connection between two deliveries, its secrets opened.

It is never believed alone: a delivery is stored only where the connection is still active and of
the version that was read, and nothing is refused before the row was read anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.ats.base import Adapter

NOTED_EVERY = timedelta(seconds=5)
"""How old ``last_authentic_at`` may be while deliveries come: all of them at once would queue for
that one row. The first delivery ever, and the first after a silence, is noted with itself.
"""


@dataclass
class Door:
    """One connection as it was read. ``noted_at`` is the last hearing that was committed to it;
    ``until_at`` is when the first of the secrets ends, ``None`` where none does by itself.
    """

    connection_id: str
    version: int
    adapter: Adapter
    secrets: tuple[str, ...]
    until_at: datetime | None
    noted_at: datetime | None

    def needs_no_look(self, now: datetime) -> bool:
        """Tell whether its secrets are still live, and its speaking was noted just now."""
        if self.noted_at is None or (self.until_at is not None and now >= self.until_at):
            return False
        return self.noted_at <= now < self.noted_at + NOTED_EVERY
