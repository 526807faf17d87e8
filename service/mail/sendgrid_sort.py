"""Puts letters together for as few Mail Send requests as may be, without a network.

Every group fits within every documented limit, no address stands in one request twice, and what
one person is sent keeps its order. A letter SendGrid would refuse is set aside; the others go.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from service.mail.base import Envelope, Skeleton, Sorted
from service.mail.sendgrid_batch import recipient_bytes, shared_key, static_bytes
from service.mail.sendgrid_body import request_body
from service.mail.sendgrid_limits import (
    MAX_BODY_BYTES,
    MAX_RECIPIENTS,
    UnsendableError,
    check_letter,
    custom_args,
)

LONGEST_BATCH_ID = "x" * 100
"""Stands for an id that is given only when a request is made; ours are shorter."""

# No JSON takes more than six bytes for one of UTF-8; below this a letter need not be built to
# know that it is small enough.
_SURELY_SMALL_BYTES = MAX_BODY_BYTES // 6 - 10_000


def sort_letters(envelopes: Sequence[Envelope], *, max_bytes: int = MAX_BODY_BYTES) -> Sorted:
    """Return the letters in groups of one request each, in their order, and those refused.

    ``max_bytes`` bounds a request for several letters.
    """
    groups = _Groups(max_bytes)
    refused: dict[str, str] = {}
    for letter in envelopes:
        try:
            address = check_letter(letter).recipient.address
            custom_args(letter, LONGEST_BATCH_ID)
            _check_single_size(letter)
        except UnsendableError as fault:
            refused[letter.message_id] = str(fault)
        else:
            groups.add(letter, address.casefold())
    return groups.sorted(refused)


def _check_single_size(letter: Envelope) -> None:
    """A letter that shares a request at first may go singly later, so each must fit alone."""
    chars = len(letter.subject) + len(letter.text) + len(letter.html)
    if chars * 4 >= _SURELY_SMALL_BYTES:
        request_body(letter, LONGEST_BATCH_ID)


@dataclass
class _Group:
    letters: list[Envelope]
    size: int = 0


@dataclass
class _Groups:
    """The groups in the order of their first letters, and which of them may still grow."""

    max_bytes: int
    _all: list[_Group] = field(default_factory=list)
    _growing: dict[tuple[object, ...], list[int]] = field(default_factory=dict)
    _last_for: dict[str, int] = field(default_factory=dict)
    _static: dict[str, int] = field(default_factory=dict)

    def add(self, letter: Envelope, address: str) -> None:
        """Put a letter into the first group that takes it, behind all others to its address."""
        key, skeleton = shared_key(letter), letter.skeleton
        if key is None or skeleton is None:
            place = self._new(letter, 0)
        else:
            place = self._join(letter, key, skeleton, self._last_for.get(address, -1))
        self._last_for[address] = place

    def sorted(self, refused: dict[str, str]) -> Sorted:
        """Return what was put together."""
        return Sorted(tuple(tuple(group.letters) for group in self._all), refused)

    def _join(
        self, letter: Envelope, key: tuple[object, ...], skeleton: Skeleton, behind: int
    ) -> int:
        if skeleton.key not in self._static:
            self._static[skeleton.key] = static_bytes(skeleton)
        size = recipient_bytes(letter, skeleton)
        growing = self._growing.setdefault(key, [])
        at = bisect_right(growing, behind)
        while at < len(growing):
            group = self._all[growing[at]]
            if group.size + size < self.max_bytes and len(group.letters) < MAX_RECIPIENTS:
                group.letters.append(letter)
                group.size += size
                return growing[at]
            # Letters of one wording are much alike in size: the next would not fit either.
            del growing[at]
        growing.append(self._new(letter, self._static[skeleton.key] + size))
        return growing[-1]

    def _new(self, letter: Envelope, size: int) -> int:
        self._all.append(_Group([letter], size))
        return len(self._all) - 1
