"""Applies what a source says of where an application stands: applied, moved, closed, taken back.

Any order of the same facts ends in the same stage, the same standing decision and the same debts.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from service.domain.applications import Standing, reopen, settle
from service.domain.changes import (
    CLOSED_STAGES,
    ApplicationRef,
    Applied,
    Hired,
    Moved,
    Rejected,
    Stage,
    Stands,
    Unhired,
    Unrejected,
    Withdrawn,
)
from service.models import Application, Connection
from service.workflows.apply_offers import end_offers
from service.workflows.decide import (
    reject,
    set_standing,
    standing_decision,
    withdraw_decision,
)
from service.workflows.erase import release_everything
from service.workflows.people import user_of
from service.workflows.promise_changes import retire
from service.workflows.reopening import note_applied, owe_again
from service.workflows.rule_promises import NOTHING_YET
from service.workflows.stage_labels import mapped_stage, note_mapping
from service.workflows.telling import note_telling
from service.workflows.who_tells import ats_tells, note_ats_tells
from service.workflows.work import Work

StandingChange = Applied | Moved | Stands | Rejected | Unrejected | Hired | Unhired | Withdrawn

_STILL_OPEN = "it was closed here, and the ATS still has it open"
_INSTANT = timedelta(microseconds=1)

# What each taking back takes back. Greenhouse tells a candidate's own withdrawal as a rejection.
_UNREJECTABLE = frozenset({Stage.REJECTED, Stage.WITHDRAWN})


def apply_standing(
    work: Work,
    connection: Connection,
    application: Application,
    change: StandingChange,
    received_at: datetime,
    label_before: str | None,
    *,
    new: bool = False,
) -> list[str]:
    """Apply one change; return what could not be done, in words.

    ``label_before`` is the source's label of the stage as it was known before this change. ``new``
    tells that the application is not written yet, so that nothing can be owed to it.
    """
    was_closed = Stage(application.stage) in CLOSED_STAGES
    applier = _Standing(work, connection, application, received_at, label_before)
    match change:
        case Applied(stage=stage):
            applier.stand(change.application, stage, change.at, applied=True)
        case Moved(stage=stage):
            applier.stand(change.application, stage, change.at)
        case Stands():
            applier.stand_open(change)
        case Rejected():
            applier.reject(change)
        case Unrejected(stage=stage) | Unhired(stage=stage):
            applier.reopen(change, stage)
        case Hired():
            applier.close(change, Stage.HIRED)
        case Withdrawn():
            applier.close(change, Stage.WITHDRAWN)
    retire(work, application, () if new else None)
    if isinstance(change, Applied):
        note_applied(work, application, NOTHING_YET if new else None)
    if was_closed and Stage(application.stage) not in CLOSED_STAGES:
        owe_again(work, application)
    return applier.notes


class _Standing:
    def __init__(
        self,
        work: Work,
        connection: Connection,
        application: Application,
        received_at: datetime,
        label_before: str | None,
    ) -> None:
        self._work = work
        self._connection = connection
        self._application = application
        self._received_at = received_at
        self._label_before = label_before
        self.notes: list[str] = []

    @property
    def _current(self) -> Standing:
        return Standing(Stage(self._application.stage), self._application.stage_at)

    def _mapped(self, ref: ApplicationRef) -> Stage | None:
        """Return what the employer says this label means. A label alone closes nothing."""
        return mapped_stage(self._connection, ref.ats_stage)

    def stand(
        self,
        ref: ApplicationRef,
        stage: Stage | None,
        at: datetime | None,
        *,
        applied: bool = False,
    ) -> None:
        reported = self._mapped(ref) or stage
        self._note_mapping(ref, reported, at, applied=applied)
        if reported is None:
            return
        unmoved = self._application.closed_here and self._is_where_it_was(ref, reported)
        self._remember(reported, at or self._received_at)
        if unmoved:
            self.notes.append(_STILL_OPEN)
        else:
            self._settle(settle(self._current, reported, at, self._received_at))

    def _is_where_it_was(self, ref: ApplicationRef, reported: Stage) -> bool:
        """Tell whether the source says no more than that nobody moved it there."""
        if ref.ats_stage is not None and self._label_before is not None:
            return ref.ats_stage == self._label_before
        return reported is self._last_open()

    def _remember(self, stage: Stage, at: datetime) -> None:
        """Keep the newest open stage, whatever stands now: who is reopened stands there again."""
        application = self._application
        known = application.open_stage
        if known is None or (application.open_stage_at or at, known) < (at, stage):
            application.open_stage, application.open_stage_at = stage, at

    def stand_open(self, change: Stands) -> None:
        """Take a whole present state: it is open, so whatever closed it before stands no more."""
        application, at = self._application, change.at
        if application.closed_here and not self._moved_there_since(change):
            self.notes.append(_STILL_OPEN)
            return
        if at is not None:
            # Remembered whatever stands now: the closing it has seen may still be on its way. One
            # of that very instant it has not: at one instant a closing stands.
            seen = at - _INSTANT
            application.reopened_at = max(seen, application.reopened_at or seen)
        if not self._current.closed:
            self.stand(change.application, change.stage, at)
        elif at is not None and at > self._current.at:
            reported = self._mapped(change.application) or change.stage
            self._note_mapping(change.application, reported, at)
            if reported is not None:
                self._remember(reported, at)
                self._settle(reopen(self._current, reported, at, self._received_at))
            else:
                # With its own time, so that a newer word of a stage still on its way counts.
                since = application.open_stage_at or application.applied_at
                self._settle(Standing(self._last_open(), since))

    def _moved_there_since(self, change: Stands) -> bool:
        """Tell whether the source has moved it to another stage since it was closed here.

        Only two labels that differ say so: its other words may be new, and the stage an old one.
        """
        ref, at = change.application, change.at
        return (
            at is not None
            and at > self._current.at
            and None not in (ref.ats_stage, self._label_before)
            and ref.ats_stage != self._label_before
            and (self._mapped(ref) or change.stage) is not None
        )

    def _last_open(self) -> Stage:
        return Stage(self._application.open_stage or Stage.APPLIED)

    def reject(self, change: Rejected) -> None:
        if self._taken_back(change.at):
            return
        self._note_closed_there(change.at)
        current = self._current
        settled = settle(current, Stage.REJECTED, change.at, self._received_at)
        if settled.stage is not Stage.REJECTED:
            return
        self._settle(settled)
        decision = standing_decision(self._work, self._application.id)
        new = decision is None and settled != current
        if new:
            by = user_of(self._work, change.by)
            decision = reject(
                self._work,
                self._application,
                reason=change.reason,
                decided_by_id=by.id if by else None,
                decided_at=min(change.decided_at or settled.at, self._work.now),
                source=self._connection.name,
                told_by_ats=ats_tells(self._connection),
                telling=change.telling,
            )
        elif decision is not None:
            note_telling(decision, change.telling)
            decision.reason = decision.reason or change.reason
        if decision is not None and ats_tells(self._connection):
            note_ats_tells(self._work, self._application, decision, new=new)

    def close(self, change: Hired | Withdrawn, stage: Stage) -> None:
        if self._taken_back(change.at):
            return
        self._note_closed_there(change.at)
        self._settle(settle(self._current, stage, change.at, self._received_at))
        if self._application.stage == Stage.WITHDRAWN:
            release_everything(self._work, self._application, "the candidate withdrew")

    def _note_closed_there(self, at: datetime | None) -> None:
        """Note that the source has closed it too, unless it opened it again since.

        From now on "open" there is news, though it was closed here first.
        """
        application = self._application
        opened_at = application.open_stage_at
        if at is None or opened_at is None or at >= opened_at:
            application.closed_here = False

    def reopen(self, change: Unrejected | Unhired, stage: Stage | None) -> None:
        application, current = self._application, self._current
        if change.at is not None:
            # Remembered whatever stands now: the closing it takes back may still be on its way.
            application.reopened_at = max(change.at, application.reopened_at or change.at)
        closing = _UNREJECTABLE if isinstance(change, Unrejected) else {Stage.HIRED}
        reported = self._mapped(change.application) or stage
        back_to = reported or self._last_open()
        if current.stage in closing:
            settled = reopen(current, back_to, change.at, self._received_at)
        else:
            settled = settle(current, back_to, change.at, self._received_at)
        if settled != current and change.application.ats_stage:
            self._note_mapping(change.application, reported, change.at)
        self._settle(settled)
        if isinstance(change, Unhired) and back_to is not Stage.OFFER:
            # The offer that had been accepted would keep them from ever being told a no.
            end_offers(application, change.at or self._received_at)

    def _note_mapping(
        self,
        ref: ApplicationRef,
        reported: Stage | None,
        at: datetime | None,
        *,
        applied: bool = False,
    ) -> None:
        if reported is None:
            self.notes.append("the ATS's stage maps to none of ours yet: map it")
        note_mapping(self._application, ref.ats_stage, reported, at, applied=applied)

    def _settle(self, settled: Standing) -> None:
        current = self._current
        if settled == current:
            return
        if current.stage is Stage.REJECTED and settled.stage is not Stage.REJECTED:
            # Whatever followed a rejection, hiring too, the decision behind it stands no more.
            decision = standing_decision(self._work, self._application.id)
            if decision is not None:
                withdraw_decision(self._work, self._application, decision)
        set_standing(self._work, self._application, settled)

    def _taken_back(self, at: datetime | None) -> bool:
        """Tell whether a closing reported for ``at`` was expressly taken back then or later."""
        reopened_at = self._application.reopened_at
        return at is not None and reopened_at is not None and at <= reopened_at
