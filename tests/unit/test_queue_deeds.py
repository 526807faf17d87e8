"""The addresses of the queue's deeds: made once a page, and what Flask would have made of each."""

from __future__ import annotations

from typing import Any

from flask import Flask, url_for

from service.dashboard.queue_deeds import Addresses


def test_an_address_from_a_pattern_is_the_one_flask_makes() -> None:
    app = Flask(__name__)
    app.add_url_rule("/calls/<application_id>", "call", lambda _: "")
    hostile = "/?tab=all&q=<b>&after=é %s application_id promise."
    fixed: dict[str, Any]
    ids: dict[str, Any]
    with app.test_request_context():
        addresses = Addresses()
        for one, other in (("app_1a", "prm_1b"), ("app_2", "prm_2"), ("a-ü?", "&=application_id.")):
            ids = {"application_id": one, "promise": other}
            for fixed in ({"back": hostile}, {"back": hostile, "kind": "reply"}):
                assert addresses.to("call", ids, **fixed) == url_for("call", **fixed, **ids)
        assert addresses.to("call", {"application_id": "a"}) == url_for("call", application_id="a")
