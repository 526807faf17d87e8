"""The contract of every adapter that writes back: any text, in one well-formed request."""

from __future__ import annotations

import json

import pytest

from service.ats.asking import LogEntry
from service.ats.base import PayloadError
from service.ats.note_text import note_text
from tests.unit.ats.cases import NOW
from tests.unit.ats.junk import JUNK
from tests.unit.ats.requests_seen import HOSTILE, answered, assert_well_formed

ODD_TEXTS = {
    "empty": "",
    "plain": "We wrote to Ada.",
    "quotes and breaks": 'a "b"\\\r\n\t<script>&amp;</script>',
    "a NUL": "a\0b",
    "half a surrogate pair": "a\ud800b",
    "right to left": "\u202e\u05d0\u05d1\u05d2 \u0645\u0631\u062d\u0628\u0627",
    "100 kB": "x" * 100_000,
}


def _entry(text: str = "We wrote to Ada.", candidate: str = "c1") -> LogEntry:
    return LogEntry(
        "pfe_1", candidate, "a1", NOW, subject=text, text=text, html=f"<p>{text}</p>",
        sender="hiring@example.com", to="ada@example.com",
    )  # fmt: skip


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_any_text_can_be_written_back(writing_case, text) -> None:
    ask = writing_case.adapter.write_back.request(_entry(text), writing_case.settings)

    assert_well_formed(ask)
    assert ask.method != "GET"
    assert isinstance(json.loads(ask.json), dict)
    assert "\\u0000" not in ask.json


@pytest.mark.parametrize("hostile", [each for each in HOSTILE if each not in {"", ".."}])
def test_no_candidates_id_leads_an_entry_elsewhere(writing_case, hostile) -> None:
    try:
        ask = writing_case.adapter.write_back.request(
            _entry(candidate=hostile), writing_case.settings
        )
    except PayloadError:
        return
    assert_well_formed(ask)


def test_an_entry_without_a_letter_can_be_written_back(writing_case) -> None:
    kept = LogEntry("pfe_2", "c1", "a1", NOW, "Promise kept", "We called on Friday, as promised.")
    ask = writing_case.adapter.write_back.request(kept, writing_case.settings)

    assert "as promised" in ask.json


@pytest.mark.parametrize("to", ["ada@example.com", None])
def test_what_is_written_bears_our_id_so_that_a_second_one_can_be_told(writing_case, to) -> None:
    sender = "hiring@example.com" if to else None
    entry = LogEntry("pfe_3", "c1", "a1", NOW, "Hello", "We wrote.", None, sender, to)

    assert "pfe_3" in writing_case.adapter.write_back.request(entry, writing_case.settings).json


@pytest.mark.parametrize("subject", ["x" * 100_000, "a\r\nTo: other@example.com"], ids=len)
def test_a_subject_stays_one_line_and_leaves_room_for_the_letter(subject) -> None:
    entry = LogEntry("pfe_4", "c1", "a1", NOW, subject, "y" * 100_000, None, "a@example.com",
                     "b@example.com")  # fmt: skip
    note = note_text(entry, 10_000)

    assert len(note) <= 10_000
    assert "yyy" in note
    assert note.endswith("Keepword pfe_4")
    assert "\nTo: " not in note


def test_what_the_vendor_took_is_no_refusal(writing_case) -> None:
    answer = answered(200, writing_case.written)

    assert writing_case.adapter.write_back.refusal(answer) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_a_refusal_is_told_without_repeating_the_answer(writing_case, status) -> None:
    body = b'{"error":"ada@example.com is unknown","errors":[{"detail":"ada@example.com"}]}'
    refusal = writing_case.adapter.write_back.refusal(answered(status, body))

    assert refusal
    assert "ada@example.com" not in refusal


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_no_answer_to_an_entry_is_a_crash(writing_case, junk) -> None:
    for status in (200, 201, 204, 400):
        refusal = writing_case.adapter.write_back.refusal(answered(status, junk))

        assert refusal is None or refusal
