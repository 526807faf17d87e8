"""Judges batches of promises, each batch in a transaction, those that stand alike together.

A letter is written with its flag or not at all, so none is ever mailed twice. A row that cannot be
judged is set aside; the others go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from service.clock import instant_text
from service.domain.lateness import bound_of
from service.domain.policies import Action
from service.domain.promises import State
from service.models import Application, Promise
from service.workflows.judged_writes import (
    DueRow,
    Judged,
    alike,
    judged_at,
    set_aside,
    write_judged,
)
from service.workflows.ladder_letters import write_for_rung
from service.workflows.promise_changes import lock_promise, resume
from service.workflows.work import Work


@dataclass
class CheckReport:
    """What one run found. ``lateness_in`` is how late the worst flag was raised, in seconds.

    ``lateness`` counts the flags by the classes of ``service.domain.lateness``.
    """

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
    lateness_total_in: float = 0.0
    lateness: dict[str, int] = field(default_factory=dict)
    dry_run: bool = False
    promises: list[str] = field(default_factory=list)

    def to_document(self) -> dict[str, Any]:
        """Return the report as ``keepword check --json`` prints it."""
        return {**asdict(self), "at": instant_text(self.at)}


LETTERS = 100
"""How many promises whose ladder sends letters are written in one transaction: a letter costs a
dozen statements, and on SQLite everybody else waits for the end of it."""


class _TakenError(Exception):
    """Somebody else was at a promise since it was read."""


_MAY_WRITE = tuple(f'"{action.value}"' for action in (Action.SEND, Action.HOLDING))


class Judging:
    """One run: judges batch after batch, commits each, and counts into its report."""

    def __init__(self, work: Work, report: CheckReport) -> None:
        self._work = work
        self._session = work.session
        self._report = report

    def take(self, rows: Sequence[DueRow]) -> None:
        """Judge and write one batch; letters in small parts, so that nobody waits long for one."""
        may_write: list[DueRow] = []
        others: list[DueRow] = []
        for row in rows:
            (may_write if _may_write(row) else others).append(row)
        parts = [may_write[i : i + LETTERS] for i in range(0, len(may_write), LETTERS)]
        for part in (others, *parts):
            if part:
                self._take(part)

    def _take(self, rows: Sequence[DueRow]) -> None:
        """Write one part in one transaction: together where all is well."""
        self._report.looked_at += len(rows)
        if self._failure(rows) is not None:
            self._session.rollback()
            self._by_halves(rows)
        if self._report.dry_run:
            self._session.rollback()
        else:
            self._session.commit()
        # What this batch loaded is stale for the next, and a million of them would fill memory.
        self._session.expunge_all()

    def _by_halves(self, rows: Sequence[DueRow]) -> None:
        """Find those that cannot be written with the others, in a few goes for each of them."""
        half = len(rows) // 2
        for part in (rows[:half], rows[half:]) if half else (rows,):
            nested = self._session.begin_nested()
            failure = self._failure(part)
            if failure is None:
                nested.commit()
                continue
            nested.rollback()
            if len(part) > 1:
                self._by_halves(part)
            elif isinstance(failure, _TakenError):
                self._report.raced += 1
            else:
                set_aside(self._work, part[0], failure)
                self._report.set_aside += 1

    def _failure(self, rows: Sequence[DueRow]) -> Exception | None:
        """Write these together; return why not, and then none of them is counted."""
        report, before = self._report, replace(self._report)
        try:
            self._together(rows)
        except Exception as error:  # noqa: BLE001 - whatever one row does, the others go on
            report.letters, report.resumed = before.letters, before.resumed
            report.raced = before.raced
            return error
        return None

    def _together(self, rows: Sequence[DueRow]) -> None:
        now = self._work.now
        open_ = (row for row in rows if row.state == State.OPEN)
        judged = [judged_at(each, now) for each in alike(open_)]
        done = [each for each in judged if each.told.send is None]
        if not write_judged(self._work, done):
            raise _TakenError
        for each in judged:
            if each.told.send is not None:
                own = (each._replace(rows=[row]) for row in each.rows)
                done += [one for one in own if self._with_letter(one)]
        for row in rows:
            if row.state == State.PAUSED:
                self._resume(row)
        self._count(done)

    def _with_letter(self, judged: Judged) -> bool:
        """Write a promise whose rung sends a letter: both in this transaction, or neither.

        ``False`` where somebody else is at it: the next run looks again.
        """
        (row,), _, told = judged
        application, promise = self._locked(row)
        if application is None or promise is None or told.send is None:
            self._report.raced += 1
            return False
        if write_for_rung(self._work, application, promise, told.send):
            self._report.letters += 1
        self._session.flush()
        if not write_judged(self._work, [judged]):
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

    def _count(self, judged: Sequence[Judged]) -> None:
        report, now = self._report, self._work.now
        for each in judged:
            rows, ladder, told = each
            if report.dry_run:
                report.promises += [row.id for row in rows]
            if each.breaks:
                late = (now - rows[0].due_at).total_seconds()
                report.flagged += len(rows)
                report.lateness_in = max(report.lateness_in, late)
                report.lateness_total_in += late * len(rows)
                bound = bound_of(late)
                report.lateness[bound] = report.lateness.get(bound, 0) + len(rows)
            if told.notice is not None:
                action = ladder[told.notice].action
                report.reminded += len(rows) * (action is Action.REMIND)
                report.escalated += len(rows) * (action is Action.ESCALATE)


def _may_write(row: DueRow) -> bool:
    return any(word in row.ladder for word in _MAY_WRITE)
