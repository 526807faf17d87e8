"""Puts one row of the queue into words: what is owed, how urgent it is and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from service.clock import instant_text
from service.dashboard.access import Visitor
from service.dashboard.candidate_words import stage_words
from service.dashboard.queue_deeds import Deed, Deeds
from service.dashboard.rows import Moment
from service.dashboard.saying import owed_words, words
from service.dashboard.wording import asked_words, dialled, lateness_words, span_words, when_words
from service.domain.policies import Kind
from service.queries.queue import LAW, MAIL
from service.queries.queue_order import LEGAL_SPAN, Rank
from service.queries.queue_people import Debt, QueueRow

_SHAPES: Final = {
    Rank.LAW: ("●", "overdue"),
    Rank.OVERDUE: ("●", "overdue"),
    Rank.AT_RISK: ("◐", "at-risk"),
    Rank.TODAY: ("○", "on-time"),
    Rank.LOOK: ("◐", "at-risk"),
}

_KINDS: Final[dict[str, Any]] = {
    Kind.ACKNOWLEDGEMENT: lazy_gettext("an acknowledgement"),
    Kind.CALLBACK: lazy_gettext("a call"),
    Kind.SCHEDULING: lazy_gettext("a date"),
    Kind.DECISION: lazy_gettext("a decision"),
    Kind.FEEDBACK: lazy_gettext("feedback"),
    Kind.STATUS: lazy_gettext("word of where they stand"),
    Kind.REPLY: lazy_gettext("a reply"),
    Kind.CLOSURE: lazy_gettext("a closing word"),
    LAW: lazy_gettext("the law’s 45 days"),
    MAIL: lazy_gettext("a stopped letter"),
}


@dataclass(frozen=True)
class DebtShown:
    """One promise in words: ``what`` it is, ``how`` it was given, when it is due and why then."""

    what: str
    spoken: bool
    speaker: str
    due: Moment
    first_due: Moment | None
    standing: str
    style: str
    shape: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """One person in the queue. Empty texts are not shown; ``ref`` names the row in a form."""

    candidate_id: str
    ref: str
    name: str
    url: str
    job: str
    stage: str
    shape: str
    style: str
    standing: str
    law: str
    debts: tuple[DebtShown, ...]
    owner: str
    waiting_on: str
    asked: str
    last_contact: Moment | None
    under_way: bool
    unreachable: str
    phone: str
    tel: str
    main: Deed | None
    deeds: tuple[Deed, ...]


def kind_words(kind: str) -> str:
    """Return what is owed, in words."""
    return str(_KINDS.get(kind, kind))


def shown(row: QueueRow, now: datetime, zone: str, who: Visitor, page: Deeds) -> Shown:
    """Return one row in words; ``page`` offers what can be done about it."""
    shape, style = _SHAPES[row.lead.rank]
    lead = next((debt for debt in row.debts if debt.application_id == row.bid.id), None)
    owners = dict.fromkeys(debt.owner for debt in row.debts if debt.owner)
    last_asked = row.last_asked_at
    asked = ""
    if last_asked is not None:
        # The date after which they are counted as having asked late: the oldest.
        due_at = min((debt.due_at for debt in row.debts), default=now)
        asked = asked_words(row.asked, row.asked_after, row.first_asked_after_at, due_at, zone, now)
        asked += ", " + _("last %(when)s", when=when_words(last_asked, zone, now))
    main, deeds = (None, ()) if not who.may_act else page.about(row, lead)
    return Shown(
        candidate_id=row.candidate_id,
        ref=_ref(row, lead),
        name=row.name,
        url=url_for("pages.candidate", candidate_id=row.candidate_id),
        job=row.bid.job_title,
        stage=stage_words(row.bid.stage),
        shape=shape,
        style=style,
        standing=_standing(row, lead, now),
        law=_law(row, now),
        debts=tuple(_debt(debt, now) for debt in row.debts),
        owner=" & ".join(owners) if owners else (row.bid.owner or ""),
        waiting_on=row.bid.waiting_on or "",
        asked=asked,
        last_contact=_moment(row.last_contact_at, zone, now) if row.last_contact_at else None,
        under_way=row.under_way,
        unreachable=words(row.unreachable or ""),
        phone=row.phone or "" if row.unreachable else "",
        tel=(dialled(row.phone) or "") if row.unreachable and row.phone else "",
        main=main,
        deeds=deeds,
    )


def _ref(row: QueueRow, lead: Debt | None) -> str:
    """Name the row and what was seen of it, so that a form that comes too late is noticed."""
    if lead is None:
        return f"{row.bid.id}:{row.bid.version}"
    return f"{row.bid.id}:{row.bid.version}:{lead.promise_id}:{lead.due_version}"


def _standing(row: QueueRow, lead: Debt | None, now: datetime) -> str:
    """Say in a few words why somebody stands where they do."""
    rank = row.lead.rank
    if rank is Rank.LOOK:
        return str(_("a letter is stopped"))
    if rank is Rank.LAW or lead is None or lead.standing.since != row.lead.since:
        days = (now - row.lead.since).days
        return str(_("%(days)s days without word", days=days))
    if rank is Rank.OVERDUE:
        return str(
            _("%(late)s late", late=lateness_words(lead.late)) if lead.late else _("overdue")
        )
    left = lead.due_at - now
    if left.days < 1:
        return str(_("due in %(span)s", span=span_words(left, 0)))
    return str(_("due in %(days)s days", days=left.days))


def _law(row: QueueRow, now: datetime) -> str:
    """Say what the law has to do with it, where it has."""
    since = row.bid.interviewed_at
    legal = row.lead.rank is Rank.LAW or (row.lead.rank is Rank.AT_RISK and since == row.lead.since)
    if not legal or since is None:
        return ""
    return str(
        _(
            "Interviewed %(days)s days ago and no word since; Ontario’s law allows %(limit)s.",
            days=(now - since).days,
            limit=LEGAL_SPAN.days,
        )
    )


def _debt(debt: Debt, now: datetime) -> DebtShown:
    shape, style = _SHAPES[debt.standing.rank]
    if debt.late:
        standing = _("%(late)s late", late=lateness_words(debt.late))
    elif debt.standing.rank is Rank.AT_RISK:
        standing = _("at risk")
    else:
        standing = _("due today")
    at = debt.zone
    return DebtShown(
        what=owed_words(debt.wording),
        spoken=debt.spoken,
        speaker=debt.speaker or "",
        due=_moment(debt.due_at, at, now),
        first_due=_moment(debt.first_due_at, at, now) if debt.first_due_at else None,
        standing=standing,
        style=style,
        shape=shape,
        why=debt.why,
    )


def _moment(at: datetime, zone: str, now: datetime) -> Moment:
    return Moment(instant_text(at), when_words(at, zone, now))
