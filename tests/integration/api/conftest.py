"""A client of the API and a candidate to make promises to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.harness import Employer, add_application, add_user


@dataclass
class Api:
    """Speaks to ``/api/v1`` with one key."""

    employer: Employer
    key: str
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Send one request; underscores in header names stand for hyphens."""
        address = path if path.startswith("/api/") else f"/api/v1{path}"
        return self.employer.app.test_client().open(
            address,
            method=method,
            json=body,
            headers={
                "Authorization": f"Bearer {self.key}",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )

    def get(self, path: str) -> Any:
        """Read something that must be there."""
        response = self.send("GET", path)
        assert response.status_code == 200, response.text
        return response.json

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        """Send a POST."""
        return self.send("POST", path, body, **headers)

    def made(self, path: str, body: Any, **headers: str) -> Any:
        """Send a POST that must succeed."""
        response = self.post(path, body, **headers)
        assert response.status_code in (200, 201), response.text
        return response.json

    def patch(self, path: str, body: Any, etag: str | None = None) -> TestResponse:
        """Change something, by default in the version that stands."""
        etag = etag or self.send("GET", path).headers["ETag"]
        return self.send("PATCH", path, body, If_Match=etag)


@dataclass(frozen=True)
class Cast:
    """The people of a test, by their ids."""

    maria: str
    application: str
    candidate: str


@pytest.fixture
def cast(employer: Employer) -> Cast:
    """Maria recruits; Amara has been interviewed by nobody yet."""
    with employer.work() as work:
        maria = add_user(work)
        application = add_application(
            work, owner=maria, stage="interview", email="amara.okafor@example.com"
        )
        return Cast(maria.id, application.id, application.candidate_id)


@pytest.fixture
def api(employer: Employer, cast: Cast) -> Api:
    """A client with every right, in Maria's name."""
    return Api(employer, employer.key("admin", user_id=cast.maria))


def a_call(cast: Cast, **fields: Any) -> dict[str, Any]:
    """The body of a promised call."""
    return {
        "application_id": cast.application,
        "kind": "callback",
        "wording": "A call about the panel date",
        **({} if {"within", "due_at"} & set(fields) else {"within": "4 business hours"}),
        **fields,
    }


def refusal(response: TestResponse) -> tuple[int, str, list[str]]:
    """The status, the kind of problem, and the pointers of a refused request."""
    assert response.content_type == "application/problem+json"
    problem = response.json
    assert problem is not None
    assert problem["status"] == response.status_code
    assert problem["request_id"] == response.headers["X-Request-Id"]
    pointers = [error["pointer"] for error in problem.get("errors", [])]
    return response.status_code, problem["type"].removeprefix("/problems/"), pointers
