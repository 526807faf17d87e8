"""Checks mail addresses and cleans display names before a provider sees them.

No control character, line break or list separator survives, so a candidate's name can never
become a header, a second recipient or a different address.
"""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

MAX_ADDRESS_CHARS = 320
"""Characters in one address or name; Twilio's "Mail Send limitations" page."""

# `;` and `,` are refused in recipients' names (the same page); `<`, `>` and `"` would let a
# name pose as "Name <address>" to whatever parses the header later.
_NAME_DELIMITERS = frozenset(';,<>"')
# Bidirectional embeddings, overrides and isolates can make one name read as another. The plain
# marks (U+200E, U+200F) stay: names in right-to-left scripts need them.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


class BadAddressError(ValueError):
    """An address that cannot be mailed; the text says why and never holds the address."""


def has_unsafe_characters(text: str) -> bool:
    """Say whether a one-line text holds a control character, a line break or half a character.

    Covers CR, LF, NUL, U+0085, U+2028, U+2029 and lone surrogates: everything that could end a
    header line, or that no mail can carry.
    """
    return any(unicodedata.category(char) in _UNSAFE_CATEGORIES for char in text)


def checked_address(text: str) -> str:
    """Return the address as it goes on the wire: ASCII, its domain in IDNA form.

    The mailbox's existence is not asked of the DNS: only the provider's events tell that.
    Raises ``BadAddressError`` where no mail could be sent to it.
    """
    if not text.strip():
        raise BadAddressError("the address is empty")
    if has_unsafe_characters(text):
        raise BadAddressError("the address holds a control character")
    if len(text) > MAX_ADDRESS_CHARS:
        raise BadAddressError(f"the address is longer than {MAX_ADDRESS_CHARS} characters")
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        # The library's message quotes parts of the address, so neither it nor its chain leaves.
        raise BadAddressError("the address is not a valid mail address") from None
    if found.ascii_email is None:
        raise BadAddressError("the address cannot be written in ASCII")
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
