"""Judges batches of promises and writes down what was found, together where all is well.

Every write is a compare-and-set on the very deadline that was read, so two checkers, or a crash
anywhere, never flag or mail twice. A row that cannot be judged is set aside; the others go on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, insert, select, update

from service.clock import instant_text
from service.db import new_id
from service.domain.policies import Action, RungAt
from service.domain.promises import OPEN_STATES, Judgement, State, Watch, judge
from service.models import Application, Notice, Promise, TimelineEntry
from service.workflows.ladder_letters import write_for_rung
from service.workflows.promise_changes import lock_promise, resume
from service.workflows.work import Work

SET_ASIDE = timedelta(hours=1)
"""How long a row that cannot be judged stays out of the way before it is tried again."""

DueRow = Row[*tuple[Any, ...]]
"""A promise as :mod:`service.workflows.check` reads it."""

_promise = Promise.__table__
_KINDS = {
    Action.REMIND: "promise_at_risk",
    Action.FLAG: "promise_overdue",
    Action.ESCALATE: "promise_escalated",
}

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
        # Judged and written: whatever set it aside before is over.
        check_failures=0,
        check_error=None,
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
        return {**asdict(self), "at": instant_text(self.at)}


LETTERS = 100
"""How many promises whose ladder sends letters are written in one transaction: a letter costs a
dozen statements, and on SQLite everybody else waits for the end of it."""

_MAY_WRITE = re.compile(r"""['"](?:send|holding)['"]""")


class _Judged(NamedTuple):
    row: DueRow
    ladder: list[RungAt]
    told: Judgement


class Judging:
    """One run: judges batch after batch, commits each, and counts into its report."""

    def __init__(self, work: Work, report: CheckReport) -> None:
        self._work = work
        self._session = work.session
        self._report = report

    def take(self, rows: Sequence[DueRow]) -> None:
        """Judge and write one batch; letters in small parts, so that nobody waits long for one."""
        may_write = [row for row in rows if _MAY_WRITE.search(str(row.ladder))]
        others = [row for row in rows if not _MAY_WRITE.search(str(row.ladder))]
        parts = [may_write[i : i + LETTERS] for i in range(0, len(may_write), LETTERS)]
        for part in (others, *parts):
            if part:
                self._take(part)

    def _take(self, rows: Sequence[DueRow]) -> None:
        """Write one part: together where all is well, row by row where not."""
        self._report.looked_at += len(rows)
        before = replace(self._report)
        try:
            written = self._together(rows)
        except Exception:  # noqa: BLE001 - whatever one row does, the others go on
            written = False
        if not written:
            self._session.rollback()
            self._report.letters, self._report.resumed = before.letters, before.resumed
            self._report.raced = before.raced
            self._one_by_one(rows)
        if self._report.dry_run:
            self._session.rollback()
        else:
            self._session.commit()
        # What this batch loaded is stale for the next, and a million of them would fill memory.
        self._session.expunge_all()

    def _together(self, rows: Sequence[DueRow]) -> bool:
        judged = [_judge(row, self._work.now) for row in rows if row.state == State.OPEN]
        done = [each for each in judged if each.told.send is None]
        if not self._write(done):
            return False
        done += [each for each in judged if each.told.send is not None and self._with_letter(each)]
        for row in rows:
            if row.state == State.PAUSED:
                self._resume(row)
        self._count(done)
        return True

    def _one_by_one(self, rows: Sequence[DueRow]) -> None:
        for row in rows:
            try:
                with self._session.begin_nested():
                    self._alone(row)
            except Exception as error:  # noqa: BLE001 - set aside, counted and shown
                self._set_aside(row, error)

    def _alone(self, row: DueRow) -> None:
        if row.state == State.PAUSED:
            self._resume(row)
            return
        judged = _judge(row, self._work.now)
        if judged.told.send is not None:
            if self._with_letter(judged):
                self._count([judged])
        elif self._write([judged]):
            self._count([judged])
        else:
            self._report.raced += 1

    def _write(self, judged: Sequence[_Judged]) -> bool:
        """Write a batch; ``False`` where another checker was at one of its rows."""
        changed = [
            each
            for each in judged
            if each.told.rung != each.row.rung
            or each.told.breached_at != each.row.breached_at
            or each.told.next_check_at != each.row.next_check_at
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
                for row, _, told in changed
            ],
        )
        if result.rowcount != len(changed):
            return False
        telling = [each for each in changed if each.told.notice is not None]
        if telling:
            connection.execute(insert(Notice), [self._notice(each) for each in telling])
            connection.execute(insert(TimelineEntry), [self._entry(each) for each in telling])
        return True

    def _notice(self, judged: _Judged) -> dict[str, Any]:
        rung = judged.told.notice or 0
        return {
            "id": new_id("ntc"),
            "promise_id": judged.row.id,
            "rung": rung,
            "due_version": judged.row.due_version,
            "action": judged.ladder[rung].action,
            "created_at": self._work.now,
        }

    def _entry(self, judged: _Judged) -> dict[str, Any]:
        row, ladder, told = judged
        breached = told.breached_at is not None and row.breached_at is None
        return {
            "application_id": row.application_id,
            "at": row.due_at if breached else self._work.now,
            "recorded_at": self._work.now,
            "kind": _KINDS[ladder[told.notice or 0].action],
            "actor": self._work.actor,
            "source": self._work.source,
            "data": {"promise": row.id},
        }

    def _with_letter(self, judged: _Judged) -> bool:
        """Write a promise whose rung sends a letter: both in this transaction, or neither.

        ``False`` where somebody else is at it: the next run looks again.
        """
        row, told = judged.row, judged.told
        application, promise = self._locked(row)
        if application is None or promise is None or told.send is None:
            self._report.raced += 1
            return False
        if write_for_rung(self._work, application, promise, told.send):
            self._report.letters += 1
        self._session.flush()
        if not self._write([judged]):
            raise RuntimeError("a locked promise changed under the checker")
        self._session.expire(promise)
        return True

    def _resume(self, row: DueRow) -> None:
        application, promise = self._locked(row)
        if application is None or promise is None:
            self._report.raced += 1
            return
        resume(self._work, promise, by_itself=True)
        self._session.flush()
        self._report.resumed += 1

    def _locked(self, row: DueRow) -> tuple[Application | None, Promise | None]:
        """Lock both rows; ``None`` where they are busy or no longer as they were read.

        Everybody else locks the application first. This run holds promises already, so it must
        not wait for an application: two that wait for each other would both stand still.
        """
        application = self._session.scalars(
            select(Application)
            .where(Application.id == row.application_id)
            .with_for_update(key_share=True, skip_locked=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        promise = lock_promise(self._work, row.id) if application is not None else None
        if promise is not None and (promise.state, promise.due_at, promise.next_check_at) != (
            row.state,
            row.due_at,
            row.next_check_at,
        ):
            return application, None
        return application, promise

    def _set_aside(self, row: DueRow, error: Exception) -> None:
        self._session.execute(
            update(Promise)
            .where(
                Promise.id == row.id,
                Promise.next_check_at == row.next_check_at,
                Promise.state.in_(OPEN_STATES),
            )
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

    def _count(self, judged: Sequence[_Judged]) -> None:
        report, now = self._report, self._work.now
        for row, ladder, told in judged:
            if report.dry_run:
                report.promises.append(row.id)
            if told.breached_at is not None and row.breached_at is None:
                report.flagged += 1
                late = (now - row.due_at).total_seconds()
                report.lateness_in = max(report.lateness_in, late)
            if told.notice is not None:
                action = ladder[told.notice].action
                report.reminded += action is Action.REMIND
                report.escalated += action is Action.ESCALATE


def _judge(row: DueRow, now: datetime) -> _Judged:
    # PostgreSQL's driver has read the JSON already; SQLite hands over the text.
    stored = json.loads(row.ladder) if isinstance(row.ladder, str) else row.ladder
    ladder = [RungAt.from_document(rung) for rung in stored]
    return _Judged(row, ladder, judge(Watch(row.due_at, row.breached_at, ladder, row.rung), now))
