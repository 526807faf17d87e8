"""Connections and deliveries over the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from service.models import Connection, Delivery
from tests.harness import Employer
from tests.integration.api.conftest import Api, refusal

_SECRET = "an invented signing secret"


@pytest.fixture
def connection(api: Api) -> Any:
    return api.made(
        "/connections",
        {
            "name": "greenhouse-main",
            "vendor": "greenhouse",
            "secrets": [_SECRET],
            "rejections_by": "keepword",
        },
    )


def _delivered(employer: Employer, connection_id: str, body: bytes, identity: str = "one") -> str:
    with employer.work() as work:
        row = Delivery(
            connection_id=connection_id,
            identity=identity,
            headers={},
            body=body,
            received_at=work.now,
            next_attempt_at=work.now,
        )
        work.session.add(row)
        work.session.flush()
        return row.id


def test_a_secret_goes_in_and_never_comes_out(
    employer: Employer, api: Api, connection: Any
) -> None:
    answers = [
        json.dumps(connection),
        api.send("GET", "/connections").text,
        api.send("GET", f"/connections/{connection['id']}").text,
    ]

    assert not any(_SECRET in answer for answer in answers)
    assert (connection["live_secrets"], connection["path"]) == (1, "/hooks/ats/greenhouse-main")
    with employer.session() as session:
        assert _SECRET not in str(session.scalars(select(Connection.secrets)).all())


def test_a_secret_is_rotated_with_both_live(api: Api, connection: Any) -> None:
    path = f"/connections/{connection['id']}"

    changed = api.patch(path, {"secrets": ["a new one", _SECRET]})

    assert changed.json is not None
    assert changed.json["live_secrets"] == 2


def test_a_deactivated_connection_takes_nothing_in(
    employer: Employer, api: Api, connection: Any
) -> None:
    path = f"/connections/{connection['id']}"
    etag = api.send("GET", path).headers["ETag"]

    response = api.send("DELETE", path, If_Match=etag)

    assert response.status_code == 200
    assert api.get(path)["active"] is False
    assert employer.app.test_client().post(connection["path"]).status_code == 404


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": "Greenhouse!"}, "/name"),
        ({"vendor": "abacus"}, "/vendor"),
        ({"secrets": []}, "/secrets"),
        ({"rejections_by": "both"}, "/rejections_by"),
        ({"rejections_by": None}, "/rejections_by"),
        ({"secrets": ["s"] * 5}, "/secrets"),
        ({"stage_map": {"Phone/Screen": "moon"}}, "/stage_map/Phone~1Screen"),
    ],
)
def test_a_connection_with_a_fault_is_refused(
    api: Api, fields: dict[str, Any], pointer: str
) -> None:
    body = {
        "name": "one",
        "vendor": "greenhouse",
        "secrets": [_SECRET],
        "rejections_by": "keepword",
    }

    assert (422, "invalid", [pointer]) == refusal(api.post("/connections", {**body, **fields}))


def test_who_sends_rejections_must_be_said_and_can_be_changed(api: Api, connection: Any) -> None:
    body = {"name": "one", "vendor": "greenhouse", "secrets": [_SECRET]}

    without = api.post("/connections", body)
    changed = api.patch(f"/connections/{connection['id']}", {"rejections_by": "ats"})
    both = api.patch(f"/connections/{connection['id']}", {"rejections_by": "both"})

    assert refusal(without) == (422, "invalid", ["/rejections_by"])
    assert without.json is not None
    assert "keepword or ats; never both" in without.json["errors"][0]["detail"]
    assert connection["rejections_by"] == "keepword"
    assert changed.json is not None
    assert changed.json["rejections_by"] == "ats"
    assert refusal(both) == (422, "invalid", ["/rejections_by"])


def test_deliveries_are_listed_shown_and_replayed(
    employer: Employer, api: Api, connection: Any
) -> None:
    one = _delivered(employer, connection["id"], b'{"action": "ping"}')
    other = _delivered(employer, connection["id"], b"\xff\x00", "two")
    employer.turn()

    listed = api.get(f"/deliveries?connection_id={connection['id']}")["items"]
    shown = api.get(f"/deliveries/{one}")
    broken = api.get(f"/deliveries/{other}")
    replayed = api.made(f"/deliveries/{one}/replay", None)

    assert {one, other} == {item["id"] for item in listed}
    assert (shown["state"], shown["body"]) == ("ignored", '{"action": "ping"}')
    assert (broken["body"], broken["size"]) == (None, 2)
    assert (replayed["state"], replayed["attempts"]) == ("received", 0)
    waiting = api.get("/deliveries?state=received")["items"]
    assert [one] == [item["id"] for item in waiting]


def test_an_erased_delivery_cannot_be_replayed(
    employer: Employer, api: Api, connection: Any
) -> None:
    gone = _delivered(employer, connection["id"], b"")

    assert refusal(api.post(f"/deliveries/{gone}/replay", None)) == (409, "delivery-erased", [])
