"""What a person can do to letters: take them back, let them go, say what became of them.

``If-Match`` may name the version that was read. An action that comes too late is refused with the
honest answer and changes nothing.
"""

from __future__ import annotations

from typing import Any

from service.api.lookups import referred
from service.api.operation import Answer, Call, Resource, require_id
from service.api.problems import invalid, not_found
from service.api.schemas.message import MessageSchema
from service.api.schemas.message_actions import (
    CancelledSchema,
    CancelManySchema,
    SettledSchema,
    SettleRequestSchema,
    SettleSchema,
    WhySchema,
)
from service.api.schemas.promise import ReasonSchema
from service.domain.delivery import MailState
from service.models import JobClosing, Message, SendBatch
from service.workflows.cancelling import Which, cancel_letters, known_ids
from service.workflows.enqueue import cancel
from service.workflows.letter_lock import locked_letter
from service.workflows.messages import release_letter, settle_uncertain
from service.workflows.settle_by_hand import settle_all_of

resource = Resource("message actions", "What can be done to letters.")
_ONE = "/messages/<message_id>"


@resource.operation(
    "POST", "/messages/cancel", scope="write", body=CancelManySchema, returns=CancelledSchema
)
def cancel_messages(call: Call, body: dict[str, Any]) -> Any:
    """Cancel several messages.

    Those named, those of one closing, all that a hold keeps (`"state": "held"`), or everything
    that has not left (`"state": "all-unsent"`). What has left cannot be taken back: it is listed in
    `too_late` and the others are cancelled all the same. With `dry_run` nothing is changed.
    """
    ids = tuple(body.get("message_ids", ()))
    unknown = set(ids) - known_ids(call.work, ids)
    if unknown:
        place = next(index for index, id_ in enumerate(ids) if id_ in unknown)
        raise invalid(
            f"/message_ids/{place}", "There is no message with this id.", "unknown-reference"
        )
    referred(call, JobClosing, body.get("closing_id"), "closing_id")
    which = Which(ids, body.get("closing_id"), held=body.get("state") == "held")
    done = cancel_letters(call.work, which, body["reason"], dry_run=body["dry_run"])
    return {
        "dry_run": body["dry_run"],
        "cancelled": len(done.cancelled),
        "cancelled_before": len(done.cancelled_before),
        "too_late": [{"message_id": id_, "state": state} for id_, state in done.too_late],
    }


@resource.operation(
    "POST", "/messages/settle", scope="write", body=SettleRequestSchema, returns=SettledSchema
)
def settle_messages(call: Call, body: dict[str, Any]) -> Answer:
    """Settle a whole request.

    A request to the mail provider is judged whole, so what is known of one of its letters holds
    for all. Changes those of its letters that are still uncertain.
    """
    referred(call, SendBatch, body["batch_id"], "batch_id")
    arrived = body["outcome"] == "arrived"
    settled = settle_all_of(call.work, body["batch_id"], arrived=arrived, why=body["why"])
    answer = {"batch_id": body["batch_id"], "outcome": body["outcome"], "settled": len(settled)}
    return Answer(answer, wake=() if arrived else ("dispatch",))


@resource.operation(
    "POST",
    f"{_ONE}/cancel",
    scope="write",
    body=ReasonSchema,
    returns=MessageSchema,
    if_match="optional",
)
def cancel_message(call: Call, body: dict[str, Any], message_id: str) -> Answer:
    """Cancel a message.

    Possible until it leaves; afterwards the answer is 409. One that is cancelled stays so.
    """
    message = _locked(call, message_id)
    if message.state != MailState.CANCELLED:
        cancel(call.work, message, body["reason"])
    call.session.flush()
    return Answer(message, message.version)


@resource.operation(
    "POST",
    f"{_ONE}/settle",
    scope="write",
    body=SettleSchema,
    returns=MessageSchema,
    if_match="optional",
)
def settle_message(call: Call, body: dict[str, Any], message_id: str) -> Answer:
    """Settle a message that may or may not have left.

    `arrived` counts as told, from the moment it was sent; `send-again` puts it back in line and
    may tell the person twice. A message that is not in doubt is refused with 409.
    """
    message = _locked(call, message_id)
    arrived = body["outcome"] == "arrived"
    settle_uncertain(call.work, message, arrived=arrived, why=body["why"])
    call.session.flush()
    return Answer(message, message.version, wake=() if arrived else ("dispatch",))


@resource.operation(
    "POST",
    f"{_ONE}/release",
    scope="write",
    body=WhySchema,
    returns=MessageSchema,
    if_match="optional",
)
def release_message(call: Call, body: dict[str, Any], message_id: str) -> Answer:
    """Send a message that was stopped, anyway.

    Sets aside the rule that stopped it, for this message alone, with your reason on record; some
    rules cannot be set aside. Where something else stands against it by now it stays stopped, and
    `reason` says what. Waking hours are kept.
    """
    message = _locked(call, message_id)
    release_letter(call.work, message, why=body["why"])
    call.session.flush()
    return Answer(message, message.version, wake=("dispatch",))


def _locked(call: Call, message_id: str) -> Message:
    message = locked_letter(call.work, require_id(message_id, "message"))
    if message is None:
        raise not_found("message")
    call.check(message.version)
    return message
