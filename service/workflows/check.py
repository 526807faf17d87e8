"""The checker: finds the promises whose next rung has come, judges them, and writes it down.

A run costs what is due and not what exists. Each batch is one transaction in which every row is
written by compare-and-set on the very deadline that was read, so two checkers, or a crash
anywhere, never flag or mail twice. A row that cannot be judged is set aside; the others go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from service.db import new_id
from service.domain.policies import RungAt
from service.domain.promises import Judgement, State, Watch, judge
from service.models import Delivery, MailEvent, Notice, Promise, TimelineEntry
from service.workflows.heartbeat import beat
from service.workflows.ladder_letters import write_for_rung
from service.workflows.promise_changes import lock_application, lock_promise, resume
from service.workflows.work import Office, Work

BATCH = 1000
BACKLOG_BOUND = timedelta(minutes=2)
"""News older than this must be worked in first: it may say that a promise was kept."""

SET_ASIDE = timedelta(hours=1)

_Row = Row[*tuple[Any, ...]]

_promise = Promise.__table__
_COLUMNS = (
    _promise.c.id,
    _promise.c.application_id,
    _promise.c.due_at,
    _promise.c.due_version,
    _promise.c.breached_at,
    _promise.c.ladder,
    _promise.c.rung,
    _promise.c.state,
    _promise.c.next_check_at,
)
_KINDS = {"remind": "promise_at_risk", "flag": "promise_overdue", "escalate": "promise_escalated"}

_WRITE = (
    update(_promise)  # type: ignore[arg-type]  # a mapped class's table is a Table
    .where(
        _promise.c.id == bindparam("read_id"),
        _promise.c.due_at == bindparam("read_due_at"),
        _promise.c.next_check_at == bindparam("read_next_check_at"),
        _promise.c.state == State.OPEN,
    )
    .values(
        rung=bindparam("to_rung"),
        breached_at=bindparam("to_breached_at"),
        next_check_at=bindparam("to_next_check_at"),
        version=_promise.c.version + 1,
    )
)


@dataclass
class CheckReport:
    """What one run found. ``lateness_in`` is how late the worst flag was raised, in seconds."""

    at: datetime
    not_ready: str | None = None
    looked_at: int = 0
    flagged: int = 0
    reminded: int = 0
    escalated: int = 0
    letters: int = 0
    resumed: int = 0
    set_aside: int = 0
    raced: int = 0
    lateness_in: float = 0.0
    dry_run: bool = False
    promises: list[str] = field(default_factory=list)

    def to_document(self) -> dict[str, Any]:
        """Return the report as ``keepword check --json`` prints it."""
        return {**asdict(self), "at": self.at.isoformat()}


def check(
    session: Session,
    office: Office,
    now: datetime,
    *,
    dry_run: bool = False,
    batch: int = BATCH,
) -> CheckReport:
    """Judge everything that has come due by ``now``; commit batch by batch."""
    report = CheckReport(at=now, dry_run=dry_run)
    report.not_ready = backlog(session, now)
    if report.not_ready is None:
        run = _Run(Work(session, now, office, source="checker"), report)
        after: tuple[datetime, str] | None = None
        while rows := _due(session, now, after, batch):
            after = (rows[-1].next_check_at, rows[-1].id)
            run.take(rows)
    session.rollback()
    if not dry_run:
        beat(session, "check", now, {k: v for k, v in report.to_document().items() if k != "at"})
        session.commit()
    return report


def backlog(session: Session, now: datetime) -> str | None:
    """Say why nothing may be flagged yet: news that may settle promises waits to be worked in."""
    bound = now - BACKLOG_BOUND
    deliveries = session.scalar(
        select(func.count())
        .select_from(Delivery)
        .where(Delivery.state == "received", Delivery.attempts == 0, Delivery.received_at < bound)
    )
    events = session.scalar(
        select(func.count())
        .select_from(MailEvent)
        .where(MailEvent.folded_at.is_(None), MailEvent.received_at < bound)
    )
    if not deliveries and not events:
        return None
    return (
        f"{deliveries} deliveries and {events} mail events wait to be worked in: "
        "nobody is flagged until they are"
    )


def _due(
    session: Session, now: datetime, after: tuple[datetime, str] | None, batch: int
) -> Sequence[_Row]:
    query = (
        select(*_COLUMNS)
        .where(_promise.c.next_check_at <= now)
        .order_by(_promise.c.next_check_at, _promise.c.id)
        .limit(batch)
        .with_for_update(skip_locked=True)
    )
    if after is not None:
        at, id_ = after
        query = query.where(
            or_(
                _promise.c.next_check_at > at,
                and_(_promise.c.next_check_at == at, _promise.c.id > id_),
            )
        )
    return session.execute(query).all()


class _Run:
    def __init__(self, work: Work, report: CheckReport) -> None:
        self._work = work
        self._session = work.session
        self._report = report

    def take(self, rows: Sequence[_Row]) -> None:
        """Judge and write one batch: together where all is well, row by row where not."""
        self._report.looked_at += len(rows)
        before = replace(self._report)
        try:
            written = self._together(rows)
        except Exception:  # noqa: BLE001 - whatever one row does, the others go on
            written = False
        if not written:
            self._session.rollback()
            self._report.letters, self._report.resumed = before.letters, before.resumed
            self._one_by_one(rows)
        if self._report.dry_run:
            self._session.rollback()
        else:
            self._session.commit()

    def _together(self, rows: Sequence[_Row]) -> bool:
        judged = [(row, _judge(row, self._work.now)) for row in rows if row.state == State.OPEN]
        simple = [(row, told) for row, told in judged if told.send is None]
        if not self._write(simple):
            return False
        for row, told in judged:
            if told.send is not None:
                self._with_letter(row, told)
        for row in rows:
            if row.state == State.PAUSED:
                self._resume(row)
        self._count(judged)
        return True

    def _one_by_one(self, rows: Sequence[_Row]) -> None:
        for row in rows:
            try:
                with self._session.begin_nested():
                    if row.state == State.PAUSED:
                        self._resume(row)
                        continue
                    told = _judge(row, self._work.now)
                    if told.send is not None:
                        self._with_letter(row, told)
                    elif not self._write([(row, told)]):
                        self._report.raced += 1
                        continue
                    self._count([(row, told)])
            except Exception as error:  # noqa: BLE001 - set aside, counted and shown
                self._set_aside(row, error)

    def _write(self, judged: Sequence[tuple[_Row, Judgement]]) -> bool:
        """Write a batch; ``False`` where another checker was at one of its rows."""
        changed = [
            (row, told)
            for row, told in judged
            if told.rung != row.rung
            or told.breached_at != row.breached_at
            or told.next_check_at != row.next_check_at
        ]
        if not changed:
            return True
        connection = self._session.connection()
        result = connection.execute(
            _WRITE,
            [
                {
                    "read_id": row.id,
                    "read_due_at": row.due_at,
                    "read_next_check_at": row.next_check_at,
                    "to_rung": told.rung,
                    "to_breached_at": told.breached_at,
                    "to_next_check_at": told.next_check_at,
                }
                for row, told in changed
            ],
        )
        if result.rowcount != len(changed):
            return False
        telling = [(row, told, told.notice) for row, told in changed if told.notice is not None]
        if telling:
            connection.execute(insert(Notice), [self._notice(*each) for each in telling])
            connection.execute(insert(TimelineEntry), [self._entry(*each) for each in telling])
        return True

    def _notice(self, row: _Row, _told: Judgement, rung: int) -> dict[str, Any]:
        return {
            "id": new_id("ntc"),
            "promise_id": row.id,
            "rung": rung,
            "due_version": row.due_version,
            "action": row.ladder[rung]["action"],
            "created_at": self._work.now,
        }

    def _entry(self, row: _Row, told: Judgement, rung: int) -> dict[str, Any]:
        action = row.ladder[rung]["action"]
        breached = told.breached_at is not None and row.breached_at is None
        return {
            "application_id": row.application_id,
            "at": row.due_at if breached else self._work.now,
            "recorded_at": self._work.now,
            "kind": _KINDS[action],
            "actor": self._work.actor,
            "source": self._work.source,
            "data": {"promise": row.id},
        }

    def _with_letter(self, row: _Row, told: Judgement) -> None:
        """Write a promise whose rung sends a letter: both in this transaction, or neither."""
        application = lock_application(self._work, row.application_id)
        promise = lock_promise(self._work, row.id)
        if application is None or promise is None or promise.next_check_at != row.next_check_at:
            self._report.raced += 1
            return
        if told.send is not None and write_for_rung(self._work, application, promise, told.send):
            self._report.letters += 1
        self._session.flush()
        if not self._write([(row, told)]):
            raise RuntimeError("a locked promise changed under the checker")
        self._session.expire(promise)

    def _resume(self, row: _Row) -> None:
        application = lock_application(self._work, row.application_id)
        promise = lock_promise(self._work, row.id)
        if application is not None and promise is not None and promise.state == State.PAUSED:
            resume(self._work, promise, by_itself=True)
            self._session.flush()
            self._report.resumed += 1

    def _set_aside(self, row: _Row, error: Exception) -> None:
        self._session.execute(
            update(Promise)
            .where(Promise.id == row.id)
            .values(
                next_check_at=self._work.now + SET_ASIDE,
                check_failures=Promise.check_failures + 1,
                # The type alone: an error's text may quote what a person wrote.
                check_error=type(error).__name__,
                version=Promise.version + 1,
            )
            .execution_options(synchronize_session=False)
        )
        self._report.set_aside += 1

    def _count(self, judged: Sequence[tuple[_Row, Judgement]]) -> None:
        report, now = self._report, self._work.now
        for row, told in judged:
            if report.dry_run:
                report.promises.append(row.id)
            if told.breached_at is not None and row.breached_at is None:
                report.flagged += 1
                late = (now - row.due_at).total_seconds()
                report.lateness_in = max(report.lateness_in, late)
            if told.notice is not None:
                action = row.ladder[told.notice]["action"]
                report.reminded += action == "remind"
                report.escalated += action == "escalate"


def _judge(row: _Row, now: datetime) -> Judgement:
    ladder = [RungAt.from_document(rung) for rung in row.ladder]
    return judge(Watch(row.due_at, row.breached_at, ladder, row.rung), now)
