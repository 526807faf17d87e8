"""Access tokens: got once, kept until shortly before their end, and never asked for in the open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.ats.asking import TokenRequest
from service.clock import FakeClock
from service.vendors.base import (
    AskError,
    Busy,
    Denied,
    Outcome,
    Unreachable,
)
from service.vendors.over_http import HttpVendors
from tests.doubles.hint_vendor import HintApi
from tests.doubles.vendor_api import (
    BROKEN,
    RESET,
    Reply,
    VendorApiDouble,
    busy,
    refused,
)
from tests.unit.vendors.reaching import ASK, KEY, reach_of, status_of


def test_a_token_is_got_once_and_kept_until_shortly_before_its_end(
    api: VendorApiDouble, vendors: HttpVendors, clock: FakeClock
) -> None:
    api.gives_tokens(expires_in=600)
    api.on("GET", "/things/1", {"id": 1})
    reach = reach_of(api, oauth="yes")
    for _ in range(3):
        assert status_of(vendors.ask(reach, ASK)) == 200
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
    reach = reach_of(api, oauth="yes")
    assert status_of(vendors.ask(reach, ASK)) == 200
    good.clear()
    good.add("token-2")
    assert status_of(vendors.ask(reach, ASK)) == 200

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
    outcome = vendors.ask(reach_of(api, oauth="yes"), ASK)

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
        vendors.ask(reach_of(api, _TokensByPlainHttp()), ASK)
