"""Settles what nobody has heard of: asks the provider's log about lost answers, a day after
acceptance says so.

Nothing here sends a letter, or sends one again: silence and an empty log prove nothing, so they
change words alone. No transaction is open while the log is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, defer

from service.clock import Clock
from service.domain.delivery import TRIED_FOR, UNHEARD_AFTER, MailState, Step, take
from service.mail.base import CannotTell, Found, LogAnswer, NotFound, Sought, Transport
from service.models import Message, SendBatch
from service.workflows.sibling_letters import settle_request
from service.workflows.timeline import record_letters
from service.workflows.work import Office, Work, never

LOOK_UPS = 20
"""How often one turn asks the log at most: the provider limits how fast it may be asked."""

OF_ONE_REQUEST = 3
"""A request is judged whole, so a few of its letters are asked about, at each turn others."""

NEXT_LOOK_IN = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""How long after each look the next one comes; after the last, only an event or a person settles.

The log lags by minutes at most times and by hours at bad ones, hence the growing gaps.
"""

UNHEARD_BATCH = 200

_NAMES = {"sendgrid": "SendGrid"}


@dataclass
class SettleReport:
    """What one turn did. ``found`` counts letters, ``look_ups`` questions to the log."""

    look_ups: int = 0
    found: int = 0
    unconfirmed: int = 0


def settle(
    session: Session,
    office: Office,
    clock: Clock,
    transport: Transport,
    *,
    stop: Callable[[], bool] = never,
) -> SettleReport:
    """Look for letters whose answer was lost, and name those of which nothing was heard."""
    report = SettleReport()
    _name_unheard(session, office, clock.now(), report, stop)
    for request in _requests_to_seek(session, transport.name, clock.now()):
        if stop() or report.look_ups >= LOOK_UPS:
            break
        asked = _ask(session, transport, request, report)
        if asked is None:
            continue
        work = Work(session, clock.now(), office, source="settle")
        _write_down(work, request, *asked, report)
        if isinstance(asked[1], CannotTell):
            # The next question would fare no better; it keeps its turn.
            break
    session.rollback()
    return report


def provider_name(name: str | None) -> str:
    """Return what people call the provider of a letter."""
    return _NAMES.get(name or "", "the mail provider")


def _requests_to_seek(session: Session, provider: str, now: datetime) -> Sequence[str]:
    """Return the requests (a letter without one stands for itself) that are to be looked for."""
    key = func.coalesce(Message.batch_id, Message.id)
    found = session.scalars(
        select(key)
        .where(
            Message.state == MailState.UNCERTAIN,
            Message.provider == provider,
            # Lost before there were look-ups: nobody said when to look.
            or_(Message.due_at <= now, and_(Message.due_at.is_(None), Message.lookups == 0)),
        )
        .group_by(key)
        .order_by(func.min(Message.due_at), key)
        .limit(LOOK_UPS)
    ).all()
    session.rollback()
    return found


def _of(request: str) -> ColumnElement[bool]:
    return or_(Message.batch_id == request, Message.id == request)


def _ask(
    session: Session, transport: Transport, request: str, report: SettleReport
) -> tuple[str, LogAnswer] | None:
    """Ask about a few letters of a request, until one is found or the log cannot be read; return
    the last that was asked about, and the answer.
    """
    letters = session.execute(
        select(
            Message.id,
            Message.to_address,
            func.coalesce(SendBatch.created_at, Message.first_tried_at, Message.created_at),
            Message.lookups,
        )
        .outerjoin(SendBatch, SendBatch.id == Message.batch_id)
        .where(_of(request), Message.state == MailState.UNCERTAIN)
        .order_by(Message.id)
    ).all()
    session.rollback()
    asked: tuple[str, LogAnswer] | None = None
    for turn in range(min(OF_ONE_REQUEST, len(letters))):
        place = letters[0].lookups * OF_ONE_REQUEST + turn
        message_id, to_address, sent_at, _ = letters[place % len(letters)]
        report.look_ups += 1
        answer = transport.look_up(Sought(message_id, request, to_address, sent_at))
        asked = message_id, answer
        if not isinstance(answer, NotFound):
            break
    return asked


def _write_down(
    work: Work, request: str, asked_id: str, answer: LogAnswer, report: SettleReport
) -> None:
    """Write the answer at every letter of the request that is still lost; commit."""
    letters = list(
        work.session.scalars(
            select(Message)
            .options(defer(Message.own_text), defer(Message.own_html), defer(Message.values))
            .where(_of(request), Message.state == MailState.UNCERTAIN)
            .order_by(Message.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    if not isinstance(answer, Found):
        for letter in letters:
            _look_again(letter, answer, work.now)
    elif answer.alone:
        # It was taken when it was sent before; of the others nothing was found.
        found = [letter for letter in letters if letter.id == asked_id]
        report.found += _take_alone(work, found, answer.provider_id)
        for letter in letters:
            if letter not in found:
                _look_again(letter, NotFound(), work.now)
    elif letters:
        report.found += _note_found(work, request, letters, answer.provider_id)
    work.session.commit()


def _note_found(
    work: Work, request: str, letters: Sequence[Message], provider_id: str | None
) -> int:
    """Note that the provider took what was looked for; return how many letters changed."""
    batch = work.session.get(SendBatch, request)
    if batch is not None:
        batch.provider_id = batch.provider_id or provider_id
        work.session.flush()
        return settle_request(work, request)
    # Sent before requests had rows of their own, each letter alone.
    return _take_alone(work, letters, provider_id)


def _take_alone(work: Work, letters: Sequence[Message], provider_id: str | None) -> int:
    """Note that the provider took these letters, whatever became of others in their request."""
    for letter in letters:
        letter.state = take(MailState(letter.state), Step.ACCEPT)
        letter.reason = None
        letter.provider_id = letter.provider_id or provider_id
        letter.accepted_at = letter.accepted_at or work.now
        letter.due_at = letter.accepted_at + UNHEARD_AFTER
        letter.lease_token = letter.lease_until = None
    _tell(work, letters)
    return len(letters)


def _tell(work: Work, letters: Sequence[Message]) -> None:
    """Tell it on the timeline of every application that the letters speak of."""
    work.session.flush()
    for state in {letter.state for letter in letters}:
        ids = [letter.id for letter in letters if letter.state == state]
        record_letters(work.session, work.now, ids, state, source=work.source)


def _look_again(letter: Message, answer: NotFound | CannotTell, now: datetime) -> None:
    name = provider_name(letter.provider)
    letter.lookups += 1
    left = NEXT_LOOK_IN[letter.lookups - 1 :]
    letter.due_at = now + left[0] if left else None
    if isinstance(answer, CannotTell):
        letter.reason = (
            f"its answer was lost; {answer.reason}. Ask the person, look into {name}'s activity "
            "feed, or send it again"
        )
    else:
        so_far = " so far" if left else ""
        letter.reason = (
            f"its answer was lost; {name}'s log shows nothing of it{so_far}: ask the person, or "
            "send it again"
        )


def _name_unheard(
    session: Session,
    office: Office,
    now: datetime,
    report: SettleReport,
    stop: Callable[[], bool],
) -> None:
    """Call letters unconfirmed of which no event came within a day of their acceptance, or of the
    last try at a mailbox that let them wait.
    """
    while not stop():
        letters = list(
            session.scalars(
                select(Message)
                .options(defer(Message.own_text), defer(Message.own_html), defer(Message.values))
                .where(
                    Message.state.in_((MailState.ACCEPTED, MailState.DEFERRED)),
                    or_(
                        Message.due_at <= now,
                        # Taken before anybody watched for silence.
                        and_(
                            Message.due_at.is_(None),
                            Message.state == MailState.ACCEPTED,
                            Message.accepted_at <= now - UNHEARD_AFTER,
                        ),
                        and_(
                            Message.due_at.is_(None),
                            Message.accepted_at <= now - TRIED_FOR - UNHEARD_AFTER,
                        ),
                    ),
                )
                .order_by(Message.id)
                .limit(UNHEARD_BATCH)
                .with_for_update(skip_locked=True)
                .execution_options(populate_existing=True)
            )
        )
        work = Work(session, now, office, source="settle")
        for letter in letters:
            letter.state = take(MailState(letter.state), Step.GO_UNHEARD)
            letter.due_at = None
            letter.reason = (
                f"{provider_name(letter.provider)} has not said what became of it: it may have "
                "arrived or not, so ask the person"
            )
        _tell(work, letters)
        session.commit()
        report.unconfirmed += len(letters)
        if len(letters) < UNHEARD_BATCH:
            break
