from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.mail.addresses import display_name
from service.mail.base import Skeleton, Slot
from service.mail.sendgrid_batch import TooLargeError, batch_body, draw_nonce
from service.mail.sendgrid_limits import MAX_RECIPIENTS, UnsendableError
from service.mail.sendgrid_sort import sort_letters
from tests.doubles.sendgrid_rules import faults_in
from tests.unit.mail.batch_letters import WORDING, arrived, letter

HOSTILE = [
    "{{x}}",
    "{{name}}",
    "-k3f9.name-",
    "-aaaaaaaaaaaa.v0-",
    "-aaaaaaaaaaaa.v1-",
    "aaaaaaaaaaaa",
    "<b>Ada</b>",
    "<script>alert(1)</script>",
    '"; DROP TABLE candidate; --',
    "&amp;",
    "&lt;b&gt;",
    "O'Brien & Söhne",
    "אדה",
    "שלום, Ada",
    "\u202eelpmaxE adA",
    "👩🏽\u200d💻",
    "<%asm_group_unsubscribe_raw_url%>",
    "<%asm_",
    "$1 \\1 \\g<0> %s {0} ${x}",
    "[unsubscribe]",
    "<" * 50,
    "x" * 320,
    "Ada\r\nBcc: eve@example.net",
    " ",
    "",
]


def body_of(*letters: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(batch_body(letters, "bat_1"))
    return decoded


def test_the_static_text_is_said_once_and_each_recipient_gets_the_letter_that_was_shown() -> None:
    letters = [letter(number) for number in range(1, 4)]
    body = body_of(*letters)

    assert len(body["personalizations"]) == 3
    assert json.dumps(body).count(" is filled.") == 2  # the text part and the HTML part
    for mail, sent in zip(arrived(letters), letters, strict=True):
        assert (mail.subject, mail.text, mail.html) == (sent.subject, sent.text, sent.html)
        assert (mail.to_address, mail.to_name) == (sent.to_address, sent.to_name)


def test_a_request_for_many_carries_what_a_single_one_does() -> None:
    body = body_of(letter(1, automatic=True, attempt=3), letter(2, automatic=True))

    assert body["from"] == {"email": "talent@example.org", "name": "Invented Company"}
    assert body["reply_to"] == {"email": "maria@example.org", "name": "Maria"}
    assert body["headers"] == {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    assert not any(setting.get("enable") for setting in body["tracking_settings"].values())
    assert [one["custom_args"] for one in body["personalizations"]] == [
        {"kw_mid": "msg_1", "kw_att": "3", "kw_bid": "bat_1"},
        {"kw_mid": "msg_2", "kw_att": "1", "kw_bid": "bat_1"},
    ]
    assert "headers" not in body_of(letter(1), letter(2))


def test_only_opaque_ids_go_where_sendgrid_keeps_them_for_long() -> None:
    body = body_of(letter(1, name="Ada"), letter(2, name="Ada"))
    kept = json.dumps([one["custom_args"] for one in body["personalizations"]])

    assert "categories" not in body
    assert not re.search(r"ada|example|engineer", kept, re.IGNORECASE)


def test_a_tag_is_new_in_each_request_and_holds_nothing_that_html_reads() -> None:
    first, second = (
        set(body_of(letter(1), letter(2))["personalizations"][0]["substitutions"]) for _ in range(2)
    )

    assert first.isdisjoint(second)
    for tag in first | second:
        assert re.fullmatch(r"-[a-z0-9]{12}\.[vh][0-9]+-", tag)
    assert len({draw_nonce() for _ in range(100)}) == 100


def test_a_nonce_that_stands_in_a_letter_is_drawn_again() -> None:
    drawn = iter(["taken", "also", "split", "free"])
    letters = [
        letter(1, name="x taken x"),
        letter(2, to_name="also"),
        # Neither the value nor the text around it holds this one: together they do.
        letter(3, name="spl", wording=replace(WORDING, text=(*WORDING.text, Slot("name"), "it"))),
    ]
    letters = [replace(one, skeleton=letters[2].skeleton) for one in letters]
    letters = [
        replace(
            one, text=f"{one.text.removesuffix(one.values['name'] + 'it')}{one.values['name']}it"
        )
        for one in letters
    ]
    body = json.loads(batch_body(letters, "bat_1", lambda: next(drawn)))

    assert all(tag.startswith("-free.") for tag in body["personalizations"][0]["substitutions"])


def test_values_are_escaped_for_the_html_part_alone() -> None:
    body = body_of(letter(1, job="R&D <lead>"), letter(2, job="Cook"))
    first, second = (one["substitutions"] for one in body["personalizations"])

    assert sorted(value for value in first.values() if value.startswith("R")) == [
        "R&D <lead>",
        "R&amp;D &lt;lead&gt;",
    ]
    assert list(second.values()).count("Cook") == 2


def test_a_value_that_reads_alike_in_both_forms_goes_out_once() -> None:
    body = body_of(letter(1), letter(2))

    assert [len(one["substitutions"]) for one in body["personalizations"]] == [3, 3]


def test_a_wording_without_a_variable_needs_no_substitution() -> None:
    plain = Skeleton("plain:1", ("Hello",), ("Good day",), ("<p>Good day</p>",))
    letters = [letter(1, wording=plain), letter(2, wording=plain)]

    assert all("substitutions" not in one for one in body_of(*letters)["personalizations"])
    assert [mail.text for mail in arrived(letters)] == ["Good day", "Good day"]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("field", ["name", "job", "sender"])
def test_a_hostile_value_reaches_everybody_as_itself(field: str, hostile: str) -> None:
    letters = [
        letter(1, to_name=hostile, **{field: hostile}),
        letter(2, **{field: hostile}),
        letter(3, name="-aaaaaaaaaaaa.h0-", job="-aaaaaaaaaaaa.v2-"),
        letter(4),
    ]
    found = sort_letters(letters)
    kept = [one for group in found.groups for one in group]

    assert {one.message_id for one in kept} | set(found.refused) == {
        f"msg_{n}" for n in (1, 2, 3, 4)
    }
    assert_everybody_gets_what_was_shown(found.groups)


def safe(text: str) -> str:
    """A letter as it may reach somebody: SendGrid's own tags stay text."""
    return text.replace("<%asm_", "<\u2060%asm_")


def assert_everybody_gets_what_was_shown(groups: Any) -> None:
    for group in groups:
        if len(group) < 2:
            continue
        for mail, sent in zip(arrived(group), group, strict=True):
            assert mail.subject == safe(sent.subject)
            assert mail.text == safe(sent.text)
            assert mail.html == safe(sent.html)
            assert mail.to_name == display_name(sent.to_name)
            assert mail.to_address == sent.to_address
            assert mail.custom_args["kw_mid"] == sent.message_id
            assert mail.reply_to_address == sent.reply_to_address


@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_an_unsubscribe_tag_half_in_the_text_and_half_in_a_value_goes_singly(part: str) -> None:
    wording = replace(WORDING, **{part: (*getattr(WORDING, part), " <", Slot("job"))})
    letters = [
        letter(1, wording=wording),
        letter(2, wording=wording, job="%asm_group_unsubscribe_raw_url%>"),
        letter(3, wording=wording),
    ]
    groups = sort_letters(letters).groups

    assert [[one.message_id for one in group] for group in groups] == [
        ["msg_1", "msg_3"],
        ["msg_2"],
    ]


ANY_VALUE = (
    st.sampled_from(HOSTILE) | st.text(max_size=60) | st.text("-<%asm_>&.v01h\"'{}", max_size=12)
)
SLOTS = st.sampled_from([Slot("name"), Slot("job"), Slot("sender")])
LITERAL = st.sampled_from(["Dear ", "<", "<%a", "<%asm_", "-", "", "&amp;", "%", "\n"]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10
)
PIECES = st.lists(SLOTS | LITERAL, min_size=1, max_size=8).map(lambda found: ("Hello ", *found))


@settings(deadline=None, max_examples=150)
@given(
    subject=PIECES,
    text=PIECES,
    html=PIECES,
    people=st.lists(st.tuples(ANY_VALUE, ANY_VALUE, ANY_VALUE, ANY_VALUE), min_size=2, max_size=5),
)
def test_whatever_the_wording_and_the_values_each_recipient_gets_exactly_their_letter(
    subject: Any, text: Any, html: Any, people: list[tuple[str, str, str, str]]
) -> None:
    wording = Skeleton("any:1", subject, text, html)
    letters = [
        letter(number, wording=wording, name=name, job=job, sender=sender, to_name=to_name)
        for number, (name, job, sender, to_name) in enumerate(people)
    ]
    found = sort_letters(letters)

    assert sum(len(group) for group in found.groups) + len(found.refused) == len(letters)
    assert_everybody_gets_what_was_shown(found.groups)


@settings(deadline=None, max_examples=50)
@given(name=st.text(min_size=1, max_size=40), nonce=st.sampled_from(["name", "dear", "ada", "is"]))
def test_even_a_guessed_nonce_gives_nobody_anothers_words(name: str, nonce: str) -> None:
    letters = [letter(1, name=f"-{nonce}.v1-{name}"), letter(2)]
    assume(not sort_letters(letters).refused)
    drawn = iter([nonce, "q7w8e9r0t1y2"])
    body = json.loads(batch_body(letters, "bat_1", lambda: next(drawn)))

    assert faults_in(body) == []
    assert all(f"-{nonce}." not in tag for tag in body["personalizations"][0]["substitutions"])


def test_a_thousand_recipients_fit_into_one_request_and_no_more() -> None:
    letters = [letter(number) for number in range(MAX_RECIPIENTS + 1)]

    assert len(arrived(letters[:MAX_RECIPIENTS])) == MAX_RECIPIENTS
    with pytest.raises(TooLargeError, match="1001 recipients"):
        batch_body(letters, "bat_1")


@pytest.mark.parametrize(
    "other",
    [
        letter(2, skeleton=None),
        letter(2, wording=replace(WORDING, key="another:1")),
        letter(2, from_address="other@example.org"),
        letter(2, from_name="Other"),
        letter(2, reply_to_address="other@example.org"),
        letter(2, reply_to_address=None),
        letter(2, reply_to_name="Other"),
        letter(2, automatic=True),
        letter(2, text="Something else was stored"),
        letter(2, html="<p>Something else was stored</p>"),
        letter(2, values={"name": "Ada2"}),
        letter(2, job="x" * 10_000),
        letter(2, to_address="ADA1@example.com"),
    ],
)
def test_letters_that_cannot_share_a_request_never_do(other: Any) -> None:
    with pytest.raises(UnsendableError, match=r"cannot share a request|in the request twice"):
        batch_body([letter(1), other], "bat_1")


@pytest.mark.parametrize("batch_id", ["", "a\nb", "x" * 10_000])
def test_a_request_without_a_usable_id_is_not_made(batch_id: str) -> None:
    with pytest.raises(UnsendableError, match=r"no usable id|custom arguments exceed"):
        batch_body([letter(1), letter(2)], batch_id)
