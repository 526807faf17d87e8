"""Reads the members of a parsed webhook body as typed facts, each error with a JSON pointer.

Nothing gets past here as anything but a fact or a ``PayloadError``; messages name places and
types, never values, so no candidate's data reaches a log through them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

MAX_TEXT = 500
MAX_ID = 200
CLOCK_SKEW = timedelta(minutes=10)
"""How far a source's clock may run ahead of ours before its time is not believed."""


class PayloadError(Exception):
    """An authentic body that cannot be understood: ``pointer`` says where (RFC 6901), and why."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(f"{pointer or 'the body'}: {message}")
        self.pointer = pointer
        self.message = message


@dataclass(frozen=True)
class JsonObject:
    """One object of a payload, where it stands, and what was odd about it so far.

    An absent member and ``null`` are the same: nothing was said. A *required* member that is
    missing or of the wrong type raises ``PayloadError``. An *optional* one of the wrong type
    raises too where ``strict`` (our own format: implementers want to hear it) and otherwise is
    left out with a warning (a vendor's: a rejection must not be lost over a phone number).
    """

    members: dict[str, object]
    pointer: str
    strict: bool
    warnings: list[str]

    def at(self, key: str | int) -> str:
        """The JSON pointer of a member."""
        return f"{self.pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"

    def has(self, key: str) -> bool:
        """Whether the source said anything here."""
        return self.members.get(key) is not None

    def warn(self, key: str, message: str) -> None:
        """Note something odd but harmless about a member."""
        self.warnings.append(f"{self.at(key)}: {message}")

    def fail(self, key: str, message: str) -> NoReturn:
        """Refuse the payload over a member."""
        raise PayloadError(self.at(key), message)

    def odd(self, key: str, message: str) -> None:
        """Refuse the payload where strict, else warn."""
        if self.strict:
            self.fail(key, message)
        self.warn(key, f"{message}; left out")

    def child(self, key: str) -> JsonObject | None:
        """An optional object."""
        value = self.members.get(key)
        if value is None:
            return None
        if isinstance(value, dict):
            return JsonObject(value, self.at(key), self.strict, self.warnings)
        self.odd(key, "expected an object")
        return None

    def required_child(self, key: str) -> JsonObject:
        """An object that must be there."""
        value = self._required(key)
        if not isinstance(value, dict):
            self.fail(key, "expected an object")
        return JsonObject(value, self.at(key), self.strict, self.warnings)

    def children(self, key: str) -> tuple[JsonObject, ...] | None:
        """An optional list of objects; ``None`` where the source said nothing."""
        listed = self._list(key)
        if listed is None:
            return None
        here = JsonObject({str(i): v for i, v in enumerate(listed)}, self.at(key), *self._mode())
        found = (here.child(index) for index in here.members)
        return tuple(each for each in found if each is not None)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """An optional list of texts; ``None`` where the source said nothing."""
        listed = self._list(key)
        if listed is None:
            return None
        here = JsonObject({str(i): v for i, v in enumerate(listed)}, self.at(key), *self._mode())
        found = (here.text(index) for index in here.members)
        return tuple(each for each in found if each is not None)

    def id(self, key: str) -> str | None:
        """An optional id: an integer or a text of 1 to ``MAX_ID`` characters, as text."""
        if self.members.get(key) is None:
            return None
        found = _as_id(self.members[key])
        if found is None:
            self.odd(key, f"expected an id: an integer or a text of 1 to {MAX_ID} characters")
        return found

    def required_id(self, key: str) -> str:
        """An id that must be there; booleans and fractions are no ids."""
        found = _as_id(self._required(key))
        if found is None:
            self.fail(key, f"expected an id: an integer or a text of 1 to {MAX_ID} characters")
        return found

    def ids(self, key: str) -> tuple[str, ...]:
        """An optional list of ids."""
        listed = self._list(key) or []
        here = JsonObject({str(i): v for i, v in enumerate(listed)}, self.at(key), *self._mode())
        found = (here.id(index) for index in here.members)
        return tuple(each for each in found if each is not None)

    def text(self, key: str) -> str | None:
        """An optional text on one line: control characters gone, blanks collapsed, empty is none.

        Line breaks must not survive: names end up in the headers of mail.
        """
        value = self.members.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.odd(key, "expected a text")
            return None
        line = one_line(value)
        if len(line) > MAX_TEXT:
            if self.strict:
                self.fail(key, f"longer than {MAX_TEXT} characters")
            self.warn(key, f"longer than {MAX_TEXT} characters; cut")
            line = line[:MAX_TEXT].rstrip()
        return line or None

    def required_text(self, key: str) -> str:
        """A text that must be there and not be blank."""
        if not isinstance(self._required(key), str):
            self.fail(key, "expected a text")
        return self.text(key) or self.fail(key, "is blank")

    def flag(self, key: str) -> bool | None:
        """An optional ``true`` or ``false``."""
        value = self.members.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.odd(key, "expected true or false")
        return None

    def required_flag(self, key: str) -> bool:
        """A ``true`` or ``false`` that must be there."""
        value = self._required(key)
        if not isinstance(value, bool):
            self.fail(key, "expected true or false")
        return value

    def instant(self, key: str, *, past_of: datetime | None = None) -> datetime | None:
        """An optional ISO 8601 instant with its offset, in UTC.

        ``past_of``: the instant of receipt; a time later than that (plus ``CLOCK_SKEW``) cannot
        have happened yet and is not believed.
        """
        value = self.members.get(key)
        if value is None:
            return None
        found = _as_instant(value)
        if found is None:
            self.odd(key, "expected an ISO 8601 date and time with its offset from UTC")
        elif past_of is not None and found > past_of + CLOCK_SKEW:
            self.odd(key, "lies in the future")
            return None
        return found

    def required_instant(self, key: str, *, past_of: datetime | None = None) -> datetime:
        """An instant that must be there."""
        self._required(key)
        return self.instant(key, past_of=past_of) or self.fail(
            key, "expected an ISO 8601 date and time with its offset from UTC"
        )

    def note_unknown(self, known: Iterable[str]) -> None:
        """Warn of members nobody reads: most are a misspelled name."""
        for key in sorted(self.members.keys() - set(known)):
            self.warnings.append(f"{self.at(key[:MAX_ID])}: unknown, ignored")

    def _required(self, key: str) -> object:
        value = self.members.get(key)
        if value is None:
            self.fail(key, "is missing")
        return value

    def _list(self, key: str) -> list[object] | None:
        value = self.members.get(key)
        if value is None or isinstance(value, list):
            return value
        self.odd(key, "expected a list")
        return None

    def _mode(self) -> tuple[bool, list[str]]:
        return self.strict, self.warnings


def one_line(text: str) -> str:
    """``text`` without control characters and with each run of blanks made one space."""
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    return " ".join(kept.split())


def _as_id(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    # A mended id is another's, or nobody's.
    readable = text.isprintable() and "\ufffd" not in text
    return text if 0 < len(text) <= MAX_ID and readable else None


def _as_instant(value: object) -> datetime | None:
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value)
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
