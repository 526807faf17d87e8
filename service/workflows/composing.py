"""Composes a letter: to whom, who signs, what it says and when it may go.

What it says is fixed here, so what is shown is what is sent; a blank or unknown variable stops it
here and not in somebody's mailbox. Nothing is stored but the form it shares with all alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from service.db import new_id
from service.domain.contacts import DECISION_LETTERS
from service.domain.delivery import MailState
from service.domain.promises import PromiseError
from service.domain.wording import to_say, told
from service.mail.addresses import BadAddressError, checked_address
from service.mail.templates import Value
from service.mail.variables import greeting_name
from service.models import Application, Candidate, CandidateEmail, Decision, Promise, User
from service.workflows.letter_forms import kept_form
from service.workflows.waking import Wait, hold
from service.workflows.who_tells import check_keepword_tells
from service.workflows.wordings import wording_in_force
from service.workflows.work import Work

_WAITS = "waits"
"""Where a unit of work keeps what it knows of holds."""


@dataclass(frozen=True)
class Letter:
    """What to write to a candidate. ``values`` adds to what every letter knows already.

    ``promises_on`` is the day by which it says that the next word will come, ``good_until_on``
    the first of all days it names (that one, where none is given). ``urgent`` lets it
    go at any hour. ``also`` names the person's other applications that it speaks of as well, each
    with the decision it tells, if one. ``first`` tells that nobody can have used its key before;
    ``hold_for`` keeps it back at least so long.
    """

    kind: str
    dedupe_key: str
    values: dict[str, str]
    by_user_id: str | None = None
    promise: Promise | None = None
    decision: Decision | None = None
    automatic: bool = False
    urgent: bool = False
    promises_on: date | None = None
    good_until_on: date | None = None
    closing_id: str | None = None
    also: tuple[tuple[Application, Decision | None], ...] = ()
    first: bool = False
    hold_for: Wait | None = None


def composed(work: Work, application: Application, letter: Letter) -> dict[str, Any]:
    """Return a letter as the columns of its row.

    Raises ``PromiseError`` where no letter can go (no address, suppressed, erased, no decision,
    a rejection that the ATS sends) and ``TemplateError`` where it cannot be rendered.
    """
    candidate = application.candidate
    address, name = reachable_address(candidate), full_name(candidate)
    _check_decision(letter)
    check_keepword_tells(work, application, letter.kind)
    for other, decision in letter.also:
        # One that it names without a decision goes on: nobody rejects there.
        if decision:
            check_keepword_tells(work, other, letter.kind)
    sender = sender_for(work, application, letter.by_user_id)
    template = wording_in_force(work, letter.kind)
    rendered = template.render(compose(work, application, letter, sender, name))
    wait = _later(_hold(work, application, letter), letter.hold_for)
    return {
        "id": new_id("msg"),
        "kind": letter.kind,
        "application_id": application.id,
        "promise_id": letter.promise.id if letter.promise else None,
        "decision_id": letter.decision.id if letter.decision else None,
        "by_user_id": letter.by_user_id,
        "automatic": letter.automatic,
        "dedupe_key": letter.dedupe_key,
        "expected_stage": application.stage,
        "to_address": address.address,
        "to_name": name,
        "from_address": work.office.mail_from,
        "from_name": sender.name if sender else work.office.mail_from_name or work.office.company,
        "reply_to_address": sender.email if sender else None,
        "reply_to_name": sender.name if sender else None,
        "template_version": template.version,
        "values": rendered.values,
        "subject": rendered.subject,
        "form_id": kept_form(work, letter.kind, rendered),
        "own_text": rendered.own[0],
        "own_html": rendered.own[1],
        "overruled": [],
        "urgent": letter.urgent,
        "promises_on": letter.promises_on,
        "good_until_on": letter.good_until_on or letter.promises_on,
        "closing_id": letter.closing_id,
        "state": MailState.HELD if wait else MailState.READY,
        "reason": wait.reason if wait else None,
        "hold_until": wait.until if wait else None,
        "due_at": wait.until if wait else work.now,
        "created_at": work.now,
    }


def _hold(work: Work, application: Application, letter: Letter) -> Wait | None:
    """Return the letter's wait; asked once for the many who live and applied alike."""
    waits: dict[object, Wait | None] = work.known.setdefault(_WAITS, {})
    where = (application.job.calendar_id, application.candidate.time_zone)
    key = (letter.kind, letter.urgent, where)
    if key not in waits:
        waits[key] = hold(work, application, letter.kind, urgent=letter.urgent)
    return waits[key]


def _later(one: Wait | None, other: Wait | None) -> Wait | None:
    if one is None or other is None:
        return one or other
    return other if other.until > one.until else one


def compose(
    work: Work,
    application: Application,
    letter: Letter,
    sender: User | None,
    name: str | None = None,
) -> dict[str, Value]:
    """Return the values of a letter: what every letter knows, and its own.

    ``name`` is the candidate's whole one, where the caller has it at hand.
    """
    candidate = application.candidate
    whole = full_name(candidate) if name is None else name
    values: dict[str, Value] = {
        "greeting_name": greeting_name(candidate.first_name, whole),
        "job_title": application.job.title,
        "company_name": work.office.company,
        "sender_name": sender.name if sender else f"The hiring team at {work.office.company}",
        "sender_email": sender.email if sender else work.office.mail_from,
    }
    values.update(letter.values)
    return values


def sender_for(work: Work, application: Application, by_user_id: str | None) -> User | None:
    """Return who signs: the person who writes, else the application's owner, else nobody."""
    user_id = by_user_id or application.owner_id
    user = work.session.get(User, user_id) if user_id else None
    return user if user is not None and user.active else None


def full_name(candidate: Candidate) -> str:
    """Return a candidate's whole name, or nothing where none is known."""
    first, last = candidate.first_name, candidate.last_name
    return f"{first} {last}" if first and last else first or last or ""


def reachable_address(candidate: Candidate) -> CandidateEmail:
    """Return the address to write to; ``PromiseError`` says why there is none."""
    if candidate.erased_at is not None:
        raise PromiseError(
            "candidate-erased", to_say("the person's data was erased: nothing may be sent")
        )
    if not candidate.can_email:
        raise PromiseError(
            "no-mail-wanted", to_say("this person must not be emailed, says the ATS: call instead")
        )
    usable = [email for email in candidate.emails if email.suppressed_at is None]
    if not usable:
        why = next((email.suppressed_reason for email in candidate.emails), None)
        raise PromiseError(
            "cannot-be-reached-by-mail",
            told(
                "cannot be reached by mail (%(why)s): call",
                why=why or to_say("no address is known"),
            ),
        )
    try:
        checked_address(usable[0].address)
    except BadAddressError as error:
        raise PromiseError(
            "cannot-be-reached-by-mail", told("%(fault)s: call", fault=error.said)
        ) from error
    return usable[0]


def _check_decision(letter: Letter) -> None:
    if letter.kind in DECISION_LETTERS and (
        letter.decision is None or letter.decision.withdrawn_at is not None
    ):
        raise PromiseError(
            "no-decision",
            to_say("a rejection needs a recorded decision: record who decided, and why"),
        )
