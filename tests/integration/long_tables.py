"""Fills an employer's tables with thousands of rows, each a copy of one that was made by hand.

Most is long done, as in a database that has been worked with: kept promises, delivered letters.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, Table, bindparam, text

from service.db import Base, UTCDateTime
from service.models import (
    Application,
    CandidateEmail,
    CandidateSource,
    Contact,
    Delivery,
    Interview,
    MailEvent,
    Notice,
    Promise,
    TimelineEntry,
)
from tests.harness import Employer
from tests.reading_pages import letter, promise_call

JOBS = 200

LONG = (
    "candidate", "candidate_email", "candidate_source", "application", "promise", "message",
    "timeline", "contact", "interview", "delivery", "mail_event", "notice",
)  # fmt: skip
"""The tables that grow with the people and are never to be read whole."""

_NOBODY_WAITS = {"state": "'kept'", "next_check_at": "NULL", "breached_at": "NULL"}


def lengthen(employer: Employer, connection_id: str, rows: int) -> str:
    """Make so many of everything; return the id of one application among them."""
    application_id, promise_id = promise_call(employer)
    with employer.work() as work:
        application = work.session.get_one(Application, application_id)
        application.connection_id, application.external_id = connection_id, "seed"
        sent = letter(work, "delivered", application_id=application_id, provider_id="seed")
        base = {"application_id": application_id, "created_at": work.now}
        session = work.session
        session.add_all(
            [
                Contact(id="con_seed", direction="out", channel="email", outcome="delivered",
                        at=work.now, message_id=sent.id, **base),
                Interview(id="int_seed", external_id="seed", done_at=work.now, **base),
                Notice(id="ntc_seed", promise_id=promise_id, rung=0, due_version=9, action="flag",
                       created_at=work.now, told_at=work.now),
                CandidateSource(id="src_seed", candidate_id=application.candidate_id,
                                connection_id=connection_id, external_id="seed"),
                MailEvent(id="evt_seed", provider_event_id="seed", kind="delivered", at=work.now,
                          message_id=sent.id, raw={}, received_at=work.now, folded_at=work.now),
                Delivery(id="dlv_seed", connection_id=connection_id, identity="seed", headers={},
                         body=b"{}", received_at=work.now, state="done", attempts=1,
                         next_attempt_at=work.now),
            ]
        )  # fmt: skip
        session.flush()
        email = session.query(CandidateEmail).first()
        entry = session.query(TimelineEntry).first()
        assert email is not None
        assert entry is not None
        seeds = {
            "job": application.job_id, "candidate": application.candidate_id,
            "candidate_email": email.id,
            "candidate_source": "src_seed", "application": application_id, "promise": promise_id,
            "message": sent.id, "timeline": entry.seq, "contact": "con_seed",
            "interview": "int_seed", "delivery": "dlv_seed", "mail_event": "evt_seed",
            "notice": "ntc_seed",
        }  # fmt: skip
        connection = session.connection()
        for name in ("job", *LONG):
            many = JOBS if name == "job" else rows
            _copy(connection, Base.metadata.tables[name], seeds[name], _apart(name), many, employer)
        # One in fifty is still open, and a few of those are late. An id of our own making may begin
        # with a nought, too, and is no number: it is asked for first.
        session.execute(
            text(
                "UPDATE promise SET state = 'open', next_check_at = due_at WHERE CASE "
                "WHEN id LIKE 'prm_000%' THEN CAST(substr(id, 5) AS INTEGER) % 50 END = 0"
            )
        )
        assert session.query(Promise).count() > rows
    return application_id


def _apart(name: str) -> dict[str, str]:
    """Return what each copy has of its own: expressions over its number ``n.i``."""
    number = "substr('0000000' || n.i, -7)"
    own = {
        "job": {"id": "'job_'", "title": "'Job '"},
        "candidate": {"id": "'cnd_'", "last_name": "'Okafor '"},
        "candidate_email": {"id": "'eml_'", "candidate_id": "'cnd_'", "address": "'a'",
                            "address_key": "'a'"},
        "candidate_source": {"id": "'src_'", "candidate_id": "'cnd_'", "external_id": "'c'"},
        "application": {"id": "'app_'", "candidate_id": "'cnd_'", "external_id": "'a'",
                        "job_id": f"'job_' || {number.replace('n.i', f'(n.i % {JOBS} + 1)')}"},
        "promise": {"id": "'prm_'", "application_id": "'app_'", "cause": "'c'"},
        "message": {"id": "'msg_'", "application_id": "'app_'", "dedupe_key": "'d'",
                    "provider_id": "'p'"},
        "timeline": {"application_id": "'app_'"},
        "contact": {"id": "'con_'", "application_id": "'app_'", "message_id": "'msg_'"},
        "interview": {"id": "'int_'", "application_id": "'app_'", "external_id": "'e'"},
        "delivery": {"id": "'dlv_'", "identity": "'i'"},
        "mail_event": {"id": "'evt_'", "provider_event_id": "'v'", "message_id": "'msg_'"},
        "notice": {"id": "'ntc_'", "promise_id": "'prm_'"},
    }[name]  # fmt: skip
    return {
        column: each if "n.i" in each else f"{each} || {number}" for column, each in own.items()
    }


def _copy(
    connection: Connection,
    table: Table,
    seed: object,
    apart: dict[str, str],
    rows: int,
    employer: Employer,
) -> None:
    postgresql = connection.dialect.name == "postgresql"
    if postgresql:
        apart = {
            name: each.replace("substr(", "right(").replace(", -7)", ", 7)")
            for name, each in apart.items()
        }
    if table.name == "promise":
        apart |= _NOBODY_WAITS
    ago = (
        "CAST(:base AS timestamptz) - n.i * interval '1 hour'"
        if postgresql
        else "strftime('%Y-%m-%d %H:%M:%S.000000', :base, '-' || n.i || ' hours')"
    )
    for column in table.columns:
        known = isinstance(column.type, UTCDateTime) and not column.nullable
        if known and column.name not in apart:
            apart[column.name] = ago
    serial = "seq" if "seq" in table.columns else None
    names = [column.name for column in table.columns if column.name != serial]
    key = serial if table.name == "timeline" else "id"
    quoted = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(apart.get(name, f'row."{name}"') for name in names)
    statement = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) "  # noqa: S608 - expressions of ours
        f"INSERT INTO {table.name} ({quoted}) SELECT {values} "
        f"FROM (SELECT * FROM {table.name} WHERE {key} = :seed) AS row CROSS JOIN n"
    )
    given = {"rows": rows, "seed": seed}
    if ":base" in str(statement):
        statement = statement.bindparams(bindparam("base", type_=UTCDateTime()))
        given["base"] = employer.now - timedelta(days=1)
    connection.execute(statement, given)
