"""What a database needs before it may be worked on in another's place.

No mail leaves it until a person says so, and what may have been done since it was read is not done
again by itself: it waits for a person. Runs in the transaction that stores the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from service.db import in_chunks
from service.domain.delivery import MailState
from service.models import Heartbeat, MailChannel, Message, ProfileEntry, SignInSession
from service.queries.loops import LOOP_PREFIX, LOOPS
from service.workflows.channel import CHANNEL
from service.workflows.erase_again import UNFINISHED
from service.workflows.profile_entries import SENDING, UNCERTAIN, WAITING
from service.workflows.timeline import record_letters

ACTOR = "keepword"

_AT_ONCE = 500
"""Letters that one statement names."""

_MAY_HAVE_LEFT = (MailState.HELD, MailState.READY, MailState.RETRY, MailState.CLAIMED)


@dataclass(frozen=True)
class Aftercare:
    """Letters and entries for the ATS that now wait for a person."""

    letters: int
    entries: int


NOTHING_WAITS = Aftercare(0, 0)


def stand_still(connection: Connection, now: datetime, why: str) -> None:
    """Pause mail in the copy's first place, and forget who worked on the database it was read from.

    The heartbeats of loops that work elsewhere would say that they work here.
    """
    values = {
        "paused_at": now,
        "paused_reason": why,
        "paused_by_provider": False,
        "paused_by": ACTOR,
    }
    changed = connection.execute(
        update(MailChannel).where(MailChannel.name == CHANNEL).values(values)
    )
    if not changed.rowcount:
        connection.execute(insert(MailChannel).values(name=CHANNEL, failures=0, **values))
    connection.execute(
        delete(Heartbeat).where(
            or_(Heartbeat.name.startswith(LOOP_PREFIX), Heartbeat.name.in_(LOOPS))
        )
    )


def leave_unfinished(connection: Connection, now: datetime) -> None:
    """Let nobody work on the copy until whoever was erased since is erased in it too."""
    connection.execute(delete(Heartbeat).where(Heartbeat.name == UNFINISHED))
    connection.execute(insert(Heartbeat).values(name=UNFINISHED, at=now, data={}))


def ask_before_repeating(connection: Connection, now: datetime, whence: str) -> Aftercare:
    """Stop every letter and entry that was yet to leave: it may have left since it was read.

    ``whence`` says from where and when, for the reason that people read.

    Whoever was signed in then signs in again: a session may have been ended since. What was being
    sent at that moment needs nothing: its lease ends, and it becomes uncertain as after any crash.
    """
    stopped = {
        "state": MailState.BLOCKED,
        "reason": f"{whence}: it may have gone out after that",
        "due_at": None,
        "lease_token": None,
        "lease_until": None,
        "version": Message.version + 1,
    }
    waiting = select(Message.id).where(Message.state.in_(_MAY_HAVE_LEFT))
    letters = connection.scalars(waiting.order_by(Message.id)).all()
    with Session(connection) as session:
        for ids in in_chunks(letters, _AT_ONCE):
            record_letters(session, now, ids, MailState.BLOCKED, source="restore", actor=ACTOR)
            connection.execute(update(Message).where(Message.id.in_(ids)).values(stopped))
    entries = connection.execute(
        update(ProfileEntry)
        .where(ProfileEntry.state.in_((WAITING, SENDING)))
        .values(
            state=UNCERTAIN,
            error=f"{whence}: it may have been written after that",
            lease_token=None,
            lease_until=None,
        )
    ).rowcount
    connection.execute(delete(SignInSession))
    return Aftercare(len(letters), entries)
