"""The queue: who needs a word, one row a person, the most urgent first, and true counts of it all.

One statement finds both the page and the counts, over indexes that hold open promises only; it
never asks about one person at a time. The order is that of :mod:`queue_order`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from service.domain.changes import CLOSED_STAGES
from service.domain.delivery import MailState
from service.domain.promises import State
from service.domain.rights import Reach
from service.models import Application, Candidate, Message, Promise
from service.models.application import STANDING_INDEX
from service.queries.extent import applications_within
from service.queries.overdue import IN_OPEN_INDEX, UNBROKEN_INDEX
from service.queries.queue_belonging import (
    EVERYBODY,
    Colleagues,
    Narrowed,
    colleagues_on,
    is_mine,
    is_nobodys,
    is_of_teams,
    wishes,
)
from service.queries.queue_keys import PlaceKey, all_bits, has_rank, place_key
from service.queries.queue_order import (
    CLOSED_WEIGHT,
    KNOWS,
    LEGAL_SPAN,
    LEGAL_WARNING,
    STAGE_WEIGHTS,
    Rank,
)
from service.queries.queue_walk import applications_of

LAW = "law"
MAIL = "mail"
"""What stands as the kind where no promise is behind it: the law, and a letter that is stopped."""


class Tab(StrEnum):
    """A view of the queue."""

    MINE = "mine"
    TEAM = "team"
    NOBODY = "nobody"
    RISK = "risk"
    MANAGER = "manager"
    MAIL = "mail"
    ALL = "all"


_BELONGINGS = (Tab.MINE, Tab.TEAM, Tab.NOBODY, Tab.MANAGER, Tab.MAIL)
"""The tabs that a person belongs to for any one of the reasons they stand here, each a bit."""


@dataclass(frozen=True)
class Asked:
    """Who asks for what: whose matters they know of, until when today lasts, which view.

    ``user_id`` is ``None`` for somebody without a name here: nothing is theirs. ``tab`` and
    ``after`` (the key and the candidate of the last row before) say which rows; the counts are of
    every tab. ``people`` names candidates instead of a page. ``colleagues`` says who is here and
    who stands in for whom on the day of who asks; where it is not given, that of ``now`` in UTC is
    looked at.
    """

    now: datetime
    day_ends_at: datetime
    reach: Reach
    user_id: str | None = None
    tab: Tab = Tab.ALL
    narrowed: Narrowed = EVERYBODY
    after: tuple[str, str] | None = None
    limit: int = 50
    people: tuple[str, ...] | None = None
    colleagues: Colleagues | None = None


@dataclass(frozen=True)
class Found:
    """The places of one page, ``(key, candidate id)`` in order, how many each tab has in all,
    and whether more follow.
    """

    places: tuple[tuple[str, str], ...]
    counts: Mapping[Tab, int]
    more: bool


def find(session: Session, asked: Asked) -> Found:
    """Return a page of the queue and the counts of all tabs."""
    people = _people(session, asked)
    columns = people.c
    counts = select(
        null().label("candidate_id"),
        cast(null(), PlaceKey()).label("key"),
        func.count().label("everybody"),
        *(func.count().filter(belongs) for belongs in _tabs(columns).values()),
    ).select_from(people)
    page = select(columns.candidate_id, columns.key).order_by(columns.key, columns.candidate_id)
    if asked.people is not None:
        page = page.where(columns.candidate_id.in_(asked.people))
    else:
        page = page.where(*_of_tab(columns, asked.tab)).limit(asked.limit + 1)
        if asked.after is not None:
            page = page.where(_behind(columns, asked.after))
    rows = page.subquery()
    zeros = (literal(0) for _ in range(1 + len(_tabs(columns))))
    found: Sequence[Any] = session.execute(
        union_all(counts, select(rows.c.candidate_id, rows.c.key, *zeros))
    ).all()
    numbers = next(row for row in found if row[0] is None)
    places = sorted((row[1], row[0]) for row in found if row[0] is not None)
    tabs = dict(zip((Tab.ALL, *_tabs(columns)), (int(n) for n in numbers[2:]), strict=True))
    limit = len(places) if asked.people is not None else asked.limit
    return Found(tuple(places[:limit]), tabs, len(places) > limit)


def _tabs(columns: Any) -> dict[Tab, ColumnElement[bool]]:
    """Return who belongs to each tab but that of all."""
    belongs = {tab: columns.belongs.bitwise_and(1 << n) != 0 for n, tab in enumerate(_BELONGINGS)}
    return belongs | {Tab.RISK: has_rank(columns.key, Rank.AT_RISK)}


def _of_tab(columns: Any, tab: Tab) -> list[ColumnElement[bool]]:
    return [] if tab is Tab.ALL else [_tabs(columns)[tab]]


def _behind(columns: Any, after: tuple[str, str]) -> ColumnElement[bool]:
    key, candidate_id = after
    return or_(columns.key > key, and_(columns.key == key, columns.candidate_id > candidate_id))


def _people(session: Session, asked: Asked) -> CTE:
    """Return everybody in the queue: their foremost place, and to which tabs they belong."""
    item = union_all(*_sources(asked)).cte("item")
    colleagues = asked.colleagues or colleagues_on(session, asked.now.date())
    bid = applications_of(session, item)
    silent = or_(bid.last_contact_at.is_(None), bid.last_contact_at < bid.interviewed_at)
    broken = and_(
        bid.interviewed_at <= asked.now - LEGAL_SPAN,
        silent,
        bid.stage.not_in(sorted(KNOWS)),
    )
    awaited = and_(bid.waiting_on_id.is_not(None), bid.stage.not_in(sorted(CLOSED_STAGES)))
    rank = case((broken, int(Rank.LAW)), else_=item.c.rank)
    since = case((broken, bid.interviewed_at), else_=item.c.at)
    weight = case(
        *((bid.stage == stage, number) for stage, number in STAGE_WEIGHTS.items()),
        else_=CLOSED_WEIGHT,
    )
    key = func.min(place_key(rank, weight, since), type_=PlaceKey())
    belongings = {
        Tab.MINE: is_mine(item, asked.user_id, colleagues.held),
        Tab.TEAM: is_of_teams(item, bid.job_id, asked.reach.team_ids),
        Tab.NOBODY: is_nobodys(item, colleagues),
        Tab.MANAGER: awaited,
        Tab.MAIL: item.c.rank == int(Rank.LOOK),
    }
    query = (
        select(
            bid.candidate_id,
            key.label("key"),
            all_bits(*(belongings[tab] for tab in _BELONGINGS)).label("belongs"),
        )
        .where(
            bid.id == item.c.application_id,
            # Not "deleted_at IS NULL": as part of the search of the index, behind six columns that
            # nothing is asked of, it costs PostgreSQL 18 more than the search itself.
            bid.deleted_at.is_(None).is_not(False),
            applications_within(asked.reach, bid),
            *wishes(asked.narrowed, bid),
        )
        .group_by(bid.candidate_id)
    )
    if bid is Application:
        query = query.with_hint(Application, f"INDEXED BY {STANDING_INDEX}", "sqlite")
    # Materialised: the counts and the page come from one reading.
    return query.cte("people").prefix_with("MATERIALIZED")


def _sources(asked: Asked) -> list[Select[Any]]:
    """Return all that is owed, or what of it was asked for."""
    narrowed = asked.narrowed
    owed = [Promise.state == State.OPEN]
    if narrowed.kind:
        owed.append(Promise.kind == narrowed.kind)
    rank = case(
        (Promise.due_at < asked.now, int(Rank.OVERDUE)),
        (Promise.warn_at <= asked.now, int(Rank.AT_RISK)),
        else_=int(Rank.TODAY),
    )
    by_today = _source(Promise.application_id, Promise, Promise.due_at, rank, narrowed).where(
        IN_OPEN_INDEX, *owed, Promise.due_at < asked.day_ends_at
    )
    at_risk = literal(int(Rank.AT_RISK))
    # Kept apart, so that each part has its index: with "or" neither would be used.
    warned = _source(Promise.application_id, Promise, Promise.due_at, at_risk, narrowed).where(
        UNBROKEN_INDEX,
        *owed,
        Promise.warn_at <= asked.now,
        Promise.due_at >= asked.day_ends_at,
    )
    silent = _source(
        Application.id, Application, Application.interviewed_at, at_risk, narrowed
    ).where(
        Application.interviewed_at.is_not(None),
        Application.closed_at.is_(None),
        Application.interviewed_at <= asked.now - LEGAL_WARNING,
        or_(
            Application.last_contact_at.is_(None),
            Application.last_contact_at < Application.interviewed_at,
        ),
        # An erased person's application stays as it stood.
        not_(
            exists().where(
                Candidate.id == Application.candidate_id, Candidate.erased_at.is_not(None)
            )
        ),
    )
    look = literal(int(Rank.LOOK))
    stopped = (
        _source(Message.application_id, Application, Message.created_at, look, narrowed)
        .join_from(Message, Application, Application.id == Message.application_id)
        .where(Message.state == MailState.BLOCKED)
    )
    by_kind = {"": [by_today, warned, silent, stopped], LAW: [silent], MAIL: [stopped]}
    return by_kind.get(narrowed.kind, [by_today, warned])


def _source(
    application_id: Any, of: Any, at: Any, rank: ColumnElement[int], narrowed: Narrowed
) -> Select[Any]:
    """Return what is owed by the owner of a promise, or of an application."""
    found = select(
        application_id.label("application_id"),
        of.owner_id.label("owner_id"),
        at.label("at"),
        rank.label("rank"),
    )
    return found.where(of.owner_id == narrowed.owner) if narrowed.owner else found
