"""One person's page: how to reach them, what they are owed, what they have been told, what comes
next, and the whole story across their applications.

Somebody outside the reader's reach is nobody; who was erased is an empty record.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, current_app, redirect, request, url_for
from flask_babel import gettext as _

from service.dashboard.candidate_hold import hold_view
from service.dashboard.candidate_keys import key_of, key_text
from service.dashboard.candidate_story import Teller
from service.dashboard.candidate_view import (
    address_view,
    asking_words,
    bid_view,
    call_instead,
    next_views,
    owed_view,
    told_view,
)
from service.dashboard.candidate_words import ASKED, Times
from service.dashboard.presence import present_at
from service.dashboard.queue_undo import undo_offer
from service.dashboard.site import blueprint, may, message, needs, no_page, page, said, visitor
from service.dashboard.site import zone as own_zone
from service.db import db
from service.domain.changes import CLOSED_STAGES
from service.domain.promises import Standing
from service.domain.rights import Right
from service.domain.waking_hours import zone_named
from service.parts import Parts, parts
from service.queries.at_stake import is_wholly_within, wholly_within
from service.queries.candidate_page import Bid, Person, namesakes, person, surviving_id
from service.queries.candidate_timeline import erased_after_days, story
from service.queries.candidate_word import (
    asked,
    coming_interviews,
    coming_letters,
    open_promises,
    told,
)
from service.queries.choices import active_colleagues
from service.queries.holds import erasure_asked_at, hold_of
from service.queries.keyset import Key
from service.workflows.work import Work

ENTRIES = 50
"""Entries of the timeline on one page."""

TOLD = 8
"""Contacts shown as what they have been told; the timeline has all."""

COMING = 20
"""Letters to come that are shown."""


@blueprint.get("/people/<candidate_id>")
@needs(Right.SEE)
def candidate(candidate_id: str) -> Response:
    """Show one person, or an older page of their story."""
    running, reach = parts(), visitor().reach
    session = db.session()
    id_ = surviving_id(session, candidate_id)
    found = person(session, reach, id_) if id_ is not None else None
    if found is None:
        return no_page()
    if found.candidate_id != candidate_id:
        answer: Response = current_app.make_response(
            redirect(url_for("pages.candidate", candidate_id=found.candidate_id), 303)
        )
        return answer
    if found.erased_at is not None:
        times = Times(own_zone(), None, running.now())
        erased = times.at(found.erased_at)
        days = erased_after_days(session, found.application_ids)
        return page(running, "candidate_erased.html", said=said(running), erased=erased, days=days)
    after: Key | None = None
    if "after" in request.args:
        after = key_of(request.args["after"], numbered=True)
        if after is None:
            return message(400, _("This link is not complete"), _("Go back to the person's page."))
    return _shown(running, found, after, said(running))


def enquiry_again(candidate_id: str, typed: Mapping[str, str], why: str) -> Response:
    """Show the page of somebody within reach with an enquiry as it was typed, and why it is not
    recorded.
    """
    found = person(db.session(), visitor().reach, candidate_id)
    if found is None:
        return no_page()
    answer = _shown(parts(), found, None, {"style": "care", "text": why}, typed)
    answer.status_code = 422
    return answer


def _shown(
    running: Parts,
    found: Person,
    after: Key | None,
    told_before: dict[str, str] | None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    work = running.work(actor="page", source="page")
    session, now, ids = work.session, work.now, found.application_ids
    times = Times(own_zone(), found.time_zone if zone_named(found.time_zone) else None, now)
    jobs = {bid.application_id: bid.job_title for bid in found.bids}
    entries, named = story(session, ids, after=after, limit=ENTRIES)
    teller = Teller(named, times, jobs)
    more = key_text(entries.next)
    bids = [bid_view(bid, times, visitor().user_id) for bid in found.bids]
    number, dial = call_instead(found)
    return page(
        running,
        "candidate.html",
        acts=True,
        said=told_before,
        undo=undo_offer(),
        typed=typed or {},
        present=present_at(work, found.candidate_id),
        person=found,
        name=found.name or _("(no name)"),
        addresses=[address_view(each) for each in found.addresses],
        number=number,
        dial=dial,
        bids=bids,
        open_bids=[bid for bid, row in zip(bids, found.bids, strict=True) if _is_open(row)],
        may_answer=may(Right.ANSWER),
        entries=[teller.entry(entry) for entry in entries.rows],
        first=after is None,
        more=url_for("pages.candidate", candidate_id=found.candidate_id, after=more)
        if more
        else None,
        may_read_letters=may(Right.SEE_MAIL),
        may_mail=may(Right.MAIL),
        back=url_for("pages.candidate", candidate_id=found.candidate_id),
        asked=[(channel, str(words)) for channel, words in ASKED.items()],
        **(_word(work, found, times, jobs) if after is None else {}),
    )


def _is_open(bid: Bid) -> bool:
    return bid.stage not in CLOSED_STAGES and not bid.deleted


def _word(work: Work, found: Person, times: Times, jobs: dict[str, str]) -> dict[str, object]:
    """Return what stands above the story on its first page."""
    session, ids = work.session, found.application_ids
    owed = open_promises(session, work.now, work.calendar, ids)
    acts = may(Right.ACT)
    chosen = {id_ for bid in found.bids for id_ in (bid.owner_id, bid.waiting_on_id) if id_}
    letters = coming_letters(session, ids, COMING)
    asked_at = erasure_asked_at(session, found.candidate_id)
    reach = visitor().reach
    twins = namesakes(session, reach, found)
    whole = acts and is_wholly_within(session, reach, found)
    return {
        "hold": hold_view(hold_of(session, found.candidate_id), times),
        "erasure_asked": times.at(asked_at) if asked_at is not None else None,
        "owed": [owed_view(each, times, by_mail=found.cut_off is None) for each in owed],
        "late": sum(each.standing is Standing.OVERDUE for each in owed),
        "asking": asking_words(*asked(session, ids)),
        "told": [told_view(each, times, jobs) for each in told(session, ids, TOLD)],
        "coming": next_views(letters, coming_interviews(session, work.now, ids), owed, times),
        "job_of": jobs if len(jobs) > 1 else {},
        "namesakes": twins,
        "may_merge": wholly_within(session, reach, [each.candidate_id for each in twins])
        if whole and twins
        else set(),
        "may_erase": whole,
        "colleagues": active_colleagues(session, besides=chosen) if acts else [],
    }
