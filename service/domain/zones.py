"""Local wall-clock times to instants, where the clock skips or repeats them.

Every local time has exactly one instant here; which one is decided by the functions' names, and
nowhere else. Instants are also counted as whole microseconds since 1970-01-01T00:00Z ("micros"),
in which sums are exact.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

MINUTE: Final = 60_000_000
"""Microseconds in a minute."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()
_MIDNIGHT: Final = time()


def to_micros(at: datetime) -> int:
    """Microseconds since 1970 of an aware instant; ``ValueError`` for a naive one."""
    try:
        since = at - _EPOCH
    except TypeError:
        msg = f"{at.isoformat()} has no time zone. Pass an aware datetime."
        raise ValueError(msg) from None
    # Thrice as fast as dividing by a microsecond, and as exact.
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _micros(span: timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def from_micros(micros: int) -> datetime:
    """Return the aware UTC instant of a count of microseconds since 1970."""
    return _EPOCH + timedelta(0, 0, micros)


def resolve_wall(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of a naive wall-clock time that a person named.

    A time the clock skips moves forward by the length of the gap (02:30 on 2026-03-29 in Berlin is
    03:30); of a time that comes twice the later counts, so nobody is late by a reading of theirs.
    """
    first, second = _both(local, zone)
    # PEP 495: in a gap fold=0 reads with the offset before the change, which lands after it.
    return max(first, second)


def opening_edge(day: date, minute: int, zone: ZoneInfo) -> int:
    """Micros at which a shift opens: the first occurrence; a skipped time opens after the gap.

    ``minute`` counts from the local midnight of ``day`` and may exceed 1440.
    """
    return _edge(day, minute, zone, last=False)


def closing_edge(day: date, minute: int, zone: ZoneInfo) -> int:
    """Micros at which a shift closes: the last occurrence; a skipped time closes after the gap."""
    return _edge(day, minute, zone, last=True)


def is_skipped(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock never shows this naive time."""
    first, second = _both(local, zone)
    return second < first


def is_repeated(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock shows this naive time twice."""
    first, second = _both(local, zone)
    return first < second


def next_change(begin: int, end: int, zone: ZoneInfo) -> tuple[int, timedelta] | None:
    """Find the first clock change in ``(begin, end]`` micros: its instant, and how far it moves.

    Looks at one instant a day; two changes within one day that cancel out are not seen.
    """
    step = 24 * 60 * MINUTE
    offset = _offset(begin, zone)
    low = begin
    while low < end:
        high = min(low + step, end)
        if _offset(high, zone) != offset:
            at = _first_at_other_offset(low, high, offset, zone)
            return at, _offset(at, zone) - offset
        low = high
    return None


def _edge(day: date, minute: int, zone: ZoneInfo, *, last: bool) -> int:
    aware = datetime.combine(day, _MIDNIGHT, zone) + timedelta(minutes=minute)
    before, after = aware.utcoffset(), aware.replace(fold=1).utcoffset()
    assert before is not None and after is not None  # noqa: S101, PT018 -- a ZoneInfo knows them
    wall = (day.toordinal() - _EPOCH_DAY) * 1440 * MINUTE + minute * MINUTE
    first = wall - _micros(before)
    if before == after:
        return first
    second = wall - _micros(after)
    if second < first:
        # Read with the later offset, a skipped time lies before the change: still the old offset.
        return _first_at_other_offset(second, first, before, zone)
    return second if last else first


def _both(local: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Both readings of a local time, in UTC: equal when it comes once, falling when skipped."""
    aware = local.replace(tzinfo=zone, fold=0)
    return aware.astimezone(UTC), aware.replace(fold=1).astimezone(UTC)


def _offset(micros: int, zone: ZoneInfo) -> timedelta:
    offset = from_micros(micros).astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101 -- a ZoneInfo always knows its offset
    return offset


def _first_at_other_offset(low: int, high: int, offset: timedelta, zone: ZoneInfo) -> int:
    """Find, to the second, the first instant in ``(low, high]`` whose offset differs."""
    second = 1_000_000
    low, high = low // second, -(-high // second)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle * second, zone) == offset:
            low = middle
        else:
            high = middle
    return high * second
