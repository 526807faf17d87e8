"""Reads single cells: names, addresses, numbers, zones, stages. A cell is text, whatever it holds.

A formula stays the text it is: nothing here evaluates a cell, and no message quotes one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import available_timezones

from service.ats.stages import guess_stage
from service.domain.changes import Stage
from service.domain.contacts import Channel
from service.domain.wording import ToldError, told
from service.mail.addresses import BadAddressError, checked_address, has_unsafe_characters

LONGEST_TEXT = 200
LONGEST_WORDING = 500
LONGEST_ID = 200
LONGEST_PHONE = 50
MOST = 20
"""As the API takes them: characters of a name, a wording, an id and a number; how many of each."""

_BREAKS = re.compile(r"[\r\n\t]+")
_BETWEEN = re.compile(r"[;,\s]+")
_PHONES = re.compile(r"\s*[;,\n|]\s*")
_SLASH = re.compile(r"\s*/\s*")
_ADDRESS = re.compile(r"[^<>]*<([^<>\s]+)>\s*")

_UNSEEN = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff"
)
"""Marks that mail programs and chats copy along with an address, and that no sheet shows."""

_CLOSED: Mapping[str, Stage] = {
    "hired": Stage.HIRED,
    "rejected": Stage.REJECTED,
    "disqualified": Stage.REJECTED,
    "withdrawn": Stage.WITHDRAWN,
    "withdrew": Stage.WITHDRAWN,
}
"""The only words that close an application by themselves. What else a system calls an end, a
person says with ``--stage``: an end is never guessed."""

_GOES_ON = frozenset({"active", "open", "inprogress", "inprocess", "ongoing", "live", "current"})

_NOTHING = frozenset({"", "false", "no", "n", "0", "none", "null", "na", "nein", "falsch"})


class CellError(ToldError):
    """A cell that cannot be read; the text says why and what to do, and never quotes it."""


def plain(text: str, longest: int = LONGEST_TEXT) -> str | None:
    """Return a cell as one line without blanks around it, ``None`` where it is empty.

    Line breaks and tabs become blanks. Raises ``CellError`` for other control characters.
    """
    if not text:
        return None
    if not text.isprintable():
        text = _BREAKS.sub(" ", text)
        if has_unsafe_characters(text):
            raise CellError(told("it holds a control character: write plain text"))
    text = text.strip()
    if len(text) > longest:
        raise CellError(told("it is longer than %(number)s characters: shorten it", number=longest))
    return text or None


def first_and_last(whole: str | None) -> tuple[str | None, str | None]:
    """Return the first and the last name of ``Amara Okafor`` or ``Okafor, Amara``."""
    if whole is None:
        return None, None
    if whole.count(",") == 1:
        last, first = (part.strip() or None for part in whole.split(","))
        return first, last
    given, _, family = whole.partition(" ")
    return given, family.strip() or None


def says_something(text: str) -> bool:
    """Tell whether a cell says anything but no: ``FALSE``, ``-`` and ``n/a`` say nothing."""
    return _word(text) not in _NOTHING


def addresses(text: str) -> list[str]:
    """Return the mail addresses in a cell, separated by commas, semicolons or blanks."""
    if not text or text.isspace():
        return []
    named = _ADDRESS.fullmatch(text)
    parts = [named[1]] if named else _BETWEEN.split(text)
    parts = [part for part in (each.strip(_UNSEEN) for each in parts) if part]
    for part in parts:
        try:
            checked_address(part)
        except BadAddressError as error:
            raise CellError(told("%(fault)s: correct it", fault=error.said)) from None
    return parts


def numbers(text: str) -> list[str]:
    """Return the telephone numbers in a cell."""
    found = plain(text.replace("\r", "\n").replace("\n", ";"), 1000)
    parts = [
        number for part in _PHONES.split(found or "") for number in _between_slashes(part) if number
    ]
    if any(len(part) > LONGEST_PHONE for part in parts):
        raise CellError(
            told("a number is longer than %(number)s characters: shorten it", number=LONGEST_PHONE)
        )
    return parts


def _between_slashes(text: str) -> list[str]:
    """Return the numbers in a text: many write ``030/1234567``, which is a single one.

    The next number is told by the prefix it begins with, or by a length that no rest has.
    """
    parts = _SLASH.split(text)
    digits = [sum(map(str.isdigit, part)) for part in parts]
    whole = all(part.startswith(("+", "0", "(")) for part in parts[1:]) and min(digits) >= _SHORT
    return parts if whole or min(digits) >= _LONG else [text]


_SHORT, _LONG = 7, 10
"""Digits of a number with its prefix at least; and of what can be no number without it."""


@lru_cache(maxsize=2000)
def zone(text: str) -> str | None:
    """Return an IANA time zone."""
    name = plain(text)
    if name is None:
        return None
    found = _zones().get(name.casefold().replace(" ", "_"))
    if found is None:
        raise CellError(told("it is no time zone: write one such as Europe/Berlin"))
    return found


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def colleague(text: str) -> str | None:
    """Return a colleague's mail address."""
    name = plain(text)
    if name is None:
        return None
    named = _ADDRESS.fullmatch(name)
    address = named[1] if named else name
    try:
        return checked_address(address).casefold()
    except BadAddressError:
        raise CellError(
            told(
                "it is no mail address: write the colleague's, or leave the column out with "
                "--without and its heading"
            )
        ) from None


@lru_cache(maxsize=200)
def channel(text: str) -> Channel | None:
    """Return by what means somebody was contacted."""
    name = plain(text)
    if name is None:
        return None
    word = name.casefold().replace("-", "").replace(" ", "_")
    known = {"mail": Channel.EMAIL, "call": Channel.PHONE, "sms": Channel.TEXT}
    try:
        return known.get(word) or Channel(word)
    except ValueError:
        raise CellError(
            told("it is no means of contact: write one of %(words)s", words=", ".join(Channel))
        ) from None


class StageWords:
    """Reads stages and statuses; ``told`` says what an employer's own labels mean."""

    def __init__(self, told: Mapping[str, Stage]) -> None:
        self._told = {label.strip(): stage for label, stage in told.items()}
        # Case and signs do not count, but where signs are all there is, or tell two labels apart.
        meant: dict[str, set[Stage]] = {}
        for label, stage in told.items():
            meant.setdefault(_word(label), set()).add(stage)
        self._alike = {word: min(said) for word, said in meant.items() if word and len(said) == 1}
        self._known: dict[tuple[str, str], Stage] = {}
        self.taken: dict[str, Stage] = {}
        """The labels that decided, and the stage each was taken for."""
        self.unknown: dict[str, int] = {}
        """The labels that nobody has explained, and in how many rows each stands."""

    def read(self, stage: str | None, status: str | None) -> Stage:
        """Return where an application stands by its two labels; ``CellError`` where none can be.

        A status that says how it ended beats the stage it ended at.
        """
        key = (stage or "", status or "")
        found = self._known.get(key)
        if found is None:
            try:
                found = self._read(stage, status)
            except UnknownLabelError as error:
                if error.label in self.unknown or len(self.unknown) < _REMEMBERED:
                    self.unknown[error.label] = self.unknown.get(error.label, 0) + 1
                raise
            if len(self._known) < _REMEMBERED:
                self._known[key] = found
                self.taken.update(self._decided(stage, status, found))
        return found

    def _decided(self, stage: str | None, status: str | None, found: Stage) -> dict[str, Stage]:
        by_status = stage is None or (found in _ENDS and self._exact(status) == found)
        label = status if by_status else stage
        return {label: found} if label is not None else {}

    def _read(self, stage: str | None, status: str | None) -> Stage:
        ended = self._exact(status)
        if ended is not None and (ended in _ENDS or stage is None):
            return ended
        if stage is None:
            if status is None or _word(status) in _GOES_ON:
                return Stage.APPLIED
            guessed = guess_stage(status)
            if guessed is None:
                raise UnknownLabelError(status)
            return guessed
        if status is not None and ended is None and _word(status) not in _GOES_ON:
            # Said besides a stage, so it says more than the stage: how, a person must tell.
            raise UnknownLabelError(status)
        found = self._exact(stage) or guess_stage(stage)
        if found is None:
            raise UnknownLabelError(stage)
        return found

    def _exact(self, label: str | None) -> Stage | None:
        if label is None:
            return None
        if label in self._told:
            return self._told[label]
        word = _word(label)
        if word in self._alike:
            return self._alike[word]
        return _OURS.get(word) or _CLOSED.get(word)


_REMEMBERED = 1000
_ENDS = frozenset(_CLOSED.values())
_OURS = {stage.value: stage for stage in Stage}


class UnknownLabelError(CellError):
    """A stage nobody has explained; ``label`` is the employer's own word, which names nobody."""

    def __init__(self, label: str) -> None:
        self.label = label
        named = label if len(label) <= 60 else f"{label[:57]}…"
        super().__init__(
            told(
                "what “%(word)s” means is not known: say it with --stage “%(word)s=…”, for which "
                "there are %(stages)s",
                word=named,
                stages=", ".join(Stage),
            )
        )


def _word(label: str) -> str:
    return "".join(char for char in label.casefold() if char.isalnum())
