"""Writes letters into the outbox, in the transaction of whatever caused them.

A letter is rendered here, whole, so what is shown is what is sent; a blank or unknown variable
stops it here and not in somebody's mailbox. The dedupe key makes it go once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from service.domain.contacts import DECISION_LETTERS
from service.domain.delivery import CANCELLABLE, MailState
from service.domain.promises import PromiseError
from service.mail.addresses import BadAddressError, checked_address
from service.mail.templates import Value
from service.mail.variables import greeting_name
from service.models import Application, Candidate, CandidateEmail, Decision, Message, Promise, User
from service.workflows.timeline import record
from service.workflows.work import Work

REJECTION_HOLD = timedelta(minutes=60)
"""How long a rejection stays ours before it goes, so that a slip of the hand can be undone."""


@dataclass(frozen=True)
class Letter:
    """What to write to a candidate. ``values`` adds to what every letter knows already."""

    kind: str
    dedupe_key: str
    values: dict[str, str]
    by_user_id: str | None = None
    promise: Promise | None = None
    decision: Decision | None = None
    automatic: bool = False


def enqueue_letter(work: Work, application: Application, letter: Letter) -> Message:
    """Put a letter to a candidate into the outbox; return the one that is there already.

    Raises ``PromiseError`` where no letter can go (no address, suppressed, erased, no decision)
    and ``TemplateError`` where it cannot be rendered.
    """
    known = find_letter(work, letter.dedupe_key)
    if known is not None:
        return known
    address = reachable_address(application.candidate)
    _check_decision(letter)
    sender = sender_for(work, application, letter.by_user_id)
    rendered = work.office.templates[letter.kind].render(compose(work, application, letter, sender))
    rejection = letter.kind in DECISION_LETTERS
    hold_until = work.now + REJECTION_HOLD if rejection else None
    message = Message(
        kind=letter.kind,
        application_id=application.id,
        promise_id=letter.promise.id if letter.promise else None,
        decision_id=letter.decision.id if letter.decision else None,
        by_user_id=letter.by_user_id,
        automatic=letter.automatic,
        dedupe_key=letter.dedupe_key,
        expected_stage=application.stage,
        to_address=address.address,
        to_name=full_name(application.candidate),
        from_address=work.office.mail_from,
        from_name=sender.name if sender else work.office.mail_from_name or work.office.company,
        reply_to_address=sender.email if sender else None,
        reply_to_name=sender.name if sender else None,
        template_version=work.office.templates[letter.kind].version,
        values=dict(letter.values),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        state=MailState.HELD if hold_until else MailState.READY,
        hold_until=hold_until,
        due_at=hold_until or work.now,
        created_at=work.now,
    )
    work.session.add(message)
    work.session.flush()
    record(work, application.id, "letter_written", message=message.id, letter=letter.kind)
    return message


def enqueue_staff(
    work: Work, user: User, kind: str, dedupe_key: str, values: dict[str, Value]
) -> Message:
    """Put a notice to a colleague into the outbox, once per dedupe key."""
    known = find_letter(work, dedupe_key)
    if known is not None:
        return known
    template = work.office.templates[kind]
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
        values={},
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
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


def compose(
    work: Work, application: Application, letter: Letter, sender: User | None
) -> dict[str, Value]:
    """Return the values of a letter: what every letter knows, and its own."""
    candidate = application.candidate
    values: dict[str, Value] = {
        "greeting_name": greeting_name(candidate.first_name, full_name(candidate)),
        "job_title": application.job.title,
        "company_name": work.office.company,
        "sender_name": sender.name if sender else f"The hiring team at {work.office.company}",
        "sender_email": sender.email if sender else work.office.mail_from,
    }
    return {**values, **letter.values}


def sender_for(work: Work, application: Application, by_user_id: str | None) -> User | None:
    """Return who signs: the person who writes, else the application's owner, else nobody."""
    user_id = by_user_id or application.owner_id
    user = work.session.get(User, user_id) if user_id else None
    return user if user is not None and user.active else None


def full_name(candidate: Candidate) -> str:
    """Return a candidate's whole name, or nothing where none is known."""
    return " ".join(part for part in (candidate.first_name, candidate.last_name) if part)


def reachable_address(candidate: Candidate) -> CandidateEmail:
    """Return the address to write to; ``PromiseError`` says why there is none."""
    if candidate.erased_at is not None:
        raise PromiseError("candidate-erased", "the person's data was erased: nothing may be sent")
    if not candidate.can_email:
        raise PromiseError(
            "no-mail-wanted", "this person must not be emailed, says the ATS: call instead"
        )
    usable = [email for email in candidate.emails if email.suppressed_at is None]
    if not usable:
        why = next((email.suppressed_reason for email in candidate.emails), None)
        raise PromiseError(
            "cannot-be-reached-by-mail",
            f"cannot be reached by mail ({why or 'no address is known'}): call",
        )
    try:
        checked_address(usable[0].address)
    except BadAddressError as error:
        raise PromiseError("cannot-be-reached-by-mail", f"{error}: call") from error
    return usable[0]


def _check_decision(letter: Letter) -> None:
    if letter.kind in DECISION_LETTERS and (
        letter.decision is None or letter.decision.withdrawn_at is not None
    ):
        raise PromiseError(
            "no-decision", "a rejection needs a recorded decision: record who decided, and why"
        )


def cancel_unsent(work: Work, application_id: str, reason: str, *kinds: str) -> list[Message]:
    """Cancel what has not left yet (all letters, or the given kinds); return what was stopped."""
    query = select(Message).where(
        Message.application_id == application_id, Message.state.in_(CANCELLABLE)
    )
    if kinds:
        query = query.where(Message.kind.in_(kinds))
    stopped = list(work.session.scalars(query.with_for_update()))
    for message in stopped:
        cancel(work, message, reason)
    return stopped


def cancel(work: Work, message: Message, reason: str) -> Message:
    """Stop one letter; ``PromiseError`` is the honest answer where it is too late."""
    if message.state not in CANCELLABLE:
        raise PromiseError(
            "already-sent",
            f"too late: the letter is {message.state} already",
        )
    message.state = MailState.CANCELLED
    message.reason = reason
    message.due_at = None
    if message.application_id is not None:
        record(work, message.application_id, "letter_cancelled", message=message.id)
    return message
