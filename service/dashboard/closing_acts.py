"""One closing that was made: how far it has come, and taking it or its letters back."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.candidate_words import Times
from service.dashboard.closing_view import LEFT_OUT, PARTS, person_views
from service.dashboard.jobs import status_of_closing
from service.dashboard.saying import why_refused
from service.dashboard.site import (
    blueprint,
    may,
    message,
    needs,
    no_page,
    page,
    said,
    say_at,
    takes,
    visitor,
    zone,
)
from service.dashboard.wording import time_left
from service.db import db
from service.domain.closing_terms import Part
from service.domain.promises import PromiseError
from service.domain.rights import Extent, Reach, Right
from service.models import Job, JobClosing, User
from service.parts import parts
from service.queries.closings import closing_people, closing_progress
from service.queries.extent import is_job_within
from service.workflows.cancelling import Which, cancel_letters
from service.workflows.undo_closing import undo_closing
from service.workflows.work import Work

PAGE = 50
"""People on one page."""

_Act = Callable[[Work, JobClosing], tuple[str, str]]
"""Does something about a closing; returns how the page says so, and the words."""


@blueprint.get("/closings/<closing_id>")
@needs(Right.SEE)
def closing(closing_id: str) -> Response:
    """Show how far a closing has come, and everybody in it."""
    running, session = parts(), db.session()
    found = _closing(session.get(JobClosing, closing_id), visitor().reach)
    part = request.args.get("part", Part.MAIL.value)
    if found is None or part not in list(Part):
        return no_page()
    after = request.args.get("after", "")
    if len(after) > 64:
        return message(400, _("This link is not complete"), _("Go back to the first page."))
    progress = closing_progress(session, found)
    people = closing_people(
        session, found.id, after=(part, after) if after else None, limit=PAGE, part=part
    )
    now = running.now()
    times = Times(zone(), None, now)
    by = session.get(User, found.by_user_id) if found.by_user_id else None
    title = session.get_one(Job, found.job_id).title
    first, last = progress.goes_from, progress.goes_until
    return page(
        running,
        "closing.html",
        acts=True,
        said=said(running),
        closing=found,
        title=title,
        outcome=status_of_closing(found.outcome),
        by=by.name if by else "",
        made=times.at(found.created_at),
        undone=times.maybe(found.undone_at),
        until=found.second_choice_until_on,
        progress=progress,
        letters=[(words, progress.letters[step]) for step, words in _steps()],
        goes_from=times.maybe(first),
        goes_until=times.maybe(last),
        left=time_left((first - now).total_seconds()) if first and first > now else "",
        tabs=[
            (each.value, _titles()[each.value], progress.parts[each])
            for each in (*PARTS, Part.LEFT_OUT)
        ],
        part=part,
        people=person_views(people.rows, times),
        may_read_letters=may(Right.SEE_MAIL),
        first=not after,
        more=url_for("pages.closing", closing_id=found.id, part=part, after=people.next[1])
        if people.next
        else None,
    )


@blueprint.post("/closings/<closing_id>/undo")
@takes(Right.ACT)
def undo_closing_on_page(closing_id: str) -> Response:
    """Take a closing back, as far as that is still possible."""

    def act(work: Work, found: JobClosing) -> tuple[str, str]:
        done = undo_closing(work, found.id, visitor().user_id)
        text = ngettext(
            "The closing is taken back: %(num)s letter cancelled,",
            "The closing is taken back: %(num)s letters cancelled,",
            done.letters_cancelled,
        )
        again = ngettext(
            "%(num)s person considered again.",
            "%(num)s people considered again.",
            len(done.reopened),
        )
        if not done.stays:
            return "good", f"{text} {again}"
        stays = ngettext(
            "%(num)s stays as it is: they were told, or something happened since.",
            "%(num)s stay as they are: they were told, or something happened since.",
            len(done.stays),
        )
        return "care", f"{text} {again} {stays}"

    return _act(closing_id, act)


@blueprint.post("/closings/<closing_id>/cancel-letters")
@takes(Right.ACT)
def cancel_closing_letters(closing_id: str) -> Response:
    """Stop the letters of a closing that have not left; the decisions stand."""

    def act(work: Work, found: JobClosing) -> tuple[str, str]:
        done = cancel_letters(
            work, Which(closing_id=found.id), "the letters of the closing were taken back"
        )
        text = ngettext(
            "%(num)s letter is cancelled. The decision stands, and telling it is still owed.",
            "%(num)s letters are cancelled. The decisions stand, and telling them is still owed.",
            len(done.cancelled),
        )
        return ("care" if done.too_late else "good"), text

    return _act(closing_id, act)


def _act(closing_id: str, act: _Act) -> Response:
    running = parts()
    work = running.work(actor=visitor().actor, source="page")
    found = _closing(work.session.get(JobClosing, closing_id), visitor().reach)
    if found is None:
        return no_page()
    if request.form.get("version", "") != str(found.version):
        meanwhile = _("Somebody else changed this meanwhile: it is shown as it is now.")
        return say_at("pages.closing", "care", meanwhile, closing_id=closing_id)
    try:
        style, text = act(work, found)
        work.session.commit()
    except StaleDataError:
        work.session.rollback()
        style, text = "care", _("Somebody else changed this meanwhile: it is shown as it is now.")
    except PromiseError as error:
        work.session.rollback()
        style, text = "care", why_refused(error)
    running.runner.wake("dispatch")
    return say_at("pages.closing", style, text, closing_id=closing_id)


def _closing(found: JobClosing | None, reach: Reach) -> JobClosing | None:
    """Return a closing of a job that the reader sees whole."""
    if found is None or reach.extent is Extent.AWAITING:
        return None
    return found if is_job_within(db.session(), reach, found.job_id) else None


def _titles() -> dict[str, str]:
    titles = {part.value: str(title) for part, (title, _meaning) in PARTS.items()}
    return {**titles, Part.LEFT_OUT.value: str(LEFT_OUT)}


def _steps() -> list[tuple[str, str]]:
    return [
        ("waiting", _("wait")),
        ("delivered", _("delivered")),
        ("sent", _("on their way")),
        ("uncertain", _("uncertain")),
        ("bounced", _("did not arrive")),
        ("blocked", _("need a person")),
        ("captured", _("kept here, not sent")),
        ("cancelled", _("cancelled")),
    ]
