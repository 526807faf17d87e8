"""A SQLite file of its owner's alone: candidates lie in it, and a home may be open to everybody."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from sqlalchemy import Engine, event


def keep_private(engine: Engine) -> None:
    """Make a missing SQLite file readable by its owner alone; its log takes over the same mode."""

    @event.listens_for(engine, "do_connect")
    def make(_dialect: object, _record: object, given: list[Any], _named: dict[str, Any]) -> None:
        # What is wrong with the place is for SQLite to say.
        with contextlib.suppress(OSError):
            if given[0] != ":memory:" and not str(given[0]).startswith("file:"):
                os.close(os.open(given[0], os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
