"""``Idempotency-Key``: the same POST acts once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from service.models import IdempotentRequest
from tests.harness import Employer
from tests.integration.api.conftest import Api, Cast, a_call, refusal


def _kept(employer: Employer) -> int:
    with employer.session() as session:
        return session.scalars(select(func.count()).select_from(IdempotentRequest)).one()


def test_the_same_request_sent_twice_acts_once_and_is_answered_alike(api: Api, cast: Cast) -> None:
    first = api.post("/promises", a_call(cast), Idempotency_Key="one")
    second = api.post("/promises", a_call(cast), Idempotency_Key="one")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert first.headers["Location"] == second.headers["Location"]
    assert first.headers["ETag"] == second.headers["ETag"]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(api.get("/promises?origin=spoken")["items"]) == 1


def test_without_a_key_the_same_request_acts_twice(api: Api, cast: Cast) -> None:
    api.made("/promises", a_call(cast))
    api.made("/promises", a_call(cast))

    assert len(api.get("/promises?origin=spoken")["items"]) == 2


def test_another_request_under_the_same_key_is_refused(api: Api, cast: Cast) -> None:
    api.made("/promises", a_call(cast), Idempotency_Key="one")

    other_body = api.post("/promises", a_call(cast, wording="Feedback"), Idempotency_Key="one")
    other_path = api.post("/jobs", {"title": "Analyst"}, Idempotency_Key="one")

    assert refusal(other_body) == (422, "idempotency-key-reused", [])
    assert refusal(other_path) == (422, "idempotency-key-reused", [])


def test_two_keys_of_two_programs_do_not_meet(employer: Employer, api: Api, cast: Cast) -> None:
    other = Api(employer, employer.key("write"))
    api.made("/promises", a_call(cast), Idempotency_Key="one")

    response = other.post("/promises", a_call(cast, wording="Feedback"), Idempotency_Key="one")

    assert response.status_code == 201


def test_a_refused_request_leaves_its_key_free(employer: Employer, api: Api, cast: Cast) -> None:
    wrong = api.post("/promises", a_call(cast, within="soon"), Idempotency_Key="one")

    assert wrong.status_code == 422
    assert _kept(employer) == 0
    assert api.post("/promises", a_call(cast), Idempotency_Key="one").status_code == 201


def test_an_answer_is_kept_a_day(employer: Employer, api: Api, cast: Cast) -> None:
    api.made("/jobs", {"title": "Analyst"}, Idempotency_Key="one")
    employer.clock.advance(timedelta(hours=24, seconds=1))

    again = api.post("/jobs", {"title": "Analyst"}, Idempotency_Key="one")

    assert "Idempotent-Replayed" not in again.headers
    assert _kept(employer) == 1


def test_an_unusable_key_is_refused(api: Api) -> None:
    response = api.post("/jobs", {"title": "Analyst"}, Idempotency_Key="a b")

    assert refusal(response) == (400, "idempotency-key-not-valid", [])


def test_erasing_a_person_forgets_the_answers_that_held_their_data(
    employer: Employer, api: Api
) -> None:
    person = {"first_name": "Amara", "emails": ["amara@example.com"]}
    made = api.made("/candidates", person, Idempotency_Key="one")
    etag = api.send("GET", f"/candidates/{made['id']}").headers["ETag"]

    api.send("DELETE", f"/candidates/{made['id']}", If_Match=etag)

    assert _kept(employer) == 0
