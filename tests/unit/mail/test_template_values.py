"""Values: each stands in a letter once, as one line of text, or is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.mail.templates import TemplateError
from service.mail.variables import KINDS, greeting_name
from tests.unit.mail.sample_letters import render

CONTROLS = [
    "\r\nBcc: x@example.org",
    "a\nb",
    "a\x00b",
    "a\x85b",
    "a\u2028b",
    "a\u2029b",
    "a\x0bb",
    "a\ud800b",
]


@pytest.mark.parametrize("blank", ["", "   ", "\n", "\x00", "\u200b", "\u202e\u2066", "\u2028"])
def test_a_blank_value_is_never_sent(blank: str) -> None:
    for name in KINDS["apology-late"]:
        with pytest.raises(TemplateError, match="is blank") as caught:
            render("apology-late", **{name: blank})

        assert caught.value.variable == name


@pytest.mark.parametrize("value", [None, 3, b"Amara", ["Amara"]])
def test_a_value_that_is_no_text_is_refused_and_not_turned_into_some(value: object) -> None:
    with pytest.raises(TemplateError, match="pass text"):
        render("acknowledgement", greeting_name=value)


@pytest.mark.parametrize(
    "name",
    [
        "{{7*7}}",
        "{{job_title}}",
        "{{x.__class__}}",
        "{% raw %}",
        "{{#items}}",
        "-k3f9.name-",
        "\\1\\g<0>",
        "%s {0} $name",
        "<b>Amara</b>",
        "<script>alert(1)</script>",
        "\"><img src=x onerror='alert(1)'>",
        "&lt;b&gt;",
    ],
)
def test_a_candidates_name_stays_text_in_every_part(name: str) -> None:
    letter = render("acknowledgement", greeting_name=name, job_title=name)
    escaped = (
        name.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#x27;")
    )

    assert letter.subject == f"Your application for {name} has arrived"
    assert f"Hello {name}," in letter.text
    assert f"Hello {escaped}," in letter.html
    assert f"<title>Your application for {escaped} has arrived</title>" in letter.html


@pytest.mark.parametrize("value", CONTROLS)
def test_control_characters_become_one_space_so_that_the_subject_is_one_line(value: str) -> None:
    letter = render("acknowledgement", job_title=f"Chef{value}")

    assert letter.subject.splitlines() == [letter.subject]
    assert "\x00" not in letter.text + letter.html
    assert (letter.subject + letter.text + letter.html).encode("utf-8")
    assert letter.subject.startswith("Your application for Chef")


@given(st.text(min_size=1, max_size=60))
def test_any_text_is_refused_or_gives_a_letter_that_can_be_sent(value: str) -> None:
    try:
        letter = render("status-update", greeting_name=value, job_title=value)
    except TemplateError:
        return  # nothing visible in it

    plain = render("status-update")
    assert letter.subject.isprintable() or not letter.subject.isascii()
    assert len(letter.subject.splitlines()) == 1
    assert len(letter.text.splitlines()) == len(plain.text.splitlines())
    assert letter.html.count("<") == plain.html.count("<")
    (letter.subject + letter.text + letter.html).encode("utf-8")


def test_joiners_stay_and_direction_overrides_go() -> None:
    letter = render("acknowledgement", greeting_name="می\u200cنا \u202eevil")

    assert "Hello می\u200cنا evil," in letter.text


@pytest.mark.parametrize(
    "link",
    [
        "http://example.com/schedule",
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.com/x",
        "https://",
        "https://user@example.com/",
        "https://example.com/a b",
        "https://example.com/\nx",
        "https://example.com/<x>",
        "https://example.com:99999/",
        "https://[::1/",
        "example.com",
    ],
)
def test_a_scheduling_link_is_https_or_refused(link: str) -> None:
    with pytest.raises(TemplateError, match="https link") as caught:
        render("interview-scheduling", scheduling_link=link)

    assert "example" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "maria",
        "maria@localhost",
        "maria@example.com?bcc=x@example.org",
        "maria@example.com, x@example.org",
        "Maria <maria@example.com>",
        "maria@example.com\r\nBcc: x@example.org",
        "mar%0aia@example.com",
        "maria#x@example.com",
    ],
)
def test_an_address_that_is_more_than_an_address_is_refused(address: str) -> None:
    with pytest.raises(TemplateError, match="no plain email address"):
        render("holding", sender_email=address)


@pytest.mark.parametrize(
    "local_part", ["noreply", "no-reply", "No_Reply+jobs", "donotreply", "do-not-reply"]
)
def test_a_candidate_is_never_told_to_write_where_nobody_reads(local_part: str) -> None:
    with pytest.raises(TemplateError, match="nobody reads"):
        render("holding", sender_email=f"{local_part}@example.com")


def test_a_person_called_nora_may_be_written_to() -> None:
    letter = render("holding", sender_email="nora.replyson@example.com")

    assert "nora.replyson@example.com" in letter.text


@pytest.mark.parametrize("count", ["two", "-1", "1.5", "٢"])
def test_a_count_is_written_in_digits(count: str) -> None:
    with pytest.raises(TemplateError, match="no count"):
        render("staff-digest", overdue_count=count)


@pytest.mark.parametrize(
    ("first", "full", "expected"),
    [
        ("Amara", "Amara Okafor", "Amara"),
        (None, "Suharto", "Suharto"),
        ("  ", "Nguyễn Văn An", "Nguyễn Văn An"),
        ("\u200b", None, "there"),
        (None, None, "there"),
    ],
)
def test_a_person_is_greeted_by_the_name_there_is(
    first: str | None, full: str | None, expected: str
) -> None:
    assert greeting_name(first, full) == expected
