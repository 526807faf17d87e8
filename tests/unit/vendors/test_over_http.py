"""Asking a vendor's API over real HTTP: what is sent, what comes back, and what is never done."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from typing import Any

import pytest

from service.ats.asking import Ask
from service.clock import FakeClock
from service.vendors.base import (
    Answered,
    AskError,
    Reach,
    Unreachable,
)
from service.vendors.over_http import HttpVendors
from tests.doubles.hint_vendor import HintApi
from tests.doubles.vendor_api import (
    BROKEN,
    DRIP,
    RESET,
    SILENT,
    Reply,
    VendorApiDouble,
    busy,
    moved_to,
    refused,
)
from tests.unit.vendors.reaching import ASK, KEY, reach_of, status_of


def test_a_question_is_asked_once_with_the_vendors_headers(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock
) -> None:
    api.on("GET", "/v2/things", Reply({"id": 1}, headers={"Link": "<next>", "X-Other": "kept not"}))
    ask = Ask("/things", (("a", "b c&d"), ("a", "é")))
    outcome = vendors.ask(reach_of(api, api_url=f"{api.base_url}/v2/"), ask)

    assert isinstance(outcome, Answered)
    assert outcome.answer.object().id("id") == "1"
    assert outcome.answer.headers == {"link": "<next>"}
    assert outcome.answer.fetched_at == clock.now()
    (seen,) = api.seen
    assert (seen.method, seen.path, seen.body) == ("GET", "/v2/things", b"")
    assert seen.query == (("a", "b c&d"), ("a", "é"))
    assert seen.headers["authorization"] == f"Bearer {KEY}"


def test_a_body_goes_as_json(api: VendorApiDouble, vendors: HttpVendors) -> None:
    api.on("POST", "/notes", Reply({"ok": True}, 201))

    assert (
        status_of(vendors.ask(reach_of(api), Ask("/notes", json='{"é": 1}', method="POST"))) == 201
    )
    assert api.seen[0].json == {"é": 1}
    assert api.seen[0].headers["content-type"] == "application/json"


class _Particular(HintApi):
    def headers(self, settings: Any, token: Any) -> dict[str, str]:  # noqa: ARG002 - the protocol's
        return {"accept": "application/vnd.api+json", "content-type": "application/vnd.api+json"}


def test_a_vendors_own_headers_stand_instead_of_the_usual_ones(
    api: VendorApiDouble, vendors: HttpVendors
) -> None:
    vendors.ask(reach_of(api, _Particular()), Ask("/notes", json="{}", method="POST"))

    (seen,) = api.seen
    assert seen.names.count("accept") == seen.names.count("content-type") == 1
    assert seen.headers["accept"] == seen.headers["content-type"] == "application/vnd.api+json"


@pytest.mark.parametrize("status", [200, 204, 400, 404, 409, 410, 422])
def test_what_is_about_the_question_itself_is_an_answer(
    api: VendorApiDouble, vendors: HttpVendors, status: int
) -> None:
    api.on("GET", "/things/1", Reply({"id": 1} if status != 204 else None, status))

    assert status_of(vendors.ask(reach_of(api), ASK)) == status


@pytest.mark.parametrize("status", [301, 302, 304, 307, 408, 425, 500, 502, 503, 504, 599])
def test_what_says_nothing_about_the_question_is_no_answer(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock, status: int
) -> None:
    api.on("GET", "/things/1", Reply({"id": 1}, status))
    outcome = vendors.ask(reach_of(api), ASK)

    assert isinstance(outcome, Unreachable)
    assert (outcome.status, outcome.perhaps_sent) == (status, True)
    assert clock.now() < outcome.retry_at <= clock.now() + timedelta(seconds=5)


def test_no_redirect_takes_the_credentials_elsewhere(
    api: VendorApiDouble, vendors: HttpVendors
) -> None:
    with VendorApiDouble() as elsewhere:
        api.on("GET", "/things/1", moved_to(f"{elsewhere.base_url}/things/1"))

        assert isinstance(vendors.ask(reach_of(api), ASK), Unreachable)
        assert elsewhere.seen == []


@pytest.mark.parametrize("reply", [SILENT, DRIP, RESET, Reply({"id": 1}, cut=3)])
def test_a_lost_answer_was_perhaps_sent(
    api: VendorApiDouble, impatient: HttpVendors, reply: Reply
) -> None:
    api.on("GET", "/things/1", reply)
    outcome = impatient.ask(reach_of(api), ASK)

    assert isinstance(outcome, Unreachable)
    assert outcome.perhaps_sent


def test_an_answer_that_is_too_large_is_no_answer(
    api: VendorApiDouble, impatient: HttpVendors, clock: FakeClock
) -> None:
    api.on("GET", "/things/1", {"id": "x" * 2000})
    assert isinstance(impatient.ask(reach_of(api), ASK), Unreachable)

    api.on("GET", "/things/1", {"id": "x" * 900})
    clock.advance(timedelta(minutes=1))
    assert status_of(impatient.ask(reach_of(api), ASK)) == 200


def test_who_does_not_listen_was_surely_not_asked(
    api: VendorApiDouble, impatient: HttpVendors
) -> None:
    with VendorApiDouble() as gone:
        url = gone.base_url
    outcome = impatient.ask(reach_of(api, api_url=url), ASK)

    assert isinstance(outcome, Unreachable)
    assert not outcome.perhaps_sent


def test_a_server_without_a_trusted_certificate_is_told_nothing(
    api: VendorApiDouble, impatient: HttpVendors
) -> None:
    url = api.base_url.replace("http:", "https:")

    assert isinstance(impatient.ask(reach_of(api, api_url=url), ASK), Unreachable)
    assert api.seen == []


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://api.example.com", "https"),
        ("http://10.0.0.1", "https"),
        ("http://127.0.0.1.example.com", "https"),
        ("ftp://127.0.0.1", "https"),
        ("file:///etc/passwd", "must be"),
        ("https://user:pw@api.example.com", "must be"),
        ("https://user@api.example.com", "must be"),
        ("https://api.example.com?x=1", "must be"),
        ("https://api.example.com#x", "must be"),
        ("https://", "must be"),
        ("https://[", "none"),
        ("https://api.example.com:port", "none"),
        ("", "must be"),
    ],
)
def test_an_address_that_credentials_must_not_go_to_is_refused(
    api: VendorApiDouble, vendors: HttpVendors, url: str, fault: str
) -> None:
    with pytest.raises(AskError, match=fault):
        vendors.ask(Reach("cnn_1", _At(url), {"api_key": KEY}), ASK)


class _At(HintApi):
    def __init__(self, url: str) -> None:
        self._url = url

    def base_url(self, settings: Any) -> str:  # noqa: ARG002 - the protocol's
        return self._url


@pytest.mark.parametrize(
    "path",
    [
        "things",
        "",
        "//evil.example.com/x",
        "https://evil.example.com/x",
        "@evil.example.com/x",
        "/a/../b",
        "/a/%2e%2e/b",
        "/a/%252E./b",
        "/a/..%2fb",
        "/a/..;/b",
        "/a/..;x=y/b",
        "/a/..%3b/b",
        "/a/..%5cb",
        "/a\\b",
        "/a b",
        "/a?b=1",
        "/a#b",
        "/a\r\nHost: evil.example.com",
        "/é",
        "/a\x00",
    ],
)
def test_a_path_never_leaves_the_api(api: VendorApiDouble, vendors: HttpVendors, path: str) -> None:
    with pytest.raises(AskError):
        vendors.ask(reach_of(api), Ask(path))
    assert api.seen == []


def test_a_method_is_one_of_http(api: VendorApiDouble, vendors: HttpVendors) -> None:
    with pytest.raises(AskError):
        vendors.ask(reach_of(api), Ask("/a", method="GET /b HTTP/1.1\r\nX:"))


def test_nothing_that_is_secret_or_personal_is_logged_or_told(
    api: VendorApiDouble, impatient: HttpVendors, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    told = []
    with caplog.at_level(logging.DEBUG):
        for reply in (refused(401), refused(403), BROKEN, RESET, DRIP, SILENT, busy("1")):
            api.then("/things/1", Reply({"name": "Zephyrine"}, reply.status, reply.headers)
                     if reply.content else reply)  # fmt: skip
            told.append(repr(impatient.ask(reach_of(api), Ask("/things/1", (("q", "Zephyrine"),)))))
            clock.advance(timedelta(hours=1))
        told.append(repr(reach_of(api)))

    ours = [r.getMessage() for r in caplog.records if r.name.startswith("keepword")]
    assert ours == []
    for text in told:
        assert "Zephyrine" not in text
        assert KEY not in text


def test_many_threads_share_one_client(api: VendorApiDouble, vendors: HttpVendors) -> None:
    from tests.integration.watching import at_once

    api.on("GET", "/things/*", {"id": 1})
    outcomes = at_once(
        *[lambda n=n: vendors.ask(reach_of(api), Ask(f"/things/{n}")) for n in range(8)]
    )

    assert [status_of(outcome) for outcome in outcomes] == [200] * 8


def test_a_full_client_lets_go_of_what_it_held(api: VendorApiDouble, clock: FakeClock) -> None:
    vendors = HttpVendors(clock, chance=random.Random(1))  # noqa: S311 - no secret is drawn
    api.on("GET", "/things/1", {"id": 1})
    for _ in range(5):
        vendors.ask(reach_of(api), ASK)
    vendors.close()

    assert api.connections == 1
