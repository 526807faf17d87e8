"""Renders letters from compiled wordings.

A letter is rendered whole or not at all: an unknown, missing or blank variable is an error, and a
value is put in once, as text, and never read as a template again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from service.domain.letter_forms import filled_html, filled_text, form_id
from service.domain.wording import to_say
from service.mail.base import Skeleton
from service.mail.template_text import (
    Parsed,
    Value,
    escaped,
    fill,
    flat,
    has_list,
    pattern,
)
from service.mail.variables import KINDS, LISTS, OPTIONAL, TemplateError, checked_value, one_line

__all__ = [
    "Form",
    "Rendered",
    "Template",
    "TemplateError",
    "TemplateSet",
    "TemplateSource",
    "Value",
]


@dataclass(frozen=True)
class Form:
    """The text and the HTML part that letters of one wording share (see ``letter_forms``)."""

    id: str
    text: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True)
class Rendered:
    """One letter, ready to be kept and sent: subject (one line), text part, HTML part.

    ``values`` are the values just as they stand in it. With a ``form`` they are the letter: both
    parts are then made of them when somebody reads it. Without one it has parts of its ``own``.
    """

    subject: str
    values: Mapping[str, Value] = field(repr=False)
    form: Form | None = None
    own: tuple[str, str] = field(default=("", ""), repr=False)

    @property
    def text(self) -> str:
        """The text part."""
        return self.own[0] if self.form is None else filled_text(self.form.text, self.values)

    @property
    def html(self) -> str:
        """The HTML part, every value escaped."""
        return self.own[1] if self.form is None else filled_html(self.form.html, self.values)


@dataclass(frozen=True)
class TemplateSource:
    """The words of one kind of letter as they were written, and the layout they stand in."""

    kind: str
    layout: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)

    @cached_property
    def digest(self) -> str:
        """The version: a hash over layout and parts; the same words, the same version."""
        whole = "\0".join([self.layout, self.subject, self.text, self.html])
        return hashlib.sha256(whole.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Template:
    """One wording of one kind of letter, compiled.

    ``variables`` are the names ``render`` needs; ``optional`` those it also takes; ``version`` is
    the digest of its source.
    """

    source: TemplateSource
    variables: frozenset[str]
    optional: frozenset[str]
    _subject: Parsed = field(repr=False)
    _text: Parsed = field(repr=False)
    _html: Parsed = field(repr=False)

    @property
    def kind(self) -> str:
        """The kind of letter."""
        return self.source.kind

    @property
    def version(self) -> str:
        """The digest that messages name."""
        return self.source.digest

    def render(self, values: Mapping[str, Value]) -> Rendered:
        """Return the letter with ``values`` put in; HTML-escaped in the HTML part only.

        A value that the kind has but this wording does not say is left unsaid. Raises
        ``TemplateError`` naming the variable that is unknown, missing, blank or unfit.
        """
        # Which names a letter gives is the same for very many: what follows from it is kept.
        given = frozenset(values)
        shared = self._shared[given] if given in self._shared else self._share(given)
        kind = self.source.kind
        checked = {
            name: self._checked_list(name, value)
            if name in LISTS
            else checked_value(kind, name, value)
            for name, value in values.items()
        }
        if shared is None:
            text, html = fill(self._text, checked), fill(self._html, escaped(checked))
            return Rendered(fill(self._subject, checked), checked, own=(text, html))
        return Rendered(shared[0] % checked, checked, shared[1])

    def _share(self, given: frozenset[str]) -> tuple[str, Form] | None:
        """Return the subject and the form that letters with just these variables share.

        ``None`` where they differ in more than values. Raises ``TemplateError`` as ``render``.
        """
        for name in sorted(given - KINDS[self.kind] - OPTIONAL[self.kind]):
            raise TemplateError(
                self.kind, name, to_say("is not known to this template; leave it out")
            )
        for name in sorted(self.variables - given):
            raise TemplateError(self.kind, name, to_say("is missing; the letter needs it"))
        skeleton, made = self._skeleton(given & self.optional), None
        if skeleton is not None:
            text, html = pattern(skeleton.text), pattern(skeleton.html)
            made = pattern(skeleton.subject), Form(form_id(text, html), text, html)
        self._shared[given] = made
        return made

    @cached_property
    def _shared(self) -> dict[frozenset[str], tuple[str, Form] | None]:
        return {}

    def skeleton(self, values: Mapping[str, Value]) -> Skeleton | None:
        """Return what all letters share that were given the same optional variables as this one.

        ``values`` are those that ``Rendered.values`` gave. ``None`` where letters differ in more
        than values (a list), or where filling the skeleton with these would give another letter.
        """
        given = frozenset(values.keys() & self.optional)
        if given not in self._skeletons:
            self._skeletons[given] = self._skeleton(given)
        skeleton = self._skeletons[given]
        if skeleton is None or self.variables - values.keys():
            return None
        for value in values.values():
            if not isinstance(value, str) or one_line(value) != value or not value:
                return None
        return skeleton

    def _skeleton(self, given: frozenset[str]) -> Skeleton | None:
        if has_list(self._text) or has_list(self._html):
            return None
        parts = [flat(nodes, given) for nodes in (self._subject, self._text, self._html)]
        return Skeleton("+".join([f"{self.kind}:{self.version}", *sorted(given)]), *parts)

    @cached_property
    def _skeletons(self) -> dict[frozenset[str], Skeleton | None]:
        return {}

    def _checked_list(self, name: str, value: Value) -> Value:
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
