"""Loads the mail templates once and renders letters from them.

A letter is rendered whole or not at all: an unknown, missing or blank variable is an error, and a
value is put in once, as text, and never read as a template again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final

import css_inline

from service.mail.variables import KINDS, LISTS, TemplateError, checked_value

__all__ = ["Rendered", "Template", "TemplateError", "TemplateSet", "Value", "load_templates"]

Value = str | Sequence[Mapping[str, str]]
"""What a variable takes: one line of text, or for a list variable its entries by field name."""

_LAYOUT: Final = "_layout.html"
_SUBJECT, _TEXT, _HTML = _PARTS = ("subject.txt", "body.txt", "body.html")
_TAG: Final = re.compile(r"\{\{([#/]?)([a-z][a-z0-9_]*)\}\}")
# A list's tag alone on its line leaves no empty line behind.
_LONE_LIST_TAG: Final = re.compile(r"^[ \t]*(\{\{[#/][a-z][a-z0-9_]*\}\})[ \t]*\n", re.MULTILINE)


@dataclass(frozen=True)
class _Slot:
    name: str


@dataclass(frozen=True)
class _Section:
    name: str
    nodes: tuple[str | _Slot, ...]


_Compiled = tuple[str | _Slot | _Section, ...]


@dataclass(frozen=True)
class Rendered:
    """One letter, ready to be kept and sent: subject (one line), text part, HTML part."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Template:
    """One kind of letter, compiled.

    ``version`` is a hash over its three files and the layout: the same words, the same version.
    ``variables`` are the names ``render`` needs, all of them and no others.
    """

    kind: str
    version: str
    variables: frozenset[str]
    _subject: _Compiled = field(repr=False)
    _text: _Compiled = field(repr=False)
    _html: _Compiled = field(repr=False)

    def render(self, values: Mapping[str, Value]) -> Rendered:
        """Return the letter with ``values`` put in; HTML-escaped in the HTML part only.

        Raises ``TemplateError`` naming the variable that is unknown, missing, blank or unfit.
        """
        for name in sorted(values.keys() - self.variables):
            raise TemplateError(self.kind, name, "is not known to this template; leave it out")
        for name in sorted(self.variables - values.keys()):
            raise TemplateError(self.kind, name, "is missing; the letter needs it")
        checked = {name: self._checked(name, value) for name, value in values.items()}
        return Rendered(
            subject=_fill(self._subject, checked, str),
            text=_fill(self._text, checked, str),
            html=_fill(self._html, checked, escape),
        )

    def _checked(self, name: str, value: Value) -> Value:
        if name not in LISTS:
            return checked_value(self.kind, name, value)
        if isinstance(value, str) or not value:
            raise TemplateError(self.kind, name, "pass at least one entry, as a list")
        fields = LISTS[name]
        entries = []
        for entry in value:
            if set(entry) != set(fields):
                raise TemplateError(self.kind, name, f"each entry has just {' and '.join(fields)}")
            entries.append({f: checked_value(self.kind, f"{name}.{f}", entry[f]) for f in fields})
        return entries


class TemplateSet(Mapping[str, Template]):
    """All templates by kind. Asking for a kind that does not exist is a ``TemplateError``."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._templates = dict(templates)

    def __getitem__(self, kind: str) -> Template:
        try:
            return self._templates[kind]
        except KeyError:
            known = ", ".join(sorted(self._templates))
            raise TemplateError(kind, None, f"does not exist; the kinds are {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of letter that can be rendered."""
        return frozenset(self._templates)


def load_templates(folder: Path) -> TemplateSet:
    """Read, check and compile every template in ``folder``; CSS is inlined here and never again.

    The folder holds ``_layout.html`` and one folder a kind. Raises ``TemplateError`` for a file
    that is missing, empty or malformed, a kind without an allow-list, or a variable outside it.
    """
    layout = _source(folder / _LAYOUT, _LAYOUT)
    if sorted(name for _, name in _TAG.findall(layout)) != ["content", "title"]:
        raise TemplateError(_LAYOUT, None, "has {{title}} and {{content}} once each, and no other")
    found = {path.name for path in folder.iterdir() if path.is_dir()}
    for kind in sorted(found - KINDS.keys()):
        raise TemplateError(kind, None, "has no allow-list of variables; add the kind to KINDS")
    for kind in sorted(KINDS.keys() - found):
        raise TemplateError(kind, None, f"has no folder; add {kind}/ with {', '.join(_PARTS)}")
    # keep_at_rules: without it the inliner drops @media and with it dark mode. Nothing remote is
    # ever fetched, whatever a template says.
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
    return TemplateSet({kind: _load(folder / kind, layout, inliner.inline) for kind in KINDS})


def _load(folder: Path, layout: str, inline: Callable[[str], str]) -> Template:
    kind = folder.name
    sources = {part: _source(folder / part, f"{kind}/{part}") for part in _PARTS}
    compiled = {part: _compile(source, f"{kind}/{part}") for part, source in sources.items()}
    names = {part: _names(nodes) for part, nodes in compiled.items()}
    for part, used in names.items():
        for name in sorted(used - KINDS[kind]):
            raise TemplateError(f"{kind}/{part}", name, "is not among this kind's variables")
    for name in sorted(names[_TEXT] ^ names[_HTML]):
        raise TemplateError(
            kind, name, f"stands in only one of {_TEXT} and {_HTML}; say it in both"
        )
    if "\n" in sources[_SUBJECT]:
        raise TemplateError(f"{kind}/{_SUBJECT}", None, "has several lines; a subject is one")
    digest = hashlib.sha256("\0".join([layout, *sources.values()]).encode())
    return Template(
        kind=kind,
        version=digest.hexdigest()[:12],
        variables=frozenset(names[_SUBJECT] | names[_TEXT]),
        _subject=compiled[_SUBJECT],
        _text=(*compiled[_TEXT], "\n"),
        _html=_compile_html(kind, layout, sources, inline),
    )


def _compile_html(
    kind: str, layout: str, sources: Mapping[str, str], inline: Callable[[str], str]
) -> _Compiled:
    page = layout.replace("{{title}}", escape(sources[_SUBJECT], quote=False))
    page = page.replace("{{content}}", sources[_HTML])
    inlined = inline(page)
    # The inliner reads and rewrites the page as HTML; a tag in an odd place (inside <table>, in
    # an attribute's name) would be moved or lost, and must not go unnoticed.
    if sorted(_TAG.findall(inlined)) != sorted(_TAG.findall(page)):
        raise TemplateError(f"{kind}/{_HTML}", None, "loses a variable when its CSS is inlined")
    return _parse(inlined, f"{kind}/{_HTML}")


def _source(path: Path, name: str) -> str:
    try:
        source = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(name, None, "cannot be read; it must be a file in UTF-8") from error
    if not source:
        raise TemplateError(name, None, "is empty; write the letter or remove the kind")
    return source


def _compile(source: str, name: str) -> _Compiled:
    rest = _TAG.sub("", source)
    if "{{" in rest or "}}" in rest:
        raise TemplateError(name, None, "has a malformed variable; write it as {{name}}")
    return _parse(source, name)


def _parse(source: str, name: str) -> _Compiled:
    """Cut ``source`` into literal text, slots and list sections; sections do not nest."""
    source = _LONE_LIST_TAG.sub(r"\1", source)
    nodes: list[str | _Slot | _Section] = []
    inner: list[str | _Slot] = []
    section: str | None = None
    end = 0
    for tag in _TAG.finditer(source):
        sign, variable = tag.groups()
        literal = source[end : tag.start()]
        end = tag.end()
        (nodes if section is None else inner).append(literal)
        if sign == "#" and section is None and variable in LISTS:
            section, inner = variable, []
        elif sign == "/" and section == variable:
            nodes.append(_Section(variable, tuple(inner)))
            section = None
        elif sign or (section is None and variable in LISTS):
            raise TemplateError(name, variable, "is no list opened and closed here")
        elif section is not None and variable not in LISTS[section]:
            raise TemplateError(name, variable, f"is no field of {section}")
        else:
            (nodes if section is None else inner).append(_Slot(variable))
    if section is not None:
        raise TemplateError(name, section, f"is not closed; add {{{{/{section}}}}}")
    nodes.append(source[end:])
    return tuple(nodes)


def _names(nodes: _Compiled) -> set[str]:
    return {node.name for node in nodes if not isinstance(node, str)}


def _fill(nodes: _Compiled, values: Mapping[str, Value], quote: Callable[[str], str]) -> str:
    pieces: list[str] = []
    for node in nodes:
        if isinstance(node, str):
            pieces.append(node)
            continue
        value = values[node.name]
        if isinstance(node, _Slot):
            pieces.append(quote(str(value)))
        elif not isinstance(value, str):
            pieces += [_fill(node.nodes, entry, quote) for entry in value]
    return "".join(pieces)
