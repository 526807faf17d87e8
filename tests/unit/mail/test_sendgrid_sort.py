from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.mail.base import Envelope, Skeleton, Slot
from service.mail.sendgrid_batch import batch_body
from service.mail.sendgrid_limits import MAX_BODY_BYTES
from service.mail.sendgrid_sort import sort_letters
from tests.unit.mail.batch_letters import WORDING, arrived, letter
from tests.unit.mail.sample_letters import TEMPLATES, values_for

OTHER = Skeleton("other:1", ("Hi ", Slot("name")), ("Hi ", Slot("name")), ("Hi ", Slot("name")))


def ids(groups: Any) -> list[list[str]]:
    return [[one.message_id for one in group] for group in groups]


def test_letters_of_one_wording_and_sender_share_a_request() -> None:
    found = sort_letters([letter(1), letter(2), letter(3)])

    assert ids(found.groups) == [["msg_1", "msg_2", "msg_3"]]
    assert found.refused == {}


def test_nothing_is_no_request() -> None:
    assert sort_letters([]).groups == ()


@pytest.mark.parametrize(
    "change",
    [
        {"wording": OTHER},
        {"from_address": "other@example.org"},
        {"from_name": "Other"},
        {"reply_to_address": "other@example.org"},
        {"reply_to_address": None},
        {"reply_to_name": None},
        {"automatic": True},
    ],
)
def test_what_a_request_says_once_tells_letters_apart(change: dict[str, Any]) -> None:
    letters = [letter(1), letter(2, **change), letter(3), letter(4, **change)]

    assert ids(sort_letters(letters).groups) == [["msg_1", "msg_3"], ["msg_2", "msg_4"]]


@pytest.mark.parametrize(
    "change",
    [
        {"skeleton": None},
        {"job": "x" * 6_000},
        {"job": "ü" * 3_000},
        {"job": '"' * 4_000},
        {"text": "A person changed the words"},
        {"html": "<p>A person changed the words</p>"},
        {"subject": "A person changed the words"},
        {"values": {}},
        {"values": {"name": "Ada2", "job": 7, "sender": "maria@example.org"}},
    ],
)
def test_what_does_not_fit_goes_singly_and_in_its_turn(change: dict[str, Any]) -> None:
    found = sort_letters([letter(1), letter(2, **change), letter(3)])

    assert ids(found.groups) == [["msg_1", "msg_3"], ["msg_2"]]
    assert found.refused == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"to_address": "nobody"}, "recipient: the address is not a valid mail address"),
        ({"to_address": ""}, "recipient: the address is empty"),
        ({"to_address": "ädä@example.com"}, "recipient: the address is not a valid mail address"),
        ({"to_address": "a" * 320 + "@example.com"}, "recipient: the address is longer than"),
        ({"from_address": "x"}, "sender: the address is not a valid mail address"),
        ({"reply_to_address": "x"}, "reply: the address is not a valid mail address"),
        ({"subject": ""}, "the subject is empty"),
        ({"subject": "a\r\nBcc: eve@example.net"}, "the subject holds a control character"),
        ({"text": " "}, "the text part is empty"),
        ({"html": "<p>\0</p>"}, "the HTML part holds a NUL character"),
        ({"html": "\ud800"}, "the HTML part holds half a character"),
        ({"text": "SG.abc.def"}, "the text begins with what looks like a SendGrid key"),
        ({"message_id": "a\nb"}, "the message has no usable id"),
        ({"message_id": "x" * 9_900}, "the custom arguments exceed 10000 bytes"),
        ({"text": "x" * MAX_BODY_BYTES}, "the mail is 30"),
        ({"text": "\x01" * (MAX_BODY_BYTES // 6)}, "the mail is 30"),
    ],
)
def test_one_bad_letter_is_set_aside_with_its_reason_and_the_others_go(
    change: dict[str, Any], reason: str
) -> None:
    bad = replace(letter(2), **change)
    found = sort_letters([letter(1), bad, letter(3)])

    assert ids(found.groups) == [["msg_1", "msg_3"]]
    assert list(found.refused) == [bad.message_id]
    assert found.refused[bad.message_id].startswith(reason)


def test_a_second_letter_to_an_address_waits_for_the_next_request() -> None:
    letters = [
        letter(1, to_address="ada@example.com"),
        letter(2, to_address="bob@example.com"),
        letter(3, to_address="ADA@Example.com"),
        letter(4, to_address="cy@example.com"),
        letter(5, to_address="ada@example.com"),
    ]

    assert ids(sort_letters(letters).groups) == [["msg_1", "msg_2", "msg_4"], ["msg_3"], ["msg_5"]]


def test_what_one_person_is_sent_keeps_its_order_across_wordings() -> None:
    letters = [
        letter(1, to_address="bob@example.com"),
        letter(2, to_address="ada@example.com", wording=OTHER),
        letter(3, to_address="ada@example.com"),
        letter(4, to_address="cy@example.com"),
    ]

    # The third could ride with the first, but would then overtake the second.
    assert ids(sort_letters(letters).groups) == [["msg_1", "msg_4"], ["msg_2"], ["msg_3"]]


def test_a_request_takes_a_thousand_and_the_next_the_rest() -> None:
    groups = sort_letters([letter(number) for number in range(2_001)]).groups

    assert [len(group) for group in groups] == [1_000, 1_000, 1]
    assert ids(groups)[1][0] == "msg_1000"


def test_five_hundred_rejections_are_one_request() -> None:
    template = TEMPLATES["rejection-application"]
    letters = []
    for number in range(500):
        values = values_for(template.kind, greeting_name=f"Ada {number} <&>")
        mail = template.render(values)
        letters.append(
            letter(
                number,
                skeleton=template.skeleton(values),
                values=values,
                subject=mail.subject,
                text=mail.text,
                html=mail.html,
            )
        )
    (group,) = sort_letters(letters).groups

    for mail, sent in zip(arrived(group), letters, strict=True):
        assert (mail.subject, mail.text, mail.html) == (sent.subject, sent.text, sent.html)


@pytest.mark.parametrize("filling", ["y", '"', "ü", "<"])
def test_a_request_stays_under_the_limit_of_its_size(filling: str) -> None:
    letters = [letter(number, name=filling * 1_000) for number in range(40)]
    groups = sort_letters(letters, max_bytes=60_000).groups

    assert sum(len(group) for group in groups) == 40
    assert len(groups) > 1
    for group in groups:
        assert len(group) > 1
        assert len(batch_body(group, "x" * 100)) < 60_000


PEOPLE = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([WORDING, OTHER, None]), st.booleans()),
    max_size=30,
)


@settings(deadline=None)
@given(PEOPLE)
def test_every_letter_goes_once_no_address_twice_in_a_request_and_none_overtakes(
    people: list[tuple[int, Skeleton | None, bool]],
) -> None:
    letters: list[Envelope] = []
    for number, (person, wording, automatic) in enumerate(people):
        one = letter(
            number,
            wording=wording or WORDING,
            to_address=f"p{person}@example.com",
            automatic=automatic,
        )
        letters.append(one if wording else replace(one, skeleton=None))
    groups = sort_letters(letters).groups
    sent = [one for group in groups for one in group]

    assert sorted(one.message_id for one in sent) == sorted(one.message_id for one in letters)
    assert [group[0] for group in groups] == [
        one for one in letters if any(group[0] == one for group in groups)
    ]
    for person in range(6):
        address = f"p{person}@example.com"
        assert [one for one in sent if one.to_address == address] == [
            one for one in letters if one.to_address == address
        ]
    for group in groups:
        assert len({one.to_address for one in group}) == len(group)
