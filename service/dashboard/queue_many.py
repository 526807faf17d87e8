"""Acting on many people at once: what is meant, a preview of all of it, one confirmation.

Whoever cannot be included is named with the reason before anything is done. What was shown is what
is done: each person's row carries what was seen of them, each letter the name of its very text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.queue_acting import FormError, application_of
from service.dashboard.queue_doing import (
    Doing,
    LeftOutError,
    Outcomes,
    chosen_by,
    doing,
    seen_of,
)
from service.dashboard.queue_going import go, way_back
from service.dashboard.queue_letters import KIND_WORDS, fields_of, kinds_for
from service.dashboard.queue_promises import kinds_promised
from service.dashboard.queue_undo import act_since, mark
from service.dashboard.queue_when import OWN, choices
from service.dashboard.saying import cause, why_refused
from service.dashboard.site import blueprint, page, takes, visitor
from service.domain.promises import PromiseError
from service.domain.rights import Right
from service.mail.variables import TemplateError
from service.models import Application
from service.parts import parts
from service.queries.choices import active_colleagues
from service.workflows.decide import DECIDERS
from service.workflows.work import Work

MOST = 500
"""People in one act."""

ACTS: Final[dict[str, Any]] = {
    "write": lazy_gettext("Write to them"),
    "move": lazy_gettext("Move their dates"),
    "call": lazy_gettext("Log the calls"),
    "assign": lazy_gettext("Hand them over"),
    "promise": lazy_gettext("Promise them something"),
    "decide": lazy_gettext("Record decisions"),
    "release": lazy_gettext("Release the promises"),
}


@dataclass(frozen=True)
class Included:
    """One person of the preview."""

    ref: str
    name: str
    job: str
    outcome: Outcomes


@dataclass
class Plan:
    """Everybody of a selection: who is included, and who is left out and why."""

    included: list[Included] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    @property
    def letters(self) -> int:
        """How many letters it writes."""
        return sum(each.outcome.letter is not None for each in self.included)

    @property
    def digest(self) -> str:
        """What was shown: the same people, the same letters."""
        lines = (f"{each.ref} {seen_of(each.outcome)}" for each in self.included)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


@blueprint.post("/queue/act")
@takes(Right.ACT)
def act_on_many() -> Any:
    """Ask what is meant, show all of it, or do what was shown."""
    act = request.form.get("act", "")
    refs = list(dict.fromkeys(request.form.getlist("who")))
    back = way_back()
    if act not in ACTS:
        return go(back, "care", _("Choose what to do."))
    if not refs:
        return go(back, "care", _("Choose somebody first."))
    if len(refs) > MOST:
        return go(back, "care", _("Choose at most %(most)s people at a time.", most=MOST))
    step = request.form.get("step", "")
    running = parts()
    work = running.work(actor=visitor().actor, source="page")
    faults: dict[str, str] = {}
    plan: Plan | None = None
    changed = False
    if step in ("preview", "confirm"):
        try:
            before = mark(work)
            plan = _carried_out(work, refs, doing(work, act))
            changed = step == "confirm" and request.form.get("digest") != plan.digest
            if step == "confirm" and plan.included and not changed:
                undo = act_since(work, before)
                work.session.commit()
                running.runner.wake("dispatch")
                return go(back, "care" if plan.left_out else "good", _told(act, plan), undo)
        except FormError as error:
            faults[error.field] = str(error)
        except PromiseError as error:
            # Nobody may do it to anybody: this is not about one of them.
            faults["form"] = why_refused(error)
        except StaleDataError:
            changed = True
    # A preview is the act itself, not kept: it cannot promise what the act would refuse.
    work.session.rollback()
    answer = page(
        running,
        "queue_many.html",
        acts=True,
        act=act,
        title=ACTS[act],
        refs=refs,
        back=back,
        plan=plan,
        changed=changed,
        faults=faults,
        given=request.form,
        number=len(refs),
        **_form(work, act, refs),
    )
    answer.status_code = 409 if changed else 422 if faults else 200
    work.session.rollback()
    return answer


def _carried_out(work: Work, refs: Sequence[str], do: Doing) -> Plan:
    """Do it to each who can be included, each in a step of its own; the caller keeps it or not."""
    plan = Plan()
    # Locked in one order, whoever acts: two of us never wait for each other crosswise.
    for ref in sorted(refs):
        name = ""
        try:
            chosen = chosen_by(work, ref)
            name = chosen.name
            with work.session.begin_nested():
                outcome = do(work, chosen)
                work.session.flush()
        except (LeftOutError, PromiseError, TemplateError) as error:
            plan.left_out.append((name or _("somebody"), cause(error)))
        else:
            job = chosen.application.job.title
            plan.included.append(Included(ref, name, job, outcome))
    plan.included.sort(key=lambda each: (each.name.casefold(), each.ref))
    return plan


def _told(act: str, plan: Plan) -> str:
    number, out = len(plan.included), len(plan.left_out)
    if act == "write":
        said = ngettext("%(num)s letter is written.", "%(num)s letters are written.", number)
    else:
        said = ngettext("Done for %(num)s person.", "Done for %(num)s people.", number)
    if act == "move" and plan.letters:
        said += " " + ngettext(
            "%(num)s note is on its way.", "%(num)s notes are on their way.", plan.letters
        )
    if out:
        said += " " + ngettext("%(num)s person was left out.", "%(num)s people were left out.", out)
    return str(said)


def _form(work: Work, act: str, refs: Sequence[str]) -> dict[str, Any]:
    """Return what the form of an act offers."""
    if act == "write":
        kind = request.form.get("kind", "")
        kind = kind if kind in KIND_WORDS else "status-update"
        return {"kind": kind, "kinds": kinds_for(decided=True), "fields": fields_of(kind)}
    if act in ("move", "promise"):
        first = _first(work, refs)
        offered = {"choices": choices(work, first) if first else [], "own": OWN}
        return {**offered, "kinds": kinds_promised()}
    if act == "decide":
        usual = request.form.get("decided_by", visitor().user_id or "")
        deciders = active_colleagues(work.session, roles=DECIDERS)
        return {"deciders": deciders, "decided_by": usual}
    if act == "assign":
        return {"colleagues": active_colleagues(work.session)}
    return {}


def _first(work: Work, refs: Sequence[str]) -> Application | None:
    """Return somebody's application: the choices are shown as they come out for them."""
    for ref in refs:
        found = application_of(work, ref.split(":", 1)[0], lock=False)
        if found is not None:
            return found
    return None
