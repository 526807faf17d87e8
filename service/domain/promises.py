"""Promises: what a person reads of one, and what the checker concludes about it.

``judge`` is pure: the same promise at the same instant always gets the same judgement, and a
promise that is not open gets none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from service.domain.business_time import Calendar
from service.domain.policies import Action, RungAt
from service.domain.wording import Told, ToldError, to_say, told


class State(StrEnum):
    """The stored state. At risk and overdue follow from the instants; see :func:`standing`."""

    OPEN = "open"
    PAUSED = "paused"
    KEPT = "kept"
    KEPT_LATE = "kept_late"
    RELEASED = "released"
    REPLACED = "replaced"


STATE_SAID: Final[Mapping[State, Told]] = {
    State.OPEN: told("open"),
    State.PAUSED: told("paused"),
    State.KEPT: told("kept"),
    State.KEPT_LATE: told("kept late"),
    State.RELEASED: told("released"),
    State.REPLACED: told("replaced"),
}
"""How a sentence says how a promise stands."""

OPEN_STATES = frozenset({State.OPEN, State.PAUSED})
KEPT_STATES = frozenset({State.KEPT, State.KEPT_LATE})


class Origin(StrEnum):
    """A person said it, or a rule made it."""

    SPOKEN = "spoken"
    POLICY = "policy"


class NeverOwed(StrEnum):
    """Why a rule's promise was let go that had been made by mistake: it is no broken word, however
    late the mistake was noticed.
    """

    NOT_HELD = to_say("the interview it follows did not take place")
    NO_CONTACT = to_say("the contact it followed did not happen as recorded")
    OLDER_STANDS = to_say("an older promise of the same rule is open again")


class Standing(StrEnum):
    """What a person reads."""

    ON_TIME = "on_time"
    AT_RISK = "at_risk"
    OVERDUE = "overdue"
    PAUSED = "paused"
    KEPT = "kept"
    KEPT_LATE = "kept_late"
    RELEASED = "released"
    REPLACED = "replaced"


class PromiseError(ToldError):
    """A promise cannot be made or changed as asked; the text says why and what to do.

    ``code`` is stable; ``pointer`` names the field of a request at fault, if one is.
    """

    def __init__(self, code: str, text: str, pointer: str | None = None) -> None:
        self.code = code
        self.pointer = pointer
        super().__init__(text)


@dataclass(frozen=True)
class Watch:
    """What the checker needs to know of one open promise."""

    due_at: datetime
    breached_at: datetime | None
    ladder: Sequence[RungAt]
    rung: int


@dataclass(frozen=True)
class Judgement:
    """What has come due by an instant.

    ``rung`` counts the rungs passed. ``notice`` is the highest of the newly passed rungs that
    tells somebody: after a gap the lower ones are outdated. ``send`` is the newest letter that
    has come due, one that keeps the promise before one that only asks for patience. Both are
    indexes into the ladder. ``next_check_at`` is ``None`` when no rung is left.
    """

    rung: int
    breached_at: datetime | None
    next_check_at: datetime | None
    notice: int | None
    send: int | None


_TELLS = frozenset({Action.REMIND, Action.FLAG, Action.ESCALATE})


def judge(watch: Watch, now: datetime) -> Judgement:
    """Say which rungs have come due by ``now``; a contact at the due instant is still in time.

    The due instant itself is therefore not yet a breach: the flag goes up once it has passed.
    """
    rung, notice, send = watch.rung, None, None
    while rung < len(watch.ladder) and _passed(watch.ladder[rung], watch.due_at, now):
        action = watch.ladder[rung].action
        if action in _TELLS:
            notice = rung
        elif action is Action.SEND or (action is Action.HOLDING and not _sends(watch, send)):
            send = rung
        rung += 1
    overdue = now > watch.due_at
    return Judgement(
        rung=rung,
        breached_at=watch.breached_at or (watch.due_at if overdue else None),
        next_check_at=watch.ladder[rung].at if rung < len(watch.ladder) else None,
        notice=notice,
        send=send,
    )


def _sends(watch: Watch, send: int | None) -> bool:
    """Tell whether the letter found so far keeps the promise: no holding message displaces it."""
    return send is not None and watch.ladder[send].action is Action.SEND


def _passed(rung: RungAt, due_at: datetime, now: datetime) -> bool:
    if rung.at == due_at and rung.action in (Action.FLAG, Action.ESCALATE):
        return now > due_at
    return now >= rung.at


def standing(
    state: str,
    due_at: datetime,
    warn_at: datetime | None,
    now: datetime,
) -> Standing:
    """Say how a promise stands at an instant, in the words a person reads."""
    if state != State.OPEN:
        return Standing(state)
    if now > due_at:
        return Standing.OVERDUE
    if warn_at is not None and now >= warn_at:
        return Standing.AT_RISK
    return Standing.ON_TIME


def kept_state(contact_at: datetime, due_at: datetime) -> State:
    """A contact at the due instant is in time; what counts is when it happened, not when told."""
    return State.KEPT if contact_at <= due_at else State.KEPT_LATE


def check_can_pause(origin: str, state: str, due_at: datetime, now: datetime) -> None:
    """Refuse to pause what may not pause: spoken promises, closed ones, and broken ones."""
    if origin != Origin.POLICY:
        raise PromiseError(
            "spoken-promise-never-pauses",
            to_say(
                "a person gave this word, so it does not pause: "
                "reschedule it and tell the candidate"
            ),
        )
    if state != State.OPEN:
        raise PromiseError(
            "promise-not-open",
            told("the promise is %(state)s, so it cannot pause", state=State(state)),
        )
    if now > due_at:
        raise PromiseError(
            "promise-overdue", to_say("the promise is overdue: a pause cannot un-break it")
        )


def minutes_left(calendar: Calendar, now: datetime, due_at: datetime) -> int:
    """Return the working minutes left at a pause; they are what resuming gives back."""
    # Rounded up: a pause takes nothing from the promise, not even seconds.
    return -(-calendar.working_time(now, due_at) // timedelta(minutes=1))
