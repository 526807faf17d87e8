"""Recording a decision against an application: who decided, why, and that telling it is owed."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _

from service.dashboard.queue_acting import (
    Done,
    Filled,
    FormError,
    Subject,
    Values,
    form_about,
    note,
)
from service.dashboard.site import visitor
from service.models import User
from service.queries.choices import active_colleagues
from service.workflows.decide import DECIDERS, check_may_decide, reject
from service.workflows.work import Work


def _show(subject: Subject, filled: Filled) -> Values:
    usual = subject.application.waiting_on_id or visitor().user_id or ""
    return {
        "deciders": active_colleagues(subject.work.session, roles=DECIDERS),
        "decided_by": filled.get("decided_by", usual),
    }


@form_about("decide_on", "/applications/<application_id>/decide", "queue_decide.html", _show)
def decide_it(subject: Subject) -> Done:
    """Record that somebody decided against the application; no letter goes by itself."""
    decider = decider_from_form(subject.work)
    stage = subject.application.stage
    reject(
        subject.work,
        subject.application,
        reason=note("why"),
        decided_by_id=decider.id,
        decided_at=subject.work.now,
        source="page",
    )
    text = _("Recorded. %(name)s is now owed the news; write or call.", name=subject.name)
    return Done("good", text, stage=stage)


def decider_from_form(work: Work) -> User:
    """Return who is said to have decided; ``FormError`` or ``PromiseError`` where nobody did."""
    decider = work.session.get(User, request.form.get("decided_by", "")[:64])
    if decider is None:
        raise FormError("decided_by", _("Say who decided."))
    return check_may_decide(decider, "/decided_by_id")
