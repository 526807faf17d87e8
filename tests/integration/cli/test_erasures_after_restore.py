"""Whoever was erased stays erased, whatever backup is put back and wherever it is broken off."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, LargeBinary, create_engine, select, update
from sqlalchemy.orm import Session

from service.assembly import make_office
from service.cli import keepword
from service.clock import SystemClock
from service.config import Config
from service.db import Base, prepare_engine
from service.models import Candidate, CandidateSource, Contact, MailChannel, Message, TimelineEntry
from service.moving import moves
from service.workflows.connections import add_connection
from service.workflows.erase import erase_candidate
from service.workflows.erase_again import agree_on_erasures, is_unfinished
from service.workflows.erased_addresses import erased_among
from service.workflows.work import Work
from tests.harness import MONDAY, add_application, add_notices, add_user
from tests.integration.cli.conftest import SECRET_KEY, Command, Desk

CANARIES = ("zebedee", "quillfeather", "zq@example.org", "vesper", "vl@example.org")


def mentions(engine: Engine) -> list[str]:
    """Name every column of every table that still tells of somebody who was erased."""
    found = []
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                for column, value in zip(table.columns, row, strict=True):
                    raw = isinstance(column.type, LargeBinary) and value is not None
                    text = bytes(value).decode() if raw else json.dumps(value, default=str)
                    found += [
                        f"{table.name}.{column.name}" for name in CANARIES if name in text.lower()
                    ]
    return found


class Town:
    """A backup in which Zebedee, Vesper and Anna are; the first two were erased after it."""

    def __init__(self, desk: Desk, command: Command, home: Path) -> None:
        self.file, self.list = home / "keepword.backup", home / "erasures.log"
        with desk.work() as work:
            self.acme = add_connection(
                work, "acme", "generic", ["whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4"],
                rejections_by="keepword",
            ).id  # fmt: skip
            self.zebedee = self._person(work, "Zebedee", "Quillfeather", "ZQ@example.org")
            self.vesper = self._person(work, "Vesper", "Lindqvist", "vl@example.org")
            self.anna = self._person(work, "Anna", "Brandt", "anna@example.org")
            add_notices(work, 1)
            letter = work.session.scalars(select(Message)).one()
            letter.user_id, letter.own_text = add_user(work).id, "Zebedee Quillfeather waits"
        assert command("db", "backup", str(self.file)).exit_code == 0
        with desk.work() as work:
            self.late = self._person(work, "Zebedee", "Vesper", "late-zq@example.org")
        for id_ in (self.zebedee, self.vesper, self.late):
            with desk.work() as work:
                erase_candidate(work, work.session.get_one(Candidate, id_), "asked for it")

    def _person(self, work: Work, first: str, last: str, address: str) -> str:
        application = add_application(work, first_name=first, last_name=last, email=address)
        work.session.add_all(
            [
                CandidateSource(
                    candidate_id=application.candidate_id,
                    connection_id=self.acme,
                    external_id=f"{first}-{last}" if first == "Anna" else f"n{len(last)}",
                ),
                Contact(
                    application_id=application.id,
                    direction="in",
                    channel="phone",
                    outcome="reached",
                    at=work.now,
                    created_at=work.now,
                    note=f"{first} {last} rang",
                ),
            ]
        )
        return application.candidate_id


@pytest.fixture
def town(employer: Desk, command: Command, tmp_path: Path) -> Town:
    return Town(employer, command, tmp_path)


@pytest.fixture
def target(database_url: str, new_database: Callable[..., str]) -> Iterator[tuple[str, Engine]]:
    """An empty database of the same kind."""
    url = new_database("sqlite" if database_url.startswith("sqlite") else "postgresql")
    engine = create_engine(url)
    prepare_engine(engine)
    yield url, engine
    engine.dispose()


def names(engine: Engine) -> dict[str, str | None]:
    """Everybody's first name by id."""
    with engine.connect() as connection:
        rows = connection.execute(select(Candidate.id, Candidate.first_name))
        return dict(rows.all())


def is_paused(engine: Engine) -> bool:
    with Session(engine) as session:
        return session.get_one(MailChannel, "email").paused_at is not None


def test_an_older_backup_brings_nobody_back(
    town: Town, employer: Desk, command: Command, target: tuple[str, Engine], tmp_path: Path
) -> None:
    url, engine = target
    written = town.list.read_text(encoding="ascii").lower()
    assert [name for name in (*CANARIES, '"n12"') if name in written] == []
    assert town.list.stat().st_mode & 0o077 == 0

    result = command("db", "restore", str(town.file), DATABASE_URL=url)

    assert result.exit_code == 0, result.output
    assert "Erased again: 2 of 3 people" in result.stdout
    assert mentions(engine) == []
    people = names(engine)
    assert people == {town.zebedee: None, town.vesper: None, town.late: None, town.anna: "Anna"}
    assert is_paused(engine)
    with Session(engine) as session:
        work = Work(session, MONDAY, employer.office)
        # Nor does a sheet or an ATS, which may know more than the backup.
        assert erased_among(
            work, {"zq@example.org", "late-zq@example.org", "anna@example.org"}
        ) == {
            "zq@example.org",
            "late-zq@example.org",
        }
        late = session.scalars(
            select(CandidateSource).where(CandidateSource.candidate_id == town.late)
        ).one()
        assert (late.connection_id, late.external_id) == (town.acme, "n6")
        told = session.scalars(select(TimelineEntry.kind)).all()
        assert told.count("candidate_erased") == 2
    assert command("outbox", "list", DATABASE_URL=url).exit_code == 0
    again = json.loads(command("db", "erasures", "--json", DATABASE_URL=url).stdout)
    assert (again["erased_again"], again["listed"], again["listed_before"]) == (0, 0, 3)


class DyingClock(SystemClock):
    """Lets whoever asks the time die at the last of so many questions."""

    def __init__(self, questions: int) -> None:
        self._left = questions

    def now(self) -> datetime:
        """Return the instant, or die."""
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        return super().now()


def test_a_restore_that_was_broken_off_is_worked_on_by_nobody_until_it_is_completed(
    town: Town, employer: Desk, command: Command, target: tuple[str, Engine]
) -> None:
    url, engine = target
    with town.file.open("rb") as file:
        moves.restore(file, engine, SystemClock(), lambda *_: None)
    assert mentions(engine)
    assert is_paused(engine)
    for questions in (0, 1, 1):
        refused = command("dispatch", DATABASE_URL=url)
        assert refused.exit_code == 1
        assert "keepword db upgrade" in refused.stderr
        with Session(engine) as session, pytest.raises(KeyboardInterrupt):
            agree_on_erasures(session, DyingClock(questions), employer.office)
        with Session(engine) as session:
            assert is_unfinished(session)
    # What a crash cut short on the list harms nobody either.
    with town.list.open("ab") as file:
        file.write(b'{"person": "cnd_')

    assert command("db", "upgrade", DATABASE_URL=url).exit_code == 0

    assert mentions(engine) == []
    assert names(engine)[town.anna] == "Anna"
    assert is_paused(engine)
    assert command("dispatch", DATABASE_URL=url).exit_code == 0


def test_without_a_list_it_says_what_that_means_and_takes_one_from_elsewhere(
    town: Town, command: Command, target: tuple[str, Engine], tmp_path: Path
) -> None:
    url, engine = target
    elsewhere = {"DATABASE_URL": url, "KEEPWORD_ERASURES": str(tmp_path / "new" / "list")}
    result = command("db", "restore", str(town.file), **elsewhere)
    assert result.exit_code == 0, result.output
    assert "There was no list of erasures" in result.stdout
    assert "--take LIST" in result.stdout
    assert mentions(engine)
    assert command("db", "erasures", "--take", "nowhere", **elsewhere).exit_code == 2

    taken = command("db", "erasures", "--take", str(town.list), **elsewhere)

    assert taken.exit_code == 0, taken.output
    assert "Erased again here: 2." in taken.stdout
    assert mentions(engine) == []


def test_a_list_taken_later_erases_whom_the_ats_brought_back_and_the_backup_never_held(
    town: Town, employer: Desk, command: Command, target: tuple[str, Engine], tmp_path: Path
) -> None:
    url, engine = target
    elsewhere = {"DATABASE_URL": url, "KEEPWORD_ERASURES": str(tmp_path / "new" / "list")}
    assert command("db", "restore", str(town.file), **elsewhere).exit_code == 0
    # Nobody on this list was in the backup; a sync has made them anew meanwhile.
    other = tmp_path / "other"
    lines = town.list.read_text(encoding="ascii").splitlines(keepends=True)
    other.write_text("".join(line for line in lines if town.late in line), encoding="ascii")
    with Session(engine) as session:
        work = Work(session, MONDAY, employer.office)
        back = add_application(work, applied_at=MONDAY - timedelta(hours=1)).candidate
        back.first_name = "was brought"
        session.add(
            CandidateSource(candidate_id=back.id, connection_id=town.acme, external_id="n6")
        )
        session.commit()

    taken = command("db", "erasures", "--take", str(other), **elsewhere)

    assert taken.exit_code == 0, taken.output
    assert "Erased again here: 1." in taken.stdout
    assert "was brought" not in names(engine).values()
    assert names(engine)[town.late] is None, "a tombstone, so that no sync makes them again"


def test_the_list_is_made_again_from_the_database_after_a_crash_before_its_line(
    town: Town, command: Command, target: tuple[str, Engine]
) -> None:
    url, engine = target
    town.list.unlink()

    # As at every start.
    upgraded = command("db", "upgrade")
    assert upgraded.exit_code == 0, upgraded.output

    assert command("db", "restore", str(town.file), DATABASE_URL=url).exit_code == 0
    assert mentions(engine) == []


def test_who_applied_again_since_is_not_taken_for_somebody_brought_back(
    town: Town, employer: Desk, command: Command, target: tuple[str, Engine], tmp_path: Path
) -> None:
    url, engine = target
    elsewhere = {"DATABASE_URL": url, "KEEPWORD_ERASURES": str(tmp_path / "new" / "list")}
    assert command("db", "restore", str(town.file), **elsewhere).exit_code == 0
    # What the ATS called them leads to others now: one applied since the erasure, one before.
    with Session(engine) as session:
        work = Work(session, MONDAY, employer.office)
        for id_, hours in ((town.zebedee, 1), (town.vesper, -1)):
            bearer = add_application(work, applied_at=MONDAY + timedelta(hours=hours)).candidate
            session.execute(
                update(CandidateSource)
                .where(CandidateSource.candidate_id == id_)
                .values(candidate_id=bearer.id)
            )
            bearer.first_name = "came" if hours > 0 else "was brought"
        session.commit()

    taken = command("db", "erasures", "--take", str(town.list), **elsewhere)

    assert taken.exit_code == 0, taken.output
    assert "Erased again here: 3." in taken.stdout
    assert {name for name in names(engine).values() if name} == {"Anna", "came"}
    again = json.loads(command("db", "erasures", "--json", **elsewhere).stdout)
    assert again["erased_again"] == 0


def test_a_database_put_back_by_other_means_rests_until_somebody_says_that_it_was(
    new_database: Callable[..., str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = new_database("sqlite", started=True)
    here = {"DATABASE_URL": url, "KEEPWORD_HOME": str(tmp_path), "SECRET_KEY": SECRET_KEY}

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(keepword, arguments, env=here)

    path = Path(url.removeprefix("sqlite:///"))
    added = command(
        "person", "add", "Zebedee Quillfeather", "--email", "zq@example.org", "--job", "Cook"
    )
    assert added.exit_code == 0, added.output
    shutil.copyfile(path, tmp_path / "older.db")
    engine = create_engine(url)
    prepare_engine(engine)
    with Session(engine) as session:
        config = Config(home=tmp_path, database_url=url, secret_key=SECRET_KEY)
        work = Work(session, MONDAY, make_office(config))
        erase_candidate(work, session.scalars(select(Candidate)).one(), "asked for it")
        session.commit()
    engine.dispose()
    shutil.copyfile(tmp_path / "older.db", path)
    assert mentions(engine)

    upgraded = command("db", "upgrade")
    assert upgraded.exit_code == 0, upgraded.output

    assert mentions(engine), "the list may be of a copy that somebody tried things on"
    assert [line for line in caplog.messages if line.startswith("1 on the list of erasures are")]
    assert is_paused(engine), "what else was done since may be done again"
    engine.dispose()
    assert "Erased again here: 1." in command("db", "erasures").output
    assert mentions(engine) == []
    engine.dispose()
    assert command("outbox", "resume").exit_code == 0
    upgraded = command("db", "upgrade")
    assert upgraded.exit_code == 0, upgraded.output
    assert not is_paused(engine), "once"
    engine.dispose()
