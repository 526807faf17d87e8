"""What can happen to a promise besides being kept: rescheduled, released, paused, resumed.

Each change locks the row it read, so of two people at once the second hears that it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from service.db import in_chunks
from service.domain.changes import Stage
from service.domain.durations import BusinessHours, parse
from service.domain.ladders import go_on
from service.domain.promises import (
    OPEN_STATES,
    STATE_SAID,
    NeverOwed,
    Origin,
    PromiseError,
    State,
    check_can_pause,
    minutes_left,
)
from service.domain.wording import Told, to_say, told
from service.models import Application, Promise
from service.workflows.promise_making import (
    check_still_here,
    promise_terms,
    replace,
    set_deadline,
    spoken_deadline,
)
from service.workflows.timeline import record
from service.workflows.work import Work


def lock_promise(work: Work, promise_id: str) -> Promise | None:
    """Return a promise with its row locked until the transaction ends, or ``None``."""
    return work.session.scalars(
        select(Promise)
        .where(Promise.id == promise_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def lock_application(work: Work, application_id: str) -> Application | None:
    """Return an application with its row locked: promises about it change one at a time."""
    return work.session.scalars(
        select(Application)
        .where(Application.id == application_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def require_open(promise: Promise) -> None:
    """Refuse to change a promise that is settled."""
    if promise.state not in OPEN_STATES:
        raise PromiseError(
            "promise-not-open",
            told(
                "the promise is %(state)s already: make a new one instead",
                state=STATE_SAID[State(promise.state)],
            ),
        )


def close(work: Work, promise: Promise, state: State, reason: str | None = None) -> None:
    """Settle a promise; nothing watches it any more."""
    promise.state = state
    promise.closed_at = work.now
    promise.close_reason = reason
    promise.next_check_at = None
    promise.paused_at = promise.pause_ends_at = promise.paused_left_minutes = None


def _note_breach(work: Work, promise: Promise) -> None:
    """Keep on record that a promise was broken before it is let go, checked or not."""
    if promise.state == State.OPEN and work.now > promise.due_at:
        promise.breached_at = promise.due_at


def release(work: Work, promise: Promise, reason: str) -> Promise:
    """Let go of a promise, with the reason a person gave."""
    require_open(promise)
    _note_breach(work, promise)
    close(work, promise, State.RELEASED, reason)
    record(work, promise.application_id, "promise_released", promise=promise.id)
    return promise


def release_by_rule(work: Work, promise: Promise, reason: str) -> None:
    """Let go of a policy promise that no longer applies; the rule may make it anew later."""
    close(work, promise, State.RELEASED, reason)
    promise.cause = None
    record(work, promise.application_id, "promise_released", promise=promise.id, reason=reason)


def release_as_never_owed(work: Work, promise: Promise, why: NeverOwed) -> None:
    """Let go of a policy promise whose cause turned out not to be: what was flagged of it is not
    so.
    """
    release_by_rule(work, promise, why)
    promise.breached_at = None


def no_longer_owed(stage: Stage) -> Told:
    """Say why what a rule made is let go at another stage."""
    return told("no longer owed: the application is at %(stage)s", stage=stage)


def retire(work: Work, application: Application, promises: Sequence[Promise] | None = None) -> None:
    """Release the open promises whose terms no longer cover where the application stands.

    ``promises`` are its open ones, where the caller has read them already.
    """
    interviewed = application.interviewed_at is not None
    for promise in open_promises(work, application.id) if promises is None else promises:
        if not promise_terms(promise).applies_to(Stage(application.stage), interviewed=interviewed):
            release_by_rule(work, promise, no_longer_owed(Stage(application.stage)))
    work.flush()


def open_promises(work: Work, application_id: str) -> list[Promise]:
    """Return what is owed to an application, the oldest debt first."""
    return list(
        work.session.scalars(
            select(Promise)
            .where(Promise.application_id == application_id, Promise.state.in_(OPEN_STATES))
            .order_by(Promise.due_at, Promise.id)
        )
    )


def open_promises_of(work: Work, application_ids: Sequence[str]) -> dict[str, list[Promise]]:
    """Return what is owed to each of these applications, in few statements."""
    found: dict[str, list[Promise]] = {id_: [] for id_ in application_ids}
    for chunk in in_chunks(application_ids, _CHUNK):
        for promise in work.session.scalars(
            select(Promise)
            .where(Promise.application_id.in_(chunk), Promise.state.in_(OPEN_STATES))
            .order_by(Promise.due_at, Promise.id)
        ):
            found[promise.application_id].append(promise)
    return found


_CHUNK = 500


def reschedule(
    work: Work,
    promise: Promise,
    *,
    within: str | None,
    due_at: datetime | None,
    reason: str | None,
    candidate_told: bool,
) -> Promise:
    """Move a promise's date: a new promise replaces it and the first date stays on record.

    ``candidate_told`` says whether the candidate knows; moving a date in silence is counted.
    """
    require_open(promise)
    application = work.session.get_one(Application, promise.application_id)
    # A word given outlives the decision, so its date may still be moved.
    check_still_here(application)
    calendar = work.calendar_of(application)
    deadline = spoken_deadline(calendar, work.now, within, due_at)
    if deadline.due_at <= work.now:
        raise PromiseError(
            "due-in-the-past",
            to_say("the new date has passed already: name a later one"),
            "/within" if within else "/due_at",
        )
    _note_breach(work, promise)
    close(work, promise, State.REPLACED, reason)
    # What a rule made it for is what the new one is owed for, so that it ends with that.
    by_rule = promise.policy_id is not None and promise.origin == Origin.POLICY
    cause = promise.cause if by_rule else None
    if by_rule:
        promise.cause = None
    # The database allows one standing promise a rule: the old one goes before the new one comes.
    work.session.flush()
    new = replace(work, application, promise, deadline, calendar, cause)
    new.candidate_told = candidate_told
    promise.replaced_by_id = new.id
    record(
        work,
        promise.application_id,
        "promise_rescheduled",
        promise=promise.id,
        replaced_by=new.id,
        candidate_told=candidate_told,
    )
    return new


def pause(work: Work, promise: Promise, reason: str) -> Promise:
    """Stop a policy promise's clock while the candidate is awaited, for at most its cap."""
    check_can_pause(promise.origin, promise.state, promise.due_at, work.now)
    application = work.session.get_one(Application, promise.application_id)
    calendar = work.calendar_of(application)
    cap = parse(promise_terms(promise).pause_cap)
    promise.paused_left_minutes = minutes_left(calendar, work.now, promise.due_at)
    promise.paused_at = work.now
    promise.pause_ends_at = calendar.add(work.now, cap, trace=False).due_at
    promise.state = State.PAUSED
    promise.close_reason = reason
    promise.next_check_at = promise.pause_ends_at
    record(
        work,
        promise.application_id,
        "promise_paused",
        promise=promise.id,
        until=promise.pause_ends_at.isoformat(),
    )
    return promise


def resume(work: Work, promise: Promise, *, by_itself: bool = False) -> Promise:
    """Let a paused promise's clock run again with the working time it had left.

    It runs from the end of the pause, however late anybody looks.
    """
    if promise.state != State.PAUSED or promise.paused_left_minutes is None:
        raise PromiseError(
            "promise-not-paused",
            told("the promise is %(state)s, not paused", state=State(promise.state)),
        )
    application = work.session.get_one(Application, promise.application_id)
    row = work.calendar_row(application.job)
    calendar = work.calendar(row.id, row.version)
    start = min(work.now, promise.pause_ends_at or work.now)
    deadline = calendar.add(start, BusinessHours(promise.paused_left_minutes))
    # What was passed before the pause stays passed: no letter goes twice, none is left out.
    passed = promise.ladder[: promise.rung]
    if deadline.due_at > promise.due_at:
        terms = promise_terms(promise)
        set_deadline(work, application, promise, terms, calendar, start, deadline)
        # The trace speaks of this calendar now, perhaps edited or another since the promise.
        promise.calendar_id, promise.calendar_version = row.id, row.version
        promise.ladder = go_on(passed, promise.ladder)
        promise.rung = len(passed)
    promise.next_check_at = datetime.fromisoformat(promise.ladder[promise.rung]["at"])
    promise.due_version += 1
    promise.state = State.OPEN
    promise.close_reason = None
    promise.paused_at = promise.pause_ends_at = promise.paused_left_minutes = None
    record(
        work,
        promise.application_id,
        "promise_resumed",
        promise=promise.id,
        due_at=promise.due_at.isoformat(),
        by_itself=by_itself,
    )
    return promise
