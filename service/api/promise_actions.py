"""What can be done to a promise: kept, rescheduled, released, paused, resumed.

``If-Match`` may name the version that was read; of two requests at once the second is refused.
"""

from __future__ import annotations

from typing import Any

from service.api.contact_rows import split
from service.api.lookups import check_references, locked_promise
from service.api.operation import Answer, Call, Resource
from service.api.promise_rows import shown
from service.api.schemas.contact import KeepSchema, KeptSchema
from service.api.schemas.promise import (
    PromiseSchema,
    ReasonSchema,
    RescheduleSchema,
    ResumeSchema,
)
from service.domain.contacts import Channel, Outcome
from service.models import Promise, User
from service.workflows.contacts import log_contact
from service.workflows.promise_changes import pause, release, require_open, reschedule, resume

resource = Resource("promise changes", "What can be done to a promise.")
_ONE = "/promises/<promise_id>"


@resource.operation(
    "POST",
    f"{_ONE}/keep",
    scope="write",
    body=KeepSchema,
    status=201,
    returns=KeptSchema,
    if_match="optional",
)
def keep_promise(call: Call, body: dict[str, Any], promise_id: str) -> Answer:
    """Keep a promise by a contact.

    Records the contact as meant for this promise. A contact is a fact whatever it achieves: where
    it keeps nothing (nobody answered, a voicemail does not count) it is recorded all the same and
    the answer says `"kept": false` with the reason in `why`. A settled promise is refused with
    409, and then nothing is recorded.
    """
    application, promise = locked_promise(call, promise_id)
    call.check(promise.version)
    require_open(promise)
    check_references(call, body, by_user_id=User)
    done = log_contact(
        call.work,
        application,
        channel=Channel(body["channel"]),
        outcome=Outcome(body["outcome"]),
        at=body.get("at") or call.work.now,
        by_user_id=body.get("by_user_id") or call.user_id,
        note=body.get("note"),
        meant_for=frozenset({promise.id}),
    )
    call.session.flush()
    why = next((reason for other, reason in done.not_kept if other.id == promise.id), None)
    answer = {
        **split(call, done, promise),
        "kept": any(kept.id == promise.id for kept in done.kept),
        "why": why,
        "promise": shown(call, promise),
    }
    return Answer(answer, promise.version, f"/contacts/{done.contact.id}")


@resource.operation(
    "POST",
    f"{_ONE}/reschedule",
    scope="write",
    body=RescheduleSchema,
    status=201,
    returns=PromiseSchema,
    if_match="optional",
)
def reschedule_promise(call: Call, body: dict[str, Any], promise_id: str) -> Answer:
    """Reschedule a promise.

    A new promise takes its place, and the first date stays on record. Say whether the candidate
    was told: moving a date in silence is counted.
    """
    _, promise = locked_promise(call, promise_id)
    call.check(promise.version)
    new = reschedule(
        call.work,
        promise,
        within=body.get("within"),
        due_at=body.get("due_at"),
        reason=body.get("reason"),
        candidate_told=body["candidate_told"],
    )
    call.session.flush()
    return Answer(shown(call, new), new.version, f"/promises/{new.id}")


@resource.operation(
    "POST",
    f"{_ONE}/release",
    scope="write",
    body=ReasonSchema,
    returns=PromiseSchema,
    if_match="optional",
)
def release_promise(call: Call, body: dict[str, Any], promise_id: str) -> Answer:
    """Release a promise.

    Lets go of it without having kept it, with the reason on record.
    """
    _, promise = locked_promise(call, promise_id)
    call.check(promise.version)
    return _changed(call, release(call.work, promise, body["reason"]))


@resource.operation(
    "POST",
    f"{_ONE}/pause",
    scope="write",
    body=ReasonSchema,
    returns=PromiseSchema,
    if_match="optional",
)
def pause_promise(call: Call, body: dict[str, Any], promise_id: str) -> Answer:
    """Pause a rule's promise.

    Its clock stops while the candidate is awaited, for at most its cap. What a person said never
    pauses: reschedule it and tell the candidate.
    """
    _, promise = locked_promise(call, promise_id)
    call.check(promise.version)
    return _changed(call, pause(call.work, promise, body["reason"]))


@resource.operation(
    "POST",
    f"{_ONE}/resume",
    scope="write",
    body=ResumeSchema,
    returns=PromiseSchema,
    if_match="optional",
)
def resume_promise(call: Call, _body: dict[str, Any], promise_id: str) -> Answer:
    """Resume a paused promise.

    Its clock runs again with the working time it had left.
    """
    _, promise = locked_promise(call, promise_id)
    call.check(promise.version)
    return _changed(call, resume(call.work, promise))


def _changed(call: Call, promise: Promise) -> Answer:
    call.session.flush()
    return Answer(shown(call, promise), promise.version)
