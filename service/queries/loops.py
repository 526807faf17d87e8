"""Whether the loops turn: who ran when, and what it means where one does not.

Heartbeats in the database are what counts, whoever wrote them: a process that serves pages alone
sees the loops of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.domain.wording import to_say
from service.models import Heartbeat

LOOP_PREFIX: Final = "loop:"

_CONSEQUENCES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "ingest": (
            to_say("The reader of ATS deliveries"),
            to_say(
                "What your ATS reports waits, so somebody listed here may have been told already."
            ),
        ),
        "fetch": (
            to_say("The reader of what hints are about"),
            to_say(
                "What an ATS only hints at is not known, so somebody here may have been told "
                "already."
            ),
        ),
        "sync": (
            to_say("The search for what no webhook told"),
            to_say("What an ATS did not report stays unknown here."),
        ),
        "mail-events": (
            to_say("The reader of mail events"),
            to_say("Whether mail arrived is not known, so promises it kept still look open."),
        ),
        "settle": (
            to_say("The search for lost letters"),
            to_say(
                "A letter whose answer was lost stays undecided though the provider may know of it."
            ),
        ),
        "interviews": (
            to_say("The look for interviews that are over"),
            to_say("Whoever was interviewed is not yet owed a word for it."),
        ),
        "check": (
            to_say("The checker"),
            to_say("Nobody is reminded and no letter is written by rule until it runs."),
        ),
        "digest": (
            to_say("The digest writer"),
            to_say("Colleagues are not told by mail who waits for them."),
        ),
        "dispatch": (to_say("The mail sender"), to_say("No mail leaves the outbox.")),
        "write-back": (
            to_say("The writer of notes into the ATS"),
            to_say("What was said to people here does not yet stand in your ATS."),
        ),
        "retention": (
            to_say("The clearing of what had its time"),
            to_say("Old sign-ins and the raw content of deliveries stay in the database."),
        ),
    }
)
LOOPS: Final = tuple(_CONSEQUENCES)
"""The loops by name, in the order in which news passes through them."""

START_LOOPS: Final = to_say(
    "Start the loops: “keepword serve” runs everything, “keepword worker” the loops alone. "
    "If one of them runs, its log says what fails."
)
"""The remedy for a late loop, where one process or two do everything."""

START_CLUSTER: Final = to_say(
    "Start the loops: “keepword cluster worker” turns them, “keepword cluster beat” says when. "
    "If both run, the log of the worker says what fails."
)
"""The remedy for a late loop, where a broker tells workers when to look."""


def start_loops(broker_url: str) -> str:
    """Return the remedy for a late loop, by whether the loops run behind a broker."""
    return START_CLUSTER if broker_url else START_LOOPS


@dataclass(frozen=True)
class LoopState:
    """One loop. ``age_in`` is the seconds since it last ran, ``None`` where it never did."""

    name: str
    last_at: datetime | None
    age_in: float | None
    late: bool

    @property
    def title(self) -> str:
        """Return what a person calls it."""
        return _CONSEQUENCES.get(self.name, (f"The loop {self.name}", ""))[0]

    @property
    def consequence(self) -> str:
        """Return what does not happen while it stands still."""
        return _CONSEQUENCES.get(self.name, ("", ""))[1]


def loop_states(
    session: Session,
    now: datetime,
    late_after: Mapping[str, timedelta],
    running_for: timedelta,
) -> list[LoopState]:
    """Return the loops named in ``late_after``, in its order.

    A loop that never ran is late once this process has been up for as long as it may be silent.
    A heartbeat from the future is as late as one from the past: a living loop overwrites it.
    """
    return states_of(session.execute(beats_query(late_after)), now, late_after, running_for)


def beats_query(loops: Iterable[str]) -> Select[*tuple[Any, ...]]:
    """Return the question when these loops ran."""
    names = [name for loop in loops for name in (loop, LOOP_PREFIX + loop)]
    return select(Heartbeat.name, Heartbeat.at).where(Heartbeat.name.in_(names))


def states_of(
    found: Iterable[Any],
    now: datetime,
    late_after: Mapping[str, timedelta],
    running_for: timedelta,
) -> list[LoopState]:
    """Return the loops' states from the answer to ``beats_query``."""
    beats: dict[str, datetime] = {}
    for name, at in found:
        loop = name.removeprefix(LOOP_PREFIX)
        known = beats.get(loop)
        if known is None or abs(now - at) < abs(now - known):
            beats[loop] = at
    states = []
    for loop, bound in late_after.items():
        last_at = beats.get(loop)
        silent_for = running_for if last_at is None else abs(now - last_at)
        age_in = None if last_at is None else abs((now - last_at).total_seconds())
        states.append(LoopState(loop, last_at, age_in, silent_for > bound))
    return states


def last_check(session: Session) -> dict[str, Any]:
    """Return what the checker's last run reported, empty before the first."""
    found = session.get(Heartbeat, "check")
    return found.data if found is not None else {}
