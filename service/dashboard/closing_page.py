"""The guided page on which a job is closed: what for, who is told how, one sentence, one button.

Nothing is stored until the button is pressed; what is done then is planned anew, and refused where
the number of letters is not the one that was shown or typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.actions import LONGEST_REASON
from service.dashboard.candidate_words import Times
from service.dashboard.closing_view import LEFT_OUT, PlanView, plan_view
from service.dashboard.saying import why_refused
from service.dashboard.site import blueprint, needs, no_page, page, say_at, takes, visitor, zone
from service.domain.closing_terms import Outcome
from service.domain.promises import PromiseError
from service.domain.rights import Right
from service.mail.templates import TemplateError
from service.models import Job
from service.parts import Parts, parts
from service.queries.choices import active_colleagues
from service.queries.job_people import job
from service.workflows.close_job import close_job
from service.workflows.closing_plan import ClosingWish, plan_closing
from service.workflows.work import Work

_ID = re.compile(r"[0-9A-Za-z_]{1,64}")
_LISTS = ("mail", "second", "leave")
"""The lists of people for whom something differs from the rules."""


@dataclass
class _Filled:
    """What was said so far; ``lists`` holds ids of applications by what is wished for them."""

    outcome: str = ""
    until: str = ""
    reason: str = ""
    by_user_id: str = ""
    lists: dict[str, frozenset[str]] = field(
        default_factory=lambda: dict.fromkeys(_LISTS, frozenset())
    )
    fault: str = ""

    def wish(self) -> ClosingWish:
        """Return the wish; ``PromiseError`` where something is missing."""
        if self.outcome not in list(Outcome):
            raise PromiseError("invalid", _("say what became of the job"))
        if len(self.reason) > LONGEST_REASON:
            raise PromiseError(
                "invalid", _("give the reason in at most %(number)s characters", number=500)
            )
        by_user_id = visitor().user_id or self.by_user_id
        if not by_user_id:
            raise PromiseError("invalid", _("say who decides: a decision is a person's"))
        return ClosingWish(
            Outcome(self.outcome),
            by_user_id,
            reason=self.reason or None,
            second_choice=self.lists["second"],
            second_choice_until_on=self._until(),
            mail_anyway=self.lists["mail"],
            leave_out=self.lists["leave"],
        )

    def _until(self) -> date | None:
        if not self.until:
            return None
        try:
            return date.fromisoformat(self.until)
        except ValueError:
            raise PromiseError("invalid", _("name a day until which they are kept")) from None


@blueprint.get("/jobs/<job_id>/close")
@needs(Right.ACT)
def close_a_job(job_id: str) -> Response:
    """Ask what became of the job."""
    running = parts()
    work = running.work(actor=visitor().actor, source="page")
    found = _job(work, job_id)
    if found is None:
        return no_page()
    filled = _Filled(outcome=found.status if found.status in list(Outcome) else Outcome.FILLED)
    return _shown(running, found, filled, None)


@blueprint.post("/jobs/<job_id>/close", endpoint="close_it")
@takes(Right.ACT)
def close_it(job_id: str) -> Response:
    """Show who would be told how, move people, or close the job as it was shown."""
    running = parts()
    work = running.work(actor=visitor().actor, source="page")
    found = _job(work, job_id)
    if found is None:
        return no_page()
    filled = _read()
    if request.form.get("step") == "close":
        done = _closed(running, work, found, filled)
        if done is not None:
            return done
        found = work.session.get_one(Job, job_id)
    plan: PlanView | None = None
    try:
        made = plan_closing(work, found, filled.wish())
        plan = plan_view(made, visitor().reach, Times(zone(), None, work.now))
    except (PromiseError, TemplateError) as error:
        filled.fault = filled.fault or why_refused(error)
    shown = _shown(running, found, filled, plan)
    work.session.rollback()
    shown.status_code = 422 if filled.fault else 200
    return shown


def _closed(running: Parts, work: Work, found: Job, filled: _Filled) -> Response | None:
    """Close the job as it was shown; ``None``, with the fault noted, where that cannot be."""
    try:
        confirmed = _number("confirm" if "confirm" in request.form else "letters")
        done = close_job(work, found.id, filled.wish(), confirmed)
        closing_id, letters = done.closing.id, len(done.plan.letters)
        work.session.commit()
    except (PromiseError, TemplateError) as error:
        work.session.rollback()
        filled.fault = why_refused(error)
        return None
    except (StaleDataError, IntegrityError):
        work.session.rollback()
        filled.fault = _("Somebody else changed this meanwhile: look at the plan again.")
        return None
    running.runner.wake("dispatch")
    text = _("The job is closed.")
    if letters:
        text = _("The job is closed. The letters wait, and can be taken back until they leave.")
    return say_at("pages.closing", "good", text, closing_id=closing_id)


def _shown(running: Parts, found: Job, filled: _Filled, plan: PlanView | None) -> Response:
    session = running.work(actor="page", source="page").session
    return page(
        running,
        "closing_plan.html",
        acts=True,
        job={"id": found.id, "title": found.title, "status": found.status},
        filled=filled,
        kept={name: ",".join(sorted(ids)) for name, ids in filled.lists.items()},
        plan=plan,
        left_out=LEFT_OUT,
        outcomes=[
            (Outcome.FILLED.value, _("Somebody was hired: the position is filled")),
            (Outcome.CLOSED.value, _("The position is closed")),
            (Outcome.CANCELLED.value, _("The position was cancelled")),
        ],
        colleagues=[] if visitor().user_id else active_colleagues(session),
    )


def _read() -> _Filled:
    """Return what the form says, with the people moved whom a button moves."""
    form = request.form
    lists = {
        name: frozenset(id_ for id_ in form.get(name, "").split(",") if _ID.fullmatch(id_))
        for name in _LISTS
    }
    move = form.get("move", "")
    if move in (*_LISTS, "rules"):
        chosen = frozenset(id_ for id_ in form.getlist("person") if _ID.fullmatch(id_))
        lists = {
            name: ids - chosen | (chosen if name == move else frozenset())
            for name, ids in lists.items()
        }
    return _Filled(
        outcome=form.get("outcome", ""),
        until=form.get("until", "").strip(),
        reason=" ".join(form.get("reason", "").split()),
        by_user_id=form.get("by_user_id", ""),
        lists=lists,
    )


def _job(work: Work, job_id: str) -> Job | None:
    """Return a job within the visitor's reach."""
    if job(work.session, visitor().reach, job_id, work.now.date()) is None:
        return None
    return work.session.get_one(Job, job_id)


def _number(name: str) -> int:
    """Return the number of letters that was shown or typed; one that is none confirms nothing."""
    said = request.form.get(name, "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 8 else -1
