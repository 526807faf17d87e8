from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.mail.base import Envelope
from service.mail.sendgrid_body import MAX_BODY_BYTES, UnsendableError, request_body
from tests.doubles.sendgrid_rules import faults_in

ENVELOPE = Envelope(
    message_id="0f9c2b1e4d",
    kind="status-update",
    to_address="ada@example.com",
    to_name="Ada Example",
    from_address="talent@example.org",
    from_name="Invented Company",
    reply_to_address="reply@example.org",
    reply_to_name=None,
    subject="Where your application stands",
    text="Dear Ada",
    html="<p>Dear Ada</p>",
    automatic=False,
)

LINE_ENDERS = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\x0b",
    "\x0c",
    "\x85",
    "\u2028",
    "\u2029",
    "\x7f",
    "\ud800",
]

HOSTILE_NAMES = [
    "{{x}}",
    "-k3f9.name-",
    "<b>Ada</b>",
    '"; DROP TABLE candidate; --',
    "Eve <eve@example.net>",
    "eve@example.net, Ada",
    "Ada\r\nBcc: eve@example.net",
    "Ada\u2028Bcc: eve@example.net",
    "\u202eelpmaxE adA",
    "אדה",
    "x" * 321,
    "\ud800",
    ";,;,",
    " ",
]


def built(**changes: object) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(request_body(replace(ENVELOPE, **changes), "b1"))
    return decoded


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("field", ["to_name", "from_name", "reply_to_name"])
def test_a_name_is_only_ever_a_name(field: str, name: str) -> None:
    body = built(**{field: name})

    assert faults_in(body) == []
    assert body["from"]["email"] == "talent@example.org"
    assert body["reply_to"]["email"] == "reply@example.org"
    assert [party["email"] for party in body["personalizations"][0]["to"]] == ["ada@example.com"]


def test_separators_and_line_breaks_in_a_name_become_spaces() -> None:
    body = built(to_name='Doe, Jane "JD" <jd>;\r\nX: y\u202e')

    assert body["personalizations"][0]["to"][0]["name"] == "Doe Jane JD jd X: y"


def test_a_name_over_the_limit_is_left_out_not_cut() -> None:
    assert built(to_name="x" * 320)["personalizations"][0]["to"][0]["name"] == "x" * 320
    assert "name" not in built(to_name="x" * 321)["personalizations"][0]["to"][0]


def test_an_address_that_carries_a_name_is_refused_rather_than_taken_apart() -> None:
    for address in ("Eve <eve@example.net>", "ada@example.com <eve@example.net>"):
        for name in ("", "Ada"):
            with pytest.raises(UnsendableError, match="recipient: the address is not"):
                built(to_address=address, to_name=name)


def test_a_domain_in_another_script_goes_out_in_ascii() -> None:
    body = built(to_address="ada@bücher.example.com")

    assert body["personalizations"][0]["to"][0]["email"] == "ada@xn--bcher-kva.example.com"


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "ada",
        "ada@",
        "@example.com",
        "ada@example..com",
        "ada@example.com,eve@example.net",
        "ada@example.com\r\nBcc: eve@example.net",
        "ada\0@example.com",
        "ädä@example.com",
        "ada@" + "x." * 200 + "example.com",
    ],
)
@pytest.mark.parametrize("field", ["to_address", "from_address", "reply_to_address"])
def test_an_address_that_cannot_be_mailed_is_refused_without_being_named(
    field: str, address: str
) -> None:
    with pytest.raises(UnsendableError, match=r"^(recipient|sender|reply): the address ") as caught:
        built(**{field: address})

    for part in ("ada", "eve", "ädä", "example"):
        assert part not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("ender", LINE_ENDERS)
def test_a_subject_cannot_end_its_line(ender: str) -> None:
    with pytest.raises(UnsendableError, match="subject holds a control character"):
        built(subject=f"Hello{ender}Bcc: eve@example.net")


@pytest.mark.parametrize("field", ["subject", "text", "html"])
@pytest.mark.parametrize("nothing", ["", " \n\t"])
def test_an_empty_part_is_refused(field: str, nothing: str) -> None:
    with pytest.raises(UnsendableError, match="is empty"):
        built(**{field: nothing})


@pytest.mark.parametrize("field", ["text", "html"])
@pytest.mark.parametrize("bad", ["\0", "\ud800"])
def test_a_letter_that_no_mail_can_carry_is_refused(field: str, bad: str) -> None:
    with pytest.raises(UnsendableError, match="part holds"):
        built(**{field: f"Dear Ada{bad}"})


def test_line_breaks_and_every_script_pass_through_a_letter_unchanged() -> None:
    text = 'Dear Ada,\r\n\n\tשלום 你好 🎉 \\ " </p> {{name}} -k3f9.name-\n'
    body = built(text=text, html=text)

    assert [part["value"] for part in body["content"]] == [text, text]


def test_a_message_without_an_id_is_refused() -> None:
    for message_id in ("", "a\nb"):
        with pytest.raises(UnsendableError, match="no usable id"):
            built(message_id=message_id)


def test_custom_arguments_over_the_limit_are_refused() -> None:
    with pytest.raises(UnsendableError, match="custom arguments exceed"):
        built(message_id="x" * 10_000)


def test_a_mail_over_the_limit_is_refused() -> None:
    with pytest.raises(UnsendableError, match="is the limit"):
        built(text="x" * MAX_BODY_BYTES)


def test_a_letter_that_looks_like_a_key_is_refused_not_raised() -> None:
    with pytest.raises(UnsendableError, match="looks like a SendGrid key"):
        built(text="SG.abc.def is my favourite key")


def test_sendgrids_unsubscribe_tags_stay_text() -> None:
    tag = "<%asm_group_unsubscribe_raw_url%>"
    body = request_body(replace(ENVELOPE, subject=tag, text=tag, html=tag), "b1").decode()

    assert "<%asm_" not in body
    assert body.count("asm_group_unsubscribe_raw_url") == 3


@settings(deadline=None)
@given(name=st.text(max_size=400), subject=st.text(max_size=80), text=st.text(max_size=80))
def test_whatever_is_not_refused_here_sendgrid_would_accept(
    name: str, subject: str, text: str
) -> None:
    envelope = replace(
        ENVELOPE, to_name=name, from_name=name, subject=subject, text=text, html=text
    )
    try:
        body = json.loads(request_body(envelope, "b1"))
    except UnsendableError:
        return

    assert faults_in(body) == []
    assert body["subject"] == subject.replace("<%asm_", "<\u2060%asm_")
