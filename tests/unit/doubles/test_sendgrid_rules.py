from __future__ import annotations

from typing import Any

import pytest

from tests.doubles.sendgrid_rules import faults_in, limit_faults, published_schema


def mail(**changes: Any) -> dict[str, Any]:
    body = {
        "personalizations": [
            {"to": [{"email": "ada@example.com"}], "custom_args": {"kw_mid": "m1"}}
        ],
        "from": {"email": "talent@example.org"},
        "subject": "Hello",
        "content": [{"type": "text/plain", "value": "Dear Ada"}],
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


def to(*addresses: str, **changes: Any) -> dict[str, Any]:
    return {"to": [{"email": address} for address in addresses], **changes}


UNSOUND = {
    "no sender": mail(**{"from": None}),
    "no recipients": mail(personalizations=[]),
    "an empty to": mail(personalizations=[to()]),
    "1,001 personalizations": mail(
        personalizations=[to(f"p{number}@example.com") for number in range(1_001)]
    ),
    "1,001 recipients": mail(
        personalizations=[
            to(*(f"p{number}@example.com" for number in range(600))),
            to(*(f"q{number}@example.com" for number in range(401))),
        ]
    ),
    "one address twice": mail(personalizations=[to("ada@example.com"), to("ADA@example.com")]),
    "an address without @": mail(personalizations=[to("ada")]),
    "an address with a name": mail(personalizations=[to("Ada <ada@example.com>")]),
    "an address not in ASCII": mail(personalizations=[to("ädä@example.com")]),
    "an address over the limit": mail(personalizations=[to("a" * 320 + "@example.com")]),
    "a name with a comma": mail(
        personalizations=[{"to": [{"email": "ada@example.com", "name": "Doe, Ada"}]}]
    ),
    "a name with a line break": mail(**{"from": {"email": "t@example.org", "name": "A\r\nB: c"}}),
    "no subject": mail(subject=None),
    "an empty subject": mail(subject=""),
    "a subject with a line break": mail(subject="Hello\r\nBcc: eve@example.net"),
    "no content": mail(content=None),
    "empty content": mail(content=[{"type": "text/plain", "value": ""}]),
    "HTML before text": mail(
        content=[{"type": "text/html", "value": "x"}, {"type": "text/plain", "value": "x"}]
    ),
    "a number as a custom argument": mail(
        personalizations=[to("a@example.com", custom_args={"n": 1})]
    ),
    "empty custom arguments": mail(personalizations=[to("a@example.com", custom_args={})]),
    "custom arguments over the limit": mail(
        custom_args={"x": "y" * 6_000},
        personalizations=[to("a@example.com", custom_args={"z": "y" * 6_000})],
    ),
    "a number as a substitution": mail(
        personalizations=[to("a@example.com", substitutions={"n": 1})]
    ),
    "substitutions over the limit": mail(
        personalizations=[to("a@example.com", substitutions={"-n-": "ü" * 5_001})]
    ),
    "a reserved header": mail(headers={"reply-to": "x@example.com"}),
    "a header with a space": mail(headers={"X A": "x"}),
    "a header with a line break": mail(headers={"X-A": "x\r\nBcc: eve@example.net"}),
    "a number as a header": mail(headers={"X-A": 1}),
    "eleven categories": mail(categories=[f"c{number}" for number in range(11)]),
    "a category not in ASCII": mail(categories=["ü"]),
    "both kinds of reply address": mail(
        reply_to={"email": "a@example.com"}, reply_to_list=[{"email": "b@example.com"}]
    ),
    "an unknown field": mail(reply_too={"email": "a@example.com"}),
    "a reply address per recipient": mail(
        personalizations=[to("a@example.com", reply_to={"email": "b@example.com"})]
    ),
    "a date too far ahead": mail(send_at=4_000_000_000),
    "a list": [],
}


@pytest.mark.parametrize("fault", UNSOUND)
def test_what_sendgrid_would_refuse_is_at_fault(fault: str) -> None:
    assert faults_in(UNSOUND[fault])


@pytest.mark.parametrize("fault", UNSOUND)
def test_the_limits_alone_find_it_where_the_schema_is_not_at_hand(fault: str) -> None:
    assert limit_faults(UNSOUND[fault])


@pytest.mark.parametrize(
    "body",
    [
        mail(),
        mail(custom_args={"a": "b"}),
        mail(reply_to={"email": "reply@example.org", "name": "Doe, Rita"}, subject="Grüße 🎉"),
        mail(personalizations=[to("a@example.com"), to("b@example.com", send_at=1)]),
        mail(subject=None, personalizations=[to("a@example.com", subject="Hello")]),
        mail(personalizations=[to(*(f"p{number}@example.com" for number in range(1_000)))]),
    ],
)
def test_what_sendgrid_accepts_is_sound(body: dict[str, Any]) -> None:
    assert faults_in(body) == []


def test_the_published_schema_judges_what_the_limits_leave_open() -> None:
    if published_schema() is None:
        pytest.skip("the published Mail Send schema is not beside this checkout")

    assert faults_in(mail()) == []
    assert faults_in(mail(custom_args={"a": "b"})) == []
    assert faults_in(mail(ip_pool_name="x"))[0][0] == "ip_pool_name"
    assert faults_in(mail(asm={}))[0][0] == "asm"
    assert faults_in(mail(mail_settings={"sandbox_mode": {"enable": 1}})) != []
