"""The lint: silent on what is shipped, and each rule heard when it has reason to speak."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.mail.lint.findings import Severity
from service.mail.lint.letters import RULES, has_faults, lint, lint_folder
from service.mail.templates import TemplateSource
from service.mail.variables import KINDS
from tests.unit.mail.sample_letters import FOLDER, TEMPLATES

STATUS = TEMPLATES["status-update"].source
NEWS = TEMPLATES["acknowledgement"].source
REJECTION = TEMPLATES["position-filled"].source


def saying(source: TemplateSource, words: str) -> TemplateSource:
    """The letter with one more sentence, in both parts."""
    return replace(
        source,
        text=source.text.replace("\n\n", f"\n\n{words}\n\n", 1),
        html=source.html.replace("</h1>", f"</h1>\n<p>{words}</p>"),
    )


def styled(old: str, new: str) -> TemplateSource:
    """The letter in a layout that differs in one place."""
    assert old in STATUS.layout
    return replace(STATUS, layout=STATUS.layout.replace(old, new, 1))


def found(source: TemplateSource) -> list[tuple[str, str]]:
    return [(finding.rule, finding.part) for finding in lint(source)]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_nothing_is_found_in_a_shipped_letter(kind: str) -> None:
    assert lint(TEMPLATES[kind].source) == []


def test_every_rule_says_why_it_is_there() -> None:
    assert [rule.__name__ for rule in RULES if not rule.__doc__] == []


@pytest.mark.parametrize(
    "words",
    [
        "Please do not reply to this email.",
        "Write to no-reply@example.com if you must.",
        "This mailbox is not monitored.",
        "This address cannot be answered.",
    ],
)
def test_a_letter_nobody_can_answer_is_found(words: str) -> None:
    assert found(saying(NEWS, words)) == [("no-reply", "body.txt"), ("no-reply", "body.html")]


@pytest.mark.parametrize(
    "words",
    [
        "I will be in touch.",
        "You hear from us soon.",
        "We get back to you shortly.",
        "As soon as possible, somebody reads it.",
        "I'll write again.",
        "I’ll write again.",
        "We let you know in due course.",
        "Somebody rings you in the coming days.",
    ],
)
def test_a_promise_without_a_day_is_found_and_one_with_a_day_is_not(words: str) -> None:
    assert {rule for rule, _ in found(saying(NEWS, words))} == {"promise-without-date"}
    assert found(saying(STATUS, words)) == []


def test_a_notice_to_a_colleague_may_say_soon() -> None:
    assert found(saying(TEMPLATES["staff-digest"].source, "They are due soon.")) == []


@pytest.mark.parametrize(
    "words", ["Ask him.", "He/she may ask.", "Mr Weber reads it.", "Ms. Keller reads it.", "Madam,"]
)
def test_a_guess_at_a_person_is_found(words: str) -> None:
    assert {rule for rule, _ in found(saying(NEWS, words))} == {"guessed-pronoun"}


def test_a_word_that_holds_a_pronoun_is_no_guess() -> None:
    words = "There is the other theatre; this is history, and Mrskova wrote it."

    assert found(saying(NEWS, words)) == []


@pytest.mark.parametrize(
    "words",
    [
        "Unfortunately we regret to inform you.",
        "After careful consideration.",
        "We had a high volume of applications.",
        "We keep your CV on file.",
        "It was not a good fit.",
    ],
)
def test_a_stock_phrase_is_advised_against(words: str) -> None:
    findings = lint(saying(REJECTION, words))

    assert {finding.rule for finding in findings} == {"stock-phrase"}
    assert {finding.severity for finding in findings} == {Severity.ADVICE}
    assert not has_faults(findings)


def test_bad_news_with_an_exclamation_mark_is_found_and_good_news_is_not() -> None:
    assert {rule for rule, _ in found(saying(REJECTION, "Thank you!"))} == {"exclamation-mark"}
    assert found(saying(NEWS, "Thank you!")) == []


def test_a_letter_signed_by_nobody_is_advised_against() -> None:
    unsigned = replace(
        NEWS,
        text=NEWS.text.replace("{{sender_name}}", "We"),
        html=NEWS.html.replace("{{sender_name}}", "We"),
    )

    assert ("not-signed", "body.txt") in found(unsigned)
    assert not has_faults(lint(unsigned))


@pytest.mark.parametrize(
    "link", ["click here", "here", "<b>Read more</b>", "", "<span></span>", " this link "]
)
def test_a_link_that_does_not_say_where_it_leads_is_found(link: str) -> None:
    html = NEWS.html + f'<p><a href="https://example.com/">{link}</a></p>'

    assert found(replace(NEWS, html=html)) == [("link-text", "body.html")]


@pytest.mark.parametrize(
    ("part", "name"), [("subject", "subject.txt"), ("text", "body.txt"), ("html", "body.html")]
)
def test_a_missing_part_is_found(part: str, name: str) -> None:
    assert ("missing-part", name) in found(replace(NEWS, **{part: " "}))


def test_an_unknown_variable_is_found() -> None:
    findings = lint(saying(NEWS, "You earn {{salary}}."))

    assert {finding.rule for finding in findings} == {"unknown-variable"}
    assert "{{salary}}" in findings[0].text
    assert "job_title" in findings[0].text


@pytest.mark.parametrize("words", ["{{}}", "{{ }}", "{{job title}}", "{{job_title", "job_title}}"])
def test_an_empty_or_broken_variable_is_found(words: str) -> None:
    assert {rule for rule, _ in found(saying(NEWS, words))} == {"empty-variable"}


@pytest.mark.parametrize(
    "words",
    [
        "Hello [First name].",
        "Hello {first_name}.",
        "Hello ${firstName}.",
        "Hello {{{greeting_name}}}.",
        "Hello {% name %}.",
        "Hello %FIRST_NAME%.",
        "Hello *|FNAME|*.",
        "We meet on XXX.",
    ],
)
def test_what_nobody_filled_in_is_found(words: str) -> None:
    assert {rule for rule, _ in found(saying(NEWS, words))} == {"foreign-variable"}


@pytest.mark.parametrize(
    "words", ["Wir schreiben (m/w/d).", "It takes 100 % of a day.", "Le mot « poste » [1]."]
)
def test_brackets_and_signs_that_stand_for_themselves_are_not(words: str) -> None:
    assert found(saying(NEWS, words)) == []


def test_parts_that_say_different_things_are_found() -> None:
    html = STATUS.html.replace("{{next_word_by}}", "then")
    text = STATUS.text.replace("{{next_word_by}}", "then")

    assert found(replace(STATUS, html=html)) == [("text-and-html-differ", "body.html")]
    assert ("text-and-html-differ", "body.txt") in found(replace(STATUS, text=text))


@pytest.mark.parametrize(
    ("source", "old", "new", "fault"),
    [
        (REJECTION, "{{?still_open}}", "{{?still_open}}", False),
        (NEWS, "{{company_name}}", "us", False),
        (STATUS, "{{next_word_by}}", "then", True),
    ],
)
def test_what_is_left_unsaid_is_a_fault_where_keepword_counts_on_it(
    source: TemplateSource, old: str, new: str, fault: bool
) -> None:
    changed = replace(
        source,
        subject=source.subject.replace(old, new),
        text=source.text.replace(old, new),
        html=source.html.replace(old, new),
    )

    unsaid = [f for f in lint(changed) if f.rule == "unsaid-variable"]

    assert bool(unsaid) == (old != new)
    assert has_faults(unsaid) == fault


def test_a_left_out_paragraph_that_keepword_counts_on_is_a_fault() -> None:
    def without(part: str) -> str:
        before, _, rest = part.partition("{{?still_open}}")
        return before + rest.partition("{{/still_open}}")[2]

    changed = replace(REJECTION, text=without(REJECTION.text), html=without(REJECTION.html))

    assert found(changed) == [("unsaid-variable", "body.txt")]
    assert has_faults(lint(changed))


def test_whatever_else_would_not_compile_is_found() -> None:
    nested = saying(REJECTION, "{{?job_title}}x{{/job_title}}")

    assert found(nested) == [("does-not-compile", "body.txt")]
    assert found(replace(NEWS, subject="One\ntwo {{job_title}}")) == [
        ("does-not-compile", "subject.txt")
    ]


@pytest.mark.parametrize(
    ("old", "new", "scheme"),
    [
        ("color: #1c222b; font-family", "color: #aaaaaa; font-family", "light"),
        (".quiet { color: #575e69; }", "p { color: #999; }", "light"),
        ("a { color: #53c2c1 !important;", "a {", "dark"),
        ("color: #e7e4dd !important; }\n  h1", "}\n  h1", "dark"),
        ("background-color: #0f1216 !important", "background-color: #555 !important", "dark"),
        ("  .quiet, .where { color: #a7a49e !important; }", "", "dark"),
        ("background-color: #0f1216 !important;", "", "dark"),
    ],
)
def test_text_that_cannot_be_read_in_one_scheme_is_found(old: str, new: str, scheme: str) -> None:
    findings = lint(styled(old, new))

    assert {finding.rule for finding in findings} == {"contrast"}
    assert any(f"in the {scheme} scheme" in finding.text for finding in findings)


def test_a_colour_that_is_not_read_is_found_and_not_guessed() -> None:
    findings = lint(styled("a { color: #007979", "a { color: hsl(1 2% 3%)"))

    assert "cannot be read" in findings[0].text


def test_a_selector_that_is_too_clever_is_found() -> None:
    assert found(styled("p { margin", "p > a:hover { margin")) == [
        ("clever-selector", "_layout.html")
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("max-width: 560px", "max-width: 720px"),
        ("max-width: 560px", "width: 640px; max-width: 560px"),
        ("max-width: 560px", "min-width: 601px; max-width: 560px"),
        ("max-width: 560px; ", ""),
        ("overflow-wrap: break-word", "overflow-wrap: normal"),
        ("p { margin", "p { white-space: nowrap; margin"),
        ('<meta name="viewport" content="width=device-width, initial-scale=1">', ""),
        ("{{content}}", '<table role="presentation" width="640"></table>{{content}}'),
    ],
)
def test_a_letter_wider_than_a_phone_is_found(old: str, new: str) -> None:
    assert set(found(styled(old, new))) == {("width", "_layout.html")}


@pytest.mark.parametrize("size", ["13px", "0.8em", "small"])
def test_small_text_is_found(size: str) -> None:
    assert found(styled("font-size: 16px", f"font-size: {size}")) == [("text-size", "_layout.html")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<meta name="color-scheme" content="light dark">', ""),
        ("@media (prefers-color-scheme: dark)", "@media (prefers-color-scheme: light)"),
    ],
)
def test_a_letter_that_glares_at_night_is_found(old: str, new: str) -> None:
    assert ("dark-scheme", "_layout.html") in found(styled(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('<html lang="en" dir="ltr">', '<html dir="ltr">', "lang on <html>"),
        ('<html lang="en" dir="ltr">', '<html lang="en">', "dir on <html>"),
        ('role="article" lang="en" dir="ltr"', 'role="article" dir="ltr"', "with lang"),
        ('role="article" lang="en" dir="ltr"', 'lang="en" dir="ltr"', "with dir"),
        ("{{content}}", "<table><tr><td>x</td></tr></table>{{content}}", "presentation"),
        ("{{content}}", "<h1>Twice</h1>{{content}}", "just one <h1>"),
    ],
)
def test_a_letter_that_a_screen_reader_stumbles_over_is_found(
    old: str, new: str, said: str
) -> None:
    findings = lint(styled(old, new))

    assert {finding.rule for finding in findings} == {"screen-reader"}
    assert any(said in finding.text for finding in findings)


def test_a_layout_without_a_title_is_found() -> None:
    rules = {rule for rule, _ in found(styled("<title>{{title}}</title>", ""))}

    assert "screen-reader" in rules


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://example.com/pixel.gif">',
        "<script>alert(1)</script>",
        '<p style="background: url(https://example.com/x)">x</p>',
        '<link rel="stylesheet" href="https://example.com/x.css">',
    ],
)
def test_what_loads_or_runs_is_found(html: str) -> None:
    assert "remote-content" in {rule for rule, _ in found(replace(NEWS, html=NEWS.html + html))}


def test_faults_come_before_advice() -> None:
    findings = lint(saying(REJECTION, "Unfortunately! He knows."))

    assert [finding.severity for finding in findings] == sorted(
        (finding.severity for finding in findings), key=lambda each: each is not Severity.FAULT
    )
    assert has_faults(findings)


def test_a_folder_is_linted_whole_even_where_it_cannot_be_loaded() -> None:
    assert {kind: findings for kind, findings in lint_folder(FOLDER).items() if findings} == {}
    assert lint_folder(FOLDER).keys() == KINDS.keys()
