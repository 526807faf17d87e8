"""Rules about a letter's parts and variables: all there, known, and the same in text and HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable

from service.mail.compiling import compile_template
from service.mail.lint.findings import Finding, Letter, Severity
from service.mail.template_text import TAG
from service.mail.variables import DATED, LISTS, OPTIONAL, TemplateError

_ODD_TAG = re.compile(r"\{\{([^{}]*)(\}\})?|\}\}")
_FOREIGN = re.compile(
    r"\[[A-Za-z][A-Za-z '’_-]{0,40}\]|\{\{\{|\}\}\}|(?<!\{)\$?\{[A-Za-z_. ]{1,40}\}(?!\})"
    r"|\{%|%\}|%[A-Z][A-Z_]{1,40}%|\*\|[A-Z_:]{1,40}\|\*|\bX{3,}\b"
)
"""How other tools write what is to be filled in, and how people mark what they mean to."""


def every_part(letter: Letter) -> Iterable[Finding]:
    """A letter without its text part is unreadable to some and suspicious to filters."""
    for part, text in letter.parts.items():
        if not text.strip():
            yield Finding("missing-part", part, "is empty: write it")


def known_variables(letter: Letter) -> Iterable[Finding]:
    """What the kind does not know would stand there as braces."""
    fields = {field for name in letter.allowed & LISTS.keys() for field in LISTS[name]}
    for part, used in letter.used.items():
        for name in sorted(used - letter.allowed - fields):
            yield Finding(
                "unknown-variable",
                part,
                f"names {{{{{name}}}}}, which is none of this kind's: "
                + ", ".join(sorted(letter.allowed)),
            )


def whole_variables(letter: Letter) -> Iterable[Finding]:
    """An empty or broken variable is a hole in a sentence."""
    for part, text in letter.parts.items():
        for odd in _ODD_TAG.finditer(TAG.sub("", text)):
            inside = odd.group(1)
            what = "an empty variable" if inside is not None and not inside.strip() else "half of"
            text_ = f"has {what}" + ("" if what.startswith("an") else " a variable")
            yield Finding("empty-variable", part, f"{text_}: write it as {{{{name}}}}")


def nothing_to_fill_in(letter: Letter) -> Iterable[Finding]:
    """“Hello [First name]” tells its reader that nobody read it."""
    for part, text in letter.parts.items():
        for said in dict.fromkeys(match.group() for match in _FOREIGN.finditer(text)):
            yield Finding(
                "foreign-variable",
                part,
                f"has “{said}”, which would stand there just so: write a variable as {{{{name}}}}, "
                "or put it in other words",
            )


def same_in_both(letter: Letter) -> Iterable[Finding]:
    """Whoever reads the text part learns what the others learn."""
    text, html = letter.used["body.txt"], letter.used["body.html"]
    for name in sorted(text ^ html):
        here, there = ("body.txt", "body.html") if name in text else ("body.html", "body.txt")
        yield Finding(
            "text-and-html-differ", there, f"does not say {{{{{name}}}}}, which {here} says"
        )


def nothing_unsaid(letter: Letter) -> Iterable[Finding]:
    """A date or a paragraph that Keepword counts on is said; the rest is the author's choice."""
    everywhere = frozenset[str]().union(*letter.used.values())
    for name in sorted(letter.allowed - everywhere):
        counted_on = name in DATED or name in OPTIONAL.get(letter.kind, frozenset())
        yield Finding(
            "unsaid-variable",
            "body.txt",
            f"does not say {{{{{name}}}}}" + (", which Keepword counts on" if counted_on else ""),
            Severity.FAULT if counted_on else Severity.ADVICE,
        )


def compiles(letter: Letter) -> Iterable[Finding]:
    """Whatever else keeps a letter from being written at all."""
    try:
        compile_template(letter.source)
    except TemplateError as error:
        part = error.template.rpartition("/")[2]
        named = f"{{{{{error.variable}}}}} " if error.variable else ""
        yield Finding("does-not-compile", part, f"{named}{error.remedy}")
