"""Asking a vendor's API over real HTTP: what is sent, what comes back, and what is never done."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from typing import Any

import pytest

from service.ats.asking import Ask, Rate, TokenRequest
from service.clock import FakeClock
from service.vendors.base import (
    Answered,
    AskError,
    Busy,
    Denied,
    Outcome,
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

KEY = "an invented api key"
ASK = Ask("/things/1")


def _reach(api: VendorApiDouble, of: HintApi | None = None, **settings: str) -> Reach:
    return Reach("cnn_1", of or HintApi(), {"api_url": api.base_url, "api_key": KEY, **settings})


def _status(outcome: Outcome) -> int:
    assert isinstance(outcome, Answered), outcome
    return outcome.answer.status


def test_a_question_is_asked_once_with_the_vendors_headers(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock
) -> None:
    api.on("GET", "/v2/things", Reply({"id": 1}, headers={"Link": "<next>", "X-Other": "kept not"}))
    ask = Ask("/things", (("a", "b c&d"), ("a", "é")))
    outcome = vendors.ask(_reach(api, api_url=f"{api.base_url}/v2/"), ask)

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

    assert _status(vendors.ask(_reach(api), Ask("/notes", json='{"é": 1}', method="POST"))) == 201
    assert api.seen[0].json == {"é": 1}
    assert api.seen[0].headers["content-type"] == "application/json"


class _Particular(HintApi):
    def headers(self, settings: Any, token: Any) -> dict[str, str]:  # noqa: ARG002 - the protocol's
        return {"accept": "application/vnd.api+json", "content-type": "application/vnd.api+json"}


def test_a_vendors_own_headers_stand_instead_of_the_usual_ones(
    api: VendorApiDouble, vendors: HttpVendors
) -> None:
    vendors.ask(_reach(api, _Particular()), Ask("/notes", json="{}", method="POST"))

    (seen,) = api.seen
    assert seen.names.count("accept") == seen.names.count("content-type") == 1
    assert seen.headers["accept"] == seen.headers["content-type"] == "application/vnd.api+json"


@pytest.mark.parametrize("status", [200, 204, 400, 404, 409, 410, 422])
def test_what_is_about_the_question_itself_is_an_answer(
    api: VendorApiDouble, vendors: HttpVendors, status: int
) -> None:
    api.on("GET", "/things/1", Reply({"id": 1} if status != 204 else None, status))

    assert _status(vendors.ask(_reach(api), ASK)) == status


@pytest.mark.parametrize("status", [301, 302, 304, 307, 408, 425, 500, 502, 503, 504, 599])
def test_what_says_nothing_about_the_question_is_no_answer(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock, status: int
) -> None:
    api.on("GET", "/things/1", Reply({"id": 1}, status))
    outcome = vendors.ask(_reach(api), ASK)

    assert isinstance(outcome, Unreachable)
    assert (outcome.status, outcome.perhaps_sent) == (status, True)
    assert clock.now() < outcome.retry_at <= clock.now() + timedelta(seconds=5)


def test_no_redirect_takes_the_credentials_elsewhere(
    api: VendorApiDouble, vendors: HttpVendors
) -> None:
    with VendorApiDouble() as elsewhere:
        api.on("GET", "/things/1", moved_to(f"{elsewhere.base_url}/things/1"))

        assert isinstance(vendors.ask(_reach(api), ASK), Unreachable)
        assert elsewhere.seen == []


@pytest.mark.parametrize("reply", [SILENT, DRIP, RESET, Reply({"id": 1}, cut=3)])
def test_a_lost_answer_was_perhaps_sent(
    api: VendorApiDouble, impatient: HttpVendors, reply: Reply
) -> None:
    api.on("GET", "/things/1", reply)
    outcome = impatient.ask(_reach(api), ASK)

    assert isinstance(outcome, Unreachable)
    assert outcome.perhaps_sent


def test_an_answer_that_is_too_large_is_no_answer(
    api: VendorApiDouble, impatient: HttpVendors, clock: FakeClock
) -> None:
    api.on("GET", "/things/1", {"id": "x" * 2000})
    assert isinstance(impatient.ask(_reach(api), ASK), Unreachable)

    api.on("GET", "/things/1", {"id": "x" * 900})
    clock.advance(timedelta(minutes=1))
    assert _status(impatient.ask(_reach(api), ASK)) == 200


def test_who_does_not_listen_was_surely_not_asked(
    api: VendorApiDouble, impatient: HttpVendors
) -> None:
    with VendorApiDouble() as gone:
        url = gone.base_url
    outcome = impatient.ask(_reach(api, api_url=url), ASK)

    assert isinstance(outcome, Unreachable)
    assert not outcome.perhaps_sent


def test_a_server_without_a_trusted_certificate_is_told_nothing(
    api: VendorApiDouble, impatient: HttpVendors
) -> None:
    url = api.base_url.replace("http:", "https:")

    assert isinstance(impatient.ask(_reach(api, api_url=url), ASK), Unreachable)
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
        vendors.ask(_reach(api), Ask(path))
    assert api.seen == []


def test_a_method_is_one_of_http(api: VendorApiDouble, vendors: HttpVendors) -> None:
    with pytest.raises(AskError):
        vendors.ask(_reach(api), Ask("/a", method="GET /b HTTP/1.1\r\nX:"))


def test_wrong_credentials_are_denied_and_not_tried_again_at_once(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock
) -> None:
    api.on("GET", "/things/1", refused(401))
    first = vendors.ask(_reach(api), ASK)
    assert isinstance(first, Denied)
    assert first.status == 401

    again = vendors.ask(_reach(api), ASK)
    assert isinstance(again, Busy)
    assert (again.retry_at, again.throttled, len(api.seen)) == (first.retry_at, False, 1)

    api.on("GET", "/things/1", {"id": 1})
    clock.move_to(first.retry_at)
    assert _status(vendors.ask(_reach(api), ASK)) == 200


def test_new_credentials_are_tried_at_once(api: VendorApiDouble, vendors: HttpVendors) -> None:
    api.then("/things/1", refused(401))
    api.on("GET", "/things/1", {"id": 1})
    assert isinstance(vendors.ask(_reach(api), ASK), Denied)

    assert _status(vendors.ask(_reach(api, api_key="another key"), ASK)) == 200


def test_what_may_not_be_asked_does_not_stop_other_questions(
    api: VendorApiDouble, vendors: HttpVendors
) -> None:
    api.on("GET", "/things/1", refused(403))
    api.on("GET", "/things/2", {"id": 2})
    denied = vendors.ask(_reach(api), ASK)

    assert isinstance(denied, Denied)
    assert denied.status == 403
    assert _status(vendors.ask(_reach(api), Ask("/things/2"))) == 200


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "7.5"}, 7.5),
        ({"Retry-After": "Mon, 02 Mar 2026 09:02:00 GMT"}, 120),
        ({"Retry-After": "999999999"}, 6 * 3600),
        ({"X-RateLimit-Reset": "45"}, 45),
        ({"X-Rate-Limit-Reset": "1772442060"}, 60),
    ],
)
def test_a_vendor_that_asks_for_a_rest_gets_it(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock, said: dict[str, str], wait: float
) -> None:
    api.then("/things/1", Reply({}, 429, said))
    api.on("GET", "/things/1", {"id": 1})
    outcome = vendors.ask(_reach(api), ASK)

    assert isinstance(outcome, Busy)
    assert (outcome.throttled, outcome.retry_at) == (False, clock.now() + timedelta(seconds=wait))
    clock.advance(timedelta(seconds=wait - 0.1))
    assert isinstance(vendors.ask(_reach(api), ASK), Busy)
    assert len(api.seen) == 1
    clock.advance(timedelta(seconds=0.1))
    assert _status(vendors.ask(_reach(api), ASK)) == 200


@pytest.mark.parametrize("said", ["soon", "-5", "1e99", "", "Mon, 99 Foo 2026", "9" * 11])
def test_a_rest_that_cannot_be_understood_is_a_usual_one(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock, said: str
) -> None:
    api.on("GET", "/things/1", busy(said))
    outcome = vendors.ask(_reach(api), ASK)

    assert isinstance(outcome, Busy)
    assert clock.now() < outcome.retry_at <= clock.now() + timedelta(seconds=5)


def test_the_longer_it_fails_the_longer_it_rests(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock
) -> None:
    api.out_of_order(BROKEN)
    rests = []
    for _ in range(12):
        outcome = vendors.ask(_reach(api), ASK)
        assert isinstance(outcome, Unreachable)
        rests.append((outcome.retry_at - clock.now()).total_seconds())
        clock.move_to(outcome.retry_at)

    assert rests[0] <= 5
    assert 300 <= rests[-1] <= 600
    api.out_of_order(None)
    api.on("GET", "/things/1", {"id": 1})
    vendors.ask(_reach(api), ASK)
    api.out_of_order(BROKEN)
    outcome = vendors.ask(_reach(api), ASK)
    assert isinstance(outcome, Unreachable)
    assert outcome.retry_at <= clock.now() + timedelta(seconds=5)


class _Slow(HintApi):
    rate = Rate(3, timedelta(seconds=6))


def test_no_more_is_asked_than_the_rate_allows_and_each_connection_has_its_own(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock
) -> None:
    api.on("GET", "/things/1", {"id": 1})
    reach = _reach(api, _Slow())
    for _ in range(3):
        assert _status(vendors.ask(reach, ASK)) == 200
    outcome = vendors.ask(reach, ASK)
    assert isinstance(outcome, Busy)
    assert outcome.throttled
    assert timedelta(seconds=2) <= outcome.retry_at - clock.now() < timedelta(seconds=2.1)
    other = Reach("cnn_2", reach.api, reach.settings)
    assert _status(vendors.ask(other, ASK)) == 200

    clock.move_to(outcome.retry_at)
    assert _status(vendors.ask(reach, ASK)) == 200
    assert isinstance(vendors.ask(reach, ASK), Busy)
    assert len(api.seen) == 5


def test_a_token_is_got_once_and_kept_until_shortly_before_its_end(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock
) -> None:
    api.gives_tokens(expires_in=600)
    api.on("GET", "/things/1", {"id": 1})
    reach = _reach(api, oauth="yes")
    for _ in range(3):
        assert _status(vendors.ask(reach, ASK)) == 200
    clock.advance(timedelta(seconds=545))
    vendors.ask(reach, ASK)

    assert [seen.headers["authorization"] for seen in api.asked("/things/1")] == [
        "Bearer token-1"
    ] * 3 + ["Bearer token-2"]
    assert api.asked("/oauth/token")[0].form == {
        "grant_type": "client_credentials",
        "client_secret": KEY,
    }


def test_a_token_that_was_withdrawn_is_replaced_and_the_question_asked_again(
    api: VendorApiDouble, vendors: HttpVendors
) -> None:
    api.gives_tokens()
    good = {"token-1"}

    def answer(seen: Any) -> Reply:
        token = seen.headers["authorization"].removeprefix("Bearer ")
        return Reply({"id": 1}) if token in good else refused(401)

    api.on("GET", "/things/1", answer)
    reach = _reach(api, oauth="yes")
    assert _status(vendors.ask(reach, ASK)) == 200
    good.clear()
    good.add("token-2")
    assert _status(vendors.ask(reach, ASK)) == 200

    good.clear()
    assert isinstance(vendors.ask(reach, ASK), Denied)
    assert len(api.asked("/oauth/token")) == 3


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refused(401), Denied),
        (Reply({"error": "invalid_client"}, 400), Denied),
        (busy("30"), Busy),
        (BROKEN, Unreachable),
        (Reply(b"<html>hello</html>"), Unreachable),
        (Reply([]), Unreachable),
        (Reply({"access_token": 5}), Unreachable),
        (Reply({"access_token": "a\r\nb"}), Unreachable),
        (Reply({"access_token": "a", "expires_in": "soon"}), Unreachable),
        (Reply({"access_token": "a", "expires_in": float("nan")}), Unreachable),
        (RESET, Unreachable),
    ],
)
def test_without_a_token_nothing_is_asked(
    api: VendorApiDouble, vendors: HttpVendors, reply: Reply, kind: type[Outcome]
) -> None:
    api.on("POST", "/oauth/token", reply)
    outcome = vendors.ask(_reach(api, oauth="yes"), ASK)

    assert isinstance(outcome, kind)
    assert not getattr(outcome, "perhaps_sent", False)
    assert api.asked("/things/1") == []


class _TokensByPlainHttp(HintApi):
    def token_request(self, settings: Any) -> TokenRequest:  # noqa: ARG002 - the protocol's
        return TokenRequest("http://tokens.example.com/oauth", ())


def test_a_tokens_address_is_judged_like_the_apis(
    api: VendorApiDouble, vendors: HttpVendors
) -> None:
    with pytest.raises(AskError):
        vendors.ask(_reach(api, _TokensByPlainHttp()), ASK)


def test_nothing_that_is_secret_or_personal_is_logged_or_told(
    api: VendorApiDouble, impatient: HttpVendors, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    told = []
    with caplog.at_level(logging.DEBUG):
        for reply in (refused(401), refused(403), BROKEN, RESET, DRIP, SILENT, busy("1")):
            api.then("/things/1", Reply({"name": "Zephyrine"}, reply.status, reply.headers)
                     if reply.content else reply)  # fmt: skip
            told.append(repr(impatient.ask(_reach(api), Ask("/things/1", (("q", "Zephyrine"),)))))
            clock.advance(timedelta(hours=1))
        told.append(repr(_reach(api)))

    ours = [r.getMessage() for r in caplog.records if r.name.startswith("keepword")]
    assert ours == []
    for text in told:
        assert "Zephyrine" not in text
        assert KEY not in text


def test_many_threads_share_one_client(api: VendorApiDouble, vendors: HttpVendors) -> None:
    from tests.integration.watching import at_once

    api.on("GET", "/things/*", {"id": 1})
    outcomes = at_once(
        *[lambda n=n: vendors.ask(_reach(api), Ask(f"/things/{n}")) for n in range(8)]
    )

    assert [_status(outcome) for outcome in outcomes] == [200] * 8


def test_a_full_client_lets_go_of_what_it_held(api: VendorApiDouble, clock: FakeClock) -> None:
    vendors = HttpVendors(clock, chance=random.Random(1))  # noqa: S311 - no secret is drawn
    api.on("GET", "/things/1", {"id": 1})
    for _ in range(5):
        vendors.ask(_reach(api), ASK)
    vendors.close()

    assert api.connections == 1
