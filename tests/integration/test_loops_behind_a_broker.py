"""Where a broker is named, what stands still is said with the commands that a cluster has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from service.app import engine_of
from tests.brokers import free_port
from tests.harness import make_employer
from tests.signing_in import client_of, person


def test_the_page_and_the_readiness_name_the_workers_of_a_cluster(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    broker = f"redis://127.0.0.1:{free_port()}/0"
    url = new_database("sqlite", started=True)
    employer = make_employer(url, tmp_path, broker_url=broker)
    browser = client_of(employer, person(employer, "administrator"))
    employer.turn()
    employer.clock.advance(timedelta(hours=2))

    ready = employer.app.test_client().get("/readyz").get_json()
    shown = {
        language: browser.get("/", headers={"Accept-Language": language}).get_data(as_text=True)
        for language in ("en", "de")
    }

    late = [each for each in ready["problems"] if each["code"].startswith("loop-late:")]
    assert late
    assert all("“keepword cluster worker”" in each["remedy"] for each in late)
    assert "“keepword cluster worker” turns them" in shown["en"]
    assert "„keepword cluster worker“ lässt sie laufen" in shown["de"]
    assert "keepword serve" not in shown["en"] + shown["de"] + str(late)
    engine_of(employer.app).dispose()
