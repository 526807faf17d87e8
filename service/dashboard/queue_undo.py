"""Taking back what one has just done: the offer on the next page, and the form behind it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.queue_going import go, way_back
from service.dashboard.saying import why_refused, words
from service.dashboard.site import blueprint, takes, visitor
from service.domain.changes import Stage
from service.domain.promises import PromiseError
from service.domain.rights import Right
from service.parts import parts
from service.queries.extent import applications_within
from service.queries.timeline_entries import last_entry
from service.workflows.undo_acts import Act, Undone, undo
from service.workflows.work import Work

_ACT = re.compile(r"([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,18})(?:-([a-z]{1,20}))?")
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


def mark(work: Work) -> int:
    """Return the last entry of the timeline, before something is done."""
    return last_entry(work.session)


def act_since(work: Work, before: int, stage: str | None = None) -> str:
    """Name what was done since a mark, for the offer to take it back."""
    work.session.flush()
    micros = (work.now - _BEGINNING) // timedelta(microseconds=1)
    return f"{before}-{mark(work)}-{micros}" + (f"-{stage}" if stage else "")


def undo_offer() -> str:
    """Return the act that the page before this one may take back, or ""."""
    given = request.args.get("undo", "")
    return given if _ACT.fullmatch(given) else ""


@blueprint.post("/undo")
@takes(Right.ACT)
def undo_act() -> Any:
    """Take back what was done a moment ago."""
    act = _act(request.form.get("act", ""))
    back = way_back()
    if act is None:
        return go(back, "care", _("There is nothing to take back."))
    running = parts()
    work = running.work(actor=visitor().actor, source="page")
    try:
        done = undo(work, act, applications_within(visitor().reach))
        work.session.commit()
    except PromiseError as error:
        work.session.rollback()
        return go(back, "care", why_refused(error))
    except StaleDataError:
        work.session.rollback()
        return go(back, "care", _("Somebody else changed this meanwhile: look again."))
    return _told(back, done)


def _act(text: str) -> Act | None:
    found = _ACT.fullmatch(text)
    if found is None or not text.isascii():
        return None
    try:
        at = _BEGINNING + timedelta(microseconds=int(found[3]))
    except OverflowError:
        return None
    stage = Stage(found[4]) if found[4] in {each.value for each in Stage} else None
    return Act(int(found[1]), int(found[2]), at, stage)


def _told(back: str, done: Undone) -> Response:
    if not done.people and not done.too_late and not done.kept:
        return go(back, "care", _("There is nothing to take back."))
    said = ngettext(
        "Taken back for %(num)s person.", "Taken back for %(num)s people.", len(done.people)
    )
    if done.letters:
        said += " " + ngettext(
            "%(num)s letter is cancelled.", "%(num)s letters are cancelled.", done.letters
        )
    if done.too_late:
        said += " " + ngettext(
            "Too late for %(num)s letter: it is sent already.",
            "Too late for %(num)s letters: they are sent already.",
            done.too_late,
        )
    if done.kept:
        said += " " + _(
            "Not taken back: %(why)s.", why="; ".join(dict.fromkeys(map(words, done.kept)))
        )
    return go(back, "care" if done.too_late or done.kept else "good", said)
