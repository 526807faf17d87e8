"""One's own absences: everybody says themselves when they are away and who stands in.

Nobody enters, sees or ends another's here; administrators do that in the settings.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request
from flask_babel import gettext as _

from service.dashboard.absence_words import away_words, days_words
from service.dashboard.settings_person_deeds import locked_colleague
from service.dashboard.site import (
    OWN,
    blueprint,
    needs,
    no_page,
    page,
    said,
    say_at,
    takes,
    visitor,
    zone,
)
from service.db import db
from service.models import User, UserAbsence
from service.parts import Parts, parts
from service.queries import colleague_records as colleagues
from service.workflows.absence_entries import add_absence, end_absence
from service.workflows.colleagues import ColleagueError
from service.workflows.work import Work


@blueprint.get("/account/absences")
@needs(OWN)
def account_absences() -> Response:
    """Show when one is or will be away, and whom one stands in for."""
    return _shown(parts(), {}, "")


@blueprint.post("/account/absences")
@takes(OWN)
def account_away() -> Response:
    """Note that one is away, and who stands in."""

    def note(work: Work, user: User) -> None:
        first, last = _day("from_on"), _day("until_on")
        if last < _today():
            raise ColleagueError("the last day has passed", "until_on")
        substitute_id = request.form.get("substitute_id", "")[:64]
        add_absence(work, user, first, last, substitute_id or None)

    return _change(note, _("It is noted: what you promised goes to whoever stands in meanwhile."))


@blueprint.post("/account/absences/<absence_id>/end")
@takes(OWN)
def account_back(absence_id: str) -> Response:
    """End one's absence: one is here again, or stays after all."""

    def end(work: Work, user: User) -> None:
        row = work.session.get(UserAbsence, absence_id)
        if row is None or row.user_id != user.id or row.until_on < _today():
            raise ColleagueError("this absence is over already", "absence")
        end_absence(work, row, _today())

    return _change(end, _("The absence is ended: your promises are with you."))


def _change(act: Callable[[Work, User], None], text: str) -> Response:
    who, running = visitor(), parts()
    if who.user_id is None or who.session_id is None:
        return no_page()
    work = running.work(actor=who.actor, source="page")
    user = locked_colleague(who.user_id)
    if user is None:
        return no_page()
    try:
        act(work, user)
    except ColleagueError as error:
        work.session.rollback()
        return _shown(running, dict(request.form.items()), _why(error), 422)
    work.session.commit()
    return say_at("pages.account_absences", "good", text)


def _shown(running: Parts, filled: dict[str, Any], fault: str, status: int = 200) -> Response:
    who, session = visitor(), db.session()
    if who.user_id is None or who.session_id is None:
        return no_page()
    users = colleagues.colleagues(session)
    names = {each.id: each.name for each in users}
    away = colleagues.absences(session, _today())
    shown = page(
        running,
        "account_absences.html",
        acts=True,
        said=said(running),
        fault=fault,
        filled={"from_on": _today().isoformat(), "until_on": _today().isoformat(), **filled},
        away=[(each.id, away_words(each, names)) for each in away.get(who.user_id, ())],
        stands_in=[
            (names.get(user_id, ""), days_words(each))
            for user_id, rows in away.items()
            for each in rows
            if each.substitute_id == who.user_id
        ],
        others=[(each.id, each.name) for each in users if each.active and each.id != who.user_id],
    )
    shown.status_code = status
    return shown


def _why(error: ColleagueError) -> str:
    """Say to whom it concerns what cannot be: the workflow speaks of somebody else."""
    return str(
        {
            "until_on": _("The last day lies before the first, has passed, or is years away."),
            "from_on": _("You are away on some of these days already."),
            "substitute_id": _("Choose a colleague who is here."),
            "absence": _("This absence is over already."),
        }.get(error.field, _("Name the first and the last day."))
    )


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise ColleagueError("name the first and the last day", "day") from None


def _today() -> date:
    return parts().now().astimezone(ZoneInfo(zone())).date()
