"""Judges a wording that somebody wrote here, before it is kept: could it ever do harm?

What passes is text with the kind's own variables in it; nothing in it runs, loads, or turns a
value into more than text.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from service.domain.wording import to_say, told
from service.mail.compiling import compile_template
from service.mail.template_markup import check_markup
from service.mail.templates import Template, TemplateSource
from service.mail.variables import DATED, KINDS, OPTIONAL, TemplateError

LONGEST_SUBJECT: Final = 200
"""Characters of a subject as written; mail clients show about 70."""
LONGEST_BODY: Final = 20_000
"""Characters of a text or HTML part as written; a letter of 120 words has about 1,500."""

_STEERING: Final = frozenset([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0x200B])


def draft_source(kind: str, layout: str, subject: str, text: str, html: str) -> TemplateSource:
    """Return the parts as one wording, line ends and blanks made alike, as editors write them."""
    parts = ("\n".join(part.splitlines()) for part in (subject, text, html))
    plain = (part.removeprefix("\ufeff").replace("\t", " ").strip() for part in parts)
    return TemplateSource(kind, layout, *plain)


def checked_draft(source: TemplateSource) -> Template:
    """Compile a wording that somebody wrote; ``TemplateError`` names the first fault in it.

    A date or an optional paragraph that Keepword counts on cannot be left out: a promise would be
    recorded that nobody was told of, or somebody not told what does not concern them.
    """
    kind = source.kind
    if kind not in KINDS:
        raise TemplateError(kind, None, f"does not exist; the kinds are {', '.join(sorted(KINDS))}")
    for part, text, longest in (
        ("subject.txt", source.subject, LONGEST_SUBJECT),
        ("body.txt", source.text, LONGEST_BODY),
        ("body.html", source.html, LONGEST_BODY),
    ):
        if len(text) > longest:
            raise TemplateError(
                f"{kind}/{part}", None, told("is longer than %(number)s characters", number=longest)
            )
        for place, char in enumerate(text):
            if not _is_visible(char):
                line = text.count("\n", 0, place) + 1
                found = told(
                    "holds a character nobody can see (U+%(point)s in line %(line)s); delete it",
                    point=f"{ord(char):04X}",
                    line=line,
                )
                raise TemplateError(f"{kind}/{part}", None, found)
    template = compile_template(source)
    check_markup(source)
    said = template.variables | template.optional
    for name in sorted(((KINDS[kind] & DATED) | OPTIONAL[kind]) - said):
        raise TemplateError(kind, name, to_say("is left out, but Keepword counts on it; say it"))
    return template


def _is_visible(char: str) -> bool:
    """Tell whether a character is one that a letter may hold: no control, nothing that steers."""
    if char == "\n":
        return True
    return unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") and ord(char) not in _STEERING
