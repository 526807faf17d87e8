"""A restore empties again the record that a rule had emptied, and nobody who applied again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, Select, create_engine, select
from sqlalchemy.orm import Session

from service.clock import FakeClock, SystemClock
from service.db import prepare_engine
from service.domain.changes import (
    ApplicationRef,
    Applied,
    CandidateFacts,
    Change,
    JobFacts,
    Withdrawn,
)
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    Connection,
    ErasedAddress,
    Heartbeat,
    Promise,
)
from service.moving import moves
from service.workflows.apply import apply_changes
from service.workflows.connections import add_connection
from service.workflows.erase import erase_candidate
from service.workflows.erase_again import UNFINISHED, Again, agree_on_erasures
from service.workflows.work import Work
from tests.harness import MONDAY
from tests.integration.cli.conftest import Command, Desk

HOUR = timedelta(hours=1)
GONE_AT = MONDAY + timedelta(days=400)
AGAIN_AT = GONE_AT + 2 * HOUR
RESTORED_AT = GONE_AT + timedelta(days=5)


def applied(external_id: str, at: datetime) -> Applied:
    """Tell that the one person of these tests applied."""
    facts = CandidateFacts("c1", "Ada", "Byron", ("ada@example.com",))
    ref = ApplicationRef(external_id, facts, JobFacts("j1", "Clerk"), applied_at=at)
    return Applied(ref, at)


class Town:
    """A database that was put back from a backup of before a rule erased its one person."""

    def __init__(self, desk: Desk, command: Command, home: Path, engine: Engine) -> None:
        self.desk, self.engine = desk, engine
        file = home / "keepword.backup"
        with self.work(desk.engine, MONDAY) as work:
            add_connection(
                work, "acme", "greenhouse", ["an invented secret"], rejections_by="keepword"
            )
            first = applied("a1", MONDAY - HOUR)
            self.apply(work, first, Withdrawn(first.application, MONDAY))
        assert command("db", "backup", str(file)).exit_code == 0
        with self.work(desk.engine, GONE_AT) as work:
            erase_candidate(work, _only(work), "by rule", after_days=180)
        with file.open("rb") as opened:
            moves.restore(opened, engine, SystemClock(), lambda *_: None)

    @contextmanager
    def work(self, engine: Engine, at: datetime) -> Iterator[Work]:
        """Do one unit of work and commit it."""
        with Session(engine, expire_on_commit=False) as session:
            yield Work(session, at, self.desk.office)
            session.commit()

    def agree(self, *, asked: bool = False) -> Again:
        """Apply the list of erasures to the database that was put back."""
        with Session(self.engine) as session:
            clock = FakeClock(RESTORED_AT)
            return agree_on_erasures(session, clock, self.desk.office, asked=asked)

    def tell(self, *changes: Change) -> list[str]:
        """Have the ATS tell something after that; return what could not be done."""
        with self.work(self.engine, RESTORED_AT) as work:
            return self.apply(work, *changes)

    def apply(self, work: Work, *changes: Change) -> list[str]:
        """Work in what the ATS tells; return what could not be done."""
        connection = work.session.scalars(select(Connection)).one()
        return apply_changes(work, connection, changes, work.now).notes

    def people(self) -> dict[str | None, list[str | None]]:
        """Return what each person applied for, by the first name."""
        found: dict[str | None, list[str | None]] = {}
        with Session(self.engine) as session:
            told = select(Candidate.first_name, Application.external_id)
            told = told.join(Application, Application.candidate_id == Candidate.id)
            for name, external_id in session.execute(told.order_by(Application.external_id)):
                found.setdefault(name, []).append(external_id)
        return found

    def owed(self) -> set[str | None]:
        """Return the applications that a word is owed to."""
        with Session(self.engine) as session:
            told = select(Application.external_id).join(
                Promise, Promise.application_id == Application.id
            )
            return set(session.scalars(told.where(Promise.state == "open")))


def _only(work: Work) -> Candidate:
    return work.session.scalars(select(Candidate)).one()


@pytest.fixture
def town(
    employer: Desk,
    command: Command,
    tmp_path: Path,
    database_url: str,
    new_database: Callable[..., str],
) -> Iterator[Town]:
    engine = create_engine(
        new_database("sqlite" if database_url.startswith("sqlite") else "postgresql")
    )
    prepare_engine(engine)
    yield Town(employer, command, tmp_path, engine)
    engine.dispose()


def test_who_applied_again_before_the_restore_is_taken_in_after_it(town: Town) -> None:
    assert town.agree().people == 1
    assert town.people() == {None: ["a1"]}
    with Session(town.engine) as session:
        assert session.scalars(select(Candidate.erased_at)).one() == GONE_AT
        assert session.scalars(select(ErasedAddress.erased_at)).one() == GONE_AT

    assert town.tell(applied("a0", GONE_AT - timedelta(days=180)))
    assert town.tell(applied("a2", AGAIN_AT)) == []
    assert town.people() == {None: ["a1"], "Ada": ["a2"]}
    assert town.owed() == {"a2"}
    # However often the list is applied.
    again = town.agree(asked=True)
    assert (again.people, again.here, again.listed) == (0, 0, 0)
    assert town.people() == {None: ["a1"], "Ada": ["a2"]}


def test_a_request_that_followed_the_rule_outlives_the_restore(town: Town) -> None:
    # One database had heard of it, and the other is from before.
    town.agree()
    with town.work(town.desk.engine, GONE_AT + HOUR) as work:
        erase_candidate(work, _only(work), "asked for it")
    assert town.agree().here == 0
    assert town.agree(asked=True).people == 0

    assert town.tell(applied("a2", AGAIN_AT))
    assert town.people() == {None: ["a1"]}


def test_who_was_asked_to_be_erased_after_they_had_applied_again_stays_gone(town: Town) -> None:
    with town.work(town.desk.engine, AGAIN_AT) as work:
        town.apply(work, applied("a2", AGAIN_AT))
    with town.work(town.desk.engine, AGAIN_AT + HOUR) as work:
        erase_candidate(work, work.session.scalars(_there()).one(), "asked for it")
    town.agree()

    assert town.tell(applied("a2", AGAIN_AT))
    assert town.people() == {None: ["a1"]}


def test_what_they_applied_for_again_in_a_database_put_back_unnoticed_stays(town: Town) -> None:
    with town.work(town.engine, RESTORED_AT) as work:
        # It was put back by other means: nothing marks it.
        work.session.delete(work.session.get_one(Heartbeat, UNFINISHED))
        work.session.scalars(select(CandidateEmail)).one().suppressed_at = RESTORED_AT
    assert town.tell(applied("a2", AGAIN_AT)) == []
    assert town.people() == {"Ada": ["a1", "a2"]}

    assert town.agree(asked=True).people == 1

    assert town.people() == {None: ["a1"], "Ada": ["a2"]}
    assert town.owed() == {"a2"}
    with Session(town.engine) as session:
        left = session.scalars(select(CandidateEmail)).one()
        assert (left.address, left.suppressed_at) == ("ada@example.com", RESTORED_AT)
    assert town.tell(applied("a3", AGAIN_AT + HOUR)) == []
    assert town.people() == {None: ["a1"], "Ada": ["a2", "a3"]}


def _there() -> Select[Candidate]:
    return select(Candidate).where(Candidate.erased_at.is_(None))
