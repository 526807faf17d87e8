"""Erasing one person: a page that says what goes and what stays, and the deed behind a tick.

Only whoever may act on everything a person applied for erases them: to others there is no such
page. What is said afterwards names nobody.
"""

from __future__ import annotations

from flask import Response, current_app, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from service.dashboard.site import blueprint, needs, no_page, page, say_at, takes, visitor
from service.domain.rights import Right
from service.models import Candidate
from service.parts import parts
from service.queries.at_stake import AtStake, at_stake, is_wholly_within
from service.queries.candidate_page import Person, namesakes, person, surviving_id
from service.queries.holds import hold_of
from service.workflows.erase import ON_REQUEST, Ended, erase_candidate
from service.workflows.people import lock_person
from service.workflows.work import Work


@blueprint.get("/people/<candidate_id>/erase")
@needs(Right.ACT)
def erasing(candidate_id: str) -> Response:
    """Show what an erasure would end, and ask for it."""
    work = parts().work(actor="page", source="page")
    id_ = surviving_id(work.session, candidate_id)
    found = _whole(work, id_)
    if found is None:
        return no_page()
    whom, stake = found
    if stake.erased_at is not None:
        return _led(url_for("pages.candidate", candidate_id=whom.candidate_id))
    if whom.candidate_id != candidate_id:
        return _led(url_for("pages.erasing", candidate_id=whom.candidate_id))
    if hold_of(work.session, whom.candidate_id) is not None:
        return _led(url_for("pages.holding", candidate_id=whom.candidate_id))
    return _asked(work, whom, stake)


@blueprint.post("/people/<candidate_id>/erase")
@takes(Right.ACT)
def erase_person(candidate_id: str) -> Response:
    """Erase a person whose page was read and whose box is ticked; harmless when done already."""
    work = parts().work(actor=visitor().actor, source="page")
    candidate = work.session.get(Candidate, candidate_id)
    if candidate is not None:
        # Whoever they were merged into meanwhile; nobody else changes them until this ends.
        candidate = lock_person(work, candidate)
    found = _whole(work, candidate.id if candidate is not None else None)
    if candidate is None or found is None:
        work.session.rollback()
        return no_page()
    whom, stake = found
    if candidate.held_at is not None:
        work.session.rollback()
        # Somebody put them on hold while this page was read: what stands is shown.
        return say_at(
            "pages.candidate",
            "care",
            _("They are on legal hold, so nothing was erased. Lift the hold first."),
            candidate_id=whom.candidate_id,
        )
    if stake.erased_at is None:
        stale = request.form.get("seen") != stake.stamp
        fault = "" if request.form.get("sure") == "yes" else _("Tick this to erase them.")
        if stale or fault:
            work.session.rollback()
            # What changed meanwhile is read first, and ticked anew.
            return _asked(work, whom, stake, fault="" if stale else fault, stale=stale)
    ended = erase_candidate(work, candidate, ON_REQUEST)
    work.session.commit()
    return say_at("pages.candidate", "good", _said(ended), candidate_id=whom.candidate_id)


def _whole(work: Work, candidate_id: str | None) -> tuple[Person, AtStake] | None:
    """Return a person and what goes with them, where all of them is within the reach."""
    if candidate_id is None:
        return None
    session, reach = work.session, visitor().reach
    whom = person(session, reach, candidate_id)
    if whom is None or not is_wholly_within(session, reach, whom):
        return None
    stake = at_stake(session, candidate_id)
    return None if stake is None else (whom, stake)


def _asked(
    work: Work, whom: Person, stake: AtStake, *, fault: str = "", stale: bool = False
) -> Response:
    shown = page(
        parts(),
        "candidate_erase.html",
        acts=True,
        person=whom,
        name=whom.name or _("(no name)"),
        stake=stake,
        namesakes=namesakes(work.session, visitor().reach, whom),
        fault=fault,
        stale=stale,
    )
    shown.status_code = 409 if stale else 422 if fault else 200
    return shown


def _said(ended: Ended) -> str:
    """Say what was done, of somebody who has no name any more."""
    if not ended.records:
        return str(_("This person's data was erased before: nothing was left to do."))
    said = [_("This person's data is erased.")]
    if ended.promises:
        said.append(
            ngettext("%(num)s open promise ended.", "%(num)s open promises ended.", ended.promises)
        )
    if ended.letters:
        said.append(
            ngettext("%(num)s letter was stopped.", "%(num)s letters were stopped.", ended.letters)
        )
    said.append(_("An ATS keeps its own record: erase them there too."))
    return " ".join(said)


def _led(to: str) -> Response:
    answer: Response = current_app.make_response(redirect(to, 303))
    return answer
