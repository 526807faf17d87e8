"""What is done on one candidate's page, by whom, and what is outside the reach."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from service.models import Application, Contact, Promise, User
from tests.harness import Employer
from tests.integration.people_case import applied, call, in_team, text_of
from tests.reading_pages import (
    colleague,
    letter,
    page_of,
    words_of,
)
from tests.signing_in import client_of, person, token_in, version_in


def test_an_enquiry_is_recorded_and_a_reply_is_owed(employer: Employer) -> None:
    id_, candidate_id = applied(employer)
    client = client_of(employer, person(employer))
    token = token_in(client.get(f"/people/{candidate_id}").get_data(as_text=True))

    answer = client.post(
        f"/people/{candidate_id}/enquiry",
        data={"token": token, "application_id": id_, "channel": "phone", "note": "any news?"},
        follow_redirects=True,
    )

    page = words_of(answer.get_data(as_text=True))
    assert "Recorded. A reply is owed to them now." in page
    assert "← rang and asked: “any news?”" in page
    with employer.session() as session:
        assert session.query(Contact).one().direction == "in"
        assert [each.kind for each in session.query(Promise)] == ["reply"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"channel": "carrier pigeon"}, "Say how they got in touch."),
        ({"channel": "phone", "at": "2026-03-02T09:01"}, "a time that has passed"),
        ({"channel": "phone", "at": "yesterday"}, "a time that has passed"),
        ({"channel": "phone", "note": "x" * 501}, "at most 500 characters"),
    ],
)
def test_an_enquiry_that_cannot_be_is_not_recorded(
    employer: Employer, fields: dict[str, str], said: str
) -> None:
    id_, candidate_id = applied(employer)
    client = client_of(employer, person(employer))
    token = token_in(client.get(f"/people/{candidate_id}").get_data(as_text=True))

    answer = client.post(
        f"/people/{candidate_id}/enquiry",
        data={"token": token, "application_id": id_, "note": "any news?", **fields},
    )

    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in words_of(html)
    # What they said is typed once.
    assert f'name="note" value="{fields.get("note", "any news?")}"' in html
    assert f'name="at" type="datetime-local" value="{fields.get("at", "")}"' in html
    with employer.session() as session:
        assert session.query(Contact).count() == 0


def acted(
    client: FlaskClient, act: str, id_: str, candidate_id: str, **fields: str
) -> tuple[int, str]:
    """Fill in a form about an application as its person's page shows it."""
    html = client.get(f"/people/{candidate_id}").get_data(as_text=True)
    answer = client.post(
        f"/applications/{id_}/{act}",
        data={"token": token_in(html), "version": version_in(html), **fields},
        follow_redirects=True,
    )
    return answer.status_code, words_of(answer.get_data(as_text=True))


def test_an_application_is_handed_over_with_what_is_owed_by_rule(employer: Employer) -> None:
    maria, jonas = colleague(employer), colleague(employer, "Jonas Weber")
    id_, candidate_id = applied(employer, owner=maria)
    client = client_of(employer, person(employer, name="Ada Berg"))

    status, page = acted(
        client, "assign", id_, candidate_id, owner_id=jonas.id, waiting_on_id=maria.id
    )

    assert status == 200
    assert "The application is in their hands now." in page
    assert "owner Jonas Weber" in page
    assert "waiting on Maria Keller" in page
    assert "handed from Maria Keller to Jonas Weber Ada Berg, on these pages" in page
    assert "it waits on the decision of Maria Keller" in page


def test_nobody_who_left_is_given_an_application(employer: Employer) -> None:
    id_, candidate_id = applied(employer)
    with employer.work() as work:
        gone = User(email="g@example.com", name="Gone", active=False, created_at=work.now)
        work.session.add(gone)
        work.session.flush()
        gone_id = gone.id
    client = client_of(employer, person(employer))

    _, page = acted(client, "assign", id_, candidate_id, owner_id=gone_id)

    assert "This colleague is not here any more." in page
    with employer.session() as session:
        assert session.get_one(Application, id_).owner_id is None


def test_a_stale_page_changes_nothing_and_keeps_the_wish(employer: Employer) -> None:
    maria, jonas = colleague(employer), colleague(employer, "Jonas Weber")
    id_, candidate_id = applied(employer)
    client = client_of(employer, person(employer))
    html = client.get(f"/people/{candidate_id}").get_data(as_text=True)
    form = {
        "token": token_in(html),
        "version": version_in(html),
        "owner_id": jonas.id,
    }
    with employer.work() as work:
        work.session.get_one(Application, id_).owner_id = maria.id

    answer = client.post(f"/applications/{id_}/assign", data=form)

    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Owner Maria Keller Jonas Weber" in words_of(html)
    with employer.session() as session:
        assert session.get_one(Application, id_).owner_id == maria.id
    form["version"] = version_in(html)
    assert client.post(f"/applications/{id_}/assign", data=form).status_code == 303
    with employer.session() as session:
        assert session.get_one(Application, id_).owner_id == jonas.id


def test_another_teams_person_is_nobody(employer: Employer) -> None:
    id_, candidate_id = applied(employer)
    in_team(employer, "Berlin", id_)
    berlin = client_of(employer, person(employer, teams=("Berlin",)))
    paris = client_of(employer, person(employer, name="Paul Roux", teams=("Paris",)))
    _, own = applied(employer)
    token = token_in(paris.get(f"/people/{own}").get_data(as_text=True))

    assert "Amara Okafor" in text_of(berlin, f"/people/{candidate_id}")
    outside, unknown = paris.get(f"/people/{candidate_id}"), paris.get("/people/cnd_none")
    assert outside.status_code == unknown.status_code == 404
    assert words_of(outside.get_data(as_text=True)) == words_of(unknown.get_data(as_text=True))
    for path, data in (
        (f"/applications/{id_}/assign", {"version": "1"}),
        (f"/people/{candidate_id}/enquiry", {"application_id": id_, "channel": "phone"}),
    ):
        assert paris.post(path, data={"token": token, **data}).status_code == 404


def test_a_hiring_manager_sees_what_awaits_them_and_reads_no_letters(employer: Employer) -> None:
    priya = person(employer, "hiring_manager", name="Priya Shah")
    id_, candidate_id = applied(employer, waiting_on_id=priya.id)
    _, other_id = applied(employer, first_name="Jonas")
    with employer.work() as work:
        letter(work, "held", application_id=id_, due_at=work.now + timedelta(hours=1))
    client = client_of(employer, priya)
    html = client.get(f"/people/{candidate_id}").get_data(as_text=True)

    assert "Where we stand" in html
    assert "/outbox/" not in html
    assert "Hand it over" not in html
    assert client.get(f"/people/{other_id}").status_code == 404


def test_a_viewer_sees_the_page_and_may_change_nothing(employer: Employer) -> None:
    id_, candidate_id = applied(employer)
    client = client_of(employer, person(employer, "viewer"))

    answer = client.post(f"/applications/{id_}/assign", data={"version": "1"})

    assert "Make a promise" not in text_of(client, f"/people/{candidate_id}")
    assert answer.status_code == 403


def test_a_hiring_manager_decides_against_who_awaits_them(employer: Employer) -> None:
    priya = person(employer, "hiring_manager", name="Priya Shah")
    id_, candidate_id = applied(employer, stage="interview", waiting_on_id=priya.id)

    _, page = acted(
        client_of(employer, priya), "answer", id_, candidate_id, answer="no", why="no experience"
    )

    assert "Your answer is given: the decision is made, and telling them is owed." in page
    told = page_of(employer, f"/people/{candidate_id}")
    assert "Priya Shah decided against them: “no experience” Priya Shah, on these pages" in told
    with employer.session() as session:
        assert session.get_one(Application, id_).stage == "rejected"


def test_a_hiring_manager_who_goes_on_is_awaited_no_more(employer: Employer) -> None:
    priya = person(employer, "hiring_manager", name="Priya Shah")
    id_, candidate_id = applied(employer, stage="interview", waiting_on_id=priya.id)
    client = client_of(employer, priya)

    _, page = acted(client, "answer", id_, candidate_id, answer="on")

    assert "Your answer is given: the owner goes on with them." in page
    assert "Priya Shah wants to go on with them" in page_of(employer, f"/people/{candidate_id}")
    assert client.get(f"/people/{candidate_id}").status_code == 404
    with employer.session() as session:
        assert session.get_one(Application, id_).stage == "interview"


def test_nobody_answers_for_another(employer: Employer) -> None:
    priya = person(employer, "hiring_manager", name="Priya Shah")
    id_, candidate_id = applied(employer, stage="interview", waiting_on_id=priya.id)
    maria = client_of(employer, person(employer))
    html = maria.get(f"/people/{candidate_id}").get_data(as_text=True)

    answer = maria.post(
        f"/applications/{id_}/answer", data={"token": token_in(html), "answer": "no"}
    )

    assert "Your answer is awaited" not in html
    assert answer.status_code == 404
    with employer.session() as session:
        assert session.get_one(Application, id_).stage == "interview"


def test_an_answer_that_says_nothing_decides_nothing(employer: Employer) -> None:
    priya = person(employer, "hiring_manager", name="Priya Shah")
    id_, candidate_id = applied(employer, stage="interview", waiting_on_id=priya.id)

    _, page = acted(client_of(employer, priya), "answer", id_, candidate_id)

    assert "Say whether to go on with them." in page


def test_an_answer_on_an_outdated_page_is_kept_and_given_by_one_press(employer: Employer) -> None:
    priya = person(employer, "hiring_manager", name="Priya Shah")
    id_, _ = applied(employer, stage="interview", waiting_on_id=priya.id)
    client = client_of(employer, priya)
    html = client.get("/").get_data(as_text=True)
    form = {"token": token_in(html), "version": version_in(html), "from": "home"}
    with employer.work() as work:
        call(work, id_)
    answer = client.post(
        f"/applications/{id_}/answer", data={**form, "answer": "no", "why": "no experience"}
    )

    assert answer.status_code == 409
    html = answer.get_data(as_text=True)
    page = words_of(html)
    assert "Nothing of yours is done yet." in page
    assert "last contact today 09:00" in page
    assert "Do not go on: a decision against them" in page
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))
    assert kept["why"] == "no experience"
    done = client.post(f"/applications/{id_}/answer", data=kept)
    assert done.status_code == 303
    with employer.session() as session:
        assert session.get_one(Application, id_).stage == "rejected"


def test_handing_over_is_taken_back_whole(employer: Employer) -> None:
    maria, jonas = colleague(employer), colleague(employer, "Jonas Weber")
    id_, candidate_id = applied(employer, owner=maria)
    client = client_of(employer, person(employer, name="Ada Berg"))
    html = client.get(f"/people/{candidate_id}").get_data(as_text=True)
    form = {"owner_id": jonas.id, "waiting_on_id": maria.id, "version": version_in(html)}
    done = client.post(
        f"/applications/{id_}/assign", data={"token": token_in(html), **form}, follow_redirects=True
    )
    offered = done.get_data(as_text=True).split('action="/undo"')[1].partition("</form>")[0]
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', offered))
    said = client.post("/undo", data=kept, follow_redirects=True).get_data(as_text=True)

    assert "Taken back for 1 person." in words_of(said)
    with employer.session() as session:
        row = session.get_one(Application, id_)
        assert (row.owner_id, row.waiting_on_id) == (maria.id, None)
