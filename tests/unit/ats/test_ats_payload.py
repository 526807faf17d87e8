"""Reading typed facts from JSON: an oddity is refused where strict, else left out and named."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from service.ats.asking import Answer
from service.ats.body import MAX_DEPTH, load_object
from service.ats.json_list import as_record, objects_of
from service.ats.payload import MAX_TEXT, JsonObject, PayloadError

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def lenient(members: dict[str, object]) -> JsonObject:
    return load_object(json.dumps(members).encode(), strict=False)


def strict(members: dict[str, object]) -> JsonObject:
    return load_object(json.dumps(members).encode(), strict=True)


@pytest.mark.parametrize(
    ("given", "text"), [(7, "7"), ("7", "7"), (" a ", "a"), (-1, "-1"), ("ü" * 200, "ü" * 200)]
)
def test_an_id_is_an_integer_or_a_text(given, text) -> None:
    assert strict({"id": given}).required_id("id") == text


@pytest.mark.parametrize(
    "given", [True, False, 1.0, "", "  ", [], {}, "x" * 201, 10**250, "a\nb", "a\u202eb"]
)
def test_booleans_fractions_and_unprintable_texts_are_no_ids(given) -> None:
    with pytest.raises(PayloadError) as refused:
        lenient({"id": given}).required_id("id")

    assert (refused.value.pointer, refused.value.message[:14]) == ("/id", "expected an id")


def test_null_and_absent_are_both_missing() -> None:
    for payload in (strict({}), strict({"id": None})):
        with pytest.raises(PayloadError, match="/id: is missing"):
            payload.required_id("id")


def test_a_pointer_names_the_place_and_escapes_as_rfc_6901_says() -> None:
    payload = strict({"a/b": {"c~d": [{"id": 1}, {"id": True}]}})
    items = payload.required_child("a/b").children("c~d")
    assert items is not None

    with pytest.raises(PayloadError) as refused:
        items[1].required_id("id")
    assert refused.value.pointer == "/a~1b/c~0d/1/id"


def test_an_error_never_repeats_the_value() -> None:
    with pytest.raises(PayloadError) as refused:
        strict({"name": ["mira.okafor@example.com"]}).text("name")

    assert "mira" not in str(refused.value)


def test_a_text_is_one_line_without_control_characters() -> None:
    payload = strict({"name": " Mira\r\nBcc:  x\t\x1b[0m \u2028 Okafor "})

    assert payload.text("name") == "Mira Bcc: x [0m Okafor"


def test_a_blank_text_says_nothing_and_a_required_one_is_refused() -> None:
    payload = strict({"name": " \n "})
    assert payload.text("name") is None

    with pytest.raises(PayloadError, match="is blank"):
        payload.required_text("name")


def test_a_long_text_is_cut_with_a_warning_or_refused() -> None:
    long = {"name": "x" * (MAX_TEXT + 1)}
    loose = lenient(long)
    assert loose.text("name") == "x" * MAX_TEXT
    assert loose.warnings == ["/name: longer than 500 characters; cut"]

    with pytest.raises(PayloadError, match="longer"):
        strict(long).text("name")


@pytest.mark.parametrize(
    ("read", "expected"),
    [("text", None), ("flag", None), ("instant", None), ("child", None), ("children", None),
     ("texts", None), ("ids", ()), ("id", None)],
)  # fmt: skip
def test_an_odd_optional_member_is_left_out_with_a_warning_or_refused(read, expected) -> None:
    odd = {"member": 1.5}
    loose = lenient(odd)
    assert getattr(loose, read)("member") == expected
    assert len(loose.warnings) == 1
    assert loose.warnings[0].startswith("/member: expected")
    assert loose.warnings[0].endswith("; left out")

    with pytest.raises(PayloadError, match="/member: expected"):
        getattr(strict(odd), read)("member")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-03-02T09:00:00Z", datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),
        ("2026-03-02T10:00:00+01:00", datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),
        ("2026-03-02T09:00:00.123Z", datetime(2026, 3, 2, 9, 0, 0, 123000, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_with_its_offset(given, expected) -> None:
    assert strict({"at": given}).required_instant("at") == expected


@pytest.mark.parametrize(
    "given",
    ["2026-03-02", "2026-03-02T09:00:00", "yesterday", "", 1772442000, True, "9" * 50,
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z"],
)  # fmt: skip
def test_a_date_without_time_or_a_time_without_offset_is_no_instant(given) -> None:
    with pytest.raises(PayloadError, match="/at: expected an ISO 8601"):
        strict({"at": given}).required_instant("at")


def test_a_time_ahead_of_receipt_is_believed_for_ten_minutes_only() -> None:
    payload = lenient({"near": "2026-03-02T09:10:00Z", "far": "2026-03-02T09:10:01Z"})

    assert payload.instant("near", past_of=NOW) == datetime(2026, 3, 2, 9, 10, tzinfo=UTC)
    assert payload.instant("far", past_of=NOW) is None
    assert payload.warnings == ["/far: lies in the future; left out"]


def test_nesting_up_to_the_limit_is_read() -> None:
    lists = MAX_DEPTH - 2  # the object is one level, the number another
    body = b'{"x":' + b"[" * lists + b"1" + b"]" * lists + b"}"

    assert load_object(body, strict=True).has("x")


def test_a_syntax_error_says_where() -> None:
    with pytest.raises(PayloadError, match="line 2 column 3"):
        load_object(b"{\n  oops}", strict=True)


@pytest.mark.parametrize("bad", ["\\u0000", "\\ud83d", "\\udc00x"])
def test_what_one_person_wrote_hides_no_list_of_others(bad: str) -> None:
    record = f'{{"name": "Noor{bad}", "tags": ["{bad}"], "k{bad}": 1}}'
    at = datetime(2026, 3, 2, tzinfo=UTC)
    listed = objects_of(Answer(200, f"[{record}, {{}}]".encode(), at))
    page = Answer(200, f'{{"results": [{record}, {{}}]}}'.encode(), at).object()

    for each in (listed, page.children("results") or ()):
        assert len(each) == 2
        assert (each[0].text("name") or "").startswith("Noor\ufffd")
        # What is stored of it by itself can be read again.
        assert load_object(as_record(each[0]), strict=True).members == each[0].members
    # Whoever speaks our own format hears of it; a vendor's word counts all the same.
    with pytest.raises(PayloadError):
        load_object(record.encode(), strict=True)
    assert load_object(record.encode(), strict=False).text("name") is not None
    mended = load_object(f'{{"id": "a{bad}"}}'.encode(), strict=False)
    with pytest.raises(PayloadError, match="expected an id"):
        mended.required_id("id")


@pytest.mark.parametrize("deep", [65, 900, 100_000])
def test_what_is_mended_is_no_deeper_than_what_is_not(deep: int) -> None:
    body = b'{"a": "\\u0000", "b": ' + b"[" * deep + b"]" * deep + b"}"
    with pytest.raises(PayloadError, match="nested"):
        load_object(body, strict=False)
