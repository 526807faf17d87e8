"""The list of people: the newest first, found by a part of a name or address, within the reach."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.models import Candidate
from service.workflows.erase import erase_candidate
from tests.harness import Employer
from tests.integration.people_case import applied, in_team, text_of
from tests.reading_pages import html_of, page_of
from tests.signing_in import client_of, person
from tests.statements import statements_of


@pytest.mark.parametrize(
    "search", ["amara", "OKAFOR", "kaf", "amara+okafor", "okafor+amara", "okafor@example", "ozil"]
)
def test_people_are_found_by_parts_of_names_and_addresses(employer: Employer, search: str) -> None:
    applied(employer, email="Amara.Okafor@example.com")
    applied(employer, first_name="Jonas", last_name="Weber", email="jw@example.com")
    applied(employer, first_name="Mesut", last_name="Ozil", email="mo@example.com")

    page = page_of(employer, f"/people?q={search}")

    assert ("Amara Okafor" in page) is (search != "ozil")
    assert ("Mesut Ozil" in page) is (search == "ozil")
    assert "Jonas" not in page


@pytest.mark.parametrize("search", ["özil", "Özil", "ÖZIL"])
def test_a_search_folds_letters_beyond_ascii(employer: Employer, search: str) -> None:
    applied(employer, first_name="Mesut", last_name="Özil", email="mo@example.com")

    answer = employer.app.test_client().get("/people", query_string={"q": search})

    assert "Mesut" in answer.get_data(as_text=True)


@pytest.mark.parametrize("search", ["%", "_", "/", "\\"])
def test_a_sign_of_the_database_is_a_sign_like_any_other(employer: Employer, search: str) -> None:
    applied(employer)

    answer = employer.app.test_client().get("/people", query_string={"q": search})

    assert "Nobody is found by" in answer.get_data(as_text=True)


def test_each_person_shows_jobs_stage_and_last_contact(employer: Employer) -> None:
    applied(employer, stage="interview", last_contact_at=employer.now - timedelta(days=1))

    page = page_of(employer, "/people")

    assert "Amara Okafor Backend Engineer, interview last contact yesterday 09:00" in page


def test_a_long_list_goes_on_behind_the_last_person(employer: Employer) -> None:
    for number in range(53):
        applied(employer, first_name=f"Person{number:02}")
        employer.clock.advance(timedelta(seconds=1))

    html = html_of(employer, "/people")
    more = html.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    rest = html_of(employer, more)

    assert html.count("Person") == 50
    assert [name in rest for name in ("Person00", "Person02", "Person03")] == [True, True, False]
    assert employer.app.test_client().get("/people?after=x").status_code == 400


def test_erased_and_merged_people_are_not_listed(employer: Employer) -> None:
    _, erased = applied(employer, first_name="Erased")
    _, merged = applied(employer, first_name="Merged")
    _, stays = applied(employer, first_name="Stays")
    with employer.work() as work:
        erase_candidate(work, work.session.get_one(Candidate, erased), "asked for it")
        work.session.get_one(Candidate, merged).merged_into_id = stays

    html = html_of(employer, "/people")

    assert "Stays" in html
    assert erased not in html
    assert merged not in html


def test_the_list_holds_whom_the_reader_may_know_of(employer: Employer) -> None:
    secret, _ = applied(employer, first_name="Secret")
    in_team(employer, "Berlin", secret)
    priya = person(employer, "hiring_manager", name="Priya Shah")
    applied(employer, first_name="Awaited", waiting_on_id=priya.id)
    paris = client_of(employer, person(employer, name="Paul Roux", teams=("Paris",)))
    berlin = client_of(employer, person(employer, name="Berta Klein", teams=("Berlin",)))

    assert "Secret" not in text_of(paris, "/people")
    assert "Secret" not in text_of(paris, "/people?q=secret").replace("“secret”", "")
    assert "Secret" in text_of(berlin, "/people")
    seen = text_of(client_of(employer, priya), "/people")
    assert "Awaited" in seen
    assert "Secret" not in seen


def test_the_list_costs_the_same_whatever_its_length(employer: Employer) -> None:
    applied(employer)
    html_of(employer, "/people")
    counts = []
    for _ in range(2):
        with statements_of(employer) as seen:
            html_of(employer, "/people")
        counts.append(len(seen))
        for _again in range(20):
            applied(employer)

    assert counts[0] == counts[1]
