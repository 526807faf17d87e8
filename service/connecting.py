"""How a database is reached: what an engine is told, and what PostgreSQL is told on connecting.

No statement of a page or a loop holds a lock or a connection without end; what a person started and
waits for (an import, a copy, a migration) takes as long as it takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

CONNECT_WITHIN = 5
"""Seconds until a database that does not answer counts as gone; it would hold a request else."""

IDLE_WITHIN = 300
"""Seconds that a transaction may stand still on PostgreSQL. Nobody thinks that long: a process
that stopped in the middle would hold its locks, and all that they hold up, until it ended."""


@dataclass(frozen=True)
class Limits:
    """How long one statement may work and wait for a lock, in whole seconds; 0 is no limit."""

    statement: int = 60
    lock: int = 10


LONG_WORK: Final = Limits(0, 0)
"""For what a person starts and waits for: an import, a copy, a migration."""


def engine_options(database_url: str, limits: Limits = LONG_WORK) -> dict[str, Any]:
    """Return how an engine on this database is made. SQLite knows none of the limits."""
    options: dict[str, Any] = {
        # Parameters are people's data: they stay out of every error text.
        "hide_parameters": True,
        # One that fell with its server is replaced before it is used: a restart costs nobody a
        # request but those that were under way.
        "pool_pre_ping": True,
        # Kept open: one for each thread of the web and for most of the loops at once.
        "pool_size": 16,
        # Who worked last works next: its caches are warm, and it has prepared what is asked. In
        # turn, eleven connections took a worker a tenth more time for each delivery.
        "pool_use_lifo": True,
    }
    if database_url.startswith("postgresql"):
        options["connect_args"] = _on_connecting(_parts_of(database_url), limits)
    return options


def _parts_of(database_url: str) -> URL:
    try:
        return make_url(database_url)
    except ValueError:
        # Said by SQLAlchemy of a port alone, and of everything else as an ArgumentError.
        raise ArgumentError("the port is no number") from None


def _on_connecting(url: URL, limits: Limits) -> dict[str, Any]:
    """Return what PostgreSQL's driver is told; what the address says itself comes last and wins."""
    settings = {
        # Many short questions at once: helpers and compilers would cost each more than they give.
        "max_parallel_workers_per_gather": "0",
        "jit": "off",
        # A page read at random costs about as much as one in order, on solid disks and in memory.
        # At PostgreSQL's own 4.0 the queue of 10,000 late among 100,000 reads all applications:
        # 123 ms a page instead of 97.
        "random_page_cost": "1.1",
        "statement_timeout": f"{limits.statement}s",
        "lock_timeout": f"{limits.lock}s",
    }
    if limits != LONG_WORK:
        settings["idle_in_transaction_session_timeout"] = f"{IDLE_WITHIN}s"
    given = url.query.get("options", "")
    own = " ".join(f"-c {name}={value}" for name, value in settings.items())
    told: dict[str, Any] = {
        "connect_timeout": CONNECT_WITHIN,
        "application_name": "keepword",
        # A server that vanished without a word is noticed within two minutes.
        "keepalives_idle": 60,
        "keepalives_interval": 15,
        "keepalives_count": 4,
    }
    told = {name: value for name, value in told.items() if name not in url.query}
    return told | {
        "options": f"{own} {given if isinstance(given, str) else ' '.join(given)}".strip()
    }
