"""Reads, checks and compiles the letters' wordings: whatever is wrong in one is found here.

A wording that passes can only fail by its values. CSS is inlined once, and never when a letter is
written.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final

import css_inline

from service.domain.wording import to_say, told
from service.mail.template_text import TAG, names, parse
from service.mail.templates import Template, TemplateSet, TemplateSource
from service.mail.variables import KINDS, OPTIONAL, TemplateError

_LAYOUT: Final = "_layout.html"
_SUBJECT, _TEXT, _HTML = _PARTS = ("subject.txt", "body.txt", "body.html")

# keep_at_rules: without it the inliner drops @media and with it dark mode. Nothing remote is ever
# fetched, whatever a template says.
_INLINER: Final = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def load_templates(folder: Path) -> TemplateSet:
    """Read, check and compile every template in ``folder``; CSS is inlined here and never again.

    The folder holds ``_layout.html`` and one folder a kind. Raises ``TemplateError`` for a file
    that is missing, empty or malformed, a kind without an allow-list, or a variable outside it.
    """
    found = {path.name for path in folder.iterdir() if path.is_dir()}
    for kind in sorted(found - KINDS.keys()):
        raise TemplateError(kind, None, "has no allow-list of variables; add the kind to KINDS")
    for kind in sorted(KINDS.keys() - found):
        raise TemplateError(kind, None, f"has no folder; add {kind}/ with {', '.join(_PARTS)}")
    return TemplateSet({source.kind: compile_template(source) for source in read_sources(folder)})


def read_sources(folder: Path, *, whole: bool = True) -> list[TemplateSource]:
    """Return the words of every kind as they stand in the files.

    A part that is missing or empty raises ``TemplateError``, or is "" where not ``whole``.
    """
    layout = _read(folder / _LAYOUT, _LAYOUT)
    made = []
    for kind in KINDS:
        parts = []
        for part in _PARTS:
            try:
                parts.append(_read(folder / kind / part, f"{kind}/{part}"))
            except TemplateError:
                if whole:
                    raise
                parts.append("")
        made.append(TemplateSource(kind, layout, *parts))
    return made


def compile_template(source: TemplateSource) -> Template:
    """Check and compile one wording; ``TemplateError`` names the part and what is wrong in it."""
    kind = source.kind
    if kind not in KINDS:
        raise TemplateError(kind, None, "has no allow-list of variables; add the kind to KINDS")
    if sorted(name for _, name in TAG.findall(source.layout)) != ["content", "title"]:
        raise TemplateError(_LAYOUT, None, "has {{title}} and {{content}} once each, and no other")
    parts = {_SUBJECT: source.subject, _TEXT: source.text, _HTML: source.html}
    optional = OPTIONAL[kind]
    parsed = {part: parse(text, f"{kind}/{part}", optional) for part, text in parts.items()}
    used = {part: names(nodes) for part, nodes in parsed.items()}
    for part in _PARTS:
        if not parts[part]:
            raise TemplateError(f"{kind}/{part}", None, to_say("is empty; write the letter"))
        for name in sorted(used[part] - KINDS[kind] - optional):
            raise TemplateError(
                f"{kind}/{part}", name, to_say("is not among this kind's variables")
            )
    for name in sorted(used[_TEXT] ^ used[_HTML]):
        raise TemplateError(
            kind,
            name,
            told(
                "stands in only one of %(text)s and %(html)s; say it in both",
                text=_TEXT,
                html=_HTML,
            ),
        )
    if "\n" in source.subject:
        raise TemplateError(
            f"{kind}/{_SUBJECT}", None, to_say("has several lines; a subject is one")
        )
    everything = used[_SUBJECT] | used[_TEXT]
    return Template(
        source=source,
        variables=everything - optional,
        optional=everything & optional,
        _subject=parsed[_SUBJECT],
        _text=(*parsed[_TEXT], "\n"),
        _html=parse(inlined_page(source), f"{kind}/{_HTML}", optional),
    )


def inlined_page(source: TemplateSource) -> str:
    """Return the HTML part as it is sent, with its CSS inlined, still with its variables."""
    page = source.layout.replace("{{title}}", escape(source.subject, quote=False))
    page = page.replace("{{content}}", source.html)
    inlined = _INLINER.inline(page)
    # The inliner reads and rewrites the page as HTML; a tag in an odd place (inside <table>, in
    # an attribute's name) would be moved or lost, and must not go unnoticed.
    if TAG.findall(inlined) != TAG.findall(page):
        raise TemplateError(
            f"{source.kind}/{_HTML}", None, to_say("loses a variable when its CSS is inlined")
        )
    return inlined


def _read(path: Path, name: str) -> str:
    try:
        source = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(name, None, "cannot be read; it must be a file in UTF-8") from error
    if not source:
        raise TemplateError(name, None, "is empty; write the letter or remove the kind")
    return source
