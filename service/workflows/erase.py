"""Erases a person: what is personal goes, everything scheduled stops, the bare story stays.

The empty row remains as a tombstone, so that a late event cannot bring the person back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from service.domain.delivery import CANCELLABLE, MailState
from service.domain.promises import OPEN_STATES, Origin
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    CandidatePhone,
    Contact,
    Decision,
    Delivery,
    IdempotentRequest,
    MailEvent,
    Message,
    Promise,
)
from service.workflows.erase_traces import ERASED, erase_traces
from service.workflows.erased_addresses import remember_erased
from service.workflows.last_erasure import erased_by_rule
from service.workflows.legal_hold import check_not_held, forget_hold
from service.workflows.listing_erasures import note_erasure
from service.workflows.people import lock_record
from service.workflows.profile_entries import erase_entries
from service.workflows.promise_changes import release_by_rule
from service.workflows.stored_answers import forget_answers
from service.workflows.timeline import record
from service.workflows.work import Work

ON_REQUEST = "erased on request"
"""Why somebody is erased whom a person or a program asks to be."""


@dataclass(frozen=True)
class Ended:
    """What an erasure ended: records emptied (0 where that was done before), open promises, and
    letters that had yet to leave.
    """

    records: int = 0
    promises: int = 0
    letters: int = 0

    def __add__(self, other: Ended) -> Ended:
        """Return what both ended."""
        return Ended(
            self.records + other.records,
            self.promises + other.promises,
            self.letters + other.letters,
        )


def erase_candidate(
    work: Work,
    candidate: Candidate,
    reason: str,
    *,
    after_days: int | None = None,
    at: datetime | None = None,
    despite_hold: bool = False,
) -> Ended:
    """Erase one person and everybody merged into them; harmless when done already.

    ``after_days`` tells that a rule did it, so many days after the end; who is asked to be erased
    after that is so on request from then on. Whoever is on legal hold is
    refused with ``PromiseError``, unless the hold was lifted before and a backup brought it back;
    ``at`` is when they were erased then.
    """
    # Who is being merged into them is theirs before, or finds them erased.
    lock_record(work, candidate)
    if not despite_hold:
        check_not_held(candidate)
    ended = Ended()
    for merged in work.session.scalars(
        select(Candidate).where(Candidate.merged_into_id == candidate.id)
    ):
        ended += erase_candidate(
            work, merged, reason, after_days=after_days, at=at, despite_hold=despite_hold
        )
    if candidate.erased_at is not None:
        if after_days is None and erased_by_rule(work.session, [candidate.id]):
            _note_request(work, candidate)
        return ended
    ended += Ended(records=1)
    name = " ".join(part for part in (candidate.first_name, candidate.last_name) if part)
    addresses = [email.address for email in candidate.emails]
    erased_at = at or work.now
    remember_erased(work, addresses, erased_at)
    candidate.first_name = candidate.last_name = None
    candidate.time_zone = candidate.locale = None
    candidate.can_email = False
    forget_hold(candidate)
    candidate.erased_at = erased_at
    note_erasure(work, candidate, addresses, after_days)
    candidate.emails.clear()
    candidate.phones.clear()
    applications = list(
        work.session.scalars(
            select(Application)
            .where(Application.candidate_id == candidate.id)
            .order_by(Application.id)
            .with_for_update(key_share=True)
        )
    )
    # Those too that an event wrote while this waited for its application.
    for model in (CandidateEmail, CandidatePhone):
        work.session.execute(delete(model).where(model.candidate_id == candidate.id))
    for application in applications:
        ended += release_everything(work, application, reason)
        record(work, application.id, "candidate_erased", after_days=after_days)
    ids = [application.id for application in applications]
    _blank(work, candidate.id, ids)
    erase_entries(work, ids)
    erase_traces(work, name, addresses, ids, candidate_id=candidate.id)
    work.session.flush()
    # Objects read before hold what is gone from the tables now.
    work.session.expire_all()
    return ended


def _note_request(work: Work, candidate: Candidate) -> None:
    """Tell that somebody wants the person erased whom a rule erased before: for good."""
    for application_id in work.session.scalars(
        select(Application.id)
        .where(Application.candidate_id == candidate.id)
        .order_by(Application.id)
    ):
        record(work, application_id, "candidate_erased")
    work.session.flush()
    note_erasure(work, candidate, ())


def release_everything(work: Work, application: Application, reason: str) -> Ended:
    """Settle every open promise of an application and stop its unsent letters."""
    owed = work.session.scalars(
        select(Promise).where(
            Promise.application_id == application.id, Promise.state.in_(OPEN_STATES)
        )
    ).all()
    for promise in owed:
        release_by_rule(work, promise, reason)
    work.session.flush()
    stopped = work.session.scalars(
        update(Message)
        .where(Message.application_id == application.id, Message.state.in_(CANCELLABLE))
        .values(state=MailState.CANCELLED, reason=reason, due_at=None, version=Message.version + 1)
        .returning(Message.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    return Ended(promises=len(owed), letters=len(stopped))


def _blank(work: Work, candidate_id: str, application_ids: list[str]) -> None:
    session = work.session
    messages = select(Message.id).where(Message.application_id.in_(application_ids))
    session.execute(
        update(MailEvent).where(MailEvent.message_id.in_(messages)).values(raw={}, reason=None)
    )
    session.execute(
        update(Message)
        .where(Message.application_id.in_(application_ids))
        .values(
            to_address=ERASED,
            to_name=ERASED,
            subject=ERASED,
            form_id=None,
            own_text=ERASED,
            own_html=ERASED,
            values={},
            reason=None,
            version=Message.version + 1,
        )
    )
    session.execute(
        update(Contact).where(Contact.application_id.in_(application_ids)).values(note=None)
    )
    session.execute(
        update(Decision)
        .where(Decision.application_id.in_(application_ids))
        .values(reason=None, version=Decision.version + 1)
    )
    session.execute(
        update(Promise)
        .where(Promise.application_id.in_(application_ids))
        .values(
            wording=case((Promise.origin == Origin.SPOKEN, ERASED), else_=Promise.wording),
            close_reason=None,
            version=Promise.version + 1,
        )
    )
    # First the deliveries, then what lies beside them: so does whoever else touches both.
    session.execute(update(Delivery).where(Delivery.candidate_id == candidate_id).values(body=b""))
    theirs = session.scalars(select(Delivery.id).where(Delivery.candidate_id == candidate_id))
    forget_answers(session, *theirs)
    # Kept answers may hold the person's data; they are only a convenience for retries.
    session.execute(
        delete(IdempotentRequest).where(
            or_(*(_names(session, id_) for id_ in [candidate_id, *application_ids]))
        )
    )


def _names(session: Session, id_: str) -> ColumnElement[bool]:
    """Return the test for kept answers that name an id."""
    body, needle = IdempotentRequest.body, id_.encode()
    if session.get_bind().dialect.name == "sqlite":
        # There LIKE finds nothing in bytes.
        return func.instr(body, needle) > 0
    return body.contains(needle)
