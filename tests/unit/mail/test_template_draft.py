"""A wording that somebody writes here: what it may hold, and what is refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.mail.template_draft import (
    LONGEST_BODY,
    LONGEST_SUBJECT,
    checked_draft,
    draft_source,
)
from service.mail.templates import TemplateError, TemplateSource
from service.mail.variables import KINDS
from tests.unit.mail.sample_letters import TEMPLATES, values_for

STATUS = TEMPLATES["status-update"].source


def with_html(html: str) -> TemplateSource:
    return replace(STATUS, html=STATUS.html + html)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_shipped_words_could_have_been_written_here(kind: str) -> None:
    source = TEMPLATES[kind].source

    assert checked_draft(source).version == source.digest


def test_line_ends_and_outer_blanks_make_no_other_version() -> None:
    again = draft_source(
        "status-update",
        STATUS.layout,
        f" {STATUS.subject}\n",
        STATUS.text.replace("\n", "\r\n"),
        f"\n{STATUS.html}\n\n",
    )

    assert again == STATUS
    assert again.digest == STATUS.digest


@pytest.mark.parametrize(
    "html",
    [
        "<h2>More</h2><p>One<br>two <em>three</em> <b>four</b></p>",
        '<ul role="list"><li class="quiet">One</li></ul><hr>',
        '<blockquote lang="de" dir="ltr">Wort</blockquote>',
        '<p><a href="https://example.com/jobs/1">Our open jobs</a></p>',
        '<p><a href="mailto:hiring@example.com">Write to us</a></p>',
        "<p>1 &lt; 2 &amp; 3 &mdash; “é”</p>",
    ],
)
def test_words_lists_and_links_may_be_written(html: str) -> None:
    letter = checked_draft(with_html(html)).render(values_for("status-update"))

    assert html.split(">")[0] in letter.html


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<script>alert(1)</script>", "holds <script>"),
        ("<SCRIPT SRC=//example.com/x.js></SCRIPT>", "holds <script>"),
        ("<style>p { color: red }</style>", "holds <style>"),
        ('<img src="https://example.com/pixel.gif">', "holds <img>"),
        ('<iframe src="https://example.com/"></iframe>', "holds <iframe>"),
        ("<form action=/x><input></form>", "holds <form>"),
        ("<svg onload=alert(1)>", "holds <svg>"),
        ("<math><mtext></mtext></math>", "holds <math>"),
        ('<meta http-equiv="refresh" content="0;url=https://example.com/">', "holds <meta>"),
        ('<base href="https://example.com/">', "holds <base>"),
        ("</div></div><p>x</p>", "holds </div>"),
        ("<div>x</div>", "holds <div>"),
        ("</body><p>x</p>", "holds </body>"),
        ('<p onclick="alert(1)">x</p>', "has onclick on <p>"),
        ('<p style="color: red">x</p>', "has style on <p>"),
        ('<p id="x">x</p>', "has id on <p>"),
        ('<a href="javascript:alert(1)">x y z</a>', "leads nowhere safe"),
        ('<a href=" javascript:alert(1)">x y z</a>', "leads nowhere safe"),
        ('<a href="&#106;avascript:alert(1)">x y z</a>', "leads nowhere safe"),
        ('<a href="data:text/html,x">x y z</a>', "leads nowhere safe"),
        ('<a href="http://example.com/">x y z</a>', "leads nowhere safe"),
        ('<a href="//example.com/">x y z</a>', "leads nowhere safe"),
        ('<a href="https://user@example.com/">x y z</a>', "leads nowhere safe"),
        ('<a href="mailto:a@example.com?bcc=b@example.org">x y z</a>', "leads nowhere safe"),
        ('<a href="{{greeting_name}}">x y z</a>', "leads nowhere safe"),
        ('<a href="https://example.com/{{greeting_name}}">x y z</a>', "leads nowhere safe"),
        ('<a href="mailto:{{greeting_name}}">x y z</a>', "leads nowhere safe"),
        ('<a href="https://{{company_name}}/">x y z</a>', "leads nowhere safe"),
        ('<p class="{{greeting_name}}">x</p>', "no plain word"),
        ('<p title="{{greeting_name}}">x</p>', "has title on <p>"),
        ("<!-- {{greeting_name}} -->", "holds a comment"),
        ("<!--[if mso]>x<![endif]-->", "holds a comment"),
        ("<!doctype html>", "holds a declaration"),
        ("<?php echo 1 ?>", "holds an instruction"),
        ("<p>1 < 2</p>", "begins no element"),
    ],
)
def test_what_could_run_load_or_lead_astray_is_refused_by_name(html: str, fault: str) -> None:
    with pytest.raises(TemplateError) as caught:
        checked_draft(with_html(html))

    assert fault in str(caught.value)
    assert "status-update/body.html" in str(caught.value)


@pytest.mark.parametrize(
    "html",
    [
        "<p><{{greeting_name}}></p>",
        "<{{greeting_name}}>x",
        "<p {{greeting_name}}>x</p>",
        "<p {{greeting_name}}=x>x</p>",
        "<p class={{greeting_name}}>x</p>",
        "<a href={{greeting_name}}>x y z</a>",
        "<p class='x' {{greeting_name}}",
        '<p title="x>{{greeting_name}}',
        "<table><tr>{{greeting_name}}</tr></table>",
        "<p><noscript><p class='</noscript><img src=x onerror=alert(1)>'></noscript></p>",
        "<p><textarea><p class='</textarea><script>alert(1)</script>'></textarea></p>",
        "<plaintext>",
        "<p>&#123;{greeting_name}}</p>",
        "<p>&lbrace;&lbrace;greeting_name}}</p>",
        "<p><![CDATA[<script>alert(1)</script>]]></p>",
        "<p></p/><img/src=x>",
    ],
)
def test_odd_markup_is_refused_and_never_mended_into_something_else(html: str) -> None:
    with pytest.raises(TemplateError):
        checked_draft(with_html(html))


@pytest.mark.parametrize(
    "text", ["{{7*7}}", "{{x.__class__}}", "{{ job_title }}", "{{job_title|e}}"]
)
def test_nothing_is_computed(text: str) -> None:
    with pytest.raises(TemplateError, match="malformed"):
        checked_draft(replace(STATUS, text=f"{STATUS.text}\n{text}"))


@pytest.mark.parametrize("text", ["{% raw %}", "${job_title}", "<%= 1 %>", "#{1}", "%(job_title)s"])
def test_other_languages_are_only_text(text: str) -> None:
    template = checked_draft(replace(STATUS, text=f"{STATUS.text}\n{text}"))

    letter = template.render(values_for("status-update"))

    assert text in letter.text


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\t", "\u202e", "\u2066", "\u200b", "\ufeff"])
def test_a_character_nobody_sees_is_refused(char: str) -> None:
    for part in ("subject", "text", "html"):
        with pytest.raises(TemplateError, match="nobody can see"):
            checked_draft(replace(STATUS, **{part: f"a{char}b"}))


def test_a_character_nobody_sees_is_named_with_its_line() -> None:
    with pytest.raises(TemplateError, match=r"U\+200B in line 2"):
        checked_draft(replace(STATUS, text=f"a\nb\u200bc {STATUS.text}"))


def test_what_an_editor_adds_by_itself_is_taken_away() -> None:
    html = STATUS.html.replace("<p>", "\t<p>", 1)
    draft = draft_source(
        "status-update", STATUS.layout, STATUS.subject, f"\ufeff{STATUS.text}", html
    )

    assert draft.text == STATUS.text
    assert checked_draft(draft).source.html == html.replace("\t", " ")


def test_a_wording_has_a_bounded_length() -> None:
    with pytest.raises(TemplateError, match="longer than"):
        checked_draft(replace(STATUS, subject="a" * (LONGEST_SUBJECT + 1)))
    with pytest.raises(TemplateError, match="longer than"):
        checked_draft(replace(STATUS, text="a" * (LONGEST_BODY + 1)))


def test_an_unknown_kind_is_named_with_the_known_ones() -> None:
    with pytest.raises(TemplateError, match="acknowledgement"):
        checked_draft(replace(STATUS, kind="farewell"))


def test_a_date_that_makes_a_promise_cannot_be_left_out() -> None:
    def then(part: str) -> str:
        return part.replace("{{next_word_by}}", "then")

    with pytest.raises(TemplateError, match="counts on it") as caught:
        checked_draft(replace(STATUS, text=then(STATUS.text), html=then(STATUS.html)))

    assert caught.value.variable == "next_word_by"


def test_a_paragraph_that_tells_somebody_what_goes_on_cannot_be_left_out() -> None:
    source = TEMPLATES["position-closed"].source

    def without(part: str) -> str:
        before, _, rest = part.partition("{{?still_open}}")
        return before + rest.partition("{{/still_open}}")[2]

    with pytest.raises(TemplateError, match="counts on it") as caught:
        checked_draft(replace(source, text=without(source.text), html=without(source.html)))

    assert caught.value.variable == "still_open"
