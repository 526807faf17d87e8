"""Two requests at once: one wins, the other hears of it, and nothing happens twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from service.app import session_of
from service.db import db
from tests.harness import Employer, add_application, add_user, make_employer
from tests.integration.api.conftest import Api, Cast, a_call

_TRIES = 2000


@pytest.fixture
def employer(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Employer]:
    """An employer on PostgreSQL: SQLite lets only one writer in, so nobody meets there."""
    made = make_employer(new_database("postgresql"), tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()


@contextmanager
def _application_locked(employer: Employer, application_id: str) -> Iterator[Callable[[int], None]]:
    """Hold an application's row; yield what waits until so many requests wait behind it."""
    with session_of(employer.app) as holder, session_of(employer.app) as watcher:
        holder.execute(
            text("SELECT 1 FROM application WHERE id = :id FOR UPDATE"), {"id": application_id}
        )

        def wait_for(many: int) -> None:
            for _ in range(_TRIES):
                waiting = watcher.execute(
                    text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
                ).scalar_one()
                watcher.rollback()
                if waiting >= many:
                    return
                threading.Event().wait(0.01)
            raise AssertionError(f"{many} requests should wait for the row")

        yield wait_for
        holder.rollback()


def _both(
    employer: Employer,
    application_id: str,
    one: Callable[[], TestResponse],
    other: Callable[[], TestResponse],
) -> list[TestResponse]:
    """Send two requests so that they surely overlap: both wait for a row that is held."""
    with ThreadPoolExecutor(2) as pool:
        with _application_locked(employer, application_id) as wait_for:
            sent: list[Future[TestResponse]] = [pool.submit(one), pool.submit(other)]
            wait_for(2)
        return [future.result(timeout=30) for future in sent]


def test_of_two_changes_to_one_promise_one_wins(employer: Employer, api: Api, cast: Cast) -> None:
    made = api.made("/promises", a_call(cast))
    path = f"/promises/{made['id']}"

    answers = _both(
        employer,
        cast.application,
        lambda: api.post(f"{path}/release", {"reason": "one"}),
        lambda: api.post(f"{path}/keep", {"channel": "phone", "outcome": "reached"}),
    )

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses in ([200, 409], [201, 409])
    loser = next(answer for answer in answers if answer.status_code == 409)
    assert loser.json is not None
    assert loser.json["type"] == "/problems/promise-not-open"
    kept = api.get(path)["state"] == "kept"
    assert len(api.get(f"/contacts?application_id={cast.application}")["items"]) == kept


def test_of_two_changes_to_the_version_that_was_read_one_wins(
    employer: Employer, api: Api, cast: Cast
) -> None:
    made = api.made("/promises", a_call(cast))
    path = f"/promises/{made['id']}/release"

    answers = _both(
        employer,
        cast.application,
        lambda: api.post(path, {"reason": "one"}, If_Match='"1"'),
        lambda: api.post(path, {"reason": "two"}, If_Match='"1"'),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]


def test_a_racing_duplicate_waits_and_gets_the_first_ones_answer(
    employer: Employer, api: Api, cast: Cast
) -> None:
    def send() -> TestResponse:
        return api.post("/promises", a_call(cast), Idempotency_Key="one")

    answers = _both(employer, cast.application, send, send)

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].data == answers[1].data
    replayed = [answer.headers.get("Idempotent-Replayed") for answer in answers]
    assert sorted(replayed, key=str) == [None, "true"]
    assert len(api.get("/promises?origin=spoken")["items"]) == 1


def test_two_people_cannot_both_record_the_decision(
    employer: Employer, api: Api, cast: Cast
) -> None:
    def decide() -> TestResponse:
        return api.post("/decisions", {"application_id": cast.application})

    answers = _both(employer, cast.application, decide, decide)

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(api.get(f"/decisions?application_id={cast.application}")["items"]) == 1


def test_changes_to_two_promises_of_two_people_do_not_wait_for_each_other(
    employer: Employer, api: Api, cast: Cast
) -> None:
    with employer.work() as work:
        other = add_application(work, owner=add_user(work, "Jonas Weber")).id
    with _application_locked(employer, cast.application):
        response = api.post("/promises", a_call(cast, application_id=other))

    assert response.status_code == 201
