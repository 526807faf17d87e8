"""The form that adds one person: what it makes, what it says, and who may use it."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from service.models import Application, Candidate, Job, Team
from tests.harness import Employer, add_application, add_user
from tests.integration.settings_desk import SQLITE
from tests.reading_pages import words_of
from tests.signing_in import client_of, person, token_of

FIELDS = {"name": "Amara Okafor", "email": "amara@example.com", "job": "Bookbinder",
          "stage": "screening", "applied": "2026-02-27", "acknowledge": "yes"}  # fmt: skip
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}


def press(employer: Employer, headers: Any = None, **fields: str) -> TestResponse:
    client = employer.app.test_client()
    html = client.get("/people/new").get_data(as_text=True)
    found = re.search(r'name="token" value="([0-9a-f]+)"', html)
    assert found is not None
    form = {"token": found[1], **FIELDS, **fields}
    return client.post("/people/new", data=form, headers=OWN | (headers or {}))


def people(employer: Employer) -> list[tuple[str | None, str]]:
    with employer.session() as session:
        rows = session.execute(
            select(Candidate.first_name, Application.stage).join(
                Application, Application.candidate_id == Candidate.id
            )
        ).all()
    return [(name, stage) for name, stage in rows]


def test_the_first_page_leads_to_the_form(employer: Employer) -> None:
    assert 'href="/people/new"' in employer.app.test_client().get("/").get_data(as_text=True)


def test_a_person_is_added_and_the_page_says_so(employer: Employer) -> None:
    with employer.work() as work:
        maria = add_user(work, email="maria@example.com")
    answer = press(employer, owner="maria@example.com")

    assert answer.status_code == 303
    shown = employer.app.test_client().get(answer.headers["Location"]).get_data(as_text=True)
    assert "Amara Okafor is added." in words_of(shown)
    # One is in one place at a time.
    assert re.findall(r'href="([^"]+)" aria-current="page"', shown) == ["/people"]
    assert people(employer) == [("Amara", "screening")]
    with employer.session() as session:
        assert session.scalars(select(Application.owner_id)).one() == maria.id
    again = press(employer)
    shown = employer.app.test_client().get(again.headers["Location"]).get_data(as_text=True)
    assert "Amara Okafor has applied for this job already" in words_of(shown)
    assert len(people(employer)) == 1


@SQLITE
def test_a_name_typed_as_lists_write_it_is_taken_apart(employer: Employer) -> None:
    assert press(employer, name="Okafor, Amara").status_code == 303
    with employer.session() as session:
        known = session.scalars(select(Candidate)).one()
    assert (known.first_name, known.last_name) == ("Amara", "Okafor")


def test_what_is_wrong_is_said_beside_what_was_typed(employer: Employer) -> None:
    answer = press(employer, email="no address <b>", job="", applied="03/04/2026", stage="rejected")
    html = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert 'value="no address &lt;b&gt;"' in html
    assert html.count('aria-invalid="true"') == 4
    assert "Nobody was added yet" in html
    assert people(employer) == []


@SQLITE
def test_another_teams_job_takes_nobody_however_it_is_spelt(employer: Employer) -> None:
    tomas = person(employer, name="Tomas Ruiz", teams=("Lisbon",))
    with employer.work() as work:
        berlin = Team(name="Berlin", created_at=work.now)
        work.session.add(berlin)
        work.session.flush()
        lisbon = work.session.query(Team).filter_by(name="Lisbon").one()
        for title, status, team in (
            ("Glass Blower", "open", berlin),
            ("Ärztin", "open", berlin),
            # Of several with one title those that are open are meant: not that of Lisbon.
            ("Bookbinder", "open", berlin),
            ("Bookbinder", "closed", lisbon),
        ):
            job = Job(title=title, status=status, team_id=team.id, created_at=work.now)
            work.session.add(job)
            if title == "Glass Blower":
                add_application(work, job=job, first_name="Berta", email="berta@example.com")
    client = client_of(employer, tomas)
    token = token_of(client, "/people/new")

    for title in ("Glass  Blower", "ÄRZTIN", "Bookbinder"):
        # Whether it is somebody new or somebody who has applied there is nothing for Tomas either.
        for email in ("zoe@example.com", "berta@example.com"):
            form = {**FIELDS, "token": token, "job": title, "email": email}
            answer = client.post("/people/new", data=form)
            assert answer.status_code == 422, (title, email)
            assert "another team’s" in words_of(answer.get_data(as_text=True))
    assert people(employer) == [("Berta", "applied")]


def test_a_form_from_elsewhere_adds_nobody(employer: Employer) -> None:
    foreign = press(
        employer, {"Origin": "https://evil.example.com", "Sec-Fetch-Site": "cross-site"}
    )
    stale = press(employer, token="0" * 64)

    assert (foreign.status_code, stale.status_code) == (403, 403)
    assert people(employer) == []


def test_a_key_that_may_only_look_adds_nobody(employer: Employer) -> None:
    import base64

    secret = employer.key("read")
    word = base64.b64encode(f"me:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {word}", "Host": "keepword.example.com"}
    shown = employer.app.test_client().get("/people/new", headers=headers)
    queue = employer.app.test_client().get("/", headers=headers)
    refused = employer.app.test_client().post("/people/new", data=FIELDS, headers=headers)

    # A form that cannot be sent is not there, and nothing leads to it.
    assert shown.status_code == 404
    assert queue.status_code == 200
    assert "/people/new" not in queue.get_data(as_text=True)
    assert refused.status_code == 403
    assert people(employer) == []
