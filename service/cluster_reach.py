"""How processes of a cluster reach their broker: none waits for a silent one, none sleeps through
the return of one that was away.
"""

from __future__ import annotations

from typing import Any

from celery.app.amqp import AMQP
from kombu.connection import Connection

BROKER_WITHIN = 1.0
"""Seconds until a broker that does not answer counts as gone."""

AGAIN_AFTER, LATER_BY, AT_MOST = 1, 1, 3
"""Seconds until a broker that is away is tried again, how many more each time, and the most. Celery
waits two more each time, up to thirty: whoever repaired the broker after a minute would wait for a
quarter of another."""


class SteadyConnection(Connection):
    """A connection that is tried again every few seconds, however long its broker is away."""

    def _ensure_connection(
        self,
        errback: Any = None,
        max_retries: int | None = None,
        interval_start: float = AGAIN_AFTER,
        interval_step: float = LATER_BY,
        interval_max: float = AT_MOST,
        *given: Any,
        **named: Any,
    ) -> Any:
        return super()._ensure_connection(  # type: ignore[no-untyped-call]  # kombu types some of its parts only
            errback, max_retries, interval_start, interval_step, interval_max, *given, **named
        )


class SteadyAMQP(AMQP):  # type: ignore[misc]  # Celery's class is typed as Any
    """What Celery makes its connections with."""

    Connection = SteadyConnection


def reach(broker_url: str, answers_in: float) -> dict[str, Any]:
    """Return how a broker is spoken to: one that takes the connection and never answers must not
    be waited for.
    """
    if broker_url.startswith("amqp"):
        return {
            # A message counts as sent when the broker has it.
            "confirm_publish": True,
            "connect_timeout": BROKER_WITHIN,
            "read_timeout": answers_in,
            "write_timeout": answers_in,
        }
    return {
        "socket_connect_timeout": BROKER_WITHIN,
        "socket_timeout": answers_in,
        "retry_on_timeout": False,
        # How long a message may be worked at until another worker gets it: longer than any turn.
        # It is looked for often; by default that is every hundred seconds.
        "visibility_timeout": 1200,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    }
