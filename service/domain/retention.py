"""What Keepword keeps of its own working, how long, and why: the one table that all of it obeys.

Nothing that tells what was promised, decided, written or said is in it, so nothing of that ever
goes by its age. It goes with its person, whom a rule may erase: only where an employer says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Fate(StrEnum):
    """What becomes of rows whose time is over."""

    REMOVED = "removed"
    EMPTIED = "emptied"
    """The row stays, so that the same thing coming again is known; its content goes."""


@dataclass(frozen=True)
class Kept:
    """One kind of row. ``kept_in`` counts ``since`` something; ``None`` is for ever."""

    name: str
    since: str
    kept_in: timedelta | None
    fate: Fate
    reason: str

    def before(self, now: datetime) -> datetime | None:
        """Return the instant before which such a row has had its time, ``None`` for none."""
        if self.kept_in is None:
            return None
        try:
            return now - self.kept_in
        except OverflowError:
            # So long that no row is old enough.
            return None

    @property
    def how_long(self) -> str:
        """Return the time it is kept, in words."""
        if self.kept_in is None:
            return "for ever"
        if not self.kept_in:
            return f"until {self.since}"
        return f"{_words(self.kept_in)} after {self.since}"


SESSIONS_IN: Final = timedelta(days=30)
ATTEMPTS_IN: Final = timedelta(days=1)
PRESENCE_IN: Final = timedelta(minutes=5)
ANSWERS_IN: Final = timedelta(hours=24)

SESSIONS: Final = Kept(
    "sign-in sessions",
    "their last possible end",
    SESSIONS_IN,
    Fate.REMOVED,
    "who asks where they were signed in finds the last month",
)
ATTEMPTS: Final = Kept(
    "tries to sign in",
    "the try",
    ATTEMPTS_IN,
    Fate.REMOVED,
    "a try weighs for a quarter of an hour; the rest is for looking into an attack",
)
CHALLENGES: Final = Kept(
    "questions to passkeys",
    "they expire",
    timedelta(0),
    Fate.REMOVED,
    "one that expired can be answered no more",
)
LINKS: Final = Kept(
    "links to choose a password",
    "they expire",
    timedelta(days=30),
    Fate.REMOVED,
    "the newest of each colleague stays: it tells that they were let in",
)
PRESENCE: Final = Kept(
    "who looks at whom",
    "the browser last said so",
    PRESENCE_IN,
    Fate.REMOVED,
    "it is worth a minute and is no record of who read what",
)
ANSWERS: Final = Kept(
    "answers to repeated requests",
    "the answer",
    ANSWERS_IN,
    Fate.REMOVED,
    "for so long a program may send a request again and get the same answer",
)

RAW_DAYS: Final = 90
"""Days that what came in is kept as it came, unless somebody says otherwise."""

_RAW_IN = timedelta(days=RAW_DAYS)

DELIVERIES: Final = Kept(
    "content of deliveries from an ATS",
    "it was worked in",
    _RAW_IN,
    Fate.EMPTIED,
    "until then it can be replayed; one that failed or waits keeps its content",
)
MAIL_EVENTS: Final = Kept(
    "content of events about mail",
    "it was worked in",
    _RAW_IN,
    Fate.EMPTIED,
    "what it said stands in the letter's own story; one that waits keeps its content",
)


def what_is_kept(raw_days: int = RAW_DAYS) -> tuple[Kept, ...]:
    """Return the table. ``raw_days`` is how long what came in is kept as it came, 0 for ever."""
    raw_in = timedelta(days=min(raw_days, timedelta.max.days)) if raw_days else None
    return (
        *(
            Kept(each.name, each.since, raw_in, each.fate, each.reason)
            for each in (DELIVERIES, MAIL_EVENTS)
        ),
        ANSWERS,
        SESSIONS,
        LINKS,
        ATTEMPTS,
        CHALLENGES,
        PRESENCE,
    )


def people_before(people_days: int, now: datetime) -> datetime | None:
    """Return the instant before which somebody's last sign must lie for a rule to erase them.

    ``None`` for no rule: ``people_days`` is how long after the end people are kept, 0 for ever.
    """
    if not people_days:
        return None
    try:
        return now - timedelta(days=people_days)
    except OverflowError:
        return None


EVERY: Final = timedelta(minutes=50)
"""How long there is nothing to look for after everything whose time was over is gone."""

STEADY: Final = timedelta(days=1)
"""A clock that was last read longer ago than this, or later than now, proves nothing yet."""


class Readiness(StrEnum):
    """What a turn is to do."""

    LOOK = "look"
    """Read the clock and touch nothing: the next turn judges by it."""
    REST = "rest"
    PRUNE = "prune"


def readiness(last_at: datetime | None, now: datetime, *, left: bool) -> Readiness:
    """Say what a turn at ``now`` may do, the last having been at ``last_at``.

    A clock that is a year ahead would call everything old, and what is gone is gone. So the first
    turn after a long silence, or on a clock that ran backwards, only notes what time it is: what a
    wrong clock says is set right by then. ``left`` tells that the last turn left some of its work.
    """
    if last_at is None or last_at > now or now - last_at > STEADY:
        return Readiness.LOOK
    if not left and now - last_at < EVERY:
        return Readiness.REST
    return Readiness.PRUNE


def _words(span: timedelta) -> str:
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        number, rest = divmod(int(span.total_seconds()), seconds)
        if number and not rest:
            return f"{number} {unit}" + ("" if number == 1 else "s")
    raise ValueError(f"a time of {span} has no plain words")
