"""Processes are killed and halted, the database falls, its disk fills up, the provider vanishes:
nothing is lost, nothing doubled, nothing stuck.

``make chaos`` does the same at length, with brokers and clocks besides, and measures the rates.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import OperationalError

from service.app import engine_of
from service.clock import SystemClock
from service.domain.retries import DELIVERY_ATTEMPTS
from service.hooks.ats import SHORT_WAY
from service.mail.base import Accepted, Uncertain
from service.mail.sendgrid import SendGridTransport
from service.mail.single_post import PostClient, Timeouts
from service.models import Application
from service.workflows.connections import add_connection
from tests.chaos.counting import count, settle
from tests.chaos.harms import (
    Harm,
    backends_killed,
    database_restarted,
    ended,
    halted,
    killed,
    provider,
    web,
    workers,
)
from tests.chaos.load import CONNECTION, SECRET, delivery
from tests.chaos.proxy import FAIR, FaultProxy, Weather
from tests.chaos.site import QUICK, Shape, site_of
from tests.chaos.stores import store_of
from tests.doubles.sendgrid import SendGridDouble
from tests.harness import Employer, make_employer
from tests.unit.mail.sending import ENVELOPE

SEED = 20260302


def suffered(kind: str, shape: Shape, *harms: Harm) -> list[str]:
    """Do all of this to one Keepword under load; return what was not as it should be."""
    chance = random.Random(SEED)  # noqa: S311 - the same on every run
    with store_of(kind) as store, site_of(store, shape, QUICK) as site:
        site.load.start()
        for harm in harms:
            harm(site, chance)
        site.load.stop()
        settle(site)
        counts = count(site)
        assert counts.sound, (counts, [each.log for each in site.processes.values()])
        assert min(counts.acknowledged, counts.letters) > 10
        assert site.double.violations == []
        return site.complaints


def test_one_process_halted_ended_and_cut_off_from_its_provider() -> None:
    assert not suffered(
        "sqlite",
        Shape.ONE,
        provider(Weather(cut_answer_after=0)),
        halted(web),
        provider(Weather(swallow=True)),
        ended(web),
    )


def test_many_processes_killed_and_halted_while_their_database_falls() -> None:
    assert not suffered(
        "postgresql",
        Shape.MANY,
        database_restarted,
        halted(workers),
        backends_killed,
        killed(workers, times=1),
    )


IMPATIENT = Timeouts(connect=5, write=5, read=1, pool=5, overall=1.5)


@pytest.mark.parametrize(
    ("weather", "answer", "arrives"),
    [
        (Weather(latency=0.05), Accepted, True),
        (Weather(drip=0.2), Uncertain, True),
        (Weather(swallow=True), Uncertain, False),
        (Weather(cut_request_after=0), Uncertain, False),
        (Weather(cut_request_after=100), Uncertain, False),
        (Weather(cut_answer_after=0), Uncertain, True),
        (Weather(cut_answer_after=10), Uncertain, True),
    ],
    ids=str,
)
def test_the_way_to_the_provider_fails_as_networks_do(
    weather: Weather, answer: type[Accepted | Uncertain], arrives: bool
) -> None:
    with SendGridDouble() as double, FaultProxy(double.port) as proxy:
        clock = SystemClock()
        pool = PostClient(f"http://127.0.0.1:{proxy.port}", clock=clock, timeouts=IMPATIENT)
        transport = SendGridTransport(double.api_key, clock=clock, pool=pool)
        assert isinstance(transport.send([ENVELOPE], "bat_first"), Accepted)
        proxy.weather = weather
        found = transport.send([ENVELOPE], "bat_second")
        proxy.weather = FAIR
        proxy.cut_all()
        assert isinstance(transport.send([ENVELOPE], "bat_third"), Accepted)
        transport.close()

    assert isinstance(found, answer)
    assert len(double.accepted) == 2 + arrives
    assert proxy.broken == (answer is Uncertain)


PAGES_LEFT = 3
"""Of four kilobytes each: room for a delivery or two."""


def let_grow(employer: Employer, pages: int | None) -> None:
    """Limit a SQLite file to so many pages more than it has, as a full disk does; or no longer."""
    engines: list[Engine] = [engine_of(employer.app), employer.app.extensions[SHORT_WAY]]
    with engines[0].connect() as connection:
        has = int(connection.execute(text("PRAGMA page_count")).scalar_one())
    most = has + pages if pages is not None else 2**30

    def limit(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={most}").close()

    for engine in engines:
        # The limit is each connection's own.
        event.listen(engine, "connect", limit)
        engine.dispose()


def test_a_full_disk_refuses_what_is_new_and_shows_what_is_there(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    employer = make_employer(new_database("sqlite", started=True), tmp_path)
    with employer.work() as work:
        add_connection(work, CONNECTION, "greenhouse", [SECRET], rejections_by="keepword")
    client, answers = employer.app.test_client(), []

    def post(number: int) -> int:
        body, headers = delivery(number, str(number))
        return client.post(f"/hooks/ats/{CONNECTION}", data=body, headers=headers).status_code

    answers += [post(number) for number in range(5)]
    let_grow(employer, PAGES_LEFT)
    answers += [post(number) for number in range(5, 40)]
    shown = [client.get(path).status_code for path in ("/", "/livez", "/readyz", "/metrics")]
    for _ in range(2 * DELIVERY_ATTEMPTS):
        with pytest.raises(OperationalError):
            employer.turn()
        employer.clock.advance(timedelta(hours=1))

    let_grow(employer, None)
    refused = [number for number, status in enumerate(answers) if status != 200]
    again = [post(number) for number in refused]
    employer.turn()

    assert set(answers[:5]) == {200}
    assert set(answers[5:]) == {200, 503}
    assert len(refused) > 20
    assert shown == [200, 200, 200, 200]
    assert set(again) == {200}
    with employer.session() as session:
        assert session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        found = sorted(int(at or 0) for at in session.scalars(select(Application.external_id)))
    assert found == list(range(40))
    engine_of(employer.app).dispose()
