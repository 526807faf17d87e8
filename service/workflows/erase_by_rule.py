"""Erases by rule whose time is over, one person a transaction, as somebody would by hand.

Whoever is chosen is looked at again under the locks that everybody takes who writes of them: what
came in between keeps them. Killed anywhere, or run by two at once, it erases nobody twice and
nobody by halves.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from service.domain.retention import STEADY, people_before
from service.models import (
    Application,
    Candidate,
    CandidateSource,
    Connection,
    Delivery,
    DeliveryAnswer,
    Heartbeat,
)
from service.models.merged_records import records_of
from service.workflows.check import BACKLOG_BOUND, backlog
from service.workflows.erase import erase_candidate
from service.workflows.heartbeat import beat
from service.workflows.people_due import due_among, people_due
from service.workflows.work import Office, Work, never

logger = logging.getLogger("keepword.retention")

MOST: Final = 100
"""People erased in one turn, some 7,000 a day; the rest is for the next. Each is looked for in all
that leads to nobody by a key, which takes 40 to 100 ms beside 10,000 rows of everything."""

RULE: Final = "retention:people"
"""The heartbeat that keeps how many the rule has erased, how many it left for another turn, and of
how many ``days`` the rule has been ``since`` when, on a clock that went steadily.
"""

_INSTANT: Final = timedelta(microseconds=1)
"""What lies between two people of one turn: whose an address was, and whether a rule erased them or
somebody had asked for it, is known by the instant of the erasure alone.
"""

WHY: Final = "erased by rule: their time was over"
SOURCE: Final = "retention"

_RECEIVED, _FAILED = "received", "failed"


@dataclass(frozen=True)
class Gone:
    """How many were erased, and whether nobody is left for another turn."""

    people: int = 0
    whole: bool = True


def erase_by_rule(
    session: Session,
    office: Office,
    now: datetime,
    *,
    stop: Callable[[], bool] = never,
    most: int = MOST,
) -> Gone:
    """Erase whose time is over by the office's rule; nobody where it has none.

    Commits person by person; ``stop`` is asked before each whether to leave the rest to the next
    turn. Nobody goes while news waits to be worked in: it may say that somebody applied again.
    """
    before = people_before(office.people_days, now)
    if before is None or waits_for(session, now) is not None:
        session.rollback()
        return Gone()
    due = list(people_due(session, before))
    # Nothing is held between two people.
    session.rollback()
    gone, whole = 0, True
    # Whoever cannot go yet, however many they are, takes nobody else's place.
    for candidate_id in due:
        if gone == most or stop():
            whole = False
            break
        try:
            gone += _erase(session, office, now, candidate_id, before, now - gone * _INSTANT)
        except Exception as error:  # noqa: BLE001 - one who cannot be erased never keeps the others
            session.rollback()
            logger.error(
                "somebody whose time is over could not be erased (%s); it is tried again",
                type(error).__name__,
            )
    _note(session, now, gone, len(due) - gone)
    return Gone(gone, whole)


def erase_when_steady(
    session: Session, office: Office, now: datetime, *, stop: Callable[[], bool] = never
) -> Gone:
    """Erase by rule where the clock and the rule have been the same for a day.

    A clock that is a year ahead makes everybody's time over, and so does a figure mistyped: who
    looks after Keepword has a day to see it before the first of them is gone.
    """
    if not office.people_days:
        return Gone()
    known = session.get(Heartbeat, RULE, with_for_update=True, populate_existing=True)
    said = known.data if known is not None else {}
    since = datetime.fromisoformat(said["since"]) if "since" in said else now
    if known is None or known.at > now or now - known.at > STEADY:
        since = now
    if said.get("days", office.people_days) != office.people_days:
        since = now
        logger.warning(
            "people are kept %d days now and were %d: nobody is erased by rule for a day",
            office.people_days,
            said["days"],
        )
    kept = {**said, "since": since.isoformat(), "days": office.people_days}
    beat(session, RULE, now, kept)
    session.commit()
    return erase_by_rule(session, office, now, stop=stop) if now - since >= STEADY else Gone()


def waits_for(session: Session, now: datetime) -> str | None:
    """Say for which news nobody may be erased yet.

    A flag can be taken back and an erasure cannot: so a vendor that does not answer, and what
    failed and is tried again, keep nobody from being flagged, but everybody from being erased.
    """
    waiting = session.scalars(
        select(func.count())
        .select_from(Delivery)
        .join(Connection, Connection.id == Delivery.connection_id)
        .where(
            Delivery.state == _RECEIVED,
            Delivery.received_at < now - BACKLOG_BOUND,
            # A connection that was switched off asks its vendor nothing any more.
            or_(Delivery.asked_at.is_(None), Connection.active),
        )
    ).one()
    if waiting:
        return f"{waiting} deliveries wait to be worked in: one may say that somebody applied again"
    return backlog(session, now) and "events about mail wait to be worked in"


def _note(session: Session, now: datetime, gone: int, due: int) -> None:
    """Keep the figures for the metrics, and say in the log how many went."""
    known = session.get(Heartbeat, RULE, with_for_update=True, populate_existing=True)
    before = known.data if known is not None else {}
    if gone or before.get("due") != due:
        erased = int(before.get("erased", 0)) + gone
        beat(session, RULE, now, {**before, "erased": erased, "due": due})
    session.commit()
    if gone:
        logger.info("erased by rule: %d", gone)


def _erase(
    session: Session,
    office: Office,
    now: datetime,
    candidate_id: str,
    before: datetime,
    at: datetime,
) -> int:
    """Erase one person, as of ``at``, who is still due under the locks; return how many were."""
    work = Work(session, now, office, source=SOURCE)
    # Whom somebody else is at is theirs; they are found again next time.
    candidate = session.scalars(
        select(Candidate)
        .where(Candidate.id == candidate_id)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if candidate is not None:
        # Who promises, writes or decides anything holds one of these.
        session.execute(
            select(Application.id)
            .where(Application.candidate_id == candidate_id)
            .order_by(Application.id)
            .with_for_update(key_share=True)
        ).all()
    if candidate is None or not due_among(session, [candidate_id], before):
        session.rollback()
        return 0
    if state := _is_in_news(session, candidate, before):
        session.rollback()
        if state == _FAILED:
            logger.warning(
                "a delivery that failed names somebody whose time is over: replay it first"
            )
        return 0
    # Whom an ATS wanted erased while a hold kept them is erased on request, and for good.
    asked = candidate.erasure_asked_at is not None
    days = None if asked else office.people_days
    erase_candidate(work, candidate, WHY, after_days=days, at=at)
    session.commit()
    session.expunge_all()
    return 1


def _is_in_news(session: Session, candidate: Candidate, since: datetime) -> str | None:
    """Return the state of a delivery that was set aside lately, or has just come, and names
    somebody, by an address or by the id that its connection gave them; in it or in what the feed
    answered about it.

    It may say that they applied again, and erasing them would empty it: then nobody could replay
    it, and the new application would be lost.
    """
    addresses = {email.address_key.encode() for email in candidate.emails}
    ids: dict[str, list[re.Pattern[bytes]]] = {}
    for connection_id, external_id in session.execute(
        select(CandidateSource.connection_id, CandidateSource.external_id).where(
            CandidateSource.candidate_id.in_(records_of(candidate.id))
        )
    ):
        # A number is part of many others: only the whole of it names anybody.
        whole = rb"(?<![\w-])" + re.escape(external_id.encode()) + rb"(?![\w-])"
        ids.setdefault(connection_id, []).append(re.compile(whole))
    news = (
        Delivery.state.in_((_FAILED, _RECEIVED)),
        Delivery.candidate_id.is_(None),
        Delivery.emptied_at.is_(None),
        Delivery.received_at >= since,
    )
    columns = (Delivery.state, Delivery.connection_id)
    for told in (
        select(*columns, Delivery.body).where(*news),
        select(*columns, DeliveryAnswer.body)
        .join(Delivery, Delivery.id == DeliveryAnswer.delivery_id)
        .where(*news),
    ):
        for state, connection_id, body in session.execute(told.execution_options(yield_per=100)):
            if any(address in body.lower() for address in addresses) or any(
                whole.search(body) for whole in ids.get(connection_id, ())
            ):
                return str(state)
    return None


def count_due(session: Session, before: datetime) -> int:
    """Count whose last sign lies before an instant, and change nothing."""
    return sum(1 for _ in people_due(session, before))
