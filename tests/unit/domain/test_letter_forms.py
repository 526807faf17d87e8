"""A letter kept as a form and values is that letter, whatever the values hold."""

from __future__ import annotations

from html import escape

from hypothesis import given
from hypothesis import strategies as st

from service.domain.letter_forms import filled_html, filled_text, form_id
from service.mail.base import Slot
from service.mail.template_text import pattern

_texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(before=_texts, value=_texts, after=_texts)
def test_a_value_stands_once_and_as_it_is_between_what_all_share(
    before: str, value: str, after: str
) -> None:
    form = pattern((before, Slot("name"), after))

    assert filled_text(form, {"name": value}) == before + value + after
    assert filled_html(form, {"name": value}) == before + escape(value) + after


def test_a_value_is_never_read_as_a_form_again() -> None:
    values = {"name": "%(other)s 100% {{other}}", "other": "secret"}

    assert filled_text("Dear %(name)s", values) == "Dear %(other)s 100% {{other}}"


def test_a_form_is_named_by_both_of_its_parts() -> None:
    names = {form_id("a", "b"), form_id("a", "c"), form_id("c", "b"), form_id("ab", "")}

    assert len(names) == 4
    assert form_id("a", "b") == form_id("a", "b")
