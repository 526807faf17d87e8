"""Fills a database with open promises by set-based SQL, so that a million take seconds.

The rows are shaped as the workflows write them: random ids, a ladder of three rungs, a foreign
key to a real application. Instants are bound parameters, written as the models write them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, bindparam, insert, text

from service.db import UTCDateTime
from service.models import Application, Candidate, Job

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""The instant of every run."""

DUE = NOW - timedelta(minutes=1)
LATER = NOW + timedelta(days=30)
ESCALATED = NOW + timedelta(days=1)


def fill(engine: Engine, *, applications: int, each: int, due: int, now: datetime = NOW) -> None:
    """Write ``applications`` with ``each`` open promises; ``due`` of all have just come due.

    The due ones lie scattered over the table, as they do when promises are made day by day.
    """
    with engine.begin() as connection:
        _people(connection, now)
        _applications(connection, applications, now)
        total = applications * each
        _promises(connection, each, 0 if due == 0 else total // due, now)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def come_due(engine: Engine, instants: Sequence[datetime]) -> None:
    """Have one of the open promises come due at each of these instants, wherever it lies."""
    with engine.begin() as connection:
        # The ids are random, so the first of them lie anywhere in the table.
        found = connection.scalars(
            text(
                "SELECT id FROM promise WHERE state = 'open' AND breached_at IS NULL "
                "ORDER BY id LIMIT :some"
            ),
            {"some": len(instants)},
        ).all()
        json_type = "JSONB" if connection.dialect.name == "postgresql" else "TEXT"
        connection.execute(
            text(
                "UPDATE promise SET rung = 1, due_at = :at, first_due_at = :at, "  # noqa: S608 - one of two words above
                f"next_check_at = :at, ladder = CAST(:ladder AS {json_type}) WHERE id = :id"
            ).bindparams(bindparam("at", type_=UTCDateTime())),
            [
                {"id": id_, "at": at, "ladder": ladder(at, at + timedelta(days=1))}
                for id_, at in zip(found, instants, strict=True)
            ],
        )


def _people(connection: Connection, now: datetime) -> None:
    connection.execute(
        insert(Candidate),
        {"id": "cnd_bench", "can_email": True, "created_at": now, "version": 1},
    )
    connection.execute(
        insert(Job),
        {"id": "job_bench", "title": "Bookbinder", "status": "open", "created_at": now,
         "version": 1},
    )  # fmt: skip


def _random(connection: Connection) -> str:
    """The expression of 20 random characters in the database's own words."""
    if connection.dialect.name == "postgresql":
        return "substr(md5(random()::text || n.i::text), 1, 20)"
    return "lower(hex(randomblob(10)))"


def _applications(connection: Connection, count: int, now: datetime) -> None:
    row = Application.__table__
    required = {
        column.name: bindparam(column.name, type_=column.type)
        for column in (row.c.stage_at, row.c.applied_at, row.c.created_at)
    }
    statement = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) "  # noqa: S608 - the expression is our own
        "INSERT INTO application (id, candidate_id, job_id, stage, stage_at, unmapped, "
        "closed_here, applied_at, created_at, version) "
        f"SELECT 'app_' || {_random(connection)}, 'cnd_bench', 'job_bench', 'interview', "
        ":stage_at, false, false, :applied_at, :created_at, 1 FROM n"
    ).bindparams(*required.values())
    connection.execute(statement, {"count": count, **dict.fromkeys(required, now)})


def _promises(connection: Connection, each: int, one_in: int, now: datetime) -> None:
    just_now, later = now - timedelta(minutes=1), now + timedelta(days=30)
    instants = ("start", "due_due", "due_later", "warn")
    json_type = "JSONB" if connection.dialect.name == "postgresql" else "TEXT"
    picked = f"(n.i * a.row + n.i) % {one_in} = 0" if one_in else "false"
    statement = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :each), "  # noqa: S608 - the expressions are our own
        "a AS (SELECT id, row_number() OVER (ORDER BY id) AS row FROM application) "
        "INSERT INTO promise (id, application_id, kind, origin, wording, terms, made_at, start_at, "
        "first_due_at, due_at, due_version, warn_at, trace, state, ladder, rung, next_check_at, "
        "reopened_count, check_failures, version) "
        f"SELECT 'prm_' || {_random(connection)}, a.id, 'callback', 'spoken', 'A call', "
        f"CAST('{{}}' AS {json_type}), :start, :start, "
        f"CASE WHEN {picked} THEN :due_due ELSE :due_later END, "
        f"CASE WHEN {picked} THEN :due_due ELSE :due_later END, 1, :warn, "
        f"CAST('[]' AS {json_type}), 'open', "
        f"CASE WHEN {picked} THEN CAST(:ladder_due AS {json_type}) "
        f"ELSE CAST(:ladder_later AS {json_type}) END, 1, "
        f"CASE WHEN {picked} THEN :due_due ELSE :due_later END, 0, 0, 1 "
        "FROM a CROSS JOIN n"
    ).bindparams(*(bindparam(name, type_=UTCDateTime()) for name in instants))
    connection.execute(
        statement,
        {
            "each": each,
            "start": now - timedelta(days=3),
            "warn": now - timedelta(hours=2),
            "due_due": just_now,
            "due_later": later,
            "ladder_due": ladder(just_now, now + timedelta(days=1)),
            "ladder_later": ladder(later, later + timedelta(days=1)),
        },
    )


def ladder(due_at: datetime, escalate_at: datetime) -> str:
    """Return a ladder of three rungs as it is stored."""
    rungs = [
        (due_at - timedelta(hours=2), "remind"),
        (due_at, "flag"),
        (escalate_at, "escalate"),
    ]
    return json.dumps(
        [{"at": at.isoformat(), "action": action, "template": None} for at, action in rungs]
    )
