"""Applies every rule to a letter, or to all letters of a folder.

A letter that was judged good is one that can be written: what would not compile is a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from service.mail.compiling import read_sources
from service.mail.lint import looks, variables, words
from service.mail.lint.findings import Finding, Letter, Rule, Severity
from service.mail.templates import TemplateSource

RULES: tuple[Rule, ...] = (
    variables.every_part,
    variables.whole_variables,
    variables.known_variables,
    variables.nothing_to_fill_in,
    variables.same_in_both,
    variables.nothing_unsaid,
    words.answerable,
    words.dated_promise,
    words.no_guessed_person,
    words.calm_rejection,
    words.no_stock_phrase,
    words.signed,
    words.link_text,
    looks.readable_colours,
    looks.plain_selectors,
    looks.fits_a_phone,
    looks.large_enough,
    looks.dark_scheme,
    looks.for_screen_readers,
    looks.nothing_remote,
)
"""Every rule, in the order in which a person would mend what it finds."""


def lint(source: TemplateSource) -> list[Finding]:
    """Return everything that is wrong with a wording, faults first; nothing where it is good."""
    letter = Letter(source)
    found = list(dict.fromkeys(finding for rule in RULES for finding in rule(letter)))
    if not has_faults(found):
        found += variables.compiles(letter)
    return sorted(found, key=lambda finding: finding.severity is not Severity.FAULT)


def has_faults(findings: list[Finding]) -> bool:
    """Tell whether anything keeps the wording from being approved."""
    return any(finding.severity is Severity.FAULT for finding in findings)


def lint_folder(folder: Path) -> Mapping[str, list[Finding]]:
    """Return the findings on each kind of letter in a folder, also on one that cannot be loaded.

    Raises ``TemplateError`` where there is no layout to put them in.
    """
    return {source.kind: lint(source) for source in read_sources(folder, whole=False)}
