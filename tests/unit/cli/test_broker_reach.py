"""A broker that is away is tried again soon, however long it was away."""

from __future__ import annotations

import pytest

pytest.importorskip("celery", reason="Celery is an extra: pip install .[cluster]")

from kombu.exceptions import OperationalError

from service.cluster import call, make_celery
from service.cluster_reach import AGAIN_AFTER, AT_MOST, LATER_BY
from tests.postgres import free_port


class EnoughError(Exception):
    """Raised once enough was seen."""


def test_whoever_lost_the_broker_tries_again_within_seconds() -> None:
    waits: list[float] = []

    def told(_error: Exception, wait: float) -> None:
        waits.append(wait)
        if len(waits) == 2:
            raise EnoughError

    app = make_celery(f"redis://127.0.0.1:{free_port()}/0")
    with app.connection_for_read() as connection, pytest.raises(EnoughError):
        # As a worker and a beat ask, which name no times of their own.
        connection.clone().ensure_connection(told)

    assert waits == [AGAIN_AFTER, AGAIN_AFTER + LATER_BY]
    assert AT_MOST <= 3


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_whoever_wakes_a_step_hears_that_the_broker_is_away(scheme: str) -> None:
    app = make_celery(f"{scheme}://127.0.0.1:{free_port()}/0", 0.5)
    with pytest.raises(OperationalError):
        call(app, "check")
