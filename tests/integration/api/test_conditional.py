"""``ETag`` and ``If-Match``."""

from __future__ import annotations

import pytest

from tests.integration.api.conftest import Api, Cast, a_call, refusal


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_must_name_the_version_that_was_read(api: Api, cast: Cast, method: str) -> None:
    body = {"first_name": "Ama"} if method == "PATCH" else None

    response = api.send(method, f"/candidates/{cast.candidate}", body)

    assert refusal(response) == (428, "if-match-missing", [])


def test_a_change_to_an_old_version_is_refused_and_changes_nothing(api: Api, cast: Cast) -> None:
    path = f"/candidates/{cast.candidate}"
    first = api.send("GET", path).headers["ETag"]
    assert api.patch(path, {"first_name": "Ama"}).status_code == 200

    response = api.send("PATCH", path, {"first_name": "Adaeze"}, If_Match=first)

    assert refusal(response) == (412, "changed-meanwhile", [])
    assert api.get(path)["first_name"] == "Ama"


def test_a_change_of_addresses_alone_makes_a_new_version(api: Api, cast: Cast) -> None:
    path = f"/candidates/{cast.candidate}"
    before = api.send("GET", path).headers["ETag"]

    after = api.patch(path, {"emails": ["new@example.com"]})

    assert after.headers["ETag"] != before
    assert after.headers["ETag"] == api.send("GET", path).headers["ETag"]


@pytest.mark.parametrize("etag", ["*", '"7", "1"'])
def test_any_version_and_lists_of_versions_are_understood(api: Api, cast: Cast, etag: str) -> None:
    made = api.made("/promises", a_call(cast))

    response = api.post(f"/promises/{made['id']}/release", {"reason": "x"}, If_Match=etag)

    assert response.status_code == 200


@pytest.mark.parametrize("etag", ['"2"', 'W/"1"', "1-x", '""'])
def test_an_action_meant_for_another_version_is_refused(api: Api, cast: Cast, etag: str) -> None:
    made = api.made("/promises", a_call(cast))

    response = api.post(f"/promises/{made['id']}/release", {"reason": "x"}, If_Match=etag)

    assert refusal(response) == (412, "changed-meanwhile", [])
    assert api.get(f"/promises/{made['id']}")["state"] == "open"
