"""What somebody did a moment ago, so that a form that is sent twice does it once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.promises import OPEN_STATES
from service.models import Contact, Promise

MOMENT = timedelta(minutes=2)
"""Within this the same word about the same person is the same form, sent again."""


def logged_just_now(
    session: Session, application_id: str, user_id: str | None, how: tuple[str, str], now: datetime
) -> bool:
    """Tell whether this person logged such a contact (channel, outcome) a moment ago."""
    channel, outcome = how
    query = select(Contact.id).where(
        Contact.application_id == application_id,
        Contact.by_user_id == user_id,
        Contact.channel == channel,
        Contact.outcome == outcome,
        Contact.created_at > now - MOMENT,
        Contact.taken_back_at.is_(None),
    )
    return session.scalars(query.limit(1)).first() is not None


def promised_just_now(
    session: Session, application_id: str, user_id: str | None, wording: str, now: datetime
) -> bool:
    """Tell whether this person promised the same a moment ago."""
    query = select(Promise.id).where(
        Promise.application_id == application_id,
        Promise.promised_by_id == user_id,
        Promise.wording == wording,
        Promise.made_at > now - MOMENT,
        Promise.state.in_(OPEN_STATES),
    )
    return session.scalars(query.limit(1)).first() is not None
