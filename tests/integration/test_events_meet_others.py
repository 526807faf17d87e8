"""Events about a person whom somebody else writes of at that very moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, text

from service.app import engine_of, session_of
from service.domain.changes import (
    ApplicationRef,
    ApplicationUpdated,
    Applied,
    CandidateFacts,
    CandidatesMerged,
    CandidateUpdated,
    Change,
    JobFacts,
)
from service.domain.newcomers import Newcomer
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    CandidateSource,
    Connection,
    Job,
    Promise,
)
from service.workflows.apply import apply_changes
from service.workflows.connections import add_connection
from service.workflows.erase import erase_candidate
from service.workflows.merging import merge_people, take_hold_of_both
from service.workflows.receive_newcomers import Reception
from service.workflows.work import Work
from tests.harness import MONDAY, Employer, make_employer
from tests.statements import statements_of

_TRIES = 1000

KNOWN = CandidateFacts("501", "Mira", "Okafor", ("mira@example.com",))
TOLD = CandidateFacts("501", "Mira", "Okafor", ("mira@example.com", "new.mira@example.com"))

FIRST = Applied(ApplicationRef("9001", KNOWN, JobFacts("71", "Bookbinder")), MONDAY)
SECOND = Applied(ApplicationRef("9002", TOLD, JobFacts("71", "Bookbinder")), MONDAY)
OTHER = Applied(
    ApplicationRef("9003", CandidateFacts("502", "Mira", "Okafor"), JobFacts("71", "Bookbinder")),
    MONDAY,
)
UPDATED = CandidateUpdated(TOLD, MONDAY)
AROUND = ApplicationUpdated(ApplicationRef("9001", TOLD), MONDAY)


def _apply(work: Work, change: Change) -> None:
    connection = work.session.scalars(select(Connection)).one()
    apply_changes(work, connection, [change], work.now)


def _erase(work: Work) -> None:
    mira = select(Candidate).join(CandidateEmail).where(CandidateEmail.position == 0)
    erase_candidate(work, work.session.scalars(mira).one(), "erased on request")


def _merge_away(work: Work) -> None:
    _apply(work, CandidatesMerged("501", "502", MONDAY))


@pytest.fixture(name="employer")
def _employer(
    request: pytest.FixtureRequest, new_database: Callable[..., str], tmp_path: Path
) -> Iterator[Employer]:
    """An employer whose ATS has told of one application."""
    made = make_employer(new_database(request.param, started=True), tmp_path)
    with made.work() as work:
        add_connection(work, "main", "greenhouse", ["an invented secret"], rejections_by="keepword")
        _apply(work, FIRST)
    yield made
    engine_of(made.app).dispose()


def _meet(employer: Employer, first: Callable[[Work], None], then: Callable[[Work], None]) -> None:
    """Do one thing, and commit it once the other one waits for it or is done."""

    def other() -> None:
        with employer.work() as work:
            then(work)

    with ThreadPoolExecutor(1) as pool:
        with employer.work() as work:
            first(work)
            work.session.flush()
            doing = pool.submit(other)
            with session_of(employer.app) as watcher:
                for _ in range(_TRIES):
                    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
                    if watcher.execute(waits).scalar_one() or doing.done():
                        break
                    watcher.rollback()
                    threading.Event().wait(0.01)
        doing.result(timeout=30)


# SQLite lets only one writer in, so nobody meets there.
@pytest.mark.parametrize("employer", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("change", "erased_first"),
    [(SECOND, True), (UPDATED, True), (AROUND, True), (AROUND, False), (UPDATED, False)],
)
def test_nothing_told_while_a_person_is_erased_is_kept(
    employer: Employer, change: Change, erased_first: bool
) -> None:
    def tell(work: Work) -> None:
        _apply(work, change)

    _meet(employer, *((_erase, tell) if erased_first else (tell, _erase)))

    with employer.session() as session:
        person = session.scalars(select(Candidate)).one()
        assert (person.erased_at is None, person.first_name) == (False, None)
        assert session.scalars(select(CandidateEmail.address)).all() == []


@pytest.mark.parametrize("employer", ["postgresql"], indirect=True)
@pytest.mark.parametrize("erased_first", [True, False])
def test_nobody_lives_on_in_a_person_who_is_erased_meanwhile(
    employer: Employer, erased_first: bool
) -> None:
    other = CandidateFacts("502", "Jo", "Adeyemi", ("jo@example.com",))
    with employer.work() as work:
        stays = work.session.scalars(select(Candidate.id)).one()
        _apply(work, Applied(ApplicationRef("9002", other, JobFacts("71", "Bookbinder")), MONDAY))

    def erase(work: Work) -> None:
        erase_candidate(work, work.session.get_one(Candidate, stays), "erased on request")

    def merge(work: Work) -> None:
        _apply(work, CandidatesMerged("502", "501", MONDAY))

    _meet(employer, *((erase, merge) if erased_first else (merge, erase)))

    with employer.session() as session:
        assert session.scalars(select(Candidate.first_name)).all() == [None, None]
        assert session.scalars(select(CandidateEmail.address)).all() == []


@pytest.mark.parametrize("employer", ["postgresql"], indirect=True)
@pytest.mark.parametrize("meanwhile", ["the other way round", "by the ATS", "an erasure"])
def test_people_merged_by_hand_while_somebody_else_writes_of_them_are_one_person(
    employer: Employer, meanwhile: str
) -> None:
    with employer.work() as work:
        _apply(work, OTHER)
        ids = dict(
            work.session.execute(
                select(CandidateSource.external_id, CandidateSource.candidate_id)
            ).all()
        )

    def by_hand(gone: str, stays: str) -> Callable[[Work], None]:
        def merge(work: Work) -> None:
            one, other = take_hold_of_both(work, ids[gone], ids[stays])
            if one.id != other.id and not (one.erased_at or other.erased_at):
                merge_people(work, one, other)

        return merge

    others: dict[str, Callable[[Work], None]] = {
        "the other way round": by_hand("501", "502"),
        "by the ATS": _merge_away,
        "an erasure": _erase,
    }
    _meet(employer, by_hand("502", "501"), others[meanwhile])

    with employer.session() as session:
        bearers = set(session.scalars(select(Application.candidate_id)))
        assert bearers == {ids["501"]}
        gone, stays = (session.get_one(Candidate, ids[each]) for each in ("502", "501"))
        assert (gone.merged_into_id, stays.merged_into_id) == (stays.id, None)
        erased = meanwhile == "an erasure"
        assert [each.erased_at is not None for each in (gone, stays)] == [erased] * 2


@pytest.mark.parametrize("employer", ["sqlite"], indirect=True)
def test_whoever_writes_of_a_known_person_begins_with_them(employer: Employer) -> None:
    renamed = CandidateFacts("501", "Mirela")
    again = CandidateFacts("501", "Mira")
    for change, reads in (
        (Applied(ApplicationRef("9003", renamed, JobFacts("72", "Cook")), MONDAY), 1),
        (ApplicationUpdated(ApplicationRef("9001", again, JobFacts("73", "Chef")), MONDAY), 0),
    ):
        with employer.work() as work, statements_of(employer) as seen:
            _apply(work, change)
        told = [" ".join(each.split()) for each in seen]
        (person,) = [i for i, each in enumerate(told) if each.startswith("UPDATE candidate ")]
        (job,) = [i for i, each in enumerate(told) if each.startswith("INSERT INTO job ")]
        assert person < job
        # They came with what the event names; once more only to be locked.
        assert sum("FROM candidate WHERE candidate.id" in each for each in told) == reads


@pytest.mark.parametrize("employer", ["postgresql"], indirect=True)
@pytest.mark.parametrize("meanwhile", [_erase, _merge_away])
@pytest.mark.parametrize("sheet_first", [True, False])
def test_nobody_is_taken_in_as_somebody_who_goes_meanwhile(
    employer: Employer, meanwhile: Callable[[Work], None], sheet_first: bool
) -> None:
    with employer.work() as work:
        _apply(work, OTHER)

    def take_in(work: Work) -> None:
        newcomer = Newcomer(line=2, emails=("mira@example.com",), job="Gilder")
        Reception(work).take([newcomer])

    _meet(employer, *((take_in, meanwhile) if sheet_first else (meanwhile, take_in)))

    with employer.session() as session:
        bearers = select(Candidate).join(Application, Application.candidate_id == Candidate.id)
        open_ones = bearers.join(Promise, Promise.application_id == Application.id).where(
            Promise.state == "open"
        )
        gone = Candidate.erased_at.is_not(None) | Candidate.merged_into_id.is_not(None)
        assert session.scalars(open_ones.where(gone)).all() == []
        titles = session.scalars(select(Job.title).join(Application)).all()
    assert ("Gilder" in titles) is sheet_first
