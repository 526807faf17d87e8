"""Every error under ``/api`` is a problem that says what to mend; pages are left alone."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest

from service.app import engine_of
from tests.harness import Employer, make_employer
from tests.integration.api.conftest import Api, refusal


def _raw(
    api: Api, body: bytes, content_type: str = "application/json"
) -> tuple[int, str, list[str]]:
    response = api.employer.app.test_client().post(
        "/api/v1/jobs",
        data=body,
        content_type=content_type,
        headers={"Authorization": f"Bearer {api.key}"},
    )
    return refusal(response)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", (400, "unreadable-json", [])),
        (b"\xff\xfe", (400, "unreadable-json", [])),
        (b'{"title": NaN}', (400, "unreadable-json", [])),
        (b'{"title": "a", "title": "b"}', (400, "unreadable-json", [])),
        (b"[" * 20 + b"]" * 20, (400, "unreadable-json", [])),
        (b"[" * 100_000, (400, "unreadable-json", [])),
        (b'{"title": ' + b"9" * 5000 + b"}", (400, "unreadable-json", [])),
        (b'{"title": 99999999999999999999}', (422, "invalid", ["/title"])),
        (b'{"title": 1e400}', (422, "invalid", ["/title"])),
        (b'{"title": "\\u0000"}', (422, "invalid", ["/title"])),
        (b'{"title": "\\ud800"}', (422, "invalid", ["/title"])),
        (b'{"\\u0000": 1}', (422, "invalid", [""])),
        (b'{"title": "a\\u0007b"}', (422, "invalid", ["/title"])),
        (b'{"title": 5}', (422, "invalid", ["/title"])),
        (b'{"title": null}', (422, "invalid", ["/title"])),
        (b"[]", (422, "invalid", [""])),
        (b'"text"', (422, "invalid", [""])),
        (b"", (422, "invalid", ["/title"])),
        (b'{"title": "a", "wage~/x": 1}', (422, "invalid", ["/wage~0~1x"])),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused(
    api: Api, body: bytes, expected: tuple[int, str, list[str]]
) -> None:
    assert expected == _raw(api, body)


def test_only_json_is_taken(api: Api) -> None:
    assert _raw(api, b"title=a", "application/x-www-form-urlencoded") == (415, "not-json", [])
    assert _raw(api, b'{"title": "a"}', "text/plain") == (415, "not-json", [])


def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    body = json.dumps({"title": "a" * 3_000_000}).encode()

    assert _raw(api, body) == (413, "body-too-large", [])
    in_chunks = api.employer.app.test_client().post(
        "/api/v1/jobs",
        input_stream=BytesIO(body),
        environ_overrides={"wsgi.input_terminated": True},
        content_type="application/json",
        headers={"Authorization": f"Bearer {api.key}", "Transfer-Encoding": "chunked"},
    )
    assert refusal(in_chunks) == (413, "body-too-large", [])
    assert in_chunks.json is not None
    assert "at most 2 MiB" in in_chunks.json["detail"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/promises/prm_00000000000000000000", "/promises/%00", "/promises/ä"]
)
def test_what_is_not_there_is_a_problem(api: Api, path: str) -> None:
    assert refusal(api.send("GET", path)) == (404, "not-found", [])


def test_a_method_that_is_not_taken_names_those_that_are(api: Api) -> None:
    response = api.send("PUT", "/jobs")

    assert refusal(response) == (405, "method-not-allowed", [])
    assert {"GET", "HEAD", "OPTIONS", "POST"} == set(response.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "?limit"),
        ("limit=201", "?limit"),
        ("limit=many", "?limit"),
        ("status=maybe", "?status"),
        ("colour=red", "?colour"),
        ("cursor=%00", "?cursor"),
        ("status=open&status=closed", "?status"),
    ],
)
def test_a_parameter_at_fault_is_named(api: Api, query: str, pointer: str) -> None:
    assert (422, "invalid", [pointer]) == refusal(api.send("GET", f"/jobs?{query}"))


def test_a_wish_that_would_be_passed_over_stops_the_act(api: Api) -> None:
    job = api.made("/jobs", {"title": "Gilder"})["id"]
    sent = api.post(f"/jobs/{job}/closings?dry_run=true", {"outcome": "filled"})

    assert refusal(sent) == (422, "invalid", ["?dry_run"])
    assert api.get(f"/jobs/{job}")["status"] == "open"
    assert refusal(api.send("GET", f"/jobs/{job}?fields=id")) == (422, "invalid", ["?fields"])


def test_a_defect_is_a_problem_without_its_reason_and_changes_nothing(
    database_url: str, tmp_path: Path
) -> None:
    employer = make_employer(database_url, tmp_path)

    @employer.app.route("/api/v1/broken")
    def broken() -> str:
        raise RuntimeError("a secret of ours")

    response = Api(employer, employer.key("admin")).send("GET", "/broken")
    engine_of(employer.app).dispose()

    assert refusal(response) == (500, "internal-error", [])
    assert "secret" not in response.text


def test_pages_outside_the_api_keep_their_own_errors(employer: Employer) -> None:
    response = employer.app.test_client().get("/no-such-page")

    assert response.status_code == 404
    assert response.mimetype == "text/html"
