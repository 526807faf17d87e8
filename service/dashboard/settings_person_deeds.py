"""What is done about one colleague: a letter to sign in, letting in and out, noting an absence.

Whoever is deactivated is signed out everywhere at once; what they promised shows as nobody's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Response, request, url_for
from flask_babel import gettext as _

from service.auth.leaving import an_administrator_stays, deactivate
from service.auth.links import Purpose, make_link
from service.dashboard.settings import changed, line
from service.dashboard.site import blueprint, no_page, say_at, takes
from service.db import db
from service.domain.rights import Right
from service.models import User, UserAbsence
from service.parts import Parts, parts
from service.queries import colleague_records as colleagues
from service.queries.by_id import locked_by_id
from service.workflows.absence_entries import add_absence, remove_absence
from service.workflows.colleagues import ColleagueError, Profile, change_colleague
from service.workflows.sign_in_letters import INVITATION, RESET, write_sign_in_letter
from service.workflows.work import Work


@blueprint.post("/settings/people/<user_id>/letter")
@takes(Right.PEOPLE)
def settings_person_letter(user_id: str) -> Response:
    """Write a colleague a letter with a link to choose a password."""

    def write(work: Work, user: User) -> None:
        if not user.active:
            raise ColleagueError(_("they are deactivated: let them in again first"), "active")
        inside = user.id in colleagues.can_sign_in(work.session)
        mail_link(parts(), work, user, Purpose.RESET if inside else Purpose.INVITATION)

    return _deed(user_id, write, _("The letter is in the outbox.") + not_sent(parts()))


@blueprint.post("/settings/people/<user_id>/deactivate")
@takes(Right.PEOPLE)
def settings_person_deactivate(user_id: str) -> Response:
    """Let somebody in no more, at once."""
    return _deed(
        user_id,
        lambda work, user: deactivate(work.session, work.now, user),
        _("They are signed out everywhere. What they promised stands under “Nobody's”."),
    )


@blueprint.post("/settings/people/<user_id>/activate")
@takes(Right.PEOPLE)
def settings_person_activate(user_id: str) -> Response:
    """Let somebody in again, with the password they had."""

    def let_in(_work: Work, user: User) -> None:
        user.active = True

    return _deed(user_id, let_in, _("They may sign in again."))


@blueprint.post("/settings/people/<user_id>/absences")
@takes(Right.PEOPLE)
def settings_person_away(user_id: str) -> Response:
    """Note that somebody is away, and who stands in."""

    def note(work: Work, user: User) -> None:
        days = [_day(name) for name in ("from_on", "until_on")]
        add_absence(work, user, days[0], days[1], line("substitute_id") or None)

    said = _("Their promises go to whoever stands in, for those days.")
    return _deed(user_id, note, said)


@blueprint.post("/settings/people/<user_id>/absences/<absence_id>/remove")
@takes(Right.PEOPLE)
def settings_person_back(user_id: str, absence_id: str) -> Response:
    """Take an absence out."""

    def take_out(work: Work, user: User) -> None:
        row = work.session.get(UserAbsence, absence_id)
        if row is None or row.user_id != user.id:
            raise ColleagueError(_("this absence is gone already"), "absence")
        remove_absence(work, row)

    return _deed(user_id, take_out, _("The absence is taken out."))


def change_who_they_are(work: Work, user: User, profile: Profile) -> None:
    """Change a colleague; ``LastAdministratorError`` where nobody could let others in any more."""
    with an_administrator_stays(work.session):
        change_colleague(work, user, profile)


def not_sent(running: Parts) -> str:
    """Say how a link is had where mail is kept here: no page shows one. "" where it is sent."""
    if running.config.mail != "capture":
        return ""
    command = "keepword user invite --print"
    said = _("Mail is kept here and never sent: “%(command)s” gives you the link.", command=command)
    return f" {said}"


def mail_link(running: Parts, work: Work, user: User, purpose: Purpose) -> None:
    """Put a letter with a one-time link to choose a password into the outbox."""
    link, token = make_link(work.session, work.now, purpose, user)
    kind = INVITATION if purpose is Purpose.INVITATION else RESET
    url = running.config.base_url + url_for("pages.welcome", token=token)
    write_sign_in_letter(work, user, kind, link.id, url, link.expires_at)


def _deed(user_id: str, act: Callable[[Work, User], object], text: str) -> Response:
    user = locked_colleague(user_id)
    if user is None:
        return no_page()
    return done(user_id, lambda work: act(work, user), text)


def done(user_id: str, act: Callable[[Work], object], text: str) -> Response:
    """Make a change, and say on the colleague's page that it is made, or why not."""
    running = parts()
    why = changed(running, act)
    running.runner.wake("dispatch")
    return say_at("pages.settings_person", "care" if why else "good", why or text, user_id=user_id)


def locked_colleague(user_id: str) -> User | None:
    """Return a colleague as they are now, with the row locked."""
    return locked_by_id(db.session(), User, user_id)


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise ColleagueError(_("name the first and the last day"), name) from None
