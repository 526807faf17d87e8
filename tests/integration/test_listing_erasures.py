"""The list of erasures names who was erased for good, and nobody whose erasure was taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.app import engine_of
from service.domain.changes import CandidateErased
from service.models import Candidate, Connection
from service.parts import parts
from service.workflows.apply_people import apply_person
from service.workflows.connections import add_connection
from service.workflows.erase import erase_candidate
from service.workflows.erase_again import agree_on_erasures
from service.workflows.erasure_list import ErasedPerson, ErasureList, Erasures
from service.workflows.merging import merge_people
from service.workflows.work import Work
from tests.harness import MONDAY, Employer, add_application, make_employer


@pytest.fixture
def here(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    """Keepword on SQLite: what is tested is a file."""
    employer = make_employer(new_database("sqlite", started=True), tmp_path)
    yield employer
    engine_of(employer.app).dispose()


@contextmanager
def listing(employer: Employer, path: Path) -> Iterator[Work]:
    """Give a unit of work whose list is at this path; commit it."""
    office = replace(parts(employer.app).office, erasures=ErasureList(path))
    with Session(engine_of(employer.app), expire_on_commit=False) as session:
        yield Work(session, MONDAY, office)
        session.commit()


def test_only_what_was_committed_is_listed(here: Employer, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "list"
    with here.work() as work:
        ids = [
            add_application(work, email=f"a{number}@example.org").candidate_id
            for number in range(5)
        ]
        connection_id = add_connection(
            work, "acme", "greenhouse", ["an invented secret"], rejections_by="keepword"
        ).id
    kept, in_savepoint, inner, rolled_back, closed = ids

    def erase(work: Work, id_: str) -> None:
        erase_candidate(work, work.session.get_one(Candidate, id_), "asked for it")

    with listing(here, path) as work:
        session = work.session
        erase(work, rolled_back)
        session.rollback()
        erase(work, closed)
        session.close()
        erase(work, kept)
        spoilt = session.begin_nested()
        erase(work, in_savepoint)
        with session.begin_nested():
            erase(work, inner)
        spoilt.rollback()
        with session.begin_nested():
            acme = session.get_one(Connection, connection_id)
            change = CandidateErased(external_id="number 77", at=None)
            unknown, _ = apply_person(work, acme, change, work.now)
        assert unknown is not None
        assert not path.exists()

    listed = ErasureList(path).read()
    assert listed is not None
    assert listed.people.keys() == {kept, unknown.id}
    assert len(listed.addresses) == 1
    assert listed.damaged == 0
    [(known_at, sealed)] = listed.people[unknown.id].known_as
    assert (known_at, parts(here.app).office.box.open(sealed)) == (connection_id, "number 77")
    assert "number 77" not in path.read_text()
    with here.session() as session:
        erased = session.scalars(select(Candidate.id).where(Candidate.erased_at.is_not(None)))
        assert set(erased) == {kept, unknown.id}


def test_a_full_disk_keeps_nobody_from_being_erased(
    here: Employer, caplog: pytest.LogCaptureFixture
) -> None:
    with here.work() as work:
        id_ = add_application(work).candidate_id

    # The one device that is always full.
    with listing(here, Path("/dev/full")) as work:
        erase_candidate(work, work.session.get_one(Candidate, id_), "asked for it")

    with here.session() as session:
        assert session.get_one(Candidate, id_).erased_at is not None
    assert "added at the next start" in caplog.text
    assert "Amara" not in caplog.text


def test_a_merged_record_that_a_rule_emptied_is_listed_so_from_the_database(
    here: Employer, tmp_path: Path
) -> None:
    """By another machine, or where a crash kept it from the list: else a restore erases the whole
    person as on request, and whoever applied again is lost.
    """
    path = tmp_path / "list"
    with here.work() as work:
        gone, stays = (add_application(work).candidate for _ in range(2))
        ids = gone.id, stays.id
        merge_people(work, gone, stays)
        erase_candidate(work, stays, "by rule", after_days=180)

    def listed_days() -> dict[str, int | None]:
        with listing(here, path) as work:
            agree_on_erasures(work.session, here.clock, work.office)
        listed = ErasureList(path).read()
        assert listed is not None
        return {id_: each.after_days for id_, each in listed.people.items()}

    assert listed_days() == dict.fromkeys(ids, 180)
    # Who asks for it after that asks for both.
    with here.work() as work:
        erase_candidate(work, work.session.get_one(Candidate, ids[1]), "asked for it")
    assert listed_days() == dict.fromkeys(ids)


def test_a_line_that_a_crash_cut_short_spoils_no_other(tmp_path: Path) -> None:
    listed = ErasureList(tmp_path / "list")
    first, second = (
        Erasures(
            {id_: ErasedPerson(id_, MONDAY, (("con_1", "sealed"),))}, {f"{id_}-digest": MONDAY}
        )
        for id_ in ("cnd_one", "cnd_two")
    )
    assert listed.read() is None
    listed.add(first)
    with listed.path.open("ab") as file:
        file.write(b'{"person":"cnd_three","at":"2026-')
    listed.add(Erasures())
    listed.add(second)
    with listed.path.open("ab") as file:
        file.write(b'[1]\n{"person":"x","at":"2026-03-02T09:00:00","known_as":[]}\n')
        file.write(b'{"person":"x","at":"2026-03-02T09:00:00Z","known_as":[1]}\n\xff\n')
        # What would end the start of Keepword, and every start after that.
        file.write(b'{"address":"x","at":"0001-01-01T00:00:00+23:00"}\n' + b"[" * 100_000 + b"\n")
        file.write(b'{"address":"\\u0000","at":"2026-03-02T09:00:00Z"}\n')
        file.write(b'{"person":"x","at":"2026-03-02T09:00:00Z","known_as":[["c","\\ud800"]]}\n')

    read = listed.read()

    assert read is not None
    assert read.people == first.people | second.people
    assert read.addresses == first.addresses | second.addresses
    assert read.damaged == 9
