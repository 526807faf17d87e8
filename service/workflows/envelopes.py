"""Makes of an outbox row what the transport carries: the letter, and what it shares with others."""

from __future__ import annotations

from service.mail.base import Envelope, Skeleton
from service.models import Message
from service.workflows.sealed_links import SEALED, parts_to_send
from service.workflows.wordings import approved_wording
from service.workflows.work import Work


def envelope_of(work: Work, message: Message, *, attempt: int) -> Envelope:
    """Return the letter of one row. Without a known wording it travels alone, as it was written."""
    text, html = parts_to_send(work.office.box, message)
    return Envelope(
        message_id=message.id,
        kind=message.kind,
        to_address=message.to_address,
        to_name=message.to_name,
        from_address=message.from_address,
        from_name=message.from_name,
        reply_to_address=message.reply_to_address,
        reply_to_name=message.reply_to_name,
        subject=message.subject,
        text=text,
        html=html,
        automatic=message.automatic,
        attempt=attempt,
        skeleton=_skeleton(work, message),
        values={n: v for n, v in message.values.items() if isinstance(v, str) and n != SEALED},
    )


def _skeleton(work: Work, message: Message) -> Skeleton | None:
    template = approved_wording(work, message.kind, message.template_version)
    return template.skeleton(message.values) if template is not None else None
