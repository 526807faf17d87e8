"""Importing people: what a row makes, nobody twice, no letter, nobody brought back."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from service.domain.contacts import Channel, Outcome
from service.models import (
    Application,
    Calendar,
    CalendarVersion,
    Candidate,
    CandidateEmail,
    Contact,
    Decision,
    Import,
    ImportedApplication,
    Interview,
    Job,
    Message,
    Promise,
    TimelineEntry,
)
from service.workflows.erase import erase_candidate
from service.workflows.import_people import Report
from service.workflows.jobs import add_job
from service.workflows.merging import merge_people
from service.workflows.suppress import suppress
from tests.harness import Employer, add_application, add_user
from tests.integration.sheets import imported

DOCUMENTED = Path(__file__).resolve().parents[2] / "docs/import.md"


def count(employer: Employer, model: type[Any]) -> int:
    with employer.session() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def made(report: Report) -> tuple[int, int, int, int, int]:
    return (report.applications, report.candidates, report.jobs, report.known, report.refused)


def said(report: Report) -> list[str]:
    return [str(fault) for fault in report.faults]


def test_the_documented_sheet_is_imported_as_it_stands(employer: Employer, tmp_path: Path) -> None:
    text = DOCUMENTED.read_text(encoding="utf-8").split("```csv\n")[1].split("```")[0]

    report = imported(employer, tmp_path, text)

    assert (made(report), said(report), report.warnings) == ((4, 4, 2, 0, 0), [], [])
    with employer.session() as session:
        stages = {
            each.candidate.last_name: (each.stage, each.closed_at is not None)
            for each in session.scalars(select(Application))
        }
    assert stages == {
        "Okafor": ("interview", False),
        "Weber": ("screening", False),
        "Fernández": ("applied", False),
        "Kovács": ("rejected", True),
    }


def test_a_row_makes_a_person_an_application_a_job_and_their_story(
    employer: Employer, tmp_path: Path
) -> None:
    with employer.work() as work:
        maria = add_user(work, email="Maria@example.com")
        boss = add_user(work, "Priya Shah", email="priya@example.com")
    imported(
        employer,
        tmp_path,
        "name,email,phone,job,stage,applied on,interviewed on,last contact on,last contact by,"
        "owner,hiring manager,time zone,candidate id,application id\n"
        "Amara Okafor,Amara@Example.com; a@example.org,+1 416,Bookbinder,Panel,2026-02-02,"
        "2026-02-26,2026-02-18,phone,maria@example.com,priya@example.com,America/Toronto,7,9\n",
    )

    with employer.session() as session:
        application = session.scalars(select(Application)).one()
        candidate = application.candidate
        assert [e.address for e in candidate.emails] == ["Amara@Example.com", "a@example.org"]
        assert [e.address_key for e in candidate.emails] == ["amara@example.com", "a@example.org"]
        assert [p.number for p in candidate.phones] == ["+1 416"]
        assert (application.job.title, application.job.status) == ("Bookbinder", "open")
        contact = session.scalars(select(Contact)).one()
        interview = session.scalars(select(Interview)).one()
        told = [e.kind for e in session.scalars(select(TimelineEntry).order_by(TimelineEntry.seq))]
        row = session.scalars(select(ImportedApplication)).one()
        run = session.scalars(select(Import)).one()
        promises = {p.cause: p for p in session.scalars(select(Promise))}
    assert (candidate.first_name, candidate.last_name) == ("Amara", "Okafor")
    assert candidate.time_zone == "America/Toronto"
    assert (application.stage, application.ats_stage) == ("interview", "Panel")
    assert (application.owner_id, application.waiting_on_id) == (maria.id, boss.id)
    assert application.applied_at == datetime(2026, 2, 2, tzinfo=UTC)
    assert application.last_contact_at == contact.at == datetime(2026, 2, 18, tzinfo=UTC)
    assert application.interviewed_at == interview.done_at == datetime(2026, 2, 26, tzinfo=UTC)
    assert (contact.channel, contact.outcome) == (Channel.PHONE, Outcome.REACHED)
    assert told[:3] == ["applied", "interviewed", "contact"]
    assert set(told[3:]) == {"promise_made"}
    assert (row.candidate_key, row.application_key, row.line) == ("7", "9", 2)
    assert (run.applications, run.candidates, run.jobs, run.known) == (1, 1, 1, 0)
    assert {p.owner_id for p in promises.values()} == {maria.id}
    assert any((cause or "").endswith(f":interviewed:{interview.id}") for cause in promises)


def test_the_same_sheet_again_makes_nobody_twice(employer: Employer, tmp_path: Path) -> None:
    sheet = "name,email,job\nAmara,amara@example.com,Bookbinder\nBela,bela@example.com,Gilder\n"
    first = imported(employer, tmp_path, sheet)
    before = [count(employer, model) for model in (Candidate, Application, Promise, TimelineEntry)]

    again = imported(employer, tmp_path, sheet.replace("amara@", "AMARA@").replace("Book", "book"))

    assert (made(first), made(again)) == ((2, 2, 2, 0, 0), (0, 0, 0, 2, 0))
    after = [count(employer, model) for model in (Candidate, Application, Promise, TimelineEntry)]
    assert before == after


def test_one_person_is_one_person_within_a_sheet(employer: Employer, tmp_path: Path) -> None:
    report = imported(
        employer,
        tmp_path,
        "name,email,job\n"
        "Amara,amara@example.com,Bookbinder\n"
        "Amara O.,AMARA@example.com,bookbinder\n"
        "Amara,a@example.org amara@example.com,Gilder\n"
        "Amara,amara+jobs@example.com,Gilder\n",
    )

    assert made(report) == (3, 2, 2, 1, 0)
    (warning,) = report.warnings
    assert (warning.line, warning.column) == (5, "email")
    assert "plus sign" in warning.text


def test_two_names_at_one_address_are_one_person_and_that_is_said(
    employer: Employer, tmp_path: Path
) -> None:
    head = "name,email,job\n"
    report = imported(
        employer,
        tmp_path,
        head + "Anna Müller,home@example.com,Gilder\n"
        "Jonas Weber,HOME@example.com,Gilder\n"
        '"MULLER, Anna",home@example.com,Gilder\n',
    )
    later = imported(
        employer, tmp_path, head + "Jonas,home@example.com,Binder\nAnna,home@example.com,Smith\n"
    )

    assert (made(report), made(later)) == ((1, 1, 1, 2, 0), (2, 0, 2, 0, 0))
    told = [(each.line, each.column) for each in [*report.warnings, *later.warnings]]
    assert told == [(3, "email"), (2, "email")]
    assert "another name" in report.warnings[0].text


def test_ids_of_the_source_tell_people_and_their_bids_apart(
    employer: Employer, tmp_path: Path
) -> None:
    head = "candidate id,application id,email,job,stage\n"
    first = imported(employer, tmp_path, head + "7,1,old@example.com,Bookbinder,rejected\n")
    moved = imported(
        employer,
        tmp_path,
        head
        + "7,1,new@example.com,Bookbinder,rejected\n"
        + "7,2,new@example.com,Bookbinder,applied\n"
        + "7,3,new@example.com,Bookbinder,applied\n",
    )

    assert (made(first), made(moved)) == ((1, 1, 1, 0, 0), (1, 0, 0, 2, 0))
    assert count(employer, Candidate) == 1


def test_lists_that_are_numbered_from_one_take_nobody_for_somebody_else(
    employer: Employer, tmp_path: Path
) -> None:
    head = "id,application id,name,email,job\n"
    imported(
        employer,
        tmp_path,
        head + "1,,Amara Okafor,amara@example.com,Gilder\n2,,Béla Kovács,b@example.com,Gilder\n"
        "3,30,Jonas Weber,jonas@example.com,Gilder\n",
    )
    another = imported(
        employer,
        tmp_path,
        head + "1,,Lucía Fernández,lucia@example.com,Gilder\n"
        '2,,"Kovacs, Dr. Bela",bela@example.org,Bookbinder\n'
        "3,,Nadia Weber,nadia@example.com,Bookbinder\n"
        ",30,Oluwa Weber,oluwa@example.com,Gilder\n"
        "9,,Ines Costa,,Gilder\n"
        "9,,Ines Moreno,,Gilder\n",
    )

    # Béla's name says the same twice, and an address may change: he alone is known again.
    assert made(another) == (2, 1, 1, 0, 4)
    assert [(fault.line, fault.column) for fault in another.faults] == [
        (2, "id"),
        (4, "id"),
        (5, "application id"),
        (7, "id"),
    ]
    assert all("another name" in fault.text and "--without" in fault.text
               for fault in another.faults)  # fmt: skip


def test_of_two_records_that_were_merged_a_sheet_knows_the_one_that_stays(
    employer: Employer, tmp_path: Path
) -> None:
    """The sheet's source has merged them too, and calls both what they applied for by one name."""
    heading = "candidate id,application id,first name,last name,email,job\n"
    rows = (
        "1,11,Ada,Byron,ada@example.com,Smith\n",
        "2,12,Augusta,King,augusta@example.com,Gilder\n",
    )
    imported(employer, tmp_path, heading + "".join(rows))
    with employer.work() as work:
        gone, stays = work.session.scalars(select(Candidate).order_by(Candidate.first_name))
        merge_people(work, gone, stays)

    for sheet in ("".join(rows), rows[1].replace("12", "11").replace("Gilder", "Smith")):
        report = imported(employer, tmp_path, heading + sheet)
        assert (report.known, report.faults) == (sheet.count("\n"), [])


def test_who_applies_again_after_a_no_is_taken_in_again(employer: Employer, tmp_path: Path) -> None:
    head = "email,job,stage,applied on\n"
    first = (
        head + "a@example.com,Gilder,rejected,2026-01-12\nb@example.com,Gilder,applied,2026-02-27"
    )
    imported(employer, tmp_path, first)
    employer.pass_time(days=30)
    again = first + "\na@example.com,Gilder,applied,2026-03-30\nb@example.com,Gilder,,2026-03-30\n"
    reports = [made(imported(employer, tmp_path, again)) for _ in range(2)]

    # Both in one sheet; a time of day that a later export adds is no other application.
    both = head + (
        "c@example.com,Gilder,rejected,2026-01-12\n"
        "c@example.com,Gilder,,2026-02-27\n"
        "d@example.com,Gilder,rejected,2026-01-12\n"
    )
    finer = both.replace("2026-01-12", "2026-01-12 14:30").replace("rejected", "")
    reports += [made(imported(employer, tmp_path, each)) for each in (both, both, finer)]

    assert reports == [
        (1, 0, 0, 3, 0),
        (0, 0, 0, 4, 0),
        (3, 2, 0, 0, 0),
        (0, 0, 0, 3, 0),
        (0, 0, 0, 3, 0),
    ]
    with employer.session() as session:
        stages = sorted(session.scalars(select(Application.stage)))
    assert stages == ["applied", "applied", "applied", "rejected", "rejected", "rejected"]


def test_what_is_known_is_never_changed(employer: Employer, tmp_path: Path) -> None:
    with employer.work() as work:
        known = add_application(work, email="amara@example.com")
        job = known.job.title
    report = imported(
        employer, tmp_path, f"name,email,job,stage\nSomebody Else,amara@example.com,{job},hired\n"
    )

    assert made(report) == (0, 0, 0, 1, 0)
    with employer.session() as session:
        application = session.scalars(select(Application)).one()
        assert (application.stage, application.candidate.last_name) == ("applied", "Okafor")


def test_no_letter_and_no_decision_comes_of_an_import(employer: Employer, tmp_path: Path) -> None:
    imported(
        employer,
        tmp_path,
        "email,job,stage,applied on\n"
        "a@example.com,B,applied,2026-03-01\n"
        "b@example.com,B,rejected,2026-03-01\n"
        "c@example.com,B,hired,2026-03-01\n"
        "d@example.com,B,withdrawn,2026-03-01\n",
    )
    employer.pass_time(minutes=5)

    assert employer.transport.sent == []
    assert (count(employer, Message), count(employer, Decision)) == (0, 0)
    with employer.session() as session:
        owed = session.scalars(
            select(Application.stage).join(Promise, Promise.application_id == Application.id)
        ).all()
        kinds = set(session.scalars(select(Promise.kind)))
    assert (set(owed), kinds) == ({"applied"}, {"status"})


def test_an_acknowledgement_goes_out_where_it_is_asked_for(
    employer: Employer, tmp_path: Path
) -> None:
    imported(
        employer,
        tmp_path,
        "email,job,stage,applied on\n"
        "new@example.com,B,applied,2026-03-01\n"
        "old@example.com,B,applied,2026-01-02\n"
        "no@example.com,B,rejected,2026-03-01\n",
        acknowledge=True,
    )
    employer.pass_time(minutes=5)

    assert [mail.to_address for mail in employer.transport.sent] == ["new@example.com"]


def test_a_promise_somebody_gave_is_made(employer: Employer, tmp_path: Path) -> None:
    report = imported(
        employer,
        tmp_path,
        "email,job,promised,promised for\n"
        "a@example.com,B,A call about the panel,2026-03-06 17:00\n"
        "b@example.com,B,A call,by friday 16:00\n"
        "c@example.com,B,A call,2026-02-06 17:00\n"
        "d@example.com,B,A call,whenever\n",
    )

    assert made(report) == (2, 2, 1, 0, 2)
    assert [fault.split(":")[0] for fault in said(report)] == [
        "line 4, column “promised for”",
        "line 5, column “promised for”",
    ]
    with employer.session() as session:
        spoken = session.execute(
            select(Promise.wording, Promise.due_at).where(Promise.origin == "spoken")
        ).all()
    assert sorted(tuple(row) for row in spoken) == [
        ("A call", datetime(2026, 3, 6, 16, tzinfo=UTC)),
        ("A call about the panel", datetime(2026, 3, 6, 17, tzinfo=UTC)),
    ]


def test_what_only_the_database_knows_to_be_wrong_is_told_with_its_line(
    employer: Employer, tmp_path: Path
) -> None:
    with employer.work() as work:
        add_application(work, email="amara@example.com")
        add_application(work, email="bela@example.com")
        add_job(work, {"title": "Gilder"})
        add_job(work, {"title": "gilder"})
        add_user(work, email="left@example.com", active=False)
    report = imported(
        employer,
        tmp_path,
        "E-Mail,Job,Recruiter\n"
        "amara@example.com bela@example.com,B,\n"
        "c@example.com,GILDER,\n"
        "d@example.com,job_unknown,\n"
        "e@example.com,B,nobody@example.com\n"
        "f@example.com,B,Left@example.com\n",
    )

    assert [fault.split(":")[0] for fault in said(report)] == [
        "line 2, column “E-Mail”",
        "line 3, column “Job”",
        "line 4, column “Job”",
        "line 5, column “Recruiter”",
        "line 6, column “Recruiter”",
    ]
    assert made(report) == (0, 0, 0, 0, 5)


def test_nobody_who_was_erased_is_brought_back(employer: Employer, tmp_path: Path) -> None:
    sheet = "candidate id,email,job\n7,amara@example.com,B\n,bela@example.com,B\n"
    imported(employer, tmp_path, sheet)
    with employer.work() as work:
        for candidate in work.session.scalars(select(Candidate)).all():
            erase_candidate(work, candidate, "asked")
    again = imported(employer, tmp_path, sheet.replace("amara@", "AMARA@"))
    other = imported(employer, tmp_path, "email,job\nBela@example.com,Another\n")

    assert made(again)[:3] == made(other)[:3] == (0, 0, 0)
    assert any("erased" in fault for fault in said(again) + said(other))
    assert count(employer, CandidateEmail) == 0


def test_an_address_that_is_suppressed_stays_so(employer: Employer, tmp_path: Path) -> None:
    with employer.work() as work:
        add_application(work, email="amara@example.com")
        suppress(work, "amara@example.com", work.now, "bounced")
    imported(employer, tmp_path, "email,job\nAmara@Example.com,B\n")

    with employer.session() as session:
        emails = session.scalars(select(CandidateEmail)).all()
    assert [email.suppressed_reason for email in emails] == ["bounced"]


def test_rolling_back_leaves_nothing(employer: Employer, tmp_path: Path) -> None:
    report = imported(employer, tmp_path, "email,job\na@example.com,B\n", keep=False)

    assert made(report) == (1, 1, 1, 0, 0)
    for model in (Candidate, Application, Job, Promise, TimelineEntry, Import):
        assert count(employer, model) == 0


def test_the_calendar_of_a_job_counts_for_its_people(employer: Employer, tmp_path: Path) -> None:
    with employer.work() as work:
        weekend = Calendar(name="weekend", created_at=work.now)
        work.session.add(weekend)
        work.session.flush()
        document = {"name": "weekend", "time_zone": "UTC", "hours": {"sat": [["10:00", "12:00"]]}}
        work.session.add(
            CalendarVersion(
                calendar_id=weekend.id, version=1, document=document, created_at=work.now
            )
        )
        add_job(work, {"title": "Gilder", "calendar_id": weekend.id})
    imported(employer, tmp_path, "email,job\na@example.com,Gilder\nb@example.com,Bookbinder\n")

    with employer.session() as session:
        due = dict(
            session.execute(
                select(Job.title, func.min(Promise.due_at))
                .join(Application, Application.job_id == Job.id)
                .join(Promise, Promise.application_id == Application.id)
                .group_by(Job.title)
            ).all()
        )
    assert due["Gilder"].weekday() == 5
    assert due["Bookbinder"].weekday() < 5


def test_a_job_is_made_with_the_first_who_applies_for_it_and_once_however_it_is_typed(
    employer: Employer, tmp_path: Path
) -> None:
    text = (
        "email,job,promised,promised for\n"
        "amara@example.com,Nobody's job,call,2026-02-02\n"
        "bob@example.com,Chargé·e,call,2026-02-02\n"
        "cleo@example.com,Chargé·e,,\n"
        f"dana@example.com,{unicodedata.normalize('NFD', 'Chargé·e')},,\n"
    )

    report = imported(employer, tmp_path, text)

    assert made(report) == (2, 2, 1, 0, 2)
    with employer.session() as session:
        assert session.scalars(select(Job.title)).all() == ["Chargé·e"]
