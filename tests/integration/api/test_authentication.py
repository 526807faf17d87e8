"""Who may call what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.auth.keys import make_key, revoke_key
from service.models import ApiKey
from tests.harness import Employer
from tests.integration.api.conftest import Api, Cast, a_call, refusal


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer kw_none"])
def test_without_a_valid_key_nothing_is_told(employer: Employer, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}

    response = employer.app.test_client().get("/api/v1/candidates", headers=headers)

    status, slug, _ = refusal(response)
    assert (status, slug in ("no-key", "key-not-valid")) == (401, True)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_scopes_build_on_each_other(employer: Employer, api: Api, cast: Cast) -> None:
    reader = Api(employer, employer.key("read"))
    writer = Api(employer, employer.key("write"))
    user = {"email": "jonas@example.com", "name": "Jonas"}

    assert reader.get("/promises") == {"items": [], "next": None}
    assert refusal(reader.post("/promises", a_call(cast))) == (403, "scope-missing", [])
    assert writer.post("/promises", a_call(cast)).status_code == 201
    assert refusal(writer.post("/users", user)) == (403, "scope-missing", [])
    assert api.post("/users", user).status_code == 201


def test_a_revoked_and_an_expired_key_open_nothing(employer: Employer) -> None:
    with employer.work() as work:
        revoked, first = make_key(work.session, work.now, "one", ["read"])
        revoke_key(revoked, work.now)
        _, second = make_key(
            work.session, work.now, "two", ["read"], expires_at=work.now + timedelta(hours=1)
        )
    assert Api(employer, second).send("GET", "/jobs").status_code == 200
    employer.clock.advance(timedelta(hours=1))

    assert Api(employer, first).send("GET", "/jobs").status_code == 401
    assert Api(employer, second).send("GET", "/jobs").status_code == 401


def test_the_timeline_names_who_called_and_a_change_notes_the_keys_use(
    employer: Employer, api: Api, cast: Cast
) -> None:
    api.made("/promises", a_call(cast))

    entry = api.get(f"/applications/{cast.application}/timeline")["items"][-1]

    assert (entry["actor"], entry["source"]) == (f"user:{cast.maria}", "api")
    with employer.session() as session:
        used = session.scalars(select(ApiKey.last_used_at)).all()
        assert used == [employer.now]
