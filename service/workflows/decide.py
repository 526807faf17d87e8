"""Records decisions and takes them back. Without a standing one no rejection is ever written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from service.db import in_chunks, new_id
from service.domain.applications import Standing, reopen, settle
from service.domain.changes import Stage, Telling
from service.domain.contacts import DECISION_LETTERS
from service.domain.policies import Trigger
from service.domain.promises import OPEN_STATES, PromiseError
from service.domain.wording import to_say
from service.models import Application, Decision, Message, Promise, User
from service.workflows.enqueue import cancel, cancel_unsent
from service.workflows.promise_changes import (
    open_promises,
    open_promises_of,
    release_by_rule,
    retire,
)
from service.workflows.promise_making import check_can_promise, check_still_here, promise_terms
from service.workflows.reopening import Past, owe_again
from service.workflows.rule_promises import arm_silence, promised_by_rule, trigger
from service.workflows.telling import note_telling
from service.workflows.timeline import record
from service.workflows.together import together
from service.workflows.work import Work


def standing_decision(work: Work, application_id: str) -> Decision | None:
    """Return the decision that stands about an application, if one does."""
    return work.session.scalars(
        select(Decision).where(
            Decision.application_id == application_id, Decision.withdrawn_at.is_(None)
        )
    ).one_or_none()


DECIDERS = frozenset({"recruiter", "hiring_manager", "administrator"})
"""The roles whose people may decide against an application."""


REJECTED_THERE_TOO = to_say("it was rejected in the ATS too: take that back there")
"""Why an application stays closed though what was done here is taken back."""


def check_may_decide(user: User | None, pointer: str) -> User:
    """Return who decides; refuse nobody, somebody who has left, and who only looks on."""
    if user is None or not user.active or user.role not in DECIDERS:
        raise PromiseError(
            "not-allowed-to-decide",
            to_say(
                "a decision is made by an active recruiter, hiring manager or administrator: "
                "name one"
            ),
            pointer,
        )
    return user


def reject(
    work: Work,
    application: Application,
    *,
    reason: str | None,
    decided_by_id: str | None,
    decided_at: datetime,
    source: str,
    told_by_ats: bool = False,
    telling: Telling | None = None,
) -> Decision:
    """Record that a person decided against an application; telling the candidate is now owed.

    A decision made here moves the application to ``rejected``; one reported by an ATS comes with
    the stage change that the caller has made already. ``told_by_ats`` says that the ATS tells the
    person, so that nobody here owes it; ``telling`` from when it lets the person be told, and what
    is owed counts from then.
    """
    (decision,) = reject_all(
        work,
        [application],
        reason=reason,
        decided_by_id=decided_by_id,
        decided_at=decided_at,
        source=source,
        told_by_ats=told_by_ats,
        telling=telling,
    )
    return decision


def reject_all(
    work: Work,
    applications: Sequence[Application],
    *,
    reason: str | None,
    decided_by_id: str | None,
    decided_at: datetime,
    source: str,
    told_by_ats: bool = False,
    telling: Telling | None = None,
) -> list[Decision]:
    """Record one decision against each of these applications, as ``reject`` does against one.

    What is asked of the database does not grow with their number. Raises ``PromiseError`` for the
    first that nothing can be decided about; nothing counts then.
    """
    ids = [application.id for application in applications]
    decided = {
        application_id
        for chunk in in_chunks(ids, _CHUNK)
        for application_id in work.session.scalars(
            select(Decision.application_id).where(
                Decision.application_id.in_(chunk), Decision.withdrawn_at.is_(None)
            )
        )
    }
    for application in applications:
        check_still_here(application)
        if application.id in decided:
            raise PromiseError(
                "decided-already",
                to_say("a decision stands already: withdraw it before deciding anew"),
            )
        if application.stage != Stage.REJECTED:
            check_can_promise(application)
    stood = {application.id: application.stage for application in applications}
    _stand_rejected(
        work, [each for each in applications if each.stage != Stage.REJECTED], decided_at
    )
    decisions = [
        Decision(
            id=new_id("dec"),
            application_id=application.id,
            outcome=Stage.REJECTED,
            reason=reason,
            source=source,
            decided_by_id=decided_by_id,
            decided_at=decided_at,
            created_at=work.now,
        )
        for application in applications
    ]
    for decision in decisions:
        note_telling(decision, telling)
    # Nobody can keep a word that may not be given yet.
    told_from = telling.not_before if telling else None
    owed_from = max(decided_at, told_from or decided_at)
    work.session.add_all(decisions)
    work.session.flush()
    owed = open_promises_of(work, ids)
    known = promised_by_rule(work, ids)
    with together(work):
        for application, decision in zip(applications, decisions, strict=True):
            id_ = application.id
            record(
                work,
                id_,
                "decided",
                at=decided_at,
                decision=decision.id,
                by=decided_by_id,
                stood_at=stood[id_],
            )
            retire(work, application, owed[id_])
            if not told_by_ats:
                by = known[id_]
                trigger(work, application, Trigger.DECIDED, decision.id, owed_from, standing=by)
    return decisions


_CHUNK = 500


def _stand_rejected(work: Work, applications: Sequence[Application], decided_at: datetime) -> None:
    """Write that all of these stand at ``rejected``, in a few statements.

    Raises ``StaleDataError`` where somebody changed one since it was read, as the session does.
    """
    values = {
        # Known from now on: what a source says of the time before does not reopen it.
        "stage": Stage.REJECTED,
        "stage_at": work.now,
        "closed_at": decided_at,
        "closed_here": True,
    }
    work.session.flush()
    for chunk in in_chunks(applications, _CHUNK):
        read = [(application.id, application.version) for application in chunk]
        written = work.session.scalars(
            update(Application)
            .where(tuple_(Application.id, Application.version).in_(read))
            .values(**values, version=Application.version + 1)
            .returning(Application.id)
            .execution_options(synchronize_session=False)
        ).all()
        if len(written) != len(chunk):
            raise StaleDataError("an application was changed since it was read")
        for application in chunk:
            for name, value in {**values, "version": application.version + 1}.items():
                set_committed_value(application, name, value)


@dataclass(frozen=True)
class Around:
    """What withdrawing must know around one application: its unsent final letters, what is owed
    to it, and what counts of the time before.
    """

    letters: Sequence[Message]
    owed: Sequence[Promise]
    past: Past


def withdraw_decision(
    work: Work, application: Application, decision: Decision, around: Around | None = None
) -> Decision:
    """Take a decision back: its unsent letters stop and nobody is owed its telling.

    ``around`` is what is known of the application, where the caller has read it already.
    """
    if decision.withdrawn_at is not None:
        raise PromiseError("decision-withdrawn", to_say("the decision was withdrawn already"))
    decision.withdrawn_at = work.now
    if around is None:
        cancel_unsent(work, application.id, _WITHDRAWN, *DECISION_LETTERS)
    else:
        for message in around.letters:
            cancel(work, message, _WITHDRAWN)
    for promise in around.owed if around else open_promises(work, application.id):
        if promise_terms(promise).trigger is Trigger.DECIDED:
            release_by_rule(work, promise, _WITHDRAWN)
    record(work, application.id, "decision_withdrawn", decision=decision.id)
    work.flush()
    return decision


_WITHDRAWN = to_say("the decision was withdrawn")


def reopen_here(
    work: Work, application: Application, stage: Stage, around: Around | None = None
) -> None:
    """Put an application back among those considered after its decision was withdrawn here."""
    current = Standing(Stage(application.stage), application.stage_at)
    standing = reopen(current, stage, work.now, work.now)
    set_standing(work, application, standing)
    if around is None:
        retire(work, application)
        owe_again(work, application)
    else:
        retire(work, application, [each for each in around.owed if each.state in OPEN_STATES])
        owe_again(work, application, around.past)


def set_standing(work: Work, application: Application, standing: Standing) -> bool:
    """Write where an application stands now; tell whether its stage changed."""
    changed = application.stage != standing.stage
    before = application.stage
    application.stage, application.stage_at = standing.stage, standing.at
    if standing.closed and application.closed_at is None:
        application.closed_at = standing.at
    elif not standing.closed:
        application.closed_at = None
        application.closed_here = False
    if changed:
        record(
            work,
            application.id,
            "stage",
            at=standing.at,
            before=before,
            stage=standing.stage,
        )
    return changed


def move_here(work: Work, application: Application, stage: Stage) -> None:
    """Move an application by hand: what rules owe follows the stage."""
    if stage is Stage.REJECTED:
        raise PromiseError(
            "needs-a-decision",
            to_say(
                "a rejection is a decision: record who decided and why instead of moving the stage"
            ),
            "/stage",
        )
    current = Standing(Stage(application.stage), application.stage_at)
    if current.closed and stage in (s for s in Stage if s is not current.stage):
        decision = standing_decision(work, application.id)
        if decision is not None:
            withdraw_decision(work, application, decision)
        standing = reopen(current, stage, work.now, work.now)
    else:
        standing = settle(current, stage, max(work.now, current.at), work.now)
    set_standing(work, application, standing)
    application.closed_here = standing.closed
    retire(work, application)
    if current.closed and not standing.closed:
        owe_again(work, application)
    else:
        arm_silence(work, application)
