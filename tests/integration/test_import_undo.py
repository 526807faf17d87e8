"""Taking an import back: what it made goes, unless something has happened to it since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service.domain.changes import Stage
from service.domain.contacts import Channel, Outcome
from service.domain.policies import Kind
from service.domain.promises import PromiseError
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    Contact,
    Import,
    ImportedApplication,
    ImportedJob,
    Interview,
    Job,
    Notice,
    Promise,
    TimelineEntry,
)
from service.workflows.candidates import edit_candidate
from service.workflows.contacts import log_contact
from service.workflows.decide import move_here
from service.workflows.erase import erase_candidate
from service.workflows.import_undo import undo_import
from service.workflows.legal_hold import hold
from service.workflows.merging import merge_people, take_hold_of_both
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.work import Work
from tests.harness import Employer, add_application
from tests.integration.sheets import imported

SHEET = (
    "email,job,stage,applied on,interviewed on,last contact on\n"
    "a@example.com,Bookbinder,interview,2026-02-02,2026-02-10,2026-02-11\n"
    "a@example.com,Gilder,applied,2026-02-02,,\n"
    "b@example.com,Gilder,rejected,2026-02-02,,\n"
)
_TABLES = (Application, Candidate, CandidateEmail, Contact, Interview, Job, Promise,
           TimelineEntry, ImportedApplication, ImportedJob)  # fmt: skip


def counts(employer: Employer) -> list[int]:
    with employer.session() as session:
        return [session.scalars(select(func.count()).select_from(model)).one() for model in _TABLES]


def test_an_import_that_nothing_happened_to_goes_without_a_trace(
    employer: Employer, tmp_path: Path
) -> None:
    with employer.work() as work:
        add_application(work)
    before = counts(employer)
    report = imported(employer, tmp_path, SHEET)
    # A promise comes due and is flagged meanwhile: nobody did anything about these people.
    employer.pass_time(days=9)
    with employer.session() as session:
        assert session.scalars(select(func.count()).select_from(Notice)).one() > 0

    with employer.work() as work:
        undone = undo_import(work, report.id)

    assert undone.stays == []
    assert counts(employer) == before


def test_at_once_everything_goes(employer: Employer, tmp_path: Path) -> None:
    before = counts(employer)
    report = imported(employer, tmp_path, SHEET)
    with employer.work() as work:
        undone = undo_import(work, report.id)

    assert (undone.applications, undone.candidates, undone.jobs, undone.stays) == (3, 2, 2, [])
    assert counts(employer) == before
    with employer.session() as session:
        assert session.get_one(Import, report.id).undone_at == employer.now
    with employer.work() as work, pytest.raises(PromiseError, match="already"):
        undo_import(work, report.id)
    again = imported(employer, tmp_path, SHEET)
    assert (again.applications, again.candidates) == (3, 2)


def _contact(work: Work, application: Application) -> None:
    log_contact(work, application, channel=Channel.PHONE, outcome=Outcome.REACHED, at=work.now)


def _promise(work: Work, application: Application) -> None:
    make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", "2 business days"))


def _move(work: Work, application: Application) -> None:
    move_here(work, application, Stage.OFFER)


def _erase(work: Work, application: Application) -> None:
    erase_candidate(work, application.candidate, "asked")


@pytest.mark.parametrize("happening", [_contact, _promise, _move, _erase])
def test_what_something_happened_to_stays_with_the_reason(
    employer: Employer, tmp_path: Path, happening: Callable[[Work, Application], None]
) -> None:
    report = imported(
        employer, tmp_path, "email,job\na@example.com,Bookbinder\nb@example.com,Bookbinder\n"
    )
    with employer.work() as work:
        application = work.session.scalars(
            select(Application)
            .join(CandidateEmail, CandidateEmail.candidate_id == Application.candidate_id)
            .where(CandidateEmail.address_key == "a@example.com")
        ).one()
        kept = application.id
        happening(work, application)
    with employer.work() as work:
        undone = undo_import(work, report.id)

    assert [(id_, line) for id_, line, _ in undone.stays] == [(kept, 2)]
    assert undone.stays[0][2]
    assert (undone.applications, undone.candidates, undone.jobs) == (1, 1, 0)
    with employer.session() as session:
        assert session.scalars(select(Application.id)).all() == [kept]


@pytest.mark.parametrize("merged", [False, True])
def test_whoever_is_on_legal_hold_stays(
    employer: Employer, tmp_path: Path, *, merged: bool
) -> None:
    """Though nothing stands in the story of what the import brought: the hold was there before, or
    came over with a merge.
    """
    with employer.work() as work:
        held = add_application(work, email="a@example.com").candidate
        hold(work, held, "a claim of theirs is before the court")
        held_id = held.id
    address = "b" if merged else "a"
    report = imported(employer, tmp_path, f"email,job\n{address}@example.com,Bookbinder\n")
    with employer.work() as work:
        came = work.session.scalars(select(ImportedApplication)).one()
        kept = came.application_id
        if merged:
            merge_people(work, *take_hold_of_both(work, held_id, came.candidate_id))
    with employer.work() as work:
        undone = undo_import(work, report.id)

    assert undone.stays == [(kept, 2, "the person is on legal hold")]
    assert (undone.applications, undone.candidates, undone.jobs) == (0, 0, 0)


def test_somebody_edited_since_stays_as_a_person(employer: Employer, tmp_path: Path) -> None:
    report = imported(employer, tmp_path, "email,job\na@example.com,Bookbinder\n")
    with employer.work() as work:
        candidate = work.session.scalars(select(Candidate)).one()
        edit_candidate(work, candidate, {"first_name": "Amara"})
    with employer.work() as work:
        undone = undo_import(work, report.id)

    assert (undone.applications, undone.candidates) == (1, 0)
    with employer.session() as session:
        assert session.scalars(select(Candidate.first_name)).one() == "Amara"


def test_what_several_imports_brought_goes_with_the_last_of_them(
    employer: Employer, tmp_path: Path
) -> None:
    before = counts(employer)
    reports = [
        imported(employer, tmp_path, f"email,job\n{rows}\n")
        for rows in (
            "a@example.com,Bookbinder\nb@example.com,Smith",
            "a@example.com,Gilder\nc@example.com,Bookbinder",
            "a@example.com,Smith\nd@example.com,Bookbinder",
        )
    ]
    removed = []
    for report in reports:
        with employer.work() as work:
            undone = undo_import(work, report.id)
            removed.append((undone.candidates, undone.jobs))

    assert removed == [(1, 0), (1, 1), (2, 2)]
    assert counts(employer) == before


def test_who_was_here_before_stays(employer: Employer, tmp_path: Path) -> None:
    with employer.work() as work:
        add_application(work, email="a@example.com")
    before = counts(employer)
    report = imported(employer, tmp_path, "email,job\na@example.com,Bookbinder\n")
    with employer.work() as work:
        undone = undo_import(work, report.id)

    assert (undone.applications, undone.candidates, undone.jobs) == (1, 0, 1)
    assert counts(employer) == before


def test_an_unknown_import_is_told(employer: Employer) -> None:
    with employer.work() as work, pytest.raises(PromiseError, match="no import"):
        undo_import(work, "imp_none")
