"""Checks mail addresses and cleans display names before a provider sees them.

No control character, line break or list separator survives, so a candidate's name can never
become a header, a second recipient or a different address.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from service.domain.wording import ToldError, to_say, told

MAX_ADDRESS_CHARS = 320
"""Characters in one address or name; Twilio's "Mail Send limitations" page."""

# `;` and `,` are refused in recipients' names (the same page); `<`, `>` and `"` would let a
# name pose as "Name <address>" to whatever parses the header later.
_NAME_DELIMITERS = frozenset(';,<>"')
# Bidirectional embeddings, overrides and isolates can make one name read as another. The plain
# marks (U+200E, U+200F) stay: names in right-to-left scripts need them.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


# A local part that no rule has anything to say about, before any domain; together short enough
# for every limit on the whole (RFC 5321, 4.5.3.1).
_PLAIN = re.compile(r"([A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*(?<!.{65}))@([A-Za-z0-9.-]{1,180})")


class BadAddressError(ToldError):
    """An address that cannot be mailed; the text says why and never holds the address."""


def has_unsafe_characters(text: str) -> bool:
    """Say whether a one-line text holds a control character, a line break or half a character.

    Covers CR, LF, NUL, U+0085, U+2028, U+2029 and lone surrogates: everything that could end a
    header line, or that no mail can carry.
    """
    # None of these is printable, and most texts are printable throughout.
    return not text.isprintable() and any(
        unicodedata.category(char) in _UNSAFE_CATEGORIES for char in text
    )


def checked_address(text: str) -> str:
    """Return the address as it goes on the wire: ASCII, its domain in IDNA form.

    The mailbox's existence is not asked of the DNS: only the provider's events tell that.
    Raises ``BadAddressError`` where no mail could be sent to it.
    """
    if not text.strip():
        raise BadAddressError(to_say("the address is empty"))
    if has_unsafe_characters(text):
        raise BadAddressError(to_say("the address holds a control character"))
    if len(text) > MAX_ADDRESS_CHARS:
        raise BadAddressError(
            told("the address is longer than %(number)s characters", number=MAX_ADDRESS_CHARS)
        )
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return f"{plain[1]}@{_domain(plain[2])}"
    return _validated(text)


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str:
    """Return a domain as it goes on the wire; asked once for the many people who share it."""
    return _validated(f"x@{domain}").partition("@")[2]


def _validated(text: str) -> str:
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        # The library's message quotes parts of the address, so neither it nor its chain leaves.
        raise BadAddressError(to_say("the address is not a valid mail address")) from None
    if found.ascii_email is None:
        raise BadAddressError(to_say("the address cannot be written in ASCII"))
    return found.ascii_email


def display_name(text: str) -> str:
    """Return a name that is safe beside an address, or ``""`` where none is left.

    Separators and control characters become spaces, so "Doe, Jane" stays two words. A name over
    ``MAX_ADDRESS_CHARS`` is dropped rather than cut: half a name may be somebody else's.
    """
    cleaned = "".join(
        " "
        if char in _NAME_DELIMITERS or unicodedata.category(char) in _UNSAFE_CATEGORIES
        else char
        for char in text
        if char not in _BIDI_CONTROLS
    )
    name = " ".join(cleaned.split())
    return name if len(name) <= MAX_ADDRESS_CHARS else ""
