"""``keepword db copy``, ``backup`` and ``restore``: nothing lost, nothing sent twice."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from service.db import prepare_engine
from service.domain.policies import Kind
from service.models import (
    Application,
    Heartbeat,
    MailChannel,
    Message,
    ProfileEntry,
    TimelineEntry,
    User,
)
from service.moving.reading import tables
from service.moving.shapes import Tally, shapes
from service.workflows import migrate
from service.workflows.connections import add_connection
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import MONDAY, add_application, add_notices, add_user
from tests.integration.cli.conftest import Command, Desk

OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


def engine_on(url: str) -> Engine:
    engine = create_engine(url)
    prepare_engine(engine)
    return engine


def digests(url: str, *, but: tuple[str, ...] = ()) -> dict[str, tuple[int, str]]:
    """Every table's rows and digest, as the moves themselves see them."""
    engine, found = engine_on(url), {}
    with engine.connect() as connection:
        for table in tables(connection, shapes()):
            tally = Tally()
            for row in table.rows:
                tally.add(row)
            if table.shape.name not in but:
                found[table.shape.name] = (tally.rows, tally.digest)
    engine.dispose()
    return found


@pytest.fixture
def other(database_url: str, new_database: Callable[..., str]) -> str:
    """An empty database of the other kind."""
    kind = OTHER["sqlite" if database_url.startswith("sqlite") else "postgresql"]
    url = new_database(kind)
    engine = engine_on(url)
    migrate.downgrade(engine, "base")
    engine.dispose()
    return url


@pytest.fixture
def full(employer: Desk) -> Desk:
    """An employer with odd values, references in a circle and letters in every state."""
    with employer.work() as work:
        maria = add_user(work, "María “Ñ” Keller 🦉")
        maria.manager_id = add_user(work, "Jon Okafor").id
        application = add_application(work, owner=maria)
        application.candidate.first_name = "A\\u0041\n'\";--"
        promises = [
            make_spoken(work, application, Spoken(Kind.CALLBACK, wording, within="2 days"))
            for wording in ("A call", "Another")
        ]
        first, second = promises
        first.due_at += timedelta(microseconds=1)
        first.trace = [{"big": 1e22, "small": 1e-7, "half": 0.5, "none": None, "ß": ["z", "a"]}]
        first.replaced_by_id = second.id
        secret = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4"
        connection = add_connection(work, "acme", "generic", [secret], rejections_by="keepword")
        add_notices(work, 12)
        work.session.flush()
        states = ["held", "ready", "retry", "claimed", "sending", "accepted", "delivered"]
        letters = work.session.scalars(select(Message).order_by(Message.dedupe_key)).all()
        for state, letter in zip(states, letters, strict=False):
            letter.state = state
            letter.application_id = application.id
            letter.promises_on = date(2026, 3, 9)
            if state in ("claimed", "sending"):
                letter.lease_token, letter.lease_until = "t", MONDAY
        work.session.add_all(
            ProfileEntry(
                connection_id=connection.id,
                application_id=application.id,
                dedupe_key=state,
                state=state,
                next_attempt_at=MONDAY,
                created_at=MONDAY,
            )
            for state in ("waiting", "sending", "done")
        )
        for kind in ("one", "two"):
            work.session.add(
                TimelineEntry(
                    application_id=application.id,
                    at=datetime(2026, 3, 1, tzinfo=UTC),
                    recorded_at=MONDAY,
                    kind=kind,
                    actor="keepword",
                    source="test",
                    data={},
                )
            )
    return employer


def test_a_copy_holds_every_row_and_sends_nothing(
    full: Desk, database_url: str, other: str, command: Command
) -> None:
    changed = ("heartbeat", "mail_channel")
    before = digests(database_url, but=changed)

    result = command("db", "copy", "--to", other, "--json")

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["waiting_letters"] == 0
    assert digests(other, but=changed) == before == digests(database_url, but=changed)
    assert before["message"][0] == 12
    outbox = command("outbox", "list", "--json", DATABASE_URL=other)
    assert outbox.exit_code == 0, outbox.output
    engine = engine_on(other)
    with Session(engine) as session:
        channel = session.get_one(MailChannel, "email")
        assert channel.paused_at is not None
        assert "copied on" in (channel.paused_reason or "")
        # Numbers go on after the last that was copied, and references are watched again.
        last = session.scalars(select(func.max(TimelineEntry.seq))).one()
        application = session.scalars(select(Application)).one()
        entry = TimelineEntry(
            application_id=application.id,
            at=MONDAY,
            recorded_at=MONDAY,
            kind="three",
            actor="keepword",
            source="test",
            data={},
        )
        session.add(entry)
        session.flush()
        assert entry.seq == (last or 0) + 1
        session.add(User(email="a@example.com", name="A", manager_id="none", created_at=MONDAY))
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            session.flush()
    engine.dispose()


def test_a_copy_goes_only_into_an_empty_database_and_from_one_at_rest(
    full: Desk, database_url: str, other: str, command: Command
) -> None:
    assert command("db", "copy", "--to", "mysql://x/y").exit_code == 2
    into_itself = command("db", "copy", "--to", database_url)
    assert into_itself.exit_code == 1
    assert "not empty" in into_itself.stderr

    with full.work() as work:
        work.session.add(Heartbeat(name="loop:check", at=datetime.now(UTC), data={}))
    at_work = command("db", "copy", "--to", other)
    assert at_work.exit_code == 1
    assert "loops still work" in at_work.stderr
    assert "--force" in at_work.stderr
    assert digests(other)["user_absence"][0] == 0, "it was migrated and left empty"

    forced = command("db", "copy", "--to", other, "--force", "--json")
    assert forced.exit_code == 0, forced.output
    assert json.loads(forced.stdout)["waiting_letters"] > 3
    again = command("db", "copy", "--to", other, "--force")
    assert "not empty" in again.stderr
    engine = engine_on(other)
    migrate.downgrade(engine, "base")
    migrate.upgrade(engine, "0004")
    engine.dispose()
    older = command("db", "copy", "--to", other, "--force")
    assert "at revision 0004" in older.stderr
    assert "Traceback" not in older.stderr


def test_a_row_the_target_does_not_take_is_named_and_nothing_is_copied(
    new_database: Callable[..., str], command: Command
) -> None:
    source, target = new_database("sqlite", started=True), new_database("postgresql")
    engine = engine_on(source)
    with Session(engine) as session:
        session.add(
            User(id="usr_odd", email="o@example.com", name="Nul \0 Keller", created_at=MONDAY)
        )
        session.commit()
    engine.dispose()

    result = command("db", "copy", "--to", target, DATABASE_URL=source)

    assert result.exit_code == 1
    assert "app_user (id usr_odd)" in result.stderr
    assert "Keller" not in result.stderr
    assert digests(target)["calendar"][0] == 0


def test_a_backup_is_restored_whole_on_either_database_and_sends_nothing_again(
    full: Desk,
    database_url: str,
    other: str,
    command: Command,
    new_database: Callable[..., str],
    tmp_path: Path,
) -> None:
    file = tmp_path / "keepword.backup"
    changed = ("heartbeat", "mail_channel", "message", "profile_entry", "timeline")
    before = digests(database_url)
    with full.work() as work:
        # Somebody is at work meanwhile: a backup disturbs nobody.
        work.session.add(Heartbeat(name="loop:check", at=datetime.now(UTC), data={}))

    made = command("db", "backup", str(file))

    assert made.exit_code == 0, made.output
    assert file.stat().st_mode & 0o077 == 0, "for its owner's eyes alone"
    assert list(tmp_path.glob("keepword.backup.*")) == []
    twice = command("db", "backup", str(file))
    assert twice.exit_code == 2
    assert "--replace" in twice.stderr
    assert command("db", "backup", str(file), "--replace").exit_code == 0

    result = command("db", "restore", str(file), DATABASE_URL=other)

    assert result.exit_code == 0, result.output
    assert "keepword outbox resume" in result.stdout
    after = digests(other)
    assert {name: after[name] for name in after if name not in changed} == {
        name: before[name] for name in before if name not in changed
    }
    engine = engine_on(other)
    with Session(engine) as session:
        letters = {each.id: each for each in session.scalars(select(Message))}
        assert sorted(each.state for each in letters.values()) == sorted(
            ["blocked"] * 9 + ["sending", "accepted", "delivered"]
        )
        for each in letters.values():
            if each.state == "blocked":
                assert "restored from a backup of" in (each.reason or "")
                assert (each.due_at, each.lease_token) == (None, None)
        told = session.scalars(
            select(TimelineEntry).where(TimelineEntry.kind == "letter_blocked")
        ).all()
        assert len(told) == 4, "the four that are about an application"
        assert sorted(session.scalars(select(ProfileEntry.state))) == [
            "done",
            "uncertain",
            "uncertain",
        ]
        assert session.scalars(select(Heartbeat)).all() == []
    engine.dispose()
    sent = command("dispatch", DATABASE_URL=other)
    assert sent.exit_code in (0, 1)
    doctor = command("doctor", DATABASE_URL=other)
    assert "restored from a backup of" in doctor.stdout
    assert "keepword outbox resume" in doctor.stdout
    full_now = command("db", "restore", str(file), DATABASE_URL=other)
    assert "not empty" in full_now.stderr


def test_a_damaged_or_foreign_backup_leaves_the_database_empty(
    full: Desk,
    database_url: str,
    new_database: Callable[..., str],
    command: Command,
    tmp_path: Path,
) -> None:
    file, target = tmp_path / "whole", new_database("sqlite")
    assert command("db", "backup", str(file)).exit_code == 0
    whole = file.read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if b"Keller" in line)
    changed = [*lines[:at], lines[at].replace(b"Keller", b"Kellar"), *lines[at + 1 :]]
    broken = {
        "cut": whole[: len(whole) // 2],
        "flipped": whole[:-200] + bytes([whole[-200] ^ 1]) + whole[-199:],
        # One bit in the name of a column, which no row's tally covers.
        "column": gzip.compress(b"".join(lines), 0).replace(b'[["id",', b'[["ie",', 1),
        "changed": gzip.compress(b"".join(changed)),
        "a row less": gzip.compress(b"".join([*lines[:at], *lines[at + 1 :]])),
        "without end": gzip.compress(b"".join(lines[:-1])),
        "a sheet": b"name,email\n",
        "empty": b"",
        "newer": gzip.compress(lines[0].replace(b'"revision":"0', b'"revision":"9')),
        "format": gzip.compress(lines[0].replace(b"backup-1", b"backup-2")),
    }
    for name, content in broken.items():
        file.write_bytes(content)

        result = command("db", "restore", str(file), DATABASE_URL=target)

        assert result.exit_code == 1, name
        assert "backup" in result.stderr or "newer" in result.stderr, name
        assert "Traceback" not in result.output, name
        assert sum(rows for rows, _ in digests(target, but=("mail_channel",)).values()) == 0, name
    assert command("db", "restore", str(tmp_path / "none")).exit_code == 2
