"""What a rule is shown and what it answers with.

A finding quotes the template's own words at most; no value ever reaches a rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from html import unescape

from service.mail.template_text import TAG
from service.mail.templates import TemplateSource
from service.mail.variables import CANDIDATE_KINDS, KINDS, OPTIONAL


class Severity(StrEnum):
    """A ``fault`` keeps a wording from being approved; ``advice`` is for its author to weigh."""

    FAULT = "fault"
    ADVICE = "advice"


@dataclass(frozen=True)
class Finding:
    """What is wrong, where, and what to write instead."""

    rule: str
    part: str
    text: str
    severity: Severity = Severity.FAULT


@dataclass(frozen=True)
class Letter:
    """One wording as the rules look at it."""

    source: TemplateSource

    @property
    def kind(self) -> str:
        """The kind of letter."""
        return self.source.kind

    @property
    def to_candidates(self) -> bool:
        """Whether candidates get it."""
        return self.kind in CANDIDATE_KINDS

    @property
    def allowed(self) -> frozenset[str]:
        """The variables of the kind."""
        return KINDS.get(self.kind, frozenset()) | OPTIONAL.get(self.kind, frozenset())

    @cached_property
    def parts(self) -> dict[str, str]:
        """The three parts by name, as they were written."""
        return {
            "subject.txt": self.source.subject,
            "body.txt": self.source.text,
            "body.html": self.source.html,
        }

    @cached_property
    def used(self) -> dict[str, frozenset[str]]:
        """The variables each part names, whatever they are."""
        return {
            part: frozenset(name for _, name in TAG.findall(text))
            for part, text in self.parts.items()
        }

    @cached_property
    def words(self) -> dict[str, str]:
        """What a reader sees of each part, in one line, each variable as ``{{name}}``."""
        shown = dict(self.parts)
        shown["body.html"] = unescape(re.sub(r"<[^>]*>", " ", shown["body.html"]))
        return {part: " ".join(text.split()) for part, text in shown.items()}

    @cached_property
    def page(self) -> str:
        """The layout with the letter in it, before its CSS is inlined."""
        return self.source.layout.replace("{{content}}", self.source.html)


Rule = Callable[[Letter], Iterable[Finding]]


def in_words(letter: Letter, pattern: re.Pattern[str]) -> Iterable[tuple[str, str]]:
    """Yield each part and each thing in its words that the pattern finds, once."""
    for part, words in letter.words.items():
        plain = TAG.sub(" … ", words)
        for said in dict.fromkeys(match.group().strip() for match in pattern.finditer(plain)):
            yield part, said
