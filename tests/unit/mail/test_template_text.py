"""The form letters are written in: optional paragraphs, and skeletons that fill to the letter."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.mail.base import Skeleton, Slot
from service.mail.compiling import compile_template as compiled
from service.mail.template_text import parse
from service.mail.templates import Template, TemplateError, TemplateSource
from service.mail.variables import CANDIDATE_KINDS, KINDS, OPTIONAL, STAFF_KINDS
from tests.unit.mail.sample_letters import TEMPLATES, values_for

LAYOUT = "<html><head><title>{{title}}</title></head><body>{{content}}</body></html>"
VALUES = {"greeting_name": "Amara", "job_title": "Chef", "still_open": "your application for Baker"}


def wording(text: str, html: str = "", subject: str = "Word") -> Template:
    named = "{{?still_open}}<i>{{still_open}}</i>{{/still_open}}" if "still_open" in text else ""
    slots = "".join(
        f"<b>{{{{{name}}}}}</b>" for name in ("greeting_name", "job_title") if f"{{{name}}}" in text
    )
    source = TemplateSource(
        "position-filled", LAYOUT, subject, text, html or f"<p>x {slots}{named}</p>"
    )
    return compiled(source)


def text_with_and_without(text: str) -> tuple[str, str]:
    made = wording(text)
    values = {name: value for name, value in VALUES.items() if name in made.variables}
    given_too = values | {"still_open": VALUES["still_open"]}
    return made.render(given_too).text, made.render(values).text


@pytest.mark.parametrize(
    "text",
    [
        "One.\n\n{{?still_open}}\nNot {{still_open}}.\n{{/still_open}}\n\nTwo.",
        "One.\n\n{{?still_open}}\nNot {{still_open}}.\n\n{{/still_open}}\nTwo.",
        "One.\n\n  {{?still_open}}  \nNot {{still_open}}.\n\t{{/still_open}}\n\n\nTwo.",
        "One.\n\n{{?still_open}}Not {{still_open}}.\n\n{{/still_open}}Two.",
    ],
)
def test_an_optional_paragraph_stands_apart_or_leaves_no_trace(text: str) -> None:
    with_it, without = text_with_and_without(text)

    assert with_it == "One.\n\nNot your application for Baker.\n\nTwo.\n"
    assert without == "One.\n\nTwo.\n"


def test_an_optional_paragraph_at_the_end_leaves_no_trace_either() -> None:
    with_it, without = text_with_and_without(
        "One.\n\n{{?still_open}}\nNot {{still_open}}.\n{{/still_open}}"
    )

    assert with_it == "One.\n\nNot your application for Baker.\n"
    assert without == "One.\n"


def test_two_optional_paragraphs_in_a_row_go_each_by_itself() -> None:
    once = "{{?still_open}}\nNot {{still_open}}.\n{{/still_open}}\n\n"

    with_it, without = text_with_and_without(f"One.\n\n{once}{once}Two.")

    said = "Not your application for Baker.\n\n"
    assert with_it == f"One.\n\n{said}{said}Two.\n"
    assert without == "One.\n\nTwo.\n"


def test_an_optional_part_may_stand_within_a_line_and_hold_other_variables() -> None:
    with_it, without = text_with_and_without(
        "For {{job_title}}{{?still_open}} ({{job_title}}, not {{still_open}}){{/still_open}}."
    )

    assert with_it == "For Chef (Chef, not your application for Baker).\n"
    assert without == "For Chef.\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{{still_open}}", "may be missing; put it between {{?still_open}} and {{/still_open}}"),
        ("{{?job_title}}x{{/job_title}}", "is not optional in this kind"),
        ("{{?still_open}}x", "is not closed; add {{/still_open}}"),
        ("x{{/still_open}}", "opened and closed here"),
        ("{{?still_open}}{{?still_open}}x{{/still_open}}{{/still_open}}", "stands inside"),
        ("{{?still_open}}{{#items}}x{{/items}}{{/still_open}}", "stands inside still_open"),
        ("{{? still_open}}x{{/still_open}}", "malformed"),
        ("{{?still_open and job_title}}x{{/still_open}}", "malformed"),
    ],
)
def test_an_optional_part_is_opened_closed_and_not_nested(text: str, fault: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(text, "position-filled/body.txt", OPTIONAL["position-filled"])

    assert fault in str(caught.value)


def test_an_optional_value_that_is_blank_is_a_fault_and_not_taken_as_not_given() -> None:
    made = wording("{{?still_open}}\n{{still_open}}\n{{/still_open}}")

    with pytest.raises(TemplateError, match="is blank"):
        made.render({"still_open": " "})


def test_a_wording_may_leave_a_value_of_its_kind_unsaid() -> None:
    assert wording("Hello {{greeting_name}}.").render(VALUES).text == "Hello Amara.\n"


def fill(skeleton: Skeleton, values: dict[str, str]) -> tuple[str, str, str]:
    def joined(nodes: tuple[str | Slot, ...], *, html: bool = False) -> str:
        return "".join(
            node
            if isinstance(node, str)
            else escape(values[node.name])
            if html
            else values[node.name]
            for node in nodes
        )

    html = joined(skeleton.html, html=True)
    return joined(skeleton.subject), joined(skeleton.text), html


def text_values(kind: str) -> dict[str, str]:
    return {name: str(value) for name, value in values_for(kind).items()}


@pytest.mark.parametrize("kind", sorted(CANDIDATE_KINDS))
def test_a_filled_skeleton_is_the_letter_as_it_was_rendered(kind: str) -> None:
    template, values = TEMPLATES[kind], text_values(kind)

    for left_out in [frozenset[str](), *(frozenset({name}) for name in OPTIONAL[kind])]:
        given_here = {name: value for name, value in values.items() if name not in left_out}
        skeleton = template.skeleton(given_here)

        assert skeleton is not None
        letter = template.render(given_here)
        assert fill(skeleton, given_here) == (letter.subject, letter.text, letter.html)


def test_letters_with_and_without_the_paragraph_share_no_skeleton() -> None:
    template, values = TEMPLATES["position-filled"], text_values("position-filled")
    with_it = template.skeleton(values)
    without = template.skeleton({n: v for n, v in values.items() if n != "still_open"})

    assert with_it is not None
    assert without is not None
    assert with_it.key == f"position-filled:{template.version}+still_open"
    assert without.key == f"position-filled:{template.version}"
    assert with_it != without
    assert template.skeleton(values | {"greeting_name": "Bela"}) == with_it


@pytest.mark.parametrize("kind", sorted(kind for kind in STAFF_KINDS if "items" in KINDS[kind]))
def test_letters_with_a_list_have_no_skeleton(kind: str) -> None:
    values = values_for(kind)

    assert TEMPLATES[kind].skeleton(values) is None
    del values["items"]
    assert TEMPLATES[kind].skeleton(values) is None


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_whatever_a_value_is_a_skeleton_fills_to_the_letter_or_there_is_none(
    name: str, title: str
) -> None:
    template = TEMPLATES["position-filled"]
    values = text_values("position-filled") | {"greeting_name": name, "job_title": title}
    try:
        letter = template.render(values)
    except TemplateError:
        return  # nothing visible in it

    skeleton = template.skeleton(values)
    if skeleton is None:
        assert letter.values != values
        skeleton = template.skeleton(letter.values)
    assert skeleton is not None
    stood = {key: str(value) for key, value in letter.values.items()}
    assert fill(skeleton, stood) == (letter.subject, letter.text, letter.html)


def test_the_values_of_a_letter_are_kept_as_they_stand_in_it() -> None:
    values = text_values("holding") | {"greeting_name": " Amara\u202e\n Ada "}

    letter = TEMPLATES["holding"].render(values)

    assert letter.values["greeting_name"] == "Amara Ada"
    assert "Hello Amara Ada," in letter.text
