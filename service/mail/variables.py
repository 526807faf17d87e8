"""What each kind of letter may name, and what a value must be before it may stand in one.

A checked value is one line of visible text: it cannot start a header, turn the text around,
leave a blank in a sentence or point anywhere but where its rule allows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from service.domain.wording import ToldError, to_say, told


class TemplateError(ToldError):
    """A template or its values are not fit to be sent.

    ``template`` is the kind (or the file), ``variable`` the name at fault or ``None``, ``remedy``
    what to do. It never carries a value, which may be a candidate's name: it is safe to log.
    """

    def __init__(self, template: str, variable: str | None, remedy: str) -> None:
        self.template = template
        self.variable = variable
        self.remedy = remedy
        super().__init__(
            told(
                "template %(template)s %(variable)s: %(fault)s",
                template=template,
                variable=f"{{{{{variable}}}}}",
                fault=remedy,
            )
            if variable
            else told("template %(template)s: %(fault)s", template=template, fault=remedy)
        )


_CANDIDATE: Final = frozenset(
    {"greeting_name", "job_title", "company_name", "sender_name", "sender_email"}
)
_STAFF: Final = frozenset(
    {"greeting_name", "overdue_count", "items", "page_url", "company_name", "help_email"}
)
_SIGN_IN: Final = frozenset(
    {"greeting_name", "company_name", "help_email", "page_url", "sign_in_url", "valid_until"}
)

# They say nothing of one person and stand in many letters alike, so a check may be remembered.
_OF_THE_OFFICE: Final = frozenset(
    {"job_title", "company_name", "sender_name", "sender_email", "help_email", "page_url"}
    | {"next_word_by", "reply_by"}
)

CANDIDATE_KINDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "acknowledgement": _CANDIDATE,
        "status-update": _CANDIDATE | {"next_word_by"},
        "holding": _CANDIDATE | {"promised_what", "next_word_by"},
        "apology-late": _CANDIDATE | {"promised_what", "promised_for", "next_step", "next_word_by"},
        "rejection-application": _CANDIDATE,
        "rejection-interview": _CANDIDATE,
        "position-filled": _CANDIDATE,
        "position-closed": _CANDIDATE,
        "second-choice": _CANDIDATE | {"next_word_by"},
        "interview-scheduling": _CANDIDATE | {"scheduling_link", "reply_by"},
    }
)
"""Letters to candidates: the variables each one needs, all of them, every time.

``greeting_name`` see ``greeting_name()``; ``sender_name`` and ``sender_email`` the person who
writes and where an answer reaches them; ``promised_what`` a noun phrase ("a call about the panel
date"); ``next_step`` a whole sentence with its full stop; ``scheduling_link`` an https address;
``promised_for``, ``next_word_by`` and ``reply_by`` dates in the candidate's words ("Friday 27
November"), without a preposition: the letter says "by".
"""

STAFF_KINDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "staff-digest": _STAFF | {"due_soon_count"},
        "staff-morning": _STAFF | {"due_soon_count"},
        "staff-escalation": _STAFF,
        "sign-in-invitation": _SIGN_IN,
        "sign-in-reset": _SIGN_IN,
    }
)
"""Notices to colleagues. ``items`` is a list (see ``LISTS``), the counts are digits ("0" too),
``page_url`` is the dashboard, ``help_email`` where an answer to the notice arrives,
``sign_in_url`` a one-time link that opens an account, ``valid_until`` when it ends, in words."""

KINDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType({**CANDIDATE_KINDS, **STAFF_KINDS})
"""Every kind of letter and its allow-list."""

OPTIONAL: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    dict.fromkeys(KINDS, frozenset[str]())
    | dict.fromkeys(
        ("rejection-application", "rejection-interview", "position-filled", "position-closed"),
        frozenset({"still_open"}),
    )
)
"""The variables of each kind that may be left out, and their paragraph with them.

``still_open`` names the person's other applications, which this letter does not touch, as a
sentence without its full stop: "Your application for Support Lead goes on", "Your applications
for Chef and Baker go on". ``job_title`` may name several jobs in one letter: "Backend Engineer
and Support Lead".
"""

LISTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"items": ("line", "detail")})
"""List variables and the fields of their entries, each one line of text. Staff kinds only."""

DATED: Final = frozenset({"next_word_by", "reply_by"})
"""Variables that state a coming date: a letter that names ``next_word_by`` makes a promise."""

# Directional embeddings, overrides and isolates would turn the sentence after a name around
# (UAX #9); U+FEFF and U+200B are invisible. Joiners stay: Persian names and emoji need them.
_INVISIBLE: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0x200B])
# Narrower than RFC 5322: ? & # % would say more to a mailto link than an address (RFC 6068).
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!$'*+/=_~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_UNANSWERED: Final = re.compile(r"(no|dont|do[._-]*not)[._-]*(reply|respond|answer)")


def greeting_name(first_name: str | None, full_name: str | None) -> str:
    """Return how to greet a person: the first name, else the whole name, else "there".

    A whole name is never cut into parts: which part is the given name differs by culture.
    """
    for name in (first_name, full_name):
        if name and (line := one_line(name)):
            return line
    return "there"


def one_line(value: str) -> str:
    """Return ``value`` as one line of visible text, or "" when nothing visible is in it.

    Control characters, line and paragraph separators and lone surrogates become a space, runs of
    spaces one; characters that only steer direction are dropped. A stray line break in a name
    must neither start a header nor keep the person's letter from going out.
    """
    if value.isprintable():
        # The usual case: nothing to drop, and a blank is the only separator there can be.
        return " ".join(value.split())
    spaced = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp", "Zs"} else char
        for char in value.translate(_INVISIBLE)
    )
    line = " ".join(spaced.split())
    visible = any(unicodedata.category(char)[0] not in "CZ" for char in line)
    return line if visible else ""


def checked_value(template: str, variable: str, value: object) -> str:
    """Return ``value`` fit to stand in a letter; ``TemplateError`` when it is not.

    Text is made one line. Addresses and links are taken as they are or refused: a mended address
    would lead elsewhere.
    """
    if variable in _OF_THE_OFFICE and type(value) is str:
        return _remembered(template, variable, value)
    return _checked(template, variable, value)


@lru_cache(maxsize=1000)
def _remembered(template: str, variable: str, value: str) -> str:
    return _checked(template, variable, value)


def _checked(template: str, variable: str, value: object) -> str:
    if not isinstance(value, str):
        raise TemplateError(
            template, variable, to_say("pass text; a number or a date is written out first")
        )
    line = one_line(value)
    if not line:
        raise TemplateError(
            template, variable, to_say("is blank; give it a text or do not send the letter")
        )
    rule = _RULES.get(variable)
    if rule is not None and (fault := rule(value)):
        raise TemplateError(template, variable, fault)
    return line


def _address(value: str) -> str | None:
    if not _ADDRESS.fullmatch(value):
        return to_say("is no plain email address; write it as name@example.com")
    return None


def _answerable_address(value: str) -> str | None:
    if _UNANSWERED.match(value.lower()):
        return to_say("is an address nobody reads; name one where an answer reaches a person")
    return _address(value)


def _web_address(value: str, schemes: frozenset[str]) -> bool:
    if one_line(value) != value or any(char in value for char in " <>\"'\\`{}"):
        return False
    try:
        parts = urlsplit(value)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in schemes
        and bool(parts.hostname)
        and port_is_valid
        and "@" not in parts.netloc
    )


def _https_link(value: str) -> str | None:
    if not _web_address(value, frozenset({"https"})):
        return to_say("is no https link; copy the whole address, from https:// on")
    return None


def _page(value: str) -> str | None:
    if not _web_address(value, frozenset({"https", "http"})):
        return to_say("is no web address; set KEEPWORD_BASE_URL to where the dashboard is reached")
    return None


def _count(value: str) -> str | None:
    if not (value.isascii() and value.isdigit()):
        return to_say("is no count; write the number in digits")
    return None


_RULES: Final[Mapping[str, Callable[[str], str | None]]] = MappingProxyType(
    {
        "sender_email": _answerable_address,
        "help_email": _address,
        "scheduling_link": _https_link,
        "page_url": _page,
        "sign_in_url": _page,
        "overdue_count": _count,
        "due_soon_count": _count,
    }
)
