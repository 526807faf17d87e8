"""Rules about what a letter says: nothing that misleads, guesses or hurts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from service.domain.contacts import DECISION_LETTERS
from service.mail.lint.findings import Finding, Letter, Severity, in_words
from service.mail.variables import DATED


def _phrases(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'’])(?:{'|'.join(patterns)})(?![\w])", re.IGNORECASE)


_NO_REPLY = _phrases(
    r"no[-_ ]?reply(@\S+)?",
    r"(please )?do not (reply|respond|answer)( to this (email|mail|message))?",
    r"(is|are) not (monitored|read)",
    r"unmonitored",
    r"cannot be answered",
)
_PROMISE = _phrases(
    r"(be|get|keep|stay) in touch",
    r"get back to you",
    r"come back to you",
    r"hear (back )?from (me|us)",
    r"let you know",
    r"keep you (posted|informed|updated|in the loop)",
    r"(very |as )?soon( as possible)?",
    r"asap",
    r"shortly",
    r"in due course",
    r"in the (coming|next) (few )?(hours|days|weeks)",
    r"(I|we)( will|['’]ll| shall)",
)
_GUESSED = _phrases(
    r"s?he/s?he", r"he", r"she", r"him", r"her", r"his", r"hers", r"himself", r"herself",
    r"mr\.?", r"mrs\.?", r"ms\.?", r"sir", r"madam",
)  # fmt: skip
_STOCK = _phrases(
    r"unfortunately",
    r"(we )?regret( to inform( you)?)?",
    r"after careful (consideration|review)",
    r"(high|large|overwhelming) (volume|number) of (applications|applicants|candidates)",
    r"keep your (cv|r[eé]sum[eé]|application|details|profile) on (file|record)",
    r"(not|isn't|isn’t) (quite )?(the right|a good) (fit|match)",
    r"other candidates",
    r"at this (time|point)",
    r"valued? (candidate|applicant)s?",
    r"dear (candidate|applicant)",
    r"to whom it may concern",
    r"sla",
    r"ticket",
)
_EMPTY_LINK = re.compile(
    r"<a\b[^>]*>\s*(?:<[^>]*>\s*)*(click here|here|this link|link|more|read more)?\s*"
    r"(?:<[^>]*>\s*)*</a>",
    re.IGNORECASE,
)


def answerable(letter: Letter) -> Iterable[Finding]:
    """A candidate who has a question can simply answer."""
    for part, said in in_words(letter, _NO_REPLY):
        yield Finding(
            "no-reply", part, f"says “{said}”: give an address that somebody reads, and say so"
        )


def dated_promise(letter: Letter) -> Iterable[Finding]:
    """Whoever promises a word says by when; then Keepword holds them to it."""
    if not letter.to_candidates or letter.used["body.txt"] & DATED & letter.allowed:
        return
    for part, said in in_words(letter, _PROMISE):
        yield Finding(
            "promise-without-date",
            part,
            f"promises something (“{said}”) and names no day: use a kind of letter with "
            f"{' or '.join(f'{{{{{name}}}}}' for name in sorted(DATED))}, or leave it out",
        )


def no_guessed_person(letter: Letter) -> Iterable[Finding]:
    """Nobody is called by a gender or title that was guessed."""
    for part, said in in_words(letter, _GUESSED):
        yield Finding("guessed-pronoun", part, f"guesses at a person (“{said}”): use the name")


def no_stock_phrase(letter: Letter) -> Iterable[Finding]:
    """A letter says what happened in plain words, without false hope."""
    if not letter.to_candidates:
        return
    for part, said in in_words(letter, _STOCK):
        yield Finding(
            "stock-phrase",
            part,
            f"says “{said}”, which everybody has read before: say what was decided",
            Severity.ADVICE,
        )


def calm_rejection(letter: Letter) -> Iterable[Finding]:
    """Bad news is not shouted."""
    if letter.kind not in DECISION_LETTERS:
        return
    for part, words in letter.words.items():
        if "!" in words:
            yield Finding(
                "exclamation-mark", part, "has an exclamation mark in bad news: use a full stop"
            )


def signed(letter: Letter) -> Iterable[Finding]:
    """A person writes, and says who."""
    if not letter.to_candidates:
        return
    for name, remedy in (
        ("sender_name", "is signed by nobody: put {{sender_name}} at its end"),
        ("sender_email", "does not say where an answer arrives: add {{sender_email}}"),
    ):
        if name not in letter.used["body.txt"]:
            yield Finding("not-signed", "body.txt", remedy, Severity.ADVICE)


def link_text(letter: Letter) -> Iterable[Finding]:
    """A link says where it leads, also to somebody who only hears it."""
    for link in _EMPTY_LINK.finditer(letter.source.html):
        said = link.group(1) or "nothing"
        yield Finding(
            "link-text", "body.html", f"has a link that says “{said}”: say where it leads"
        )
