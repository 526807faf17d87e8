"""Takes back what somebody has just done, by the inverse of each act, read from the timeline.

What has gone out stays out and is said so; what somebody else has changed since is left as it is.
Rows are locked application first, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, true

from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.delivery import CANCELLABLE, LEFT
from service.domain.policies import Kind
from service.domain.promises import KEPT_STATES, OPEN_STATES, Origin, PromiseError, State
from service.domain.wording import ToldError, to_say
from service.models import Application, Contact, Decision, Message, Promise, TimelineEntry
from service.workflows.applications import reassign
from service.workflows.decide import REJECTED_THERE_TOO, reopen_here, withdraw_decision
from service.workflows.enqueue import cancel
from service.workflows.letter_lock import locked_letter
from service.workflows.promise_changes import close, lock_application, lock_promise
from service.workflows.promise_making import check_still_here
from service.workflows.resettle import take_back
from service.workflows.timeline import record
from service.workflows.work import Work

UNDO_WITHIN = timedelta(minutes=30)
"""How long an act can be taken back in one go; later, what came of it is changed by itself."""

TAKEN_BACK = to_say("taken back at once by who did it")


@dataclass(frozen=True)
class Act:
    """What was done in one go: the entries behind ``after`` up to ``until``, written at ``at``.

    ``stage`` is where an application stood before it was decided about.
    """

    after: int
    until: int
    at: datetime
    stage: Stage | None = None


@dataclass
class Undone:
    """How many people's acts were taken back, the letters among them, and what could not be."""

    people: set[str] = field(default_factory=set)
    letters: int = 0
    too_late: int = 0
    kept: list[str] = field(default_factory=list)


class _CannotError(ToldError):
    """This one cannot be taken back; the message says why."""


def undo(work: Work, act: Act, among: ColumnElement[bool] | None = None) -> Undone:
    """Take an act of this very actor back as far as it can be.

    ``among`` (a condition on ``Application``) leaves out whom they may not know of any more.
    """
    if work.now - act.at > UNDO_WITHIN:
        raise PromiseError(
            "too-late-to-undo",
            to_say("that was too long ago to be taken back in one go: change it by hand"),
        )
    done = Undone()
    entries = list(
        work.session.scalars(
            select(TimelineEntry)
            .where(
                TimelineEntry.seq > act.after,
                TimelineEntry.seq <= act.until,
                TimelineEntry.recorded_at == act.at,
                TimelineEntry.actor == work.actor,
                TimelineEntry.source == work.source,
                true()
                if among is None
                else TimelineEntry.application_id.in_(select(Application.id).where(among)),
            )
            # By application, as locks are taken; the last thing done is taken back first.
            .order_by(TimelineEntry.application_id, TimelineEntry.seq.desc())
        )
    )
    moved = {str(entry.data["replaced_by"]) for entry in entries if "replaced_by" in entry.data}
    for entry in entries:
        inverse = _INVERSES.get(entry.kind)
        if inverse is None or str(entry.data.get("promise")) in moved:
            continue
        application = lock_application(work, entry.application_id)
        if application is None:
            continue
        try:
            if inverse(work, application, entry, act, done):
                done.people.add(application.id)
        except (_CannotError, PromiseError) as error:
            done.kept.append(error.said)
    work.session.flush()
    return done


_Inverse = Callable[[Work, Application, TimelineEntry, Act, Undone], bool]


def _letter(work: Work, _of: Application, entry: TimelineEntry, _act: Act, done: Undone) -> bool:
    letter: Message | None = locked_letter(work, str(entry.data["message"]))
    if letter is None:
        return False
    if letter.state not in CANCELLABLE:
        done.too_late += 1
        return False
    cancel(work, letter, TAKEN_BACK)
    done.letters += 1
    return True


def _contact(
    work: Work, application: Application, entry: TimelineEntry, _act: Act, _done: Undone
) -> bool:
    contact = work.session.get(Contact, str(entry.data["contact"]))
    if contact is None or contact.message_id is not None or contact.taken_back_at is not None:
        return False
    take_back(work, application, contact, TAKEN_BACK)
    return True


def _moved(
    work: Work, application: Application, entry: TimelineEntry, _act: Act, _done: Undone
) -> bool:
    _check_ran(work, entry)
    new = lock_promise(work, str(entry.data["replaced_by"]))
    old = lock_promise(work, str(entry.data["promise"]))
    if new is None or old is None or new.state not in OPEN_STATES:
        raise _CannotError(to_say("the promise was settled or moved again since"))
    # Nothing was moved after all: the old one stands in its place, and nothing moved in silence.
    close(work, new, State.REPLACED, TAKEN_BACK)
    new.candidate_told = None
    cause, new.cause = new.cause, None
    work.session.flush()
    old.cause = old.cause or cause
    old.replaced_by_id, new.replaced_by_id = None, old.id
    _open_again(work, application, old)
    return True


def _released(
    work: Work, application: Application, entry: TimelineEntry, _act: Act, _done: Undone
) -> bool:
    promise = lock_promise(work, str(entry.data["promise"]))
    if "reason" in entry.data or promise is None or promise.state != State.RELEASED:
        return False
    _check_ran(work, entry)
    _open_again(work, application, promise)
    return True


def _made(
    work: Work, application: Application, entry: TimelineEntry, _act: Act, _done: Undone
) -> bool:
    promise = lock_promise(work, str(entry.data["promise"]))
    if promise is None or promise.origin != Origin.SPOKEN:
        return False
    if promise.state not in OPEN_STATES:
        raise _CannotError(to_say("the promise was settled since"))
    close(work, promise, State.RELEASED, TAKEN_BACK)
    record(work, application.id, "promise_released", promise=promise.id, reason=TAKEN_BACK)
    return True


def _decided(
    work: Work, application: Application, entry: TimelineEntry, act: Act, _done: Undone
) -> bool:
    decision = work.session.get(Decision, str(entry.data["decision"]))
    if decision is None or decision.withdrawn_at is not None:
        return False
    # Of many each stood elsewhere; what was written before it was kept there says so of one.
    stood_at = entry.data.get("stood_at", act.stage)
    stage = Stage(stood_at) if stood_at else None
    if stage is None or stage in CLOSED_STAGES:
        raise _CannotError(
            to_say("where the application stood before is not known: withdraw it by hand")
        )
    if not application.closed_here:
        raise _CannotError(REJECTED_THERE_TOO)
    if _was_told(work, decision):
        raise _CannotError(to_say("they have been told since: withdraw the decision by hand"))
    withdraw_decision(work, application, decision)
    reopen_here(work, application, stage)
    return True


def _was_told(work: Work, decision: Decision) -> bool:
    """Tell whether somebody told the person, or a letter that tells them has left."""
    kept = select(Promise.id).where(
        Promise.application_id == decision.application_id,
        Promise.kind.in_((Kind.DECISION, Kind.CLOSURE)),
        Promise.state.in_(KEPT_STATES),
        Promise.kept_at >= decision.decided_at,
    )
    left = select(Message.id).where(
        Message.application_id == decision.application_id,
        Message.decision_id == decision.id,
        Message.state.in_(LEFT),
    )
    return any(work.session.scalars(each.limit(1)).first() for each in (kept, left))


def _reassigned(
    work: Work, application: Application, entry: TimelineEntry, _act: Act, _done: Undone
) -> bool:
    if application.owner_id != entry.data.get("owner"):
        raise _CannotError(to_say("somebody else has handed it over since"))
    reassign(work, application, entry.data.get("before"))
    return True


def _waited(
    work: Work, application: Application, entry: TimelineEntry, _act: Act, _done: Undone
) -> bool:
    named, before = entry.data.get("owner"), entry.data.get("before")
    if application.waiting_on_id != named:
        raise _CannotError(to_say("whose decision is awaited was changed since"))
    application.waiting_on_id = before
    record(work, application.id, "waiting_on", before=named, owner=before)
    work.session.flush()
    return True


def _check_ran(work: Work, entry: TimelineEntry) -> None:
    """Refuse to open what was paused: how long it had left is not known any more."""
    before = work.session.scalars(
        select(TimelineEntry)
        .where(
            TimelineEntry.application_id == entry.application_id,
            TimelineEntry.seq < entry.seq,
            TimelineEntry.kind.in_(("promise_paused", "promise_resumed")),
        )
        .order_by(TimelineEntry.seq.desc())
    )
    about = (each for each in before if each.data.get("promise") == entry.data["promise"])
    last = next(about, None)
    if last is not None and last.kind == "promise_paused":
        raise _CannotError(to_say("it was paused, and waited for them: promise it anew"))


def _open_again(work: Work, application: Application, promise: Promise) -> None:
    """Let a promise stand again as it stood, under its own date."""
    check_still_here(application)
    if promise.origin == Origin.POLICY and promise.policy_id is not None:
        standing = work.session.scalars(
            select(Promise.id).where(
                Promise.application_id == promise.application_id,
                Promise.policy_id == promise.policy_id,
                Promise.origin == Origin.POLICY,
                Promise.state.in_(OPEN_STATES),
            )
        ).first()
        if standing is not None:
            raise _CannotError(to_say("a rule has made a new promise in its place since"))
    promise.state = State.OPEN
    promise.closed_at = promise.close_reason = None
    promise.breached_at = promise.due_at if work.now > promise.due_at else None
    promise.reopened_count += 1
    left = promise.ladder[promise.rung :]
    promise.next_check_at = datetime.fromisoformat(left[0]["at"]) if left else None
    record(
        work,
        application.id,
        "promise_reopened",
        promise=promise.id,
        overdue=promise.breached_at is not None,
    )
    work.session.flush()


_INVERSES: dict[str, _Inverse] = {
    "letter_written": _letter,
    "contact": _contact,
    "promise_rescheduled": _moved,
    "promise_released": _released,
    "promise_made": _made,
    "decided": _decided,
    "reassigned": _reassigned,
    "waiting_on": _waited,
}
