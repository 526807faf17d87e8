"""Records contacts and lets them keep promises.

Which contact keeps which promise is the domain's to say; here its word is written down, together
with what follows: the next promise of a repeating rule and the silence clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from service.domain.contacts import (
    ALLOWED_OUTCOMES,
    Channel,
    Direction,
    Outcome,
    Owed,
    Touch,
    breaks_silence,
    why_not_kept,
)
from service.domain.letter_facts import CONSIDERING, Says, says
from service.domain.policies import Kind, Trigger
from service.domain.promises import (
    KEPT_STATES,
    Origin,
    PromiseError,
    State,
    kept_state,
)
from service.domain.wording import to_say, told
from service.models import Application, Contact, Message, MessageAlso, Promise
from service.workflows.policies import rules
from service.workflows.profile_entries import log_kept
from service.workflows.promise_changes import close, open_promises, resume
from service.workflows.promise_making import check_still_here, promise_terms
from service.workflows.rule_promises import arm_silence, make_by_rule
from service.workflows.timeline import record
from service.workflows.work import Work

SKEW = timedelta(minutes=1)
"""How far another clock may run ahead of ours before its instant counts as the future."""


@dataclass(frozen=True)
class Logged:
    """A recorded contact, the promises it kept, and why each other one stays open."""

    contact: Contact
    kept: list[Promise]
    not_kept: list[tuple[Promise, str]] = field(default_factory=list)


def log_contact(
    work: Work,
    application: Application,
    *,
    channel: Channel,
    outcome: Outcome,
    at: datetime,
    by_user_id: str | None = None,
    note: str | None = None,
    meant_for: frozenset[str] = frozenset(),
    message: Message | None = None,
) -> Logged:
    """Record an outbound contact and settle what it keeps. The application's row is locked."""
    if message is None:
        # A letter's fate is recorded even after an erasure; a person has nothing more to add.
        check_still_here(application)
    if at > work.now + SKEW:
        raise PromiseError(
            "contact-in-the-future",
            to_say("a contact cannot lie in the future: check its time"),
            "/at",
        )
    if outcome not in ALLOWED_OUTCOMES[channel]:
        allowed = ", ".join(sorted(ALLOWED_OUTCOMES[channel]))
        raise PromiseError(
            "outcome-not-possible",
            told(
                "a %(channel)s contact can only be: %(allowed)s", channel=channel, allowed=allowed
            ),
            "/outcome",
        )
    contact = Contact(
        application_id=application.id,
        direction=Direction.OUT,
        channel=channel,
        outcome=outcome,
        automatic=message.automatic if message else False,
        at=at,
        by_user_id=by_user_id,
        message_id=message.id if message else None,
        note=note,
        meant_for=sorted(meant_for),
        created_at=work.now,
    )
    work.session.add(contact)
    work.session.flush()
    record(
        work, application.id, "contact", at=at, contact=contact.id, channel=channel, outcome=outcome
    )
    also = _also(work, message, application)
    touch = touch_of(contact, message, also)
    kept, not_kept = [], []
    for promise in open_promises(work, application.id):
        why = why_not_kept(touch, owed_of(promise))
        if why is None:
            keep(work, promise, contact)
            kept.append(promise)
        else:
            not_kept.append((promise, why))
    keep_earlier(work, contact, touch)
    work.session.flush()
    if breaks_silence(touch) or any(_ends_silence(promise) for promise in kept):
        _heard(application, at)
    for promise in kept:
        follow_on(work, application, promise, contact)
    arm_silence(work, application, heard=(contact.id, contact.at))
    return Logged(contact, kept, not_kept)


def keep_earlier(work: Work, contact: Contact, touch: Touch) -> None:
    """Let a contact known after a later one keep what it kept first, perhaps in time."""
    later = select(Promise).where(
        Promise.application_id == contact.application_id,
        Promise.state.in_(KEPT_STATES),
        Promise.kept_at > contact.at,
    )
    for promise in work.session.scalars(later.with_for_update()):
        if why_not_kept(touch, owed_of(promise)) is None:
            keep(work, promise, contact)


def _also(work: Work, message: Message | None, application: Application) -> MessageAlso | None:
    if message is None or message.application_id == application.id:
        return None
    return work.session.get(MessageAlso, (message.id, application.id))


def touch_of(contact: Contact, message: Message | None, also: MessageAlso | None = None) -> Touch:
    """Return a recorded contact as the rules see it.

    ``also`` is set where the letter behind it only names this application besides its own.
    """
    named = set(contact.meant_for)
    if message is not None and message.promise_id is not None:
        named.add(message.promise_id)
    return Touch(
        channel=Channel(contact.channel),
        outcome=Outcome(contact.outcome),
        at=contact.at,
        automatic=contact.automatic,
        letter=_letter(message, also) if message else None,
        meant_for=frozenset(named),
        direction=Direction(contact.direction),
        message_id=message.id if message else None,
        contact_id=contact.id,
    )


def _letter(message: Message, also: MessageAlso | None) -> str:
    decided = also is None or also.decision_id is not None
    if says(message.kind, elsewhere=True, decided=decided) is Says.CONSIDERED:
        # A rejection that says "your other application goes on" tells nothing final of that one.
        return message.kind if message.kind in CONSIDERING else "status-update"
    return message.kind


LETTER_CAUSE = "letter:"
"""How the cause of a promise begins that a letter made; its id follows."""


def owed_of(promise: Promise, since: datetime | None = None) -> Owed:
    """Return a promise as the rules see it; ``since`` is when the debt arose, if earlier."""
    terms = promise_terms(promise)
    return Owed(
        id=promise.id,
        kind=Kind(promise.kind),
        keeps=terms.keeps,
        voicemail_counts=terms.voicemail_counts,
        made_at=min(promise.made_at, since or promise.made_at),
        made_by_letter=_made_by(promise.cause),
        counted_from=promise.caused_by_contact_id,
    )


def _made_by(cause: str | None) -> str | None:
    made = cause is not None and cause.startswith(LETTER_CAUSE)
    return cause.removeprefix(LETTER_CAUSE) if made and cause else None


def keep(work: Work, promise: Promise, contact: Contact) -> None:
    """Write down that this contact kept this promise, in time or late."""
    if promise.state == State.PAUSED:
        # The word ends the pause; while the clock stood still nothing could be late.
        resume(work, promise)
    state = kept_state(contact.at, promise.due_at)
    close(work, promise, state)
    promise.kept_at = contact.at
    promise.kept_by_contact_id = contact.id
    if state is State.KEPT and promise.breached_at is not None:
        # It was kept in time and we only heard later: the flag was wrong and is taken back.
        promise.breached_at = None
        record(work, promise.application_id, "flag_withdrawn", promise=promise.id)
    elif state is State.KEPT_LATE:
        promise.breached_at = promise.due_at
    record(
        work,
        promise.application_id,
        "promise_kept" if state is State.KEPT else "promise_kept_late",
        at=contact.at,
        promise=promise.id,
        contact=contact.id,
    )
    if contact.message_id is None:
        log_kept(work, promise, contact)


def follow_on(
    work: Work, application: Application, promise: Promise, contact: Contact
) -> Promise | None:
    """Make the next promise of a rule that repeats until the application is decided.

    It is a new promise: made as the rule says now, and not at all where it was switched off.
    """
    terms = promise_terms(promise)
    if promise.origin != Origin.POLICY or terms.then_every is None:
        return None
    rule = next((each for each in rules(work, terms.trigger) if each.id == promise.policy_id), None)
    if rule is None or rule.terms.then_every is None:
        return None
    return make_by_rule(
        work,
        application,
        rule,
        f"after:{contact.id}",
        contact.at,
        within=rule.terms.then_every,
        contact_id=contact.id,
    )


def _ends_silence(promise: Promise) -> bool:
    return promise_terms(promise).trigger is Trigger.SILENCE


def _heard(application: Application, at: datetime) -> None:
    application.last_contact_at = max(at, application.last_contact_at or at)


def log_inbound(
    work: Work,
    application: Application,
    *,
    channel: Channel,
    at: datetime,
    note: str | None,
) -> Contact:
    """Record that the candidate reached out, and whether a broken promise came before it."""
    if at > work.now + SKEW:
        raise PromiseError(
            "contact-in-the-future",
            to_say("a contact cannot lie in the future: check its time"),
            "/at",
        )
    broken = work.session.scalars(
        select(func.count())
        .select_from(Promise)
        .where(
            Promise.application_id == application.id,
            Promise.state == State.OPEN,
            Promise.due_at < at,
        )
    ).one()
    contact = Contact(
        application_id=application.id,
        direction=Direction.IN,
        channel=channel,
        outcome=Outcome.RECEIVED,
        at=at,
        note=note,
        after_broken_promise=broken > 0,
        created_at=work.now,
    )
    work.session.add(contact)
    work.session.flush()
    return contact
