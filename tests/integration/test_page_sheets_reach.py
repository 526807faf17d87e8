"""A sheet reaches no further than who brings it: other teams' jobs and people stay theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

from service.app import engine_of
from service.models import Application, Candidate, Job, Team, User
from tests.harness import Employer, make_employer
from tests.integration.people_case import in_team, text_of
from tests.integration.settings_desk import SQLITE
from tests.integration.sheet_desk import press, send
from tests.integration.sheets import imported
from tests.reading_pages import words_of
from tests.signing_in import client_of, person, token_of


@pytest.fixture
def tomas(employer: Employer) -> User:
    """A recruiter of Lisbon, who knows of nobody in Berlin."""
    return person(employer, name="Tomas Ruiz", teams=("Lisbon",))


@pytest.fixture
def theirs(employer: Employer, tmp_path: Path) -> str:
    """An import of Berlin's, by somebody at the machine; returns its id."""
    with employer.work() as work:
        team = Team(name="Berlin", created_at=work.now)
        work.session.add(team)
        work.session.flush()
        for title, status in (("Glass Blower", "open"), ("Bookbinder", "open")):
            job = Job(title=title, status=status, team_id=team.id, created_at=work.now)
            work.session.add(job)
    return imported(
        employer,
        tmp_path,
        "candidate id,application id,name,email,job\n"
        "17,a1,Berta Quill,berta@example.com,Glass Blower\n",
    ).id


def names(employer: Employer) -> list[tuple[str, str]]:
    with employer.session() as session:
        found = session.execute(
            select(Candidate.first_name, Job.title)
            .select_from(Application)
            .join(Candidate, Candidate.id == Application.candidate_id)
            .join(Job, Job.id == Application.job_id)
            .order_by(Candidate.first_name, Job.title)
        )
        return [(name or "", title) for name, title in found]


def test_a_row_about_another_teams_job_is_refused_however_it_is_meant(
    employer: Employer, tomas: User, theirs: str
) -> None:
    client = client_of(employer, tomas)
    sheet = (
        "candidate id,application id,first name,email,job\n"
        ",,Zoe,zoe@example.com,glass  BLOWER\n"  # a new person
        ",,Berta,berta@example.com,Glass Blower\n"  # somebody who has applied for it
        ",a1,Berta,,Gilder\n"  # their application by its id
        "17,,,,Gilder\n"  # the person by an id that can be guessed
        "17,,Berta,,Gilder\n"
    )

    looked = send(client, sheet)
    page = words_of(looked.get_data(as_text=True).replace("<", " <"))

    assert "5 of 5 rows are at fault" in page
    assert "This job is another team's: they add its people. And in 1 more row." in page
    assert "Quill" not in page
    assert names(employer) == [("Berta", "Glass Blower")]
    # An address is known by who was given it: as in adding them by hand.
    mine = send(client, "first name,email,job\nBerta,berta@example.com,Gilder\n")
    assert press(client, mine, "take").status_code == 303
    assert names(employer) == [("Berta", "Gilder"), ("Berta", "Glass Blower")]
    # The team's own people, and whoever reaches everything, take them all.
    maria = client_of(employer, person(employer, name="Maria", teams=("Berlin",)))
    looked = send(maria, sheet.replace("Gilder", "Glass Blower"))
    assert press(maria, looked, "take").status_code == 303


@SQLITE
def test_of_two_jobs_of_one_title_that_within_the_reach_is_meant(
    employer: Employer, tomas: User, theirs: str
) -> None:
    with employer.work() as work:
        lisbon = work.session.query(Team).filter_by(name="Lisbon").one()
        job = Job(title="Bookbinder", status="open", team_id=lisbon.id, created_at=work.now)
        work.session.add(job)
        work.session.flush()
        own = job.id
    client = client_of(employer, tomas)

    done = press(client, send(client, "name,email,job\nZoe,zoe@example.com,Bookbinder\n"), "take")

    assert done.status_code == 303
    with employer.session() as session:
        zoe = session.scalars(select(Application).where(Application.job_id == own)).one()
        assert zoe.candidate.first_name == "Zoe"


@SQLITE
def test_an_import_is_known_to_who_made_it_and_who_knows_all_of_it(
    employer: Employer, tomas: User, theirs: str
) -> None:
    client = client_of(employer, tomas)
    own = press(client, send(client, "email,job\nzoe@example.com,Gilder\n", "mine.csv"), "take")
    path = own.location.partition("?")[0]
    ada = client_of(employer, person(employer, "administrator", name="Ada"))
    maria = client_of(employer, person(employer, name="Maria", teams=("Berlin",)))

    assert theirs not in client.get("/people/import").get_data(as_text=True)
    assert client.get(f"/people/import/{theirs}").status_code == 404
    token = token_of(client, "/people/import")
    assert client.post(f"/people/import/{theirs}/undo", data={"token": token}).status_code == 404
    for other in (ada, maria):
        # A job of no team is everybody's.
        shown = text_of(other, "/people/import")
        assert theirs in other.get("/people/import").get_data(as_text=True)
        assert "mine.csv" in shown
        assert "Tomas Ruiz" in shown
        assert "somebody, today 09:00" in shown
    # Once the job is Berlin's its people are, and taking them back is not for Tomas any more.
    with employer.session() as session:
        zoe = session.scalars(select(Application).join(Job).where(Job.title == "Gilder")).one()
    in_team(employer, "Berlin", zoe.id)
    refused = client.post(f"{path}/undo", data={"token": token})
    assert refused.status_code == 403
    assert ("", "Gilder") in names(employer)


def test_who_may_only_look_neither_sees_nor_sends_a_sheet(employer: Employer) -> None:
    for role in ("viewer", "hiring_manager"):
        client = client_of(employer, person(employer, role, name=role))
        assert client.get("/people/import").status_code == 404
        for step in ("look", "take", "refused"):
            form = {"token": token_of(client, "/account")}
            assert client.post(f"/people/import/{step}", data=form).status_code == 403


def test_while_somebody_else_imports_a_page_asks_to_wait_and_imports_nobody(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    url = new_database("postgresql", started=True)
    employer = make_employer(url, tmp_path, lock_seconds=1)
    client = employer.app.test_client()
    looked = send(client, "email,job\nzoe@example.com,Gilder\n")
    engine = engine_of(employer.app)
    with engine.connect() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(7310588422)"))
        answer = press(client, looked, "take")

    assert answer.status_code == 503
    assert "Somebody else is importing" in answer.get_data(as_text=True)
    assert names(employer) == []
    assert press(client, looked, "take").status_code == 303
    engine.dispose()
