"""The jobs and one job: people by stage, who was told, who acts, and what is outside the reach."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.domain.contacts import Channel, Outcome
from service.models import Job, Promise, Team
from service.workflows.contacts import log_contact
from service.workflows.promise_changes import lock_application
from tests.harness import Employer, add_application
from tests.hostile_text import HOSTILE, assert_stays_text
from tests.integration.closing_case import Closing
from tests.integration.people_case import team_of, text_of
from tests.reading_pages import html_of, page_of, words_of
from tests.signing_in import client_of, person, token_in, version_in
from tests.statements import statements_of


@pytest.fixture
def case(employer: Employer) -> Closing:
    return Closing(employer)


def test_a_job_shows_its_people_by_stage(case: Closing) -> None:
    case.applicant("Amara")
    case.applicant("Jonas", stage="interview")
    case.applicant("Lucia", stage="interview")

    page = page_of(case.employer, f"/jobs/{case.job}")

    assert "Bookbinder 1 applied 2 interview owner Maria Keller" in page_of(case.employer, "/jobs")
    assert "3 people applied" in page
    assert "Amara Okafor · applied" in page
    assert "Jonas Okafor · interview" in page


def test_one_stage_can_be_looked_at_alone(case: Closing) -> None:
    case.applicant("Amara")
    case.applicant("Jonas", stage="interview")

    page = page_of(case.employer, f"/jobs/{case.job}?stage=interview")

    assert "Jonas" in page
    assert "Amara" not in page
    assert case.employer.app.test_client().get(f"/jobs/{case.job}?stage=x").status_code == 404


def test_it_says_how_many_of_those_decided_about_were_told(case: Closing) -> None:
    told, untold = case.applicant("Amara"), case.applicant("Jonas")
    case.reject(told)
    case.reject(untold)
    with case.employer.work() as work:
        application = lock_application(work, told)
        assert application is not None
        owed = work.session.query(Promise).filter_by(application_id=told, state="open").one()
        log_contact(
            work,
            application,
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            at=work.now,
            meant_for=frozenset({owed.id}),
        )

    assert "1 of 2 decided about were told" in page_of(case.employer, "/jobs")


def test_a_closed_job_with_people_not_told_stands_out(case: Closing) -> None:
    case.applicant("Amara")
    with case.employer.work() as work:
        work.session.get_one(Job, case.job).status = "filled"

    assert "Bookbinder" not in page_of(case.employer, "/jobs")
    assert "Bookbinder filled ◐ 1 not told" in page_of(case.employer, "/jobs?which=to-close")
    page = page_of(case.employer, f"/jobs/{case.job}")
    assert "The job takes nobody any more, and 1 person has not been told." in page
    assert "Tell who is left…" in page
    assert case.employer.app.test_client().get("/jobs?which=x").status_code == 404


def test_jobs_go_on_a_page_at_a_time(employer: Employer) -> None:
    with employer.work() as work:
        for number in range(52):
            at = work.now + timedelta(seconds=number)
            work.session.add(Job(title=f"Job {number:02}", status="open", created_at=at))

    html = html_of(employer, "/jobs")
    more = html.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    rest = html_of(employer, more)

    assert html.count("nobody has applied") == 50
    assert [f"Job {number:02}" in rest for number in (0, 1, 2)] == [True, True, False]


def test_a_job_is_given_an_owner_a_manager_and_a_team(case: Closing) -> None:
    employer = case.employer
    ada = person(employer, "administrator", name="Ada Berg")
    team_id = team_of(employer, case.another_job("Other"), "Berlin")
    client = client_of(employer, ada)
    html = client.get(f"/jobs/{case.job}").get_data(as_text=True)
    form = {
        "token": token_in(html),
        "version": version_in(html),
        "owner_id": ada.id,
        "manager_id": case.maria,
        "team_id": team_id,
    }

    answer = client.post(f"/jobs/{case.job}/assign", data=form, follow_redirects=True)

    page = words_of(answer.get_data(as_text=True))
    assert "The job is changed." in page
    assert "owner Ada Berg hiring manager Maria Keller team Berlin" in page
    stale = client.post(f"/jobs/{case.job}/assign", data={**form, "owner_id": case.maria})
    assert stale.status_code == 409
    assert "Owner Ada Berg Maria Keller" in words_of(stale.get_data(as_text=True))
    with employer.session() as session:
        assert session.get_one(Job, case.job).owner_id == ada.id


def test_a_recruiter_gives_a_job_to_no_team_but_their_own(case: Closing) -> None:
    employer = case.employer
    other = team_of(employer, case.another_job("Other"), "Paris")
    client = client_of(employer, person(employer, teams=("Berlin",)))
    html = client.get(f"/jobs/{case.job}").get_data(as_text=True)
    form = {
        "token": token_in(html),
        "version": version_in(html),
        "team_id": other,
    }

    assert "Paris" not in html
    assert client.post(f"/jobs/{case.job}/assign", data=form).status_code == 404


def test_another_teams_job_is_no_job(case: Closing) -> None:
    employer = case.employer
    team_of(employer, case.job, "Berlin")
    case.applicant("Amara")
    berlin = client_of(employer, person(employer, teams=("Berlin",)))
    paris = client_of(employer, person(employer, name="Paul Roux", teams=("Paris",)))
    token = token_in(berlin.get(f"/jobs/{case.job}").get_data(as_text=True))
    own_token = token_in(paris.get("/account").get_data(as_text=True))

    assert "Bookbinder" in text_of(berlin, "/jobs")
    assert "Bookbinder" not in text_of(paris, "/jobs?which=all")
    assert token != own_token
    for path in (f"/jobs/{case.job}", f"/jobs/{case.job}/close"):
        assert paris.get(path).status_code == 404
    for path in (f"/jobs/{case.job}/assign", f"/jobs/{case.job}/close"):
        assert paris.post(path, data={"token": own_token}).status_code == 404


def test_a_hiring_manager_counts_only_who_awaits_them(case: Closing) -> None:
    employer = case.employer
    priya = person(employer, "hiring_manager", name="Priya Shah")
    case.applicant("Amara", waiting_on_id=priya.id)
    case.applicant("Jonas")
    client = client_of(employer, priya)

    page = text_of(client, f"/jobs/{case.job}")

    assert "1 person applied" in page
    assert "Jonas" not in page
    assert "Close the job" not in page
    assert client.get(f"/jobs/{case.job}/close").status_code == 404
    assert client.post(f"/jobs/{case.job}/assign").status_code == 403

    case.applicant("Omar")
    with employer.work() as work:
        work.session.get_one(Job, case.job).status = "filled"
    assert "1 person has not been told" in text_of(client, f"/jobs/{case.job}")
    assert "Bookbinder filled ◐ 1 not told" in text_of(client, "/jobs?which=to-close")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_people_wrote_stays_text(employer: Employer, hostile: str) -> None:
    maria = Closing(employer).maria
    with employer.work() as work:
        team = Team(name=hostile, created_at=work.now)
        work.session.add(team)
        work.session.flush()
        job = Job(
            title=hostile,
            status="open",
            created_at=work.now,
            owner_id=maria,
            team_id=team.id,
        )
        add_application(work, first_name=hostile, last_name=hostile, job=job)
        job_id = job.id

    assert_stays_text(html_of(employer, "/jobs"), hostile)
    assert_stays_text(html_of(employer, f"/jobs/{job_id}"), hostile)


def test_the_pages_cost_the_same_whatever_their_length(case: Closing) -> None:
    employer = case.employer
    case.applicant("Amara")
    html_of(employer, "/jobs")
    counts = []
    for _ in range(2):
        with statements_of(employer) as seen:
            html_of(employer, "/jobs?which=all")
            html_of(employer, f"/jobs/{case.job}")
        counts.append(len(seen))
        for number in range(10):
            case.applicant(f"Person{number}")
            case.another_job(f"Job {number}")

    assert counts[0] == counts[1]
