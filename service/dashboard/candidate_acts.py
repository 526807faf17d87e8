"""What is done on one person's page: an enquiry is recorded, an application is handed over.

Each form is one transaction. A form that was filled in before somebody else changed the same
thing changes nothing: it shows what changed, with the wish kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Response, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.actions import LONGEST_REASON
from service.dashboard.candidate import enquiry_again
from service.dashboard.candidate_words import ASKED
from service.dashboard.queue_going import go
from service.dashboard.queue_undo import act_since, mark
from service.dashboard.saying import why_refused
from service.dashboard.site import blueprint, no_page, page, say_at, takes, visitor, zone
from service.domain.changes import CLOSED_STAGES
from service.domain.contacts import Channel
from service.domain.promises import PromiseError
from service.domain.rights import Right, within
from service.models import Application, User
from service.parts import parts
from service.workflows.assigning import assign
from service.workflows.enquire import enquire
from service.workflows.promise_changes import lock_application
from service.workflows.work import Work


@blueprint.post("/applications/<application_id>/assign")
@takes(Right.ACT)
def assign_application(application_id: str) -> Response:
    """Say who owns an application and whose decision it awaits."""
    work = parts().work(actor=visitor().actor, source="page")
    application = locked_within_reach(work, application_id)
    if application is None:
        return no_page()
    candidate_id = application.candidate_id
    if request.form.get("version", "") != str(application.version):
        return _changed_meanwhile(work, application)
    before = mark(work)
    try:
        assign(
            work,
            application,
            owner_id=request.form.get("owner_id") or None,
            waiting_on_id=request.form.get("waiting_on_id") or None,
        )
        undo = act_since(work, before)
        work.session.commit()
    except StaleDataError:
        work.session.rollback()
        return _changed_meanwhile(work, work.session.get_one(Application, application_id))
    except PromiseError as error:
        work.session.rollback()
        return _said(candidate_id, "care", why_refused(error))
    back = url_for("pages.candidate", candidate_id=candidate_id)
    return go(back, "good", _("The application is in their hands now."), undo)


@blueprint.post("/people/<candidate_id>/enquiry", endpoint="enquiry_on_page")
@takes(Right.ACT)
def record_enquiry(candidate_id: str) -> Response:
    """Record that the person got in touch and asked; a reply is owed from now on."""
    running = parts()
    work = running.work(actor=visitor().actor, source="page")
    application = locked_within_reach(work, request.form.get("application_id", ""))
    if application is None or application.candidate_id != candidate_id:
        work.session.rollback()
        return no_page()
    channel, at, note = request.form.get("channel", ""), _asked_at(work), _note()
    fault = _fault(channel, at, note, work.now)
    if fault or at is None:
        work.session.rollback()
        return enquiry_again(candidate_id, request.form, fault)
    try:
        asked = enquire(work, application, channel=Channel(channel), at=at, note=note or None)
        new, answered = asked.new, asked.promise is not None
        work.session.commit()
    except (PromiseError, StaleDataError) as error:
        work.session.rollback()
        stale = isinstance(error, StaleDataError)
        meanwhile = _("Somebody else changed this meanwhile: look again.")
        why = meanwhile if stale else why_refused(error)
        return enquiry_again(candidate_id, request.form, why)
    running.runner.wake("check")
    if new:
        return _said(candidate_id, "good", _("Recorded. A reply is owed to them now."))
    if answered:
        return _said(candidate_id, "good", _("Recorded. What is promised already answers it."))
    return _said(candidate_id, "good", _("Recorded."))


def locked_within_reach(work: Work, application_id: str) -> Application | None:
    """Return an application, locked, where the visitor may know of it."""
    application = lock_application(work, application_id)
    if application is not None and within(
        visitor().reach,
        team_id=application.job.team_id,
        waiting_on_id=application.waiting_on_id,
        closed=application.stage in CLOSED_STAGES,
    ):
        return application
    work.session.rollback()
    return None


def _asked_at(work: Work) -> datetime | None:
    """Return when they asked, by the reader's clock: now where nothing is said."""
    said = request.form.get("at", "").strip()
    if not said:
        return work.now
    try:
        local = datetime.fromisoformat(said)
    except ValueError:
        return None
    if local.tzinfo is not None:
        return None
    try:
        return local.replace(tzinfo=ZoneInfo(zone())).astimezone(UTC)
    except OverflowError:
        return None


def _note() -> str:
    said = request.form.get("note", "")
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())


def _fault(channel: str, at: datetime | None, note: str, now: datetime) -> str:
    if channel not in ASKED:
        return str(_("Say how they got in touch."))
    if at is None or at > now:
        return str(_("Say when they asked: a time that has passed. Nothing was recorded."))
    if len(note) > LONGEST_REASON:
        return str(_("Say it in at most %(number)s characters.", number=LONGEST_REASON))
    return ""


def _said(candidate_id: str, style: str, text: str) -> Response:
    return say_at("pages.candidate", style, text, candidate_id=candidate_id)


def _changed_meanwhile(work: Work, application: Application) -> Response:
    """Say who has the application now, with what was wished kept, to do it or leave it."""

    def name(user_id: str | None) -> str:
        user = work.session.get(User, user_id) if user_id else None
        return user.name if user else _("nobody")

    wish = {key: request.form.get(key, "") for key in ("owner_id", "waiting_on_id")}
    changes = [
        (_("Owner"), name(application.owner_id), name(wish["owner_id"])),
        (_("Waiting on"), name(application.waiting_on_id), name(wish["waiting_on_id"])),
    ]
    kept = {**wish, "version": str(application.version)}
    action = url_for("pages.assign_application", application_id=application.id)
    back = url_for("pages.candidate", candidate_id=application.candidate_id)
    work.session.rollback()
    return changed_meanwhile(changes, action, kept, back)


def changed_meanwhile(
    changes: Sequence[tuple[str, str, str]], action: str, kept: Mapping[str, str], back: str
) -> Response:
    """Say what is so now and what was wished (each: what, now, wished), with the wish kept.

    ``kept`` are the fields to send to ``action``, with the version that is current now.
    """
    shown = page(
        parts(),
        "changed_meanwhile.html",
        acts=True,
        changes=changes,
        action=action,
        kept=kept,
        back=back,
    )
    shown.status_code = 409
    return shown
