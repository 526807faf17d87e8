"""Reads the form that letters are written in: text with {{name}}, a list, an optional paragraph.

There is no logic in it: no attribute, no filter, no condition but "was it given". What is not one
of the tags below is text, and a value put in is never read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from service.domain.wording import to_say, told
from service.mail.base import Slot
from service.mail.variables import LISTS, TemplateError

Value = str | Sequence[Mapping[str, str]]
"""What a variable takes: one line of text, or for a list variable its entries by field name."""

TAG: Final = re.compile(r"\{\{([#?/]?)([a-z][a-z0-9_]*)\}\}")
# A tag of a list or an optional paragraph alone on its line leaves no empty line behind.
_LONE_TAG: Final = re.compile(r"^[ \t]*(\{\{[#?/][a-z][a-z0-9_]*\}\})[ \t]*\n", re.MULTILINE)
# An optional paragraph takes the blank line beside it with it when it is left out.
_PARAGRAPH: Final = re.compile(
    r"^[ \t]*(\{\{\?([a-z][a-z0-9_]*)\}\})[ \t]*\n((?:(?!\{\{\?).)*?)\n*"
    r"^[ \t]*(\{\{/\2\}\})[ \t]*\n\n+",
    re.MULTILINE | re.DOTALL,
)
_LAST_PARAGRAPH: Final = re.compile(
    r"\n+^[ \t]*(\{\{\?([a-z][a-z0-9_]*)\}\})[ \t]*\n((?:(?!\{\{\?).)*?)\n*"
    r"^[ \t]*(\{\{/\2\}\})[ \t]*\Z",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class ListSection:
    """A part that stands once for each entry of a list."""

    name: str
    nodes: tuple[str | Slot, ...]


@dataclass(frozen=True)
class OptionalPart:
    """A part that stands there when its variable was given, and leaves no trace when not."""

    name: str
    nodes: tuple[str | Slot, ...]


Section = ListSection | OptionalPart
Parsed = tuple[str | Slot | Section, ...]


def parse(source: str, name: str, optional: frozenset[str]) -> Parsed:
    """Cut ``source`` into literal text, slots and sections; sections do not nest.

    ``optional`` are the variables that may be missing: each stands only inside its own
    ``{{?name}} … {{/name}}``. Raises ``TemplateError``, naming the file ``name``.
    """
    rest = TAG.sub("", source)
    if "{{" in rest or "}}" in rest:
        raise TemplateError(name, None, to_say("has a malformed variable; write it as {{name}}"))
    source = _LAST_PARAGRAPH.sub(r"\1\n\n\3\4", _PARAGRAPH.sub(r"\1\3\n\n\4", source))
    return _Reader(_LONE_TAG.sub(r"\1", source), name, optional).read()


class _Reader:
    def __init__(self, source: str, name: str, optional: frozenset[str]) -> None:
        self._source = source
        self._name = name
        self._optional = optional
        self._nodes: list[str | Slot | Section] = []
        self._inner: list[str | Slot] = []
        self._open: tuple[str, str] | None = None

    def read(self) -> Parsed:
        end = 0
        for tag in TAG.finditer(self._source):
            self._add(self._source[end : tag.start()])
            end = tag.end()
            sign, variable = tag.groups()
            if sign == "/":
                self._close(variable)
            elif sign:
                self._begin(sign, variable)
            else:
                self._slot(variable)
        if self._open is not None:
            section = self._open[1]
            raise self._fault(section, told("is not closed; add {{/%(name)s}}", name=section))
        self._add(self._source[end:])
        return tuple(self._nodes)

    def _add(self, node: str | Slot) -> None:
        if node:
            (self._nodes if self._open is None else self._inner).append(node)

    def _begin(self, sign: str, variable: str) -> None:
        if self._open is not None:
            raise self._fault(
                variable, told("stands inside %(name)s; close that first", name=self._open[1])
            )
        if sign == "#" and variable not in LISTS:
            raise self._fault(variable, to_say("is no list opened and closed here"))
        if sign == "?" and variable not in self._optional:
            raise self._fault(
                variable, to_say("is not optional in this kind; write it as {{name}}")
            )
        self._open, self._inner = (sign, variable), []

    def _close(self, variable: str) -> None:
        if self._open is None or self._open[1] != variable:
            raise self._fault(
                variable, to_say("is no list or optional part opened and closed here")
            )
        section = ListSection if self._open[0] == "#" else OptionalPart
        self._open = None
        self._nodes.append(section(variable, tuple(self._inner)))

    def _slot(self, variable: str) -> None:
        sign, section = self._open or ("", "")
        if sign == "#":
            if variable not in LISTS[section]:
                raise self._fault(variable, told("is no field of %(name)s", name=section))
        elif variable in LISTS:
            raise self._fault(variable, to_say("is no list opened and closed here"))
        elif variable in self._optional and variable != section:
            raise self._fault(
                variable,
                told(
                    "may be missing; put it between {{?%(name)s}} and {{/%(name)s}}", name=variable
                ),
            )
        self._add(Slot(variable))

    def _fault(self, variable: str, remedy: str) -> TemplateError:
        return TemplateError(self._name, variable, remedy)


def names(nodes: Parsed) -> frozenset[str]:
    """Return the variables that ``nodes`` name; a list by its own name, without its fields."""
    return frozenset(_names(nodes))


def _names(nodes: Parsed) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            continue
        yield node.name
        if isinstance(node, OptionalPart):
            yield from _names(node.nodes)


def has_list(nodes: Parsed) -> bool:
    """Tell whether these letters differ in more than values."""
    return any(isinstance(node, ListSection) for node in nodes)


def flat(nodes: Parsed, given: frozenset[str]) -> tuple[str | Slot, ...]:
    """Return ``nodes`` for letters with just these optional variables; there must be no list."""
    made: list[str | Slot] = []
    for node in nodes:
        if isinstance(node, str | Slot):
            made.append(node)
        elif node.name in given:
            made.extend(node.nodes)
    return tuple(made)


def pattern(nodes: tuple[str | Slot, ...]) -> str:
    """Return flat text as a pattern that ``%`` fills from a mapping: one step for each letter."""
    return "".join(
        f"%({node.name})s" if isinstance(node, Slot) else node.replace("%", "%%") for node in nodes
    )


def fill(nodes: Parsed, values: Mapping[str, Value]) -> str:
    """Return the text with ``values`` put in as they are."""
    pieces: list[str] = []
    for node in nodes:
        if isinstance(node, str):
            pieces.append(node)
        elif isinstance(node, Slot):
            pieces.append(str(values[node.name]))
        elif isinstance(node, OptionalPart):
            if node.name in values:
                pieces.append(fill(node.nodes, values))
        else:
            entries = values[node.name]
            pieces += [fill(node.nodes, each) for each in entries if not isinstance(each, str)]
    return "".join(pieces)


def escaped(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return ``values`` as they stand in HTML, within a list too."""
    return {
        name: escape(value)
        if isinstance(value, str)
        else [{field: escape(text) for field, text in entry.items()} for entry in value]
        for name, value in values.items()
    }
