"""The legal hold of one person: a page that says what it does, and the deeds that set and lift it.

Whoever may erase a person sets and lifts their hold: to others there is no such page. A form that
was filled in before somebody else did the same shows what stands now.
"""

from __future__ import annotations

from flask import Response, current_app, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.candidate_words import Times
from service.dashboard.rows import Moment
from service.dashboard.site import blueprint, needs, no_page, page, say_at, takes, visitor
from service.dashboard.site import zone as own_zone
from service.domain.promises import PromiseError
from service.domain.rights import Right
from service.domain.waking_hours import zone_named
from service.models import Candidate
from service.parts import parts
from service.queries.at_stake import is_wholly_within
from service.queries.candidate_page import Person, person, surviving_id
from service.queries.holds import Hold, hold_of
from service.workflows.legal_hold import LONGEST_WHY, hold, lift
from service.workflows.people import lock_person
from service.workflows.work import Work


@blueprint.get("/people/<candidate_id>/hold")
@needs(Right.ACT)
def holding(candidate_id: str) -> Response:
    """Show whether a person is on legal hold, and offer to set or lift it."""
    work = parts().work(actor="page", source="page")
    whom = _whole(work, surviving_id(work.session, candidate_id))
    if whom is None:
        return no_page()
    if whom.erased_at is not None or whom.candidate_id != candidate_id:
        where = "pages.candidate" if whom.erased_at is not None else "pages.holding"
        answer: Response = current_app.make_response(
            redirect(url_for(where, candidate_id=whom.candidate_id), 303)
        )
        return answer
    return _asked(work, whom)


@blueprint.post("/people/<candidate_id>/hold")
@takes(Right.ACT)
def hold_person(candidate_id: str) -> Response:
    """Put a person on legal hold, for a reason."""
    work = parts().work(actor=visitor().actor, source="page")
    whom = _locked(work, candidate_id)
    if whom is None:
        return no_page()
    why = request.form.get("why", "")
    try:
        hold(work, work.session.get_one(Candidate, whom.candidate_id), why)
        work.session.commit()
    except (PromiseError, StaleDataError) as error:
        return _refused(work, whom, error, why)
    return say_at(
        "pages.candidate",
        "good",
        _("They are on legal hold: nothing of theirs is erased until it is lifted."),
        candidate_id=whom.candidate_id,
    )


@blueprint.post("/people/<candidate_id>/hold/lift")
@takes(Right.ACT)
def lift_hold(candidate_id: str) -> Response:
    """Lift the legal hold of a person."""
    work = parts().work(actor=visitor().actor, source="page")
    whom = _locked(work, candidate_id)
    if whom is None:
        return no_page()
    try:
        lift(work, work.session.get_one(Candidate, whom.candidate_id))
        work.session.commit()
    except (PromiseError, StaleDataError) as error:
        return _refused(work, whom, error)
    return say_at(
        "pages.candidate",
        "good",
        _("The legal hold is lifted: they may be erased again, by hand or by rule."),
        candidate_id=whom.candidate_id,
    )


def hold_view(found: Hold | None, times: Times) -> dict[str, str | Moment] | None:
    """Return a hold in words: when, who and why."""
    if found is None:
        return None
    return {"at": times.at(found.at), "who": _who(found), "why": found.why.removesuffix(".")}


def _who(found: Hold) -> str:
    match found.actor.partition(":")[0]:
        case "user":
            return found.name or str(_("a colleague"))
        case "key":
            return str(_("the key “%(name)s”", name=found.name))
        case "page":
            return str(_("somebody at this machine"))
        case _:
            return str(_("somebody on the command line"))


def _whole(work: Work, candidate_id: str | None) -> Person | None:
    """Return a person of whom everything is within the visitor's reach."""
    if candidate_id is None:
        return None
    reach = visitor().reach
    whom = person(work.session, reach, candidate_id)
    return whom if whom is not None and is_wholly_within(work.session, reach, whom) else None


def _locked(work: Work, candidate_id: str) -> Person | None:
    """Return a person, or whom they were merged into, with the row locked."""
    candidate = work.session.get(Candidate, candidate_id)
    whom = _whole(work, lock_person(work, candidate).id) if candidate is not None else None
    if whom is None:
        work.session.rollback()
    return whom


def _refused(
    work: Work, whom: Person, error: PromiseError | StaleDataError, why: str = ""
) -> Response:
    work.session.rollback()
    if isinstance(error, PromiseError) and error.code == "hold-needs-a-reason":
        long = len(why) > LONGEST_WHY
        said = _("Say it in at most %(number)s characters.", number=LONGEST_WHY) if long else ""
        fault = str(said or _("Say why: whoever wants to lift it one day reads it."))
        return _asked(work, whom, status=422, fault=fault, why=why)
    meanwhile = str(_("Somebody else changed this meanwhile: look again."))
    return _asked(work, whom, status=409, meanwhile=meanwhile, why=why)


def _asked(
    work: Work,
    whom: Person,
    *,
    status: int = 200,
    fault: str = "",
    meanwhile: str = "",
    why: str = "",
) -> Response:
    times = Times(own_zone(), whom.time_zone if zone_named(whom.time_zone) else None, work.now)
    shown = page(
        parts(),
        "candidate_hold.html",
        acts=True,
        person=whom,
        name=whom.name or _("(no name)"),
        hold=hold_view(hold_of(work.session, whom.candidate_id), times),
        days=work.office.people_days,
        fault=fault,
        refused=meanwhile,
        why=why,
        longest=LONGEST_WHY,
    )
    shown.status_code = status
    return shown
