"""What is done with a connection over the API: tried, rotated, synced, replayed, its stages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.domain.changes import Applied, Moved
from service.models import Application, Connection, Delivery
from service.workflows.apply import apply_changes
from tests.doubles.vendor_api import BROKEN, VendorApiDouble, refused
from tests.harness import Employer
from tests.integration.api.conftest import Api, refusal
from tests.integration.ats_reports import T0, ref_of

SECRET = "an invented signing secret"
KEY = "an invented API key"


@pytest.fixture
def vendor() -> Iterator[VendorApiDouble]:
    """An ATS's API that takes every key."""
    with VendorApiDouble() as double:
        double.on("GET", "*", {"data": [], "hasNext": False})
        yield double


@pytest.fixture
def lever(api: Api, vendor: VendorApiDouble) -> Any:
    """A connection to that API."""
    return api.made(
        "/connections",
        {
            "name": "lever-main",
            "vendor": "lever",
            "secrets": [SECRET],
            "rejections_by": "keepword",
            "settings": {"api_url": vendor.base_url},
            "credentials": {"api_key": KEY},
        },
    )


def checks_of(answer: Any) -> dict[str, bool | None]:
    return {each["what"]: each["ok"] for each in answer["checks"]}


def test_a_credential_goes_in_sealed_and_only_its_name_comes_out(
    employer: Employer, api: Api, lever: Any
) -> None:
    path = f"/connections/{lever['id']}"
    shown = api.get(path)

    assert (shown["credentials"], shown["missing"]) == (["api_key"], [])
    assert shown["sync_every_minutes"] == 15
    assert shown["next_sync_at"] == "2026-03-02T09:00:00Z"
    assert shown["guide"]["events"]
    assert (shown["waiting"], shown["failed"], shown["unmapped_labels"]) == (0, 0, 0)
    texts = [json.dumps(lever), api.send("GET", "/connections").text, json.dumps(shown)]
    with employer.session() as session:
        row = session.scalars(select(Connection)).one()
        texts += [json.dumps(row.credentials), json.dumps(row.secrets)]
    assert not any(KEY in text or SECRET in text for text in texts)


def test_what_is_taken_away_is_missing_and_no_longer_asked_with(api: Api, lever: Any) -> None:
    changed = api.patch(f"/connections/{lever['id']}", {"credentials": {"api_key": None}})

    assert changed.json is not None
    assert (changed.json["credentials"], changed.json["missing"]) == ([], ["api_key"])
    assert changed.json["next_sync_at"] is None
    assert changed.json["settings"] == lever["settings"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"credentials": {"pass/word": "x"}}, "/credentials/pass~1word"),
        ({"credentials": {"api_url": "https://example.com"}}, "/credentials/api_url"),
        ({"settings": {"api_key": "x"}}, "/settings/api_key"),
        ({"settings": {"api_url": "http://api.example.com"}}, "/settings/api_url"),
        ({"settings": {"api_url": "https://u:p@example.com"}}, "/settings/api_url"),
        ({"settings": {"api_url": "ftp://127.0.0.1"}}, "/settings/api_url"),
        ({"credentials": {"api_key": "a\nb"}}, "/credentials/api_key"),
        ({"sync_every_minutes": 0}, "/sync_every_minutes"),
    ],
)
def test_what_the_vendor_does_not_ask_for_is_refused_by_its_place(
    api: Api, lever: Any, fields: dict[str, Any], pointer: str
) -> None:
    found = refusal(api.patch(f"/connections/{lever['id']}", fields))

    assert found == (422, "invalid", [pointer])


def test_a_connection_without_an_api_takes_no_settings(api: Api) -> None:
    body = {
        "name": "own",
        "vendor": "generic",
        "secrets": ["whsec_" + "QUJD" * 8],
        "rejections_by": "keepword",
    }

    assert refusal(api.post("/connections", {**body, "settings": {"api_url": "https://a.example"}}))
    made = api.made("/connections", body)
    assert (made["sync_every_minutes"], made["missing"]) == (None, [])
    changed = api.patch(f"/connections/{made['id']}", {"sync_every_minutes": 15})
    assert refusal(changed) == (422, "invalid", ["/sync_every_minutes"])
    written = api.patch(f"/connections/{made['id']}", {"write_back": True})
    assert refusal(written) == (422, "invalid", ["/write_back"])


def test_writing_back_needs_what_it_writes_with(api: Api, lever: Any) -> None:
    path = f"/connections/{lever['id']}"

    on = api.patch(path, {"write_back": True})
    off = api.patch(path, {"credentials": {"api_key": None}})
    again = api.patch(path, {"write_back": True})

    assert on.json is not None
    assert off.json is not None
    assert (lever["write_back"], on.json["write_back"], off.json["write_back"]) == (
        False,
        True,
        False,
    )
    assert refusal(again) == (422, "invalid", ["/write_back"])


def test_a_trial_proves_both_ways_and_leaves_nothing(
    employer: Employer, api: Api, lever: Any, vendor: VendorApiDouble
) -> None:
    trial = api.made(f"/connections/{lever['id']}/test", None)

    assert trial["ok"]
    assert checks_of(trial) == {"deliveries": True, "heard": None, "api": True}
    assert len(vendor.seen) == 1
    shown = api.get(f"/connections/{lever['id']}")
    assert (shown["first_authentic_at"], shown["refused_count"]) == (None, 0)
    with employer.session() as session:
        assert session.scalars(select(Delivery)).all() == []


@pytest.mark.parametrize(
    ("answer", "word"), [(refused(401), "401"), (refused(403), "403"), (BROKEN, "no usable answer")]
)
def test_a_trial_names_the_fault_and_the_remedy_and_no_secret(
    api: Api, lever: Any, vendor: VendorApiDouble, answer: Any, word: str
) -> None:
    vendor.out_of_order(answer)

    response = api.post(f"/connections/{lever['id']}/test", None)

    trial = response.json
    assert trial is not None
    assert (trial["ok"], checks_of(trial)["api"]) == (False, False)
    (told,) = (each for each in trial["checks"] if each["what"] == "api")
    assert word in told["text"]
    assert told["remedy"]
    assert KEY not in response.text
    assert (api.get(f"/connections/{lever['id']}")["api_fault"] is None) == (answer is BROKEN)


def test_a_secret_is_rotated_and_the_old_one_ends(employer: Employer, api: Api, lever: Any) -> None:
    path = f"/connections/{lever['id']}"
    body = {"secrets": ["a new secret"], "keep_old_hours": 2}

    rotated = api.made(f"{path}/rotate", body)
    employer.clock.advance(timedelta(hours=2))
    later = api.get(path)

    assert (rotated["live_secrets"], later["live_secrets"]) == (2, 1)
    assert rotated["old_secrets_until_at"] == "2026-03-02T11:00:00Z"
    assert later["old_secrets_until_at"] is None
    assert "a new secret" not in json.dumps(rotated)
    for wrong, pointer in (
        ({"secrets": []}, "/secrets"),
        ({"secrets": ["s"], "keep_old_hours": 2161}, "/keep_old_hours"),
        ({"secrets": ["s"], "keep_old_hours": -1}, "/keep_old_hours"),
    ):
        assert refusal(api.post(f"{path}/rotate", wrong)) == (422, "invalid", [pointer])
    assert api.made(f"{path}/rotate", {"secrets": ["b"], "keep_old_hours": None})["live_secrets"]


def test_a_sync_that_is_asked_for_is_due_at_once(employer: Employer, api: Api, lever: Any) -> None:
    path = f"/connections/{lever['id']}"
    employer.turn()
    employer.clock.advance(timedelta(minutes=2))

    planned = api.get(path)
    asked = api.post(f"{path}/sync", {"since": "2026-02-01T00:00:00Z"})

    assert asked.status_code == 202
    assert asked.json is not None
    assert planned["last_synced_at"] == "2026-03-02T09:00:00Z"
    assert asked.json["next_sync_at"] == "2026-03-02T09:02:00Z"
    assert asked.json["watermark_at"] < planned["watermark_at"]
    future = api.post(f"{path}/sync", {"since": "2026-04-01T00:00:00Z"})
    assert refusal(future) == (422, "invalid", ["/since"])


def test_what_cannot_be_asked_is_not_synced(api: Api, lever: Any) -> None:
    path = f"/connections/{lever['id']}"
    api.patch(path, {"sync_every_minutes": None})

    assert refusal(api.post(f"{path}/sync", {})) == (409, "sync-not-possible", [])
    api.patch(path, {"sync_every_minutes": 15, "credentials": {"api_key": None}})
    assert refusal(api.post(f"{path}/sync", {})) == (409, "sync-not-possible", [])


def test_what_failed_since_is_put_back_in_line(employer: Employer, api: Api, lever: Any) -> None:
    for number, age in enumerate((1, 5, 5)):
        with employer.work() as work:
            work.session.add(
                Delivery(
                    connection_id=lever["id"],
                    identity=str(number),
                    headers={},
                    body=b"" if number == 2 else b"{}",
                    received_at=work.now - timedelta(days=age),
                    next_attempt_at=work.now,
                    state="failed",
                )
            )
    path = f"/connections/{lever['id']}/replay"

    since = api.made(path, {"since": "2026-02-28T00:00:00Z"})
    everything = api.made(path, {"afresh": True})

    assert since == {"replayed": 1, "erased": 0}
    assert everything == {"replayed": 1, "erased": 1}


def test_stages_are_shown_mapped_and_followed(employer: Employer, api: Api, lever: Any) -> None:
    with employer.work() as work:
        connection = work.session.get_one(Connection, lever["id"])
        odd = ref_of(ats_stage="Culture Add")
        apply_changes(work, connection, [Applied(odd, T0), Moved(odd, T0, None)], work.now)
        known = ref_of("a2", "c2", ats_stage="Phone Screen")
        apply_changes(work, connection, [Moved(known, T0, "screening")], work.now)
    path = f"/connections/{lever['id']}/stages"

    before = api.get(path)
    etag = api.send("GET", path).headers["ETag"]
    body = {"stages": {"Culture Add": "interview"}, "confirm_guesses": True}
    mapped = api.send("PUT", path, body, If_Match=etag)
    again = api.send("PUT", path, body, If_Match=etag)

    assert [(each["label"], each["known"]) for each in before["items"]] == [
        ("Culture Add", "unknown"),
        ("Phone Screen", "guessed"),
    ]
    assert before["unmapped_labels"] == 1
    assert mapped.json is not None
    assert {each["known"] for each in mapped.json["items"]} == {"confirmed"}
    assert mapped.json["unmapped_labels"] == 0
    assert refusal(again)[0] == 412
    with employer.session() as session:
        stages = set(session.scalars(select(Application.stage)))
    assert stages == {"interview", "screening"}
    closing = api.send("PUT", path, {"stages": {"X": "hired"}}, If_Match="*")
    assert refusal(closing) == (422, "invalid", ["/stages/X"])
