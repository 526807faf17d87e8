"""Taking webhooks in against a bare Flask view that inserts one row and believes everybody.

Both run as processes of their own in the same server on the same database; slices of requests go
to one and the other in turn over kept-alive connections, so that what else the machine does
strikes both. Every delivery is new, signed as its vendor signs, and committed before its answer.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.checker import Store
from bench.figure import Figure
from bench.posting import Posted, post_all, request_of
from bench.processes import serving
from service.app import engine_of
from service.ats.registry import adapter_named
from service.workflows.connections import add_connection
from tests.doubles import greenhouse_bodies as greenhouse
from tests.harness import make_employer

SECRET = "an invented webhook secret"  # noqa: S105 - of this bench alone
CONNECTIONS = 8
"""Posts under way at once: as many as the server has threads."""

SLOWEST_GOAL, THROUGHPUT_GOAL = 2.0, 0.6


def accepting(store: Store, home: Path, *, slice_: int, slices: int) -> tuple[Figure, Figure]:
    """Return deliveries a second and the slowest hundredth, each beside the bare view's."""
    with store.empty() as name:
        url = store.url(name)
        employer = make_employer(url, home)
        with employer.work() as work:
            connection_id = add_connection(
                work, "main", "greenhouse", [SECRET], rejections_by="keepword"
            ).id
        engine_of(employer.app).dispose()
        ours = [sys.executable, "-m", "service", "web", "--port"]
        bare = [sys.executable, "-m", "bench.bare_view", url]
        with serving(ours, url, home) as our_port, serving(bare, url, home) as bare_port:
            taken: list[Posted] = []
            floor: list[Posted] = []
            # The first slice warms up: imports, connections, statements compiled once.
            for number in range(slices + 1):
                signed = _requests("/hooks/ats/main", number, slice_)
                plain = _requests(f"/bare/{connection_id}", number, slice_)
                floor.append(post_all(bare_port, plain, connections=CONNECTIONS))
                taken.append(post_all(our_port, signed, connections=CONNECTIONS))
    kind = store.kind
    return (
        Figure.at_least(
            f"accept-deliveries.{kind}.beside-a-bare-view-that-inserts-a-row",
            median(each.per_second for each in taken[1:]),
            median(each.per_second for each in floor[1:]),
            unit="deliveries/s",
            goal=THROUGHPUT_GOAL,
        ),
        Figure.ratio_of(
            f"accept-deliveries.{kind}.slowest-hundredth-beside-the-bare-view",
            median(each.p99 for each in taken[1:]),
            median(each.p99 for each in floor[1:]),
            unit="s",
            goal=SLOWEST_GOAL,
        ),
    )


def _requests(path: str, number: int, count: int) -> list[bytes]:
    """Make deliveries that are all different, as a vendor signs and sends them."""
    adapter, now = adapter_named("greenhouse"), datetime.now(UTC)
    requests = []
    for each in range(count):
        identity = f"{number}-{each}"
        application = greenhouse.application(id=number * count + each)
        body = greenhouse.body("new_candidate_application", application)
        requests.append(request_of(path, body, adapter.sign(body, SECRET, now, identity)))
    return requests
