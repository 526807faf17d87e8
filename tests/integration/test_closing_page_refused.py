"""Closing a job on its guided page: who may not, what cannot be, and what stays text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.models import Candidate
from tests.harness import Employer
from tests.hostile_text import HOSTILE, assert_stays_text
from tests.integration.closing_case import Closing
from tests.integration.guided_closing import Guided
from tests.integration.people_case import team_of
from tests.reading_pages import words_of
from tests.signing_in import client_of, person, token_in


@pytest.fixture
def guided(employer: Employer) -> Guided:
    return Guided(employer)


def test_somebody_with_no_name_here_says_who_decides(employer: Employer) -> None:
    case = Closing(employer)
    case.applicant("Amara")
    client = employer.app.test_client()
    path = f"/jobs/{case.job}/close"
    html = client.get(path).get_data(as_text=True)
    data = {"token": token_in(html), "step": "plan", "outcome": "closed"}

    nobody = client.post(path, data=data)
    somebody = client.post(path, data={**data, "by_user_id": case.maria})

    assert "Who decides" in words_of(html)
    assert nobody.status_code == 422
    assert "Say who decides" in words_of(nobody.get_data(as_text=True))
    assert somebody.status_code == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"outcome": ""}, "Say what became of the job."),
        ({"outcome": "burnt down"}, "Say what became of the job."),
        ({"until": "soon"}, "Name a day until which they are kept."),
        ({"reason": "x" * 501}, "at most 500 characters"),
        ({"leave": "app_unknown"}, "Nobody applied for this job as app_unknown"),
        ({"second": "SELF", "until": "2026-03-20", "outcome": "closed"}, "nobody is second choice"),
    ],
)
def test_a_wish_that_cannot_be_followed_says_why(
    guided: Guided, fields: dict[str, str], said: str
) -> None:
    amara = guided.case.applicant("Amara")

    answer = guided.post(**{key: value.replace("SELF", amara) for key, value in fields.items()})

    assert answer.status_code == 422
    assert said.casefold() in words_of(answer.get_data(as_text=True)).casefold()


def test_only_who_may_act_on_the_job_closes_it(guided: Guided) -> None:
    employer, case = guided.employer, guided.case
    guided.case.applicant("Amara")
    path = guided.closed(letters="1")
    viewer = client_of(employer, person(employer, "viewer", name="Vera Blick"))
    assert viewer.get(guided.path).status_code == 404
    assert viewer.post(guided.path).status_code == 403
    assert viewer.get(path).status_code == 200
    assert viewer.post(f"{path}/undo").status_code == 403
    team_of(employer, case.job, "Berlin")
    paris = client_of(employer, person(employer, name="Paul Roux", teams=("Paris",)))
    token = token_in(paris.get("/account").get_data(as_text=True))
    assert paris.get(path).status_code == 404
    assert paris.get("/closings/clo_none").status_code == 404
    for act in ("undo", "cancel-letters"):
        assert paris.post(f"{path}/{act}", data={"token": token}).status_code == 404


def test_a_form_from_elsewhere_closes_nothing(guided: Guided) -> None:
    guided.case.applicant("Amara")

    answer = guided.post(step="close", letters="1", token="forged")

    assert answer.status_code == 403
    assert guided.closings() == 0


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_people_wrote_stays_text(guided: Guided, hostile: str) -> None:
    amara = guided.case.applicant("Amara")
    vera = guided.case.applicant("Vera", stage="withdrawn")
    held = guided.employer.now - timedelta(days=2)
    guided.case.applicant("Jonas", stage="interview", interviewed_at=held)
    with guided.employer.work() as work:
        for candidate in work.session.query(Candidate):
            candidate.first_name = candidate.last_name = hostile
            candidate.phones[0].number = hostile

    assert_stays_text(guided.html(reason=hostile), hostile)
    path = guided.closed(letters="1", reason=hostile)
    for part in ("mail", "call_first", "left_out"):
        html = guided.client.get(f"{path}?part={part}").get_data(as_text=True)
        assert_stays_text(html, hostile)
    assert amara != vera
