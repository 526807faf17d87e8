"""Fills a PostgreSQL database with a crowd: copies of a few lives, made by set-based SQL.

A copy has ids, addresses and instants of its own; everything else, and so what it weighs and what
its pages show, is what the workflows wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Table, text

from bench.lives import Lives
from service.db import UTCDateTime
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    CandidatePhone,
    CandidateSource,
    Contact,
    Decision,
    Delivery,
    Job,
    MailEvent,
    Message,
    Notice,
    Promise,
    TimelineEntry,
)

DECIDED_IN, OPEN_IN, LATE_IN = 5, 10, 100
"""One life in so many was decided after a call, waits still, waits too long."""

PEOPLE_A_JOB = 200

_OWN_ROWS = {
    Candidate: "id = :candidate",
    CandidateEmail: "candidate_id = :candidate",
    CandidatePhone: "candidate_id = :candidate",
    CandidateSource: "candidate_id = :candidate",
    Application: "id = :application",
    Decision: "application_id = :application",
    Promise: "application_id = :application",
    Message: "application_id = :application",
    Contact: "application_id = :application",
    Notice: "promise_id IN (SELECT id FROM promise WHERE application_id = :application)",
    MailEvent: "message_id IN (SELECT id FROM message WHERE application_id = :application)",
    Delivery: "candidate_id = :candidate",
    TimelineEntry: "application_id = :application",
}
_TABLES: dict[Table, str] = {model.__table__: own for model, own in _OWN_ROWS.items()}

_COPIED = frozenset(
    {"id", "candidate_id", "application_id", "promise_id", "decision_id", "message_id",
     "caused_by_contact_id", "kept_by_contact_id", "answers_with_id", "replaced_by_id"}
)  # fmt: skip
"""The columns that name a copy of what they named."""

_NUMBERED = frozenset(
    {"external_id", "address", "address_key", "to_address", "dedupe_key", "provider_event_id",
     "identity", "number"}
)  # fmt: skip
"""The columns that differ from one person to the next."""


def gather(engine: Engine, lives: Lives, people: int) -> None:
    """Write copies for so many people: most of them over, some waiting, a few for too long.

    Those that are over ended day by day over the years before; the others stand as their
    life does. What is written together is scattered as it is when many live at once.
    """
    decided, late = people // DECIDED_IN, people // LATE_IN
    waiting = people // OPEN_IN - late
    withdrawn = people - decided - waiting - late
    parts = ((lives.withdrawn, withdrawn, True), (lives.decided, decided, True),
             (lives.waiting, waiting, False), (lives.late, late, False))  # fmt: skip
    with engine.begin() as connection:
        # The copies refer to each other as their originals do: no need to look each up.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
        connection.execute(text("SET LOCAL synchronous_commit = off"))
        jobs = _jobs(connection, lives.decided, people)
        for table, own in _TABLES.items():
            with _without_indexes(connection, table):
                first = 1
                for application, count, past in parts:
                    rows = _rows(connection, table, own, application)
                    for row in rows:
                        _copy(connection, table, row, first, count, jobs, past=past)
                    first += count
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))


def _jobs(connection: Connection, application: str, people: int) -> int:
    """Write an opening for every so many people; return how many those are."""
    jobs = 1 + people // PEOPLE_A_JOB
    names = [f'"{column.name}"' for column in Job.__table__.columns]
    values = {
        '"id"': "'job_crowd' || (i - 1)",
        '"title"': "title || ' ' || i",
        '"external_id"': "i::text || '.' || external_id",
    }
    connection.execute(
        text(
            f"INSERT INTO job ({', '.join(names)}) "  # noqa: S608 - our own names
            f"SELECT {', '.join(values.get(name, name) for name in names)} "
            "FROM job CROSS JOIN generate_series(1, CAST(:jobs AS bigint)) AS i "
            "WHERE id = (SELECT job_id FROM application WHERE id = :application)"
        ),
        {"jobs": jobs, "application": application},
    )
    return jobs


def _rows(connection: Connection, table: Table, own: str, application: str) -> Sequence[object]:
    """Return the keys of what is stored of one life in a table."""
    (key,) = table.primary_key
    candidate = connection.scalar(
        text("SELECT candidate_id FROM application WHERE id = :id"), {"id": application}
    )
    return connection.scalars(
        text(f"SELECT {key.name} FROM {table.name} WHERE {own} ORDER BY {key.name}"),  # noqa: S608 - our own names
        {"candidate": candidate, "application": application},
    ).all()


def _copy(
    connection: Connection,
    table: Table,
    row: object,
    first: int,
    count: int,
    jobs: int,
    *,
    past: bool,
) -> None:
    names = [column.name for column in table.columns if column.name != "seq"]
    values = [_value(table, name, jobs, past=past) for name in names]
    (key,) = table.primary_key
    quoted = ", ".join(f'"{name}"' for name in names)
    connection.execute(
        text(
            f"INSERT INTO {table.name} ({quoted}) SELECT {', '.join(values)} "  # noqa: S608 - our own names
            f"FROM {table.name} AS s CROSS JOIN "
            "generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS i "
            f"WHERE s.{key.name} = :row"
        ),
        {"first": first, "last": first + count - 1, "row": row},
    )


def _value(table: Table, name: str, jobs: int, *, past: bool) -> str:
    """Return what stands in a copy's column, in the database's own words."""
    column = table.c[name]
    if name == "job_id":
        return f"'job_crowd' || (i % {jobs})"
    if name in _COPIED and not (table.name == "notice" and name == "message_id"):
        return f"left(s.{name}, 4) || substr(md5(i::text || s.{name}), 1, 20)"
    if name in _NUMBERED:
        return f"i::text || '.' || s.\"{name}\""
    if past and isinstance(column.type, UTCDateTime):
        return f"s.{name} - (20 + i % 900) * interval '1 day'"
    return f's."{name}"'


@contextmanager
def _without_indexes(connection: Connection, table: Table) -> Iterator[None]:
    """Fill a table without the indexes that no constraint needs, and make them again."""
    found = connection.execute(
        text(
            "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i "
            "JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE i.indrelid = CAST(:table AS regclass) AND NOT i.indisunique"
        ),
        {"table": table.name},
    ).all()
    for name, _ in found:
        connection.execute(text(f'DROP INDEX "{name}"'))
    yield
    for _, definition in found:
        connection.exec_driver_sql(definition)
