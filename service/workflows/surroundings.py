"""Reads what the last look must know around a batch of letters, in few statements.

What was read earlier in the session is not believed: every row is read anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from service.db import in_chunks
from service.domain.changes import Stage
from service.domain.contacts import DECISION_LETTERS, Direction
from service.domain.contradictions import last_moves_forward
from service.domain.letter_facts import CONSIDERING, Says, says
from service.models import (
    Application,
    Candidate,
    Connection,
    Contact,
    Decision,
    Interview,
    Message,
    MessageAlso,
    Promise,
    TimelineEntry,
)
from service.workflows.closing_facts import FRESH
from service.workflows.said_before import (
    CHUNK,
    Said,
    SaidBefore,
    SpokenBefore,
    rows_for,
    said_to,
)
from service.workflows.work import Work


@dataclass(frozen=True)
class Subject:
    """One application that a letter speaks of; ``elsewhere`` where it only names it besides."""

    application_id: str
    decision_id: str | None
    elsewhere: bool

    def meaning(self, kind: str) -> Says:
        """Return what a letter of this kind means for this application."""
        return says(kind, elsewhere=self.elsewhere, decided=self.decision_id is not None)


@dataclass
class Surroundings:
    """The world around a batch of letters."""

    now: datetime
    subjects: dict[str, list[Subject]] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    standing: frozenset[str] = frozenset()
    telling_unclear: frozenset[str] = frozenset()
    promises: dict[str, str] = field(default_factory=dict)
    rejections_by: dict[str, str | None] = field(default_factory=dict)
    interview_ahead: frozenset[str] = frozenset()
    _replied_at: dict[str, datetime] = field(default_factory=dict)
    _forward_at: dict[str, datetime] = field(default_factory=dict)
    _taken: dict[str, set[str]] = field(default_factory=dict)
    said: SaidBefore = field(default_factory=SaidBefore)

    @classmethod
    def read(cls, work: Work, letters: Sequence[Message], lately: timedelta) -> Surroundings:
        """Read what surrounds these letters; ``lately`` is how far back a move still counts."""
        return _Reader(work, letters, lately).read()

    def leaves(self, letter: Message) -> None:
        """Note that a letter of this batch goes, for those that are looked at after it."""
        for subject in self.subjects[letter.id]:
            application = self.applications[subject.application_id]
            self.said.add(
                Said(
                    letter.id,
                    application.candidate_id,
                    application.id,
                    letter.kind,
                    subject.meaning(letter.kind),
                    self.now,
                    subject.decision_id in self.standing,
                )
            )

    def replied_after(self, application_id: str, at: datetime) -> bool:
        """Tell whether the person has been in touch since an instant."""
        replied_at = self._replied_at.get(application_id)
        return replied_at is not None and replied_at > at

    def encouraged_at(self, application: Application) -> datetime | None:
        """Return when the person last saw that they are through, if no interview came of it."""
        invited_at = self.said.invited_at(application)
        signs = [at for at in (invited_at, self._forward_at.get(application.id)) if at]
        at = max(signs, default=None)
        held = application.interviewed_at
        return None if at is not None and held is not None and held > at else at

    def taken_elsewhere(self, letter: Message, application: Application) -> bool:
        """Tell whether the person was taken lately, or may be, on what the letter names not."""
        named = {subject.application_id for subject in self.subjects[letter.id]}
        return bool(self._taken.get(application.candidate_id, set()) - named)

    def spoken_before(self, letter: Message, application: Application) -> SpokenBefore:
        """Return what other letters have said to this person."""
        named = {subject.application_id for subject in self.subjects[letter.id]}
        return self.said.before(letter, application, named)


class _Reader:
    def __init__(self, work: Work, letters: Sequence[Message], lately: timedelta) -> None:
        self._session = work.session
        self._now = work.now
        self._since = work.now - lately
        self._letters = letters
        self._found = Surroundings(work.now)

    def read(self) -> Surroundings:
        self._subjects()
        self._applications()
        found = self._found
        finals = [
            application_id
            for letter in self._letters
            if letter.kind in DECISION_LETTERS
            for application_id in (s.application_id for s in found.subjects[letter.id])
        ]
        self._decisions()
        self._promises()
        if finals:
            self._connections()
            self._around_decisions(sorted(set(finals)))
        if any(letter.kind in DECISION_LETTERS | CONSIDERING for letter in self._letters):
            people = {application.candidate_id for application in found.applications.values()}
            found.said = said_to(self._session, self._now, people, set(found.subjects))
        return found

    def _rows(
        self, query: Select[*tuple[Any, ...]], column: InstrumentedAttribute[Any], ids: set[str]
    ) -> Iterator[Any]:
        return rows_for(self._session, query, column, ids)

    def _subjects(self) -> None:
        for letter in self._letters:
            if letter.application_id is not None:
                main = Subject(letter.application_id, letter.decision_id, elsewhere=False)
                self._found.subjects[letter.id] = [main]
        also = select(MessageAlso.message_id, MessageAlso.application_id, MessageAlso.decision_id)
        for row in self._rows(
            also.order_by(MessageAlso.application_id),
            MessageAlso.message_id,
            set(self._found.subjects),
        ):
            self._found.subjects[row.message_id].append(
                Subject(row.application_id, row.decision_id, elsewhere=True)
            )

    def _applications(self) -> None:
        ids = {s.application_id for subjects in self._found.subjects.values() for s in subjects}
        query = select(Application).options(
            joinedload(Application.candidate).selectinload(Candidate.emails),
            joinedload(Application.job),
        )
        for chunk in in_chunks(sorted(ids), CHUNK):
            for application in self._session.scalars(
                query.where(Application.id.in_(chunk)).execution_options(populate_existing=True)
            ):
                self._found.applications[application.id] = application

    def _decisions(self) -> None:
        ids = {
            s.decision_id
            for subjects in self._found.subjects.values()
            for s in subjects
            if s.decision_id is not None
        }
        query = select(Decision.id, Decision.tell_unclear, Decision.tell_not_before_at).where(
            Decision.withdrawn_at.is_(None)
        )
        rows = list(self._rows(query, Decision.id, ids))
        self._found.standing = frozenset(row.id for row in rows)
        self._found.telling_unclear = frozenset(
            row.id for row in rows if row.tell_unclear and row.tell_not_before_at is None
        )

    def _promises(self) -> None:
        ids = {letter.promise_id for letter in self._letters if letter.promise_id is not None}
        query = select(Promise.id, Promise.state)
        self._found.promises = {row.id: row.state for row in self._rows(query, Promise.id, ids)}

    def _connections(self) -> None:
        ids = {
            application.connection_id
            for application in self._found.applications.values()
            if application.connection_id is not None
        }
        query = select(Connection.id, Connection.rejections_by)
        self._found.rejections_by = {
            row.id: row.rejections_by for row in self._rows(query, Connection.id, ids)
        }

    def _around_decisions(self, application_ids: list[str]) -> None:
        """Read what makes a final letter wrong though its decision stands."""
        found, ids = self._found, set(application_ids)
        replied = (
            select(Contact.application_id, func.max(Contact.created_at).label("at"))
            .where(Contact.direction == Direction.IN)
            .group_by(Contact.application_id)
        )
        found._replied_at = {  # noqa: SLF001 - its own reader fills it
            row.application_id: row.at for row in self._rows(replied, Contact.application_id, ids)
        }
        people = {found.applications[id_].candidate_id for id_ in ids}
        taken = select(Application.candidate_id, Application.id).where(
            Application.deleted_at.is_(None),
            or_(
                Application.open_offer.is_not(None),
                Application.stage == Stage.OFFER,
                and_(
                    Application.stage == Stage.HIRED,
                    func.coalesce(Application.closed_at, Application.stage_at) > self._now - FRESH,
                ),
            ),
        )
        for row in self._rows(taken, Application.candidate_id, people):
            found._taken.setdefault(row.candidate_id, set()).add(row.id)  # noqa: SLF001 - as above
        ahead = select(Interview.application_id).where(
            Interview.starts_at > self._now,
            Interview.cancelled_at.is_(None),
            Interview.done_at.is_(None),
        )
        found.interview_ahead = frozenset(
            row.application_id for row in self._rows(ahead, Interview.application_id, ids)
        )
        moves = select(TimelineEntry.application_id, TimelineEntry.at, TimelineEntry.data).where(
            TimelineEntry.kind == "stage", TimelineEntry.at > self._since
        )
        found._forward_at = last_moves_forward(  # noqa: SLF001 - as above
            (row.application_id, row.at, row.data)
            for row in self._rows(moves, TimelineEntry.application_id, ids)
        )
