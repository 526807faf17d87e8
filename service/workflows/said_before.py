"""What letters that left, or are about to, have said to the same people.

A letter that another worker holds counts as said only for those written after it, so of two that
contradict each other one goes, whoever looks first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.db import in_chunks
from service.domain.contacts import DECISION_LETTERS
from service.domain.delivery import LEFT, MailState
from service.domain.letter_facts import CONSIDERING, INVITATIONS, Says, says
from service.models import Application, Decision, Message, MessageAlso

CHUNK = 500
"""How many ids one statement names: well below every database's limit."""


@dataclass(frozen=True)
class Said:
    """What one letter said about one application. ``stands`` tells whether its decision does.

    ``claimed_as`` is set where the letter may yet be stopped: when it was written, and its id.
    """

    message_id: str
    candidate_id: str
    application_id: str
    kind: str
    says: Says
    at: datetime
    stands: bool
    claimed_as: tuple[datetime, str] | None = None


@dataclass(frozen=True)
class SpokenBefore:
    """When other letters said what to a person: about this application, and about others."""

    told_at: datetime | None
    told_stands: bool
    considered_at: datetime | None
    told_elsewhere_at: datetime | None


class SaidBefore:
    """What was said to each person of a batch of letters."""

    def __init__(self) -> None:
        self._to: defaultdict[str, list[Said]] = defaultdict(list)

    def add(self, said: Said) -> None:
        """Note one more."""
        self._to[said.candidate_id].append(said)

    def invited_at(self, application: Application) -> datetime | None:
        """Return when the person was last invited to a next step."""
        return _last(
            said
            for said in self._to[application.candidate_id]
            if said.application_id == application.id and said.kind in INVITATIONS
        )

    def before(self, letter: Message, application: Application, named: set[str]) -> SpokenBefore:
        """Return what others have said; ``named`` are all applications that this letter names."""
        others = [
            said
            for said in self._to[application.candidate_id]
            if said.message_id != letter.id
            and (said.claimed_as is None or said.claimed_as < (letter.created_at, letter.id))
        ]
        here = [said for said in others if said.application_id == application.id]
        final = [said for said in here if said.says is Says.FINAL]
        return SpokenBefore(
            told_at=_last(final),
            told_stands=any(said.stands for said in final),
            considered_at=_last(said for said in here if said.says is Says.CONSIDERED),
            told_elsewhere_at=_last(
                said
                for said in others
                if said.says is Says.FINAL and said.application_id not in named
            ),
        )


def _last(said: Iterator[Said] | list[Said]) -> datetime | None:
    return max((one.at for one in said), default=None)


def rows_for(
    session: Session,
    query: Select[*tuple[Any, ...]],
    column: InstrumentedAttribute[Any],
    ids: set[str],
) -> Iterator[Any]:
    """Yield the rows of a query for these ids, in chunks."""
    for chunk in in_chunks(sorted(ids), CHUNK):
        yield from session.execute(query.where(column.in_(chunk)))


_TAKEN = (MailState.CLAIMED, MailState.READY)
"""What is on its way and may yet be stopped: the older of two such letters goes."""


def said_to(session: Session, now: datetime, people: set[str], batch: set[str]) -> SaidBefore:
    """Read what letters outside this batch have said to these candidates."""
    left: ColumnElement[bool] = or_(
        and_(Message.state.in_(LEFT), Message.kind.in_(DECISION_LETTERS | CONSIDERING)),
        and_(
            # Due and not yet taken counts as taken: who takes it may look before we have written.
            or_(
                Message.state == MailState.CLAIMED,
                and_(Message.state == MailState.READY, Message.due_at <= now),
            ),
            Message.kind.in_(DECISION_LETTERS),
        ),
    )
    columns = (
        Message.id.label("message_id"),
        Message.kind,
        Message.state,
        Message.created_at,
        Message.first_tried_at,
        Message.accepted_at,
        Application.candidate_id,
        Application.id.label("application_id"),
        Decision.id.label("decision_id"),
        Decision.withdrawn_at,
    )
    own = (
        select(*columns)
        .join(Application, Application.id == Message.application_id)
        .outerjoin(Decision, Decision.id == Message.decision_id)
        .where(left)
    )
    also = (
        select(*columns)
        .join(MessageAlso, MessageAlso.message_id == Message.id)
        .join(Application, Application.id == MessageAlso.application_id)
        .outerjoin(Decision, Decision.id == MessageAlso.decision_id)
        .where(left)
    )
    found = SaidBefore()
    for query, elsewhere in ((own, False), (also, True)):
        for row in rows_for(session, query, Application.candidate_id, people):
            if row.message_id not in batch:
                found.add(_said(row, now, elsewhere=elsewhere))
    return found


def _said(row: Any, now: datetime, *, elsewhere: bool) -> Said:
    decided = row.decision_id is not None
    on_its_way = row.state in (MailState.SENDING, *_TAKEN)
    return Said(
        row.message_id,
        row.candidate_id,
        row.application_id,
        row.kind,
        says(row.kind, elsewhere=elsewhere, decided=decided),
        now if on_its_way else row.accepted_at or row.first_tried_at or row.created_at,
        decided and row.withdrawn_at is None,
        (row.created_at, row.message_id) if row.state in _TAKEN else None,
    )
