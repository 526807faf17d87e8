"""Makes a translation of what a handler read: changes, what to ask first, or why there are none.

Whatever was odd on the way is told once, however often its member was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from service.ats.asking import Needs
from service.ats.payload import JsonObject
from service.domain.changes import Change, Translation


class Ignored(Exception):  # noqa: N818 - the delivery is fine, there is just nothing to do
    """It is understood and changes nothing here; the message says why, for people."""


def meaning(read: Callable[[], list[Change] | Needs], data: JsonObject) -> Translation | Needs:
    """What ``read`` makes of ``data``, with what was odd about it."""
    try:
        changes = read()
    except Ignored as reason:
        return Translation(ignored=str(reason), warnings=once(data.warnings))
    if isinstance(changes, Needs):
        return changes
    return Translation(tuple(changes), warnings=once(data.warnings))


def once(warnings: Iterable[str]) -> tuple[str, ...]:
    """Warnings without repeats, in their order."""
    return tuple(dict.fromkeys(warnings))
