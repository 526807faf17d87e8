"""Writes letters into the outbox, in the transaction of whatever caused them.

The dedupe key makes a letter go once, whoever asks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from service.db import in_chunks
from service.domain.delivery import CANCELLABLE, MailState, NoSuchStepError, Step, take
from service.domain.promises import PromiseError
from service.domain.wording import told
from service.mail.templates import Value
from service.mail.variables import greeting_name
from service.models import Application, Message, MessageAlso, User
from service.rows import AT_ONCE, insert_rows
from service.workflows.composing import Letter, composed
from service.workflows.timeline import record, record_letters, record_many
from service.workflows.wordings import wording_in_force
from service.workflows.work import Work


def enqueue_letter(work: Work, application: Application, letter: Letter) -> Message:
    """Put a letter to a candidate into the outbox; return the one that is there already.

    Raises what ``composed`` raises.
    """
    known = None if letter.first else find_letter(work, letter.dedupe_key)
    if known is not None:
        return known
    message = Message(**composed(work, application, letter))
    work.session.add(message)
    work.flush()
    if letter.also:
        # What names the letter is written behind it.
        work.session.flush()
    for other, decision in letter.also:
        work.session.add(
            MessageAlso(
                message_id=message.id,
                application_id=other.id,
                decision_id=decision.id if decision else None,
            )
        )
        record(work, other.id, "letter_written", message=message.id, letter=letter.kind)
    record(work, application.id, "letter_written", message=message.id, letter=letter.kind)
    return message


def enqueue_letters(work: Work, letters: Sequence[tuple[Application, Letter]]) -> list[str]:
    """Put many letters into the outbox in a few statements; return their ids in order.

    They must be the ``first`` under their keys. Raises what ``composed`` raises, and then none
    of them was written.
    """
    rows = [composed(work, application, letter) for application, letter in letters]
    ids = [row["id"] for row in rows]
    also = [
        (id_, other, decision)
        for (_, letter), id_ in zip(letters, ids, strict=True)
        for other, decision in letter.also
    ]
    # What the letters name (their decisions) may still be pending.
    work.session.flush()
    insert_rows(work.session, Message, [_columns(row) for row in rows])
    if also:
        insert_rows(
            work.session,
            MessageAlso,
            [
                {
                    "message_id": id_,
                    "application_id": other.id,
                    "decision_id": decision.id if decision else None,
                }
                for id_, other, decision in also
            ],
        )
    told = [(row["application_id"], {"message": row["id"], "letter": row["kind"]}) for row in rows]
    if also:
        kinds = {row["id"]: row["kind"] for row in rows}
        told += [(other.id, {"message": id_, "letter": kinds[id_]}) for id_, other, _ in also]
    record_many(work, "letter_written", told)
    return ids


def _columns(row: dict[str, Any]) -> dict[str, Any]:
    row["version"] = 1
    row["text"], row["html"] = row.pop("own_text"), row.pop("own_html")
    return row


def enqueue_staff(
    work: Work,
    user: User,
    kind: str,
    dedupe_key: str,
    values: dict[str, Value],
    *,
    kept: dict[str, str] | None = None,
) -> Message:
    """Put a notice to a colleague into the outbox, once per dedupe key.

    Its row holds the rendered letter and of the values only what is ``kept``.
    """
    known = find_letter(work, dedupe_key)
    if known is not None:
        return known
    template = wording_in_force(work, kind)
    rendered = template.render(
        {
            **values,
            "greeting_name": greeting_name(None, user.name),
            "company_name": work.office.company,
            "help_email": work.office.mail_from,
            "page_url": work.office.base_url,
        }
    )
    message = Message(
        kind=kind,
        user_id=user.id,
        automatic=True,
        dedupe_key=dedupe_key,
        to_address=user.email,
        to_name=user.name,
        from_address=work.office.mail_from,
        from_name=work.office.mail_from_name or "Keepword",
        template_version=template.version,
        values=kept or {},
        subject=rendered.subject,
        own_text=rendered.text,
        own_html=rendered.html,
        state=MailState.READY,
        due_at=work.now,
        created_at=work.now,
    )
    work.session.add(message)
    work.session.flush()
    return message


def find_letter(work: Work, dedupe_key: str) -> Message | None:
    """Return the letter written under this key, whatever became of it."""
    return work.session.scalars(
        select(Message).where(Message.dedupe_key == dedupe_key)
    ).one_or_none()


def cancel_unsent(work: Work, application_id: str, reason: str, *kinds: str) -> list[Message]:
    """Cancel what has not left yet (all letters, or the given kinds); return what was stopped."""
    query = select(Message).where(
        Message.application_id == application_id, Message.state.in_(CANCELLABLE)
    )
    if kinds:
        query = query.where(Message.kind.in_(kinds))
    stopped = list(work.session.scalars(query.with_for_update()))
    cancel_all(work, stopped, reason)
    return stopped


def cancel(work: Work, message: Message, reason: str) -> Message:
    """Stop one letter; ``PromiseError`` is the honest answer where it is too late."""
    cancel_all(work, [message], reason)
    return message


def cancel_all(work: Work, messages: Sequence[Message], reason: str) -> None:
    """Stop letters and tell it to every application they speak of; as ``cancel`` does each."""
    for message in messages:
        try:
            message.state = take(MailState(message.state), Step.CANCEL)
        except NoSuchStepError:
            raise PromiseError(
                "already-sent",
                told("too late: the letter is %(state)s already", state=MailState(message.state)),
            ) from None
        message.reason = reason
        message.due_at = None
    # What happened before it stands before it.
    work.flush()
    for chunk in in_chunks([message.id for message in messages], AT_ONCE):
        record_letters(
            work.session,
            work.now,
            chunk,
            MailState.CANCELLED,
            source=work.source,
            actor=work.actor,
        )
