"""Takes the closing of a job back, as far as that is still possible.

Whoever was told stays rejected, and is named: a letter that left cannot be unsaid. Everybody else
is considered again where they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import or_, select

from service.db import in_chunks
from service.domain.changes import Stage
from service.domain.closing_terms import JOB_STATUS, Outcome, Part, Writing
from service.domain.contacts import DECISION_LETTERS
from service.domain.delivery import CANCELLABLE
from service.domain.promises import KEPT_STATES, OPEN_STATES, PromiseError
from service.domain.wording import to_say
from service.models import (
    Application,
    ClosingEntry,
    Decision,
    Job,
    JobClosing,
    Message,
    Promise,
)
from service.workflows.close_job import CHUNK, lock_for_closing
from service.workflows.closing_facts import NOT_REACHED, Known, gather
from service.workflows.decide import (
    REJECTED_THERE_TOO,
    Around,
    reopen_here,
    withdraw_decision,
)
from service.workflows.enqueue import cancel_all
from service.workflows.given_way import given_way, write_again
from service.workflows.promise_changes import open_promises_of, release
from service.workflows.reopening import pasts
from service.workflows.together import together
from service.workflows.work import Work

_UNDONE = to_say("the closing of the job was taken back")


@dataclass
class Undone:
    """What taking back a closing did. ``stays`` names what stays as it is, and why."""

    closing: JobClosing
    letters_cancelled: int = 0
    reopened: list[str] = field(default_factory=list)
    stays: list[tuple[str, str]] = field(default_factory=list)


def undo_closing(work: Work, closing_id: str, by_user_id: str | None) -> Undone:
    """Take a closing back: stop its unsent letters, withdraw its decisions, open the job again.

    Raises ``PromiseError`` where it was taken back before, and where everybody has been told.
    """
    closing = work.session.get_one(JobClosing, closing_id)
    job, applications = lock_for_closing(work, closing.job_id)
    work.session.refresh(closing)
    if closing.undone_at is not None:
        raise PromiseError("closing-undone", to_say("the closing was taken back already"))
    done = Undone(closing)
    entries = work.session.scalars(
        select(ClosingEntry)
        .where(
            ClosingEntry.closing_id == closing.id,
            ClosingEntry.part.in_((Part.MAIL, Part.CALL_FIRST, Part.SECOND_CHOICE)),
        )
        .order_by(ClosingEntry.id)
    ).all()
    undoing = _reading(work, job, done, entries, applications)
    with together(work):
        undoing.stop_letters()
        for entry in entries:
            undoing.take_back(entry)
    for letter in given_way(work, closing.id, undoing.unwritten):
        done.stays += write_again(work, letter).items()
    if entries and not done.reopened and not done.letters_cancelled and not undoing.released:
        raise PromiseError(
            "already-sent",
            to_say(
                "too late: everybody whom this closing was about has been told, or was decided "
                "about anew since"
            ),
        )
    closing.undone_at, closing.undone_by_id = work.now, by_user_id
    _open_again(work, job, closing)
    work.session.flush()
    return done


def _open_again(work: Work, job: Job, closing: JobClosing) -> None:
    """Put back what the job was; where a later closing of it stands, that one will."""
    later = work.session.scalars(
        select(JobClosing)
        .where(
            JobClosing.job_id == job.id,
            JobClosing.undone_at.is_(None),
            JobClosing.created_at >= closing.created_at,
            JobClosing.id != closing.id,
        )
        .order_by(JobClosing.created_at)
    ).first()
    if later is not None:
        if later.job_status_before == JOB_STATUS[Outcome(closing.outcome)]:
            later.job_status_before = closing.job_status_before
    elif job.status == JOB_STATUS[Outcome(closing.outcome)]:
        job.status, job.status_at = closing.job_status_before, work.now


def _reading(
    work: Work,
    job: Job,
    done: Undone,
    entries: Sequence[ClosingEntry],
    applications: Mapping[str, Application],
) -> _Undoing:
    """Read at once, and lock, what taking back will look at."""
    closing_id = done.closing.id
    messages = work.session.scalars(
        select(Message)
        .where(Message.closing_id == closing_id)
        .order_by(Message.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    decisions = work.session.scalars(
        select(Decision)
        .join(ClosingEntry, ClosingEntry.decision_id == Decision.id)
        .where(ClosingEntry.closing_id == closing_id)
    )
    promises = work.session.scalars(
        select(Promise)
        .join(ClosingEntry, ClosingEntry.promise_id == Promise.id)
        .where(ClosingEntry.closing_id == closing_id)
    )
    ids = [entry.application_id for entry in entries if entry.decision_id is not None]
    others: dict[str, list[Message]] = {id_: [] for id_ in ids}
    for chunk in in_chunks(ids, CHUNK):
        for message in work.session.scalars(
            select(Message).where(
                Message.application_id.in_(chunk),
                Message.kind.in_(DECISION_LETTERS),
                Message.state.in_(CANCELLABLE),
                or_(Message.closing_id.is_(None), Message.closing_id != closing_id),
            )
        ):
            others[message.application_id or ""].append(message)
    owed, past = open_promises_of(work, ids), pasts(work, ids)
    return _Undoing(
        work,
        done,
        applications,
        {message.id: message for message in messages},
        {decision.id: decision for decision in decisions},
        {promise.id: promise for promise in promises},
        {id_: Around(others[id_], owed[id_], past[id_]) for id_ in ids},
        {
            known.application.id: known
            for person in gather(work, job, work.now.date()).values()
            for known in person
        },
    )


@dataclass
class _Undoing:
    """One taking back; what its entries name was read at once."""

    work: Work
    done: Undone
    applications: Mapping[str, Application]
    messages: Mapping[str, Message]
    decisions: Mapping[str, Decision]
    promises: Mapping[str, Promise]
    around: Mapping[str, Around]
    known: Mapping[str, Known]
    released: int = 0
    unwritten: list[str] = field(default_factory=list)

    def stop_letters(self) -> None:
        """Cancel every letter of the closing that has not left."""
        waiting = [each for each in self.messages.values() if each.state in CANCELLABLE]
        cancel_all(self.work, waiting, _UNDONE)
        self.done.letters_cancelled += len(waiting)

    def take_back(self, entry: ClosingEntry) -> None:
        """Take back what the closing did about one application, unless the person was told."""
        why = self._told(entry)
        if why is not None:
            self.done.stays.append((entry.application_id, why))
            return
        application = self.applications.get(entry.application_id)
        if application is None:
            # It is not for this job any more, so what became of it is not for this closing to say.
            self.done.stays.append((entry.application_id, "it was moved to another job since"))
        elif entry.decision_id is not None:
            self._reopen(entry, application)
        elif entry.part == Part.SECOND_CHOICE:
            # Where a letter was to tell them, it is stopped; a call is let go of.
            self.released += self._drop_promise(entry)
        elif entry.message_id is not None:
            self.unwritten.append(application.id)

    def _told(self, entry: ClosingEntry) -> str | None:
        """Return how the person was told meanwhile, or ``None``."""
        message = self.messages.get(entry.message_id or "")
        if message is not None and message.state not in NOT_REACHED:
            return f"the letter has left: it is {message.state}"
        promise = self.promises.get(entry.promise_id or "")
        if promise is not None and promise.state in KEPT_STATES:
            return "they were told already"
        known = self.known.get(entry.application_id)
        if known is None or known.decision is None:
            return None
        if entry.decision_id in (None, known.decision.id):
            # By another letter than the closing's, or by a person.
            if known.told:
                return "they were told already"
            if known.writing in (Writing.LEFT, Writing.KEPT):
                return "another letter that tells the decision has left"
        return None

    def _reopen(self, entry: ClosingEntry, application: Application) -> None:
        decision = self.decisions[entry.decision_id or ""]
        if decision.withdrawn_at is not None:
            self.done.stays.append((application.id, "the decision was withdrawn already"))
            return
        if application.stage != Stage.REJECTED or application.candidate.erased_at is not None:
            self.done.stays.append((application.id, f"is {application.stage} since"))
            return
        if not application.closed_here:
            # An old word of the ATS closes nothing that was opened here since: they would wait,
            # and be written to, as if they were considered.
            self.done.stays.append((application.id, REJECTED_THERE_TOO))
            return
        around = self.around[application.id]
        withdraw_decision(self.work, application, decision, around)
        # What a rule owed goes with the decision; a person's word to call is let go of here.
        self._drop_promise(entry)
        reopen_here(self.work, application, Stage(entry.stage_before), around)
        self.done.reopened.append(application.id)

    def _drop_promise(self, entry: ClosingEntry) -> bool:
        promise = self.promises.get(entry.promise_id or "")
        if promise is None or promise.state not in OPEN_STATES:
            return False
        release(self.work, promise, _UNDONE)
        return True
