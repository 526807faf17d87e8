"""What the queue says of each person on one page: what is owed, since when, how they are reached.

The statements are as many for one person as for a page of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from service.domain.changes import CLOSED_STAGES
from service.domain.promises import Origin, State
from service.domain.rights import Reach
from service.models import Application, Candidate, Job, Promise
from service.queries.extent import applications_within
from service.queries.overdue import Calendars, Lateness, lateness
from service.queries.queue_belonging import EVERYBODY, Narrowed
from service.queries.queue_facts import Facts, facts_of, why_unreachable
from service.queries.queue_order import KNOWS, Rank, Standing, foremost, legal_rank, rank_of
from service.queries.queue_people import Bid, Colleague, Debt, QueueRow


def rows_for(
    session: Session,
    now: datetime,
    day_ends_at: datetime,
    places: Sequence[tuple[str, str]],
    reach: Reach,
    calendar_for: Calendars,
    colleagues: Mapping[str, Colleague],
    narrowed: Narrowed = EVERYBODY,
) -> list[QueueRow]:
    """Return the rows of these places, in their order; who is gone meanwhile is left out.

    ``narrowed`` is what the places were narrowed to: of two reasons alike, the one that was asked
    for leads.
    """
    people = [candidate_id for _, candidate_id in places]
    if not people:
        return []
    bids, names = _bids(session, people, reach, colleagues)
    by_bid = {bid.id: candidate_id for candidate_id, all_ in bids.items() for bid in all_}
    stages = {bid.id: bid.stage for all_ in bids.values() for bid in all_}
    debts = _debts(session, now, day_ends_at, stages, calendar_for, colleagues)
    facts = facts_of(session, people, by_bid)
    rows = []
    for key, candidate_id in places:
        found = facts[candidate_id]
        row = _row(
            key,
            candidate_id,
            names.get(candidate_id),
            bids[candidate_id],
            debts,
            found,
            now,
            narrowed,
        )
        if row is not None:
            rows.append(row)
    return rows


def _bids(
    session: Session, people: Sequence[str], reach: Reach, colleagues: Mapping[str, Colleague]
) -> tuple[dict[str, list[Bid]], dict[str, tuple[str, bool]]]:
    bids: dict[str, list[Bid]] = defaultdict(list)
    names: dict[str, tuple[str, bool]] = {}
    found = session.execute(
        select(
            Application.id,
            Application.candidate_id,
            Application.job_id,
            Application.stage,
            Application.stage_at,
            Application.owner_id,
            Application.waiting_on_id,
            Application.interviewed_at,
            Application.last_contact_at,
            Application.closed_at,
            Application.version,
            Job.title,
            Candidate.first_name,
            Candidate.last_name,
            Candidate.can_email,
        )
        .join(Candidate, Candidate.id == Application.candidate_id)
        .join(Job, Job.id == Application.job_id)
        .where(
            Application.candidate_id.in_(people),
            Application.deleted_at.is_(None),
            applications_within(reach),
        )
        .order_by(Application.applied_at.desc(), Application.id)
    )
    for row in found:
        name = " ".join(part for part in (row.first_name, row.last_name) if part)
        names[row.candidate_id] = (name, row.can_email)
        bids[row.candidate_id].append(
            Bid(
                id=row.id,
                job_id=row.job_id,
                job_title=row.title,
                stage=row.stage,
                owner=_name(colleagues, row.owner_id),
                waiting_on=_name(colleagues, row.waiting_on_id)
                if row.stage not in CLOSED_STAGES
                else None,
                stage_at=row.stage_at,
                interviewed_at=row.interviewed_at,
                last_contact_at=row.last_contact_at,
                version=row.version,
            )
        )
    return bids, names


def _debts(
    session: Session,
    now: datetime,
    day_ends_at: datetime,
    stages: Mapping[str, str],
    calendar_for: Calendars,
    colleagues: Mapping[str, Colleague],
) -> dict[str, list[Debt]]:
    """Return by application what is owed that is in the queue; ``stages`` names them with theirs.

    Of each promise only what is shown is read: its terms and its ladder weigh more than the rest.
    """
    debts: dict[str, list[Debt]] = defaultdict(list)
    found = session.execute(
        select(
            Promise.id,
            Promise.application_id,
            Promise.due_version,
            Promise.kind,
            Promise.wording,
            Promise.origin,
            Promise.promised_by_id,
            Promise.owner_id,
            Promise.due_at,
            Promise.first_due_at,
            Promise.warn_at,
            Promise.calendar_id,
            Promise.calendar_version,
            Promise.trace,
        )
        .where(
            Promise.application_id.in_(list(stages)),
            # Said so that no index of all that is open fits: by application there are a few each.
            (Promise.state == State.OPEN).is_not(False),
            or_(Promise.due_at < day_ends_at, Promise.warn_at <= now),
        )
        .order_by(Promise.due_at, Promise.id)
    )
    for promise in found:
        debts[promise.application_id].append(
            _debt(promise, stages[promise.application_id], now, calendar_for, colleagues)
        )
    return debts


def _debt(
    promise: Row[*tuple[Any, ...]],
    stage: str,
    now: datetime,
    calendar_for: Calendars,
    colleagues: Mapping[str, Colleague],
) -> Debt:
    rank = rank_of(promise.due_at, promise.warn_at, now)
    late: Lateness | None = None
    zone = "UTC"
    if promise.calendar_id is not None and promise.calendar_version is not None:
        calendar = calendar_for(promise.calendar_id, promise.calendar_version)
        zone = calendar.time_zone.key
        late = lateness(calendar, promise.due_at, now) if rank is Rank.OVERDUE else None
    elif rank is Rank.OVERDUE:
        gone = now - promise.due_at
        late = Lateness(gone, gone.days)
    return Debt(
        promise_id=promise.id,
        application_id=promise.application_id,
        due_version=promise.due_version,
        kind=promise.kind,
        wording=promise.wording,
        spoken=promise.origin == Origin.SPOKEN,
        speaker=_name(colleagues, promise.promised_by_id),
        owner=_name(colleagues, promise.owner_id),
        owner_id=promise.owner_id,
        due_at=promise.due_at,
        first_due_at=promise.first_due_at if promise.first_due_at != promise.due_at else None,
        zone=zone,
        standing=Standing(rank, stage, promise.due_at),
        late=late,
        why=tuple(str(step.get("text", "")) for step in promise.trace),
    )


def _row(
    key: str,
    candidate_id: str,
    named: tuple[str, bool] | None,
    bids: Sequence[Bid],
    debts: Mapping[str, list[Debt]],
    facts: Facts,
    now: datetime,
    narrowed: Narrowed,
) -> QueueRow | None:
    """Put one person's row together, or nothing where no reason is left."""
    reasons: list[tuple[Standing, Bid]] = []
    for bid in bids:
        legal = None
        if bid.stage not in KNOWS:
            legal = legal_rank(bid.interviewed_at, bid.last_contact_at, now)
        owed = [each.standing for each in debts.get(bid.id, ())]
        if legal is not None and bid.interviewed_at is not None:
            owed.append(Standing(legal, bid.stage, bid.interviewed_at))
        if bid.id in facts.letters:
            owed.append(Standing(Rank.LOOK, bid.stage, facts.letters[bid.id][0]))
        reasons += [(each, bid) for each in owed]
    # The place was given by the statement: what it named is what leads here.
    reasons = [reason for reason in reasons if reason[0].key == key] or reasons
    if named is None or not reasons:
        return None
    lead = foremost(standing for standing, _ in reasons)
    leading = [bid for standing, bid in reasons if standing == lead]
    bid = next((each for each in leading if narrowed.job in ("", each.job_id)), leading[0])
    mine = [debt for each in bids for debt in debts.get(each.id, ())]

    def place(debt: Debt) -> tuple[bool, bool, bool, str, str]:
        # First what put them here: what else is owed may be more urgent and not what was asked for.
        leads = debt.application_id == bid.id and debt.standing.since == lead.since
        meant = narrowed.kind in ("", debt.kind) and narrowed.owner in ("", debt.owner_id)
        of_another = debt.application_id != bid.id
        return not leads, of_another, not meant, debt.standing.key, debt.promise_id

    mine.sort(key=place)
    words = [each.last_contact_at for each in bids if each.last_contact_at is not None]
    oldest = min((debt.due_at for debt in mine), default=None)
    after = [at for at in facts.asked if oldest is not None and at > oldest]
    name, can_email = named
    letter = facts.letters.get(bid.id) or min(facts.letters.values(), default=None)
    return QueueRow(
        candidate_id=candidate_id,
        key=key,
        name=name or "(no name)",
        lead=lead,
        bid=bid,
        debts=tuple(mine),
        asked=len(facts.asked),
        asked_after=len(after),
        first_asked_after_at=min(after, default=None),
        last_asked_at=max(facts.asked, default=None),
        last_contact_at=max(words, default=None),
        unreachable=why_unreachable(facts.mail, can_email=can_email),
        phone=facts.phone,
        letter_id=letter[1] if letter else None,
        under_way=facts.under_way,
    )


def _name(colleagues: Mapping[str, Colleague], user_id: str | None) -> str | None:
    found = colleagues.get(user_id) if user_id else None
    return found.name if found else None
