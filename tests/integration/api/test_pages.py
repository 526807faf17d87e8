"""Lists in pages."""

from __future__ import annotations

import base64

import pytest

from tests.integration.api.conftest import Api, refusal


def _all(api: Api, path: str, limit: int) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = api.get(f"{path}limit={limit}{more}")
        assert len(page["items"]) <= limit
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return found


@pytest.mark.parametrize("path", ["/jobs?", "/users?", "/policies?"])
def test_pages_together_hold_everything_once(api: Api, path: str) -> None:
    for number in range(4):
        api.made("/jobs", {"title": f"Job {number}"})
        api.made("/users", {"email": f"user{number}@example.com", "name": f"User {number}"})

    whole = [item["id"] for item in api.get(f"{path}limit=200")["items"]]

    assert len(whole) >= 4
    assert whole == _all(api, path, 2)
    assert whole == _all(api, path, 3)


def test_what_is_added_meanwhile_repeats_and_hides_nothing(api: Api) -> None:
    ids = [api.made("/jobs", {"title": f"Job {number}"})["id"] for number in range(4)]
    page = api.get("/jobs?limit=2")
    api.made("/jobs", {"title": "Late"})

    rest = api.get(f"/jobs?limit=200&cursor={page['next']}")

    found = {item["id"] for item in [*page["items"], *rest["items"]]}
    assert set(ids) <= found


def test_a_cursor_that_was_changed_made_up_or_taken_from_another_list_is_refused(api: Api) -> None:
    for number in range(3):
        api.made("/jobs", {"title": f"Job {number}"})
    cursor = api.get("/jobs?limit=1")["next"]
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    other = b"8" if raw[-3:-2] == b"9" else b"9"
    changed = base64.urlsafe_b64encode(raw[:-3] + other + raw[-2:]).decode().rstrip("=")

    wrong = [
        f"/jobs?cursor={changed}",
        "/jobs?cursor=made-up",
        "/jobs?cursor=%C3%A4",
        f"/candidates?cursor={cursor}",
    ]

    for path in wrong:
        assert refusal(api.send("GET", path)) == (422, "cursor-not-valid", ["?cursor"])


def test_a_cursor_goes_on_with_the_filters_it_came_with_and_with_no_others(api: Api) -> None:
    for number in range(3):
        api.made("/jobs", {"title": f"Job {number}"})
    page = api.get("/jobs?limit=1&status=open")
    more = f"cursor={page['next']}"

    assert len(api.get(f"/jobs?limit=2&status=open&{more}")["items"]) == 2
    for path in (f"/jobs?{more}", f"/jobs?status=closed&{more}"):
        assert refusal(api.send("GET", path)) == (422, "cursor-not-valid", ["?cursor"])
