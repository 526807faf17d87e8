"""Finds what names a person without belonging to them: digests, stray mail events, deliveries.

These rows lead to nobody by a key, so they are searched for the name and the addresses; a row that
names a namesake is emptied with them, which harms nobody.
"""

from __future__ import annotations

from sqlalchemy import Select, Text, cast, false, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from service.domain.delivery import CANCELLABLE, MailState
from service.models import Delivery, DeliveryAnswer, MailEvent, Message, Notice, Promise
from service.workflows.stored_answers import forget_answers
from service.workflows.work import Work

ERASED = "(erased)"

_UNSENT = CANCELLABLE | {MailState.CLAIMED}


def erase_traces(
    work: Work,
    name: str,
    addresses: list[str],
    application_ids: list[str],
    *,
    candidate_id: str | None = None,
) -> None:
    """Empty what names this person elsewhere. ``name`` may be empty where none was known."""
    _staff_mail(work, name, application_ids)
    if addresses:
        _stray_events(work, addresses)
        _stray_deliveries(work, addresses, candidate_id)


def _staff_mail(work: Work, name: str, application_ids: list[str]) -> None:
    told_of = (
        select(Notice.message_id)
        .join(Promise, Promise.id == Notice.promise_id)
        .where(Promise.application_id.in_(application_ids), Notice.message_id.is_not(None))
    )
    named = Message.own_text.contains(name, autoescape=True) if name else false()
    staff = Message.user_id.is_not(None) & (Message.id.in_(told_of) | named)
    ids = list(work.session.scalars(select(Message.id).where(staff)))
    unsent = list(
        work.session.scalars(
            select(Message.id).where(Message.id.in_(ids), Message.state.in_(_UNSENT))
        )
    )
    # What an unsent digest would have told of others is told by the next one.
    work.session.execute(
        update(Notice).where(Notice.message_id.in_(unsent)).values(told_at=None, message_id=None)
    )
    work.session.execute(
        update(Message)
        .where(Message.id.in_(unsent))
        .values(state=MailState.CANCELLED, due_at=None, version=Message.version + 1)
    )
    work.session.execute(
        update(Message)
        .where(Message.id.in_(ids))
        .values(
            subject=ERASED,
            form_id=None,
            own_text=ERASED,
            own_html=ERASED,
            values={},
            version=Message.version + 1,
        )
    )


def _stray_events(work: Work, addresses: list[str]) -> None:
    """Empty events that no letter here was found for, and those not yet folded."""
    raw = func.lower(cast(MailEvent.raw, Text))
    named = [_names(raw, a) | _names(func.lower(MailEvent.reason), a) for a in addresses]
    work.session.execute(
        update(MailEvent)
        .where(or_(*named))
        .values(raw={}, reason=None, address=None)
        .execution_options(synchronize_session=False)
    )


def _names(text: ColumnElement[str], address: str) -> ColumnElement[bool]:
    return func.coalesce(text, "").contains(address.lower(), autoescape=True)


def _stray_deliveries(work: Work, addresses: list[str], candidate_id: str | None) -> None:
    """Empty deliveries that were set aside or ignored, so that nobody is recorded for them.

    One that still waits is filed under the person, and emptied once it is settled.
    """
    settled = Delivery.state.in_(("ignored", "failed", "done"))
    nobodys = select(Delivery.id, Delivery.body).where(Delivery.candidate_id.is_(None))
    # What was emptied since names nobody, and most of a long table is that.
    stray = nobodys.where(settled, Delivery.emptied_at.is_(None))
    wanted = [address.lower().encode() for address in addresses]
    # What a feed answered may be a list of several people, whoever its delivery is filed under.
    answered = select(DeliveryAnswer.delivery_id, DeliveryAnswer.body)

    def naming(rows: Select[str, bytes]) -> set[str]:
        return {
            id_
            for id_, body in work.session.execute(rows.execution_options(yield_per=100))
            if any(address in body.lower() for address in wanted)
        }

    asked = answered.join(Delivery, Delivery.id == DeliveryAnswer.delivery_id)
    found = naming(stray) | naming(asked.where(settled))
    # What waits for more answers is asked about anew, and the vendor knows the person no more.
    waiting = naming(asked.where(Delivery.state == "received"))
    work.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(found))
        .values(body=b"")
        .execution_options(synchronize_session=False)
    )
    forget_answers(work.session, *found, *waiting)
    unsettled = naming(nobodys.where(Delivery.state == "received"))
    # Without those that somebody is at: they wait for this very person, and find them erased.
    free = select(Delivery.id).where(Delivery.id.in_(unsettled)).with_for_update(skip_locked=True)
    work.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(free))
        .values(candidate_id=candidate_id)
        .execution_options(synchronize_session=False)
    )
