"""The answer of whose decision is awaited: go on with somebody, or a decision against them.

Only the colleague it waits on gives it, whatever else they may.
"""

from __future__ import annotations

from flask import Response, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.actions import LONGEST_REASON
from service.dashboard.candidate_acts import changed_meanwhile, locked_within_reach
from service.dashboard.candidate_words import Times, stage_words
from service.dashboard.saying import why_refused
from service.dashboard.site import blueprint, no_page, say_at, takes, visitor, zone
from service.domain.changes import CLOSED_STAGES
from service.domain.promises import PromiseError
from service.domain.rights import Right
from service.models import Application, User
from service.parts import parts
from service.workflows.assigning import end_wait, hand_back
from service.workflows.decide import check_may_decide, reject
from service.workflows.work import Work


@blueprint.post("/applications/<application_id>/answer")
@takes(Right.ANSWER)
def answer_for(application_id: str) -> Response:
    """Take the answer that an application waits for."""
    work = parts().work(actor=visitor().actor, source="page")
    application, me = locked_within_reach(work, application_id), visitor().user_id
    # Who has no name here is awaited by nobody, least of all by what awaits nobody.
    if application is None or me is None or application.waiting_on_id != me:
        work.session.rollback()
        return no_page()
    candidate_id = application.candidate_id
    if request.form.get("version", "") != str(application.version):
        return _changed_since(work, application)
    try:
        said = _answered(work, application)
        work.session.commit()
    except StaleDataError:
        work.session.rollback()
        return _changed_since(work, work.session.get_one(Application, application_id))
    except PromiseError as error:
        work.session.rollback()
        return _stays(candidate_id, why_refused(error))
    # It awaits them no more, so their page of it may be gone.
    return say_at("pages.waiting", "good", said)


def _answered(work: Work, application: Application) -> str:
    answer, why = request.form.get("answer"), " ".join(request.form.get("why", "").split())
    if application.stage in CLOSED_STAGES:
        raise PromiseError("decided-already", _("it is closed already: nothing is to be decided"))
    if answer == "on":
        hand_back(work, application)
        return str(_("Your answer is given: the owner goes on with them."))
    if answer != "no":
        raise PromiseError("invalid", _("say whether to go on with them"))
    if len(why) > LONGEST_REASON:
        raise PromiseError(
            "invalid", _("give the reason in at most %(number)s characters", number=LONGEST_REASON)
        )
    by = check_may_decide(work.session.get(User, visitor().user_id), "/decided_by_id")
    reject(
        work,
        application,
        reason=why or None,
        decided_by_id=by.id,
        decided_at=work.now,
        source="page",
    )
    end_wait(work, application)
    return str(_("Your answer is given: the decision is made, and telling them is owed."))


def _changed_since(work: Work, application: Application) -> Response:
    """Say where the application stands now, with the answer kept, to give it all the same."""
    wish = {name: request.form.get(name, "") for name in ("answer", "why", "from")}
    answers = {"on": _("Go on with them"), "no": _("Do not go on: a decision against them")}
    at = Times(zone(), None, work.now).maybe(application.last_contact_at)
    changes = [
        (_("Stage"), stage_words(application.stage), ""),
        (_("last contact"), at.words if at else _("no contact yet"), ""),
        (_("Your answer"), "", answers.get(wish["answer"], "–")),
    ]
    if wish["why"]:
        changes.append((_("Why not, for your colleagues"), "", wish["why"]))
    kept = {**wish, "version": str(application.version)}
    action = url_for("pages.answer_for", application_id=application.id)
    back = url_for("pages.candidate", candidate_id=application.candidate_id)
    if wish["from"] == "home":
        back = url_for("pages.waiting")
    work.session.rollback()
    return changed_meanwhile(changes, action, kept, back)


def _stays(candidate_id: str, text: str) -> Response:
    if request.form.get("from") == "home":
        return say_at("pages.waiting", "care", text)
    return say_at("pages.candidate", "care", text, candidate_id=candidate_id)
