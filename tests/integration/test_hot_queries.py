"""What is asked often reads by an index, however long the tables are: no page, loop or hook reads
a table whole.

Judged by the plans each database makes for the very statements that were sent, with its statistics
of ten thousand people.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from service.app import engine_of
from service.domain.rights import EVERYWHERE
from service.models import Job
from service.queries.queue_next import jobs_to_choose
from service.workflows.connections import add_connection
from tests.harness import Employer, make_employer
from tests.integration.long_tables import LONG, lengthen
from tests.signing_in import client_of, person

ROWS = 10_000
SECRET = "an invented greenhouse secret"

PAGES = (
    "/", "/?tab=mine", "/?tab=team", "/?tab=nobody", "/?tab=risk", "/?tab=manager", "/?tab=mail",
    "/?tab=all&stage=interview", "/people/{candidate}", "/people",
    "/people?q=okafor", "/?tab=all&q=Okafor", "/outbox", "/jobs",
    "/readyz", "/metrics",
)  # fmt: skip

LISTS = (
    "/overdue", "/promises?state=open", "/applications", "/candidates", "/candidates/{candidate}",
    "/messages", "/deliveries",
)  # fmt: skip

EXCUSED: dict[str, str] = {
    "FROM message \nWHERE true GROUP BY message.state": "the outbox counts what there is of each",
    "LIKE '%%' ||": "a person is found by any part of their name or address",
    "GROUP BY application.job_id, application.stage": "of the jobs on a page, however many people",
}
"""A part of a statement that may read a table whole, and why."""

Sent = dict[str, Any]


@pytest.fixture(params=["sqlite", "postgresql"])
def employer(
    request: pytest.FixtureRequest, new_database: Callable[..., str], tmp_path: Path
) -> Iterator[Employer]:
    made = make_employer(new_database(request.param, started=True), tmp_path)
    yield made
    engine_of(made.app).dispose()


def listen(engine: Engine, sent: Sent) -> None:
    def note(_c: object, _u: object, statement: str, given: Any, _x: object, many: bool) -> None:
        if statement.lstrip("( ").startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            sent.setdefault(statement, given[0] if many else given)

    event.listen(engine, "before_cursor_execute", note)


def planned(engine: Engine, statement: str, given: Any) -> Any:
    """Return PostgreSQL's plan of a statement, or the steps of SQLite's."""
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        if engine.dialect.name == "postgresql":
            # As on solid disks, and as a table far longer than this one would have it.
            cursor.execute("SET random_page_cost = 1.1")
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", given)
            return cursor.fetchone()[0][0]["Plan"]
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", given)
        return [row[3] for row in cursor.fetchall()]


def read_whole(engine: Engine, statement: str, given: Any) -> set[str]:
    """Return the long tables that the plan of a statement reads from end to end."""
    plan = planned(engine, statement, given)
    if engine.dialect.name == "postgresql":
        found = list(scans(plan))
    else:
        found = [m[1] for step in plan if (m := re.fullmatch(r"SCAN (\w+?)(?:_\d+)?", step))]
    return set(found) & set(LONG)


def scans(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for below in plan.get("Plans", ()):
        yield from scans(below)


def test_nothing_that_is_asked_often_reads_a_long_table_whole(employer: Employer) -> None:
    with employer.work() as work:
        connection = add_connection(
            work, "main", "greenhouse", [SECRET], rejections_by="keepword"
        ).id
    application_id = lengthen(employer, connection, ROWS)
    engine = engine_of(employer.app)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as plain:
        if engine.dialect.name == "postgresql":
            plain.execute(text("VACUUM ANALYZE"))
        candidate_id = plain.execute(
            text("SELECT candidate_id FROM application WHERE id = :id"), {"id": application_id}
        ).scalar_one()
    client = client_of(employer, person(employer, "administrator"))
    key = {"Authorization": f"Bearer {employer.key('admin')}"}
    sent: Sent = {}
    listen(engine, sent)

    for path in PAGES + tuple(f"/api/v1{path}" for path in LISTS):
        at = path.format(candidate=candidate_id, application=application_id)
        answer = client.get(at, headers=key if "/api/" in at else None)
        assert answer.status_code in (200, 503), (at, answer.status_code)
    body = json.dumps({"action": "ping", "payload": {}}).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    hooked = client.post("/hooks/ats/main", data=body, headers={"Signature": f"sha256 {signature}"})
    assert hooked.status_code == 200
    employer.pass_time(hours=3)
    employer.pass_time(days=1)

    found = {
        (table, statement[:2000])
        for statement, given in sent.items()
        for table in read_whole(engine, statement, given)
        if not any(part in statement for part in EXCUSED)
    }
    assert len(sent) > 60
    assert found == set()


def test_a_statement_that_reads_a_table_whole_is_found(employer: Employer) -> None:
    statement = "SELECT id FROM promise WHERE wording = 'a'"

    assert read_whole(engine_of(employer.app), statement, ()) == {"promise"}


def test_of_thousands_of_open_jobs_the_first_are_read_in_order(employer: Employer) -> None:
    with employer.work() as work:
        titles = [f"{'Cook' if number % 2 else 'baker'} {number:04}" for number in range(3000)]
        work.session.add_all(
            Job(title=title, status="open", created_at=work.now) for title in reversed(titles)
        )
        closed = Job(title="Zoologist", status="closed", created_at=work.now)
        work.session.add(closed)
        work.session.flush()
        closed_id = closed.id
    engine = engine_of(employer.app)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as plain:
        plain.execute(text("ANALYZE"))
    sent: Sent = {}
    listen(engine, sent)
    with employer.session() as session:
        found = jobs_to_choose(session, EVERYWHERE, besides=closed_id)

    assert [title for _, title in found] == ["Zoologist", *sorted(titles, key=str.lower)[:299]]
    plans = [str(planned(engine, statement, given)) for statement, given in sent.items()]
    assert len(plans) == 2
    assert "ix_job_open_title" in plans[1]
    assert not re.search(r"Sort|TEMP B-TREE", plans[1])
