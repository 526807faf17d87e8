"""``/messages`` and ``/mail-channel``: letters, what became of them, and the pause switch."""

from __future__ import annotations

from typing import Any

from service.api.lookups import check_references, found, locked_application, referred
from service.api.operation import Answer, Call, Resource, paged
from service.api.schemas.base import page_of
from service.api.schemas.message import (
    ChannelChangeSchema,
    ChannelSchema,
    LetterSchema,
    MessageQuery,
    MessageSchema,
    MessageSummarySchema,
    PreviewSchema,
)
from service.models import Decision, MailChannel, Message, Promise, User
from service.queries import traffic
from service.queries.mail_health import channel_rest
from service.workflows.channel import CHANNEL
from service.workflows.messages import Wish, preview_letter, write_letter
from service.workflows.pausing import pause_mail, resume_mail

resource = Resource("messages", "Letters, shown as they are sent, and what became of each.")
_FILTERS = ("application_id", "state", "kind", "batch_id", "closing_id")


@resource.operation(
    "GET", "/messages", scope="read", query=MessageQuery, returns=page_of(MessageSummarySchema)
)
def list_messages(call: Call, args: dict[str, Any]) -> Any:
    """List messages.

    The newest come first.
    """
    equal = {name: args[name] for name in _FILTERS if name in args}
    return paged(
        "messages",
        args,
        lambda after, limit: traffic.messages(call.session, after=after, limit=limit, **equal),
    )


@resource.operation(
    "POST", "/messages", scope="write", body=LetterSchema, status=201, returns=MessageSchema
)
def send_message(call: Call, body: dict[str, Any]) -> Answer:
    """Send a letter.

    It is rendered now, whole, and goes out with the next pass, or in the person's morning: by day,
    on a working day, unless it is urgent. A rejection waits an hour first, so that a slip of the
    hand can be undone, and never goes into a weekend or a holiday. Unknown or blank variables are
    refused. A decision is told by one letter.
    """
    application = locked_application(call, body["application_id"], "application_id")
    message = write_letter(call.work, application, _wish(call, body))
    call.session.flush()
    return Answer(message, message.version, f"/messages/{message.id}", wake=("dispatch",))


@resource.operation(
    "POST", "/messages/preview", scope="read", body=LetterSchema, returns=PreviewSchema
)
def preview_message(call: Call, body: dict[str, Any]) -> Any:
    """Preview a letter.

    Renders it and stores nothing. `objection` says why it could not be sent as things stand.
    """
    application = locked_application(call, body["application_id"], "application_id")
    preview = preview_letter(call.work, application, _wish(call, body))
    return {
        "application_id": application.id,
        "kind": preview.kind,
        "to_address": preview.to_address,
        "subject": preview.rendered.subject,
        "text": preview.rendered.text,
        "html": preview.rendered.html,
        "objection": preview.objection,
    }


@resource.operation("GET", "/messages/<message_id>", scope="read", returns=MessageSchema)
def get_message(call: Call, message_id: str) -> Answer:
    """Show a message.

    With its text as it was or will be sent.
    """
    message = found(call, Message, message_id, "message")
    return Answer(message, message.version)


@resource.operation("GET", "/mail-channel", scope="read", returns=ChannelSchema)
def get_mail_channel(call: Call) -> Any:
    """Show whether mail goes out.

    A person may have paused it, or the provider refused us; after failures that pass by themselves
    mail rests and goes on by itself. Every letter keeps its place.
    """
    return _channel(call)


@resource.operation(
    "POST", "/mail-channel", scope="write", body=ChannelChangeSchema, returns=ChannelSchema
)
def set_mail_channel(call: Call, body: dict[str, Any]) -> Any:
    """Pause all mail, or let it go out again.

    Nothing is lost: paused mail waits.
    """
    if body["paused"]:
        pause_mail(call.work, body["reason"])
    else:
        resume_mail(call.work)
    call.session.flush()
    return _channel(call)


def _wish(call: Call, body: dict[str, Any]) -> Wish:
    check_references(call, body, by_user_id=User)
    return Wish(
        kind=body["kind"],
        values=body["values"],
        by_user_id=body.get("by_user_id") or call.user_id,
        urgent=body["urgent"],
        promise=referred(call, Promise, body.get("promise_id"), "promise_id"),
        decision=referred(call, Decision, body.get("decision_id"), "decision_id"),
    )


def _channel(call: Call) -> dict[str, Any]:
    row = call.session.get(MailChannel, CHANNEL)
    paused_at = row.paused_at if row else None
    rest = channel_rest(call.session, call.work.now)
    return {
        "paused": paused_at is not None,
        "paused_at": paused_at,
        "reason": row.paused_reason if row and paused_at else None,
        "by_provider": bool(row and row.paused_by_provider),
        "paused_by": row.paused_by if row and paused_at and not row.paused_by_provider else None,
        "failures": rest.failures if rest else 0,
        "retry_at": rest.until if rest else None,
    }
