"""Merging two records of one person: who the other is, both side by side, and the deed behind a
tick.

Only whoever may act on everything both applied for merges them: to others there is no such page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.candidate_hold import hold_view
from service.dashboard.candidate_list import listed_view
from service.dashboard.candidate_view import address_view, bid_view, next_views, owed_view
from service.dashboard.candidate_words import Times
from service.dashboard.site import blueprint, needs, no_page, page, say_at, takes, visitor, zone
from service.domain.rights import Right
from service.domain.waking_hours import zone_named
from service.models import Candidate
from service.parts import parts
from service.queries.at_stake import AtStake, at_stake, is_wholly_within, wholly_within
from service.queries.candidate_page import Person, namesakes, person, surviving_id
from service.queries.candidate_word import coming_letters, open_promises
from service.queries.holds import hold_of
from service.queries.people_search import LONGEST_SEARCH, people
from service.workflows.merging import merge_people, take_hold_of_both
from service.workflows.work import Work

FOUND = 20
"""People shown whom a search finds."""

LETTERS = 20
"""Letters on their way that are shown of each."""


@dataclass(frozen=True)
class Side:
    """One of both records, wholly within the reach."""

    person: Person
    stake: AtStake

    @property
    def id(self) -> str:
        """Return whose record it is."""
        return self.person.candidate_id

    @property
    def name(self) -> str:
        """Return how they are called."""
        return self.person.name or str(_("(no name)"))

    @property
    def stamp(self) -> str:
        """Return what is another once the record, its addresses or its applications are."""
        of = self.person
        return f"{self.stake.stamp}.{len(of.addresses)}.{len(of.phones)}"


@blueprint.get("/people/<candidate_id>/merge")
@needs(Right.ACT)
def merging(candidate_id: str) -> Response:
    """Ask who the other record is, or show both side by side and ask for the merge."""
    work = parts().work(actor="page", source="page")
    one = _side(work.session, surviving_id(work.session, candidate_id))
    if one is None:
        return no_page()
    if one.stake.erased_at is not None:
        return _led(url_for("pages.candidate", candidate_id=one.id))
    other_id = request.args.get("other", "")
    if not other_id:
        if one.id != candidate_id:
            return _led(url_for("pages.merging", candidate_id=one.id))
        return _whom(work, one)
    other = _side(work.session, surviving_id(work.session, other_id))
    if other is None:
        return no_page()
    if other.stake.erased_at is not None:
        return _led(url_for("pages.candidate", candidate_id=other.id))
    if one.id == other.id:
        return _one_already(one.id)
    if (one.id, other.id) != (candidate_id, other_id):
        return _led(url_for("pages.merging", candidate_id=one.id, other=other.id))
    return _asked(work, one, other, stays=one.id)


@blueprint.post("/people/<candidate_id>/merge")
@takes(Right.ACT)
def merge_records(candidate_id: str) -> Response:
    """Merge two records that were read side by side and whose box is ticked."""
    work = parts().work(actor=visitor().actor, source="page")
    session = work.session
    other_id = request.form.get("other", "")
    if not other_id and _side(session, surviving_id(session, candidate_id)) is not None:
        return _led(url_for("pages.merging", candidate_id=candidate_id))
    if session.get(Candidate, candidate_id) is None or session.get(Candidate, other_id) is None:
        return no_page()
    try:
        # Whoever they were merged into meanwhile; nobody else changes them until this ends.
        first, second = take_hold_of_both(work, candidate_id, other_id)
        one, other = _side(session, first.id), _side(session, second.id)
        if one is None or other is None:
            session.rollback()
            return no_page()
        if one.id == other.id:
            session.rollback()
            return _one_already(one.id)
        for each in (one, other):
            if each.stake.erased_at is not None:
                session.rollback()
                return _led(url_for("pages.candidate", candidate_id=each.id))
        stays = request.form.get("stays", "")
        stale = request.form.get("seen") != _stamp(one, other) or stays not in (one.id, other.id)
        fault = "" if request.form.get("sure") == "yes" else _("Tick this to merge them.")
        if stale or fault:
            session.rollback()
            # What changed meanwhile is read first, and ticked anew.
            known = stays if stays in (one.id, other.id) else one.id
            return _asked(work, one, other, known, fault="" if stale else fault, stale=stale)
        gone, kept = (second, first) if stays == one.id else (first, second)
        done = merge_people(work, gone, kept)
        session.commit()
    except (StaleDataError, OperationalError) as error:
        session.rollback()
        if not _came_between(error):
            raise
        return _again(work, candidate_id, other_id)
    return say_at("pages.candidate", "good", _said(done.applications), candidate_id=stays)


def _side(session: Session, candidate_id: str | None) -> Side | None:
    """Return one of both, where all of them is within the reach."""
    if candidate_id is None:
        return None
    reach = visitor().reach
    whom = person(session, reach, candidate_id)
    if whom is None or not is_wholly_within(session, reach, whom):
        return None
    stake = at_stake(session, candidate_id)
    return None if stake is None else Side(whom, stake)


def _stamp(one: Side, other: Side) -> str:
    return "-".join(sorted((f"{one.id}.{one.stamp}", f"{other.id}.{other.stamp}")))


def _whom(work: Work, one: Side) -> Response:
    """Ask for the other record: those with the same address, and whom a search finds."""
    session, reach = work.session, visitor().reach
    search = " ".join(request.args.get("q", "").split())[:LONGEST_SEARCH]
    twins = namesakes(session, reach, one.person)
    found = people(session, reach, search=search, after=None, limit=FOUND).rows if search else []
    whole = wholly_within(
        session, reach, [each.candidate_id for each in twins] + [row.candidate_id for row in found]
    )
    return page(
        parts(),
        "candidate_merge_whom.html",
        side=one,
        search=search,
        twins=[each for each in twins if each.candidate_id in whole],
        rows=[
            listed_view(row, work.now)
            for row in found
            if row.candidate_id in whole and row.candidate_id != one.id
        ],
    )


def _asked(
    work: Work, one: Side, other: Side, stays: str, *, fault: str = "", stale: bool = False
) -> Response:
    both = (one, other)
    jobs = {bid.job_id: bid.job_title for bid in one.person.bids if not bid.deleted}
    shared = {bid.job_id for bid in other.person.bids if not bid.deleted} & set(jobs)
    names = [set(each.stake.connections) for each in both]
    told_by = sorted(names[0] | names[1]) if all(names) else []
    shown = page(
        parts(),
        "candidate_merge.html",
        acts=True,
        one=one,
        other=other,
        sides=[_shown(work, each) for each in both],
        stays=stays,
        seen=_stamp(one, other),
        shared=sorted(jobs[id_] for id_ in shared),
        twice_in=sorted(names[0] & names[1]),
        told_by=told_by,
        fault=fault,
        stale=stale,
    )
    shown.status_code = 409 if stale else 422 if fault else 200
    return shown


def _shown(work: Work, side: Side) -> dict[str, Any]:
    """Return what stands on one side."""
    whom, now = side.person, work.now
    times = Times(zone(), whom.time_zone if zone_named(whom.time_zone) else None, now)
    ids = whom.application_ids
    owed = open_promises(work.session, now, work.calendar, ids)
    return {
        "id": side.id,
        "name": side.name,
        "person": whom,
        "stake": side.stake,
        "hold": hold_view(hold_of(work.session, side.id), times),
        "addresses": [address_view(each) for each in whom.addresses],
        "bids": [bid_view(bid, times, None) for bid in whom.bids],
        "owed": [owed_view(each, times, by_mail=whom.cut_off is None) for each in owed],
        "letters": next_views(coming_letters(work.session, ids, LETTERS), [], [], times),
    }


def _again(work: Work, candidate_id: str, other_id: str) -> Response:
    """Show both once more: somebody else wrote of one of them at that very moment."""
    one = _side(work.session, surviving_id(work.session, candidate_id))
    other = _side(work.session, surviving_id(work.session, other_id))
    if one is None or other is None:
        return no_page()
    if one.id == other.id:
        return _one_already(one.id)
    return _asked(work, one, other, one.id, stale=True)


def _came_between(error: StaleDataError | OperationalError) -> bool:
    """Tell whether somebody else's change made this one fail, and it may be tried again."""
    # 40P01 is PostgreSQL's "deadlock detected": this change was the one undone.
    return isinstance(error, StaleDataError) or getattr(error.orig, "sqlstate", "") == "40P01"


def _one_already(candidate_id: str) -> Response:
    told = _("Both are one record already: there is nothing to merge.")
    return say_at("pages.candidate", "care", told, candidate_id=candidate_id)


def _said(applications: int) -> str:
    """Say what was done, and name nobody."""
    said = [_("They are one person now.")]
    if applications:
        said.append(
            ngettext(
                "%(num)s application of the other record stands here.",
                "%(num)s applications of the other record stand here.",
                applications,
            )
        )
    return " ".join(said)


def _led(to: str) -> Response:
    answer: Response = current_app.make_response(redirect(to, 303))
    return answer
