"""The colleagues: who is here, what each may do, and inviting and changing them.

A form names what it was made from: one that is out of date changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask import Response, request
from flask_babel import gettext as _

from service.auth.links import Purpose
from service.auth.teams import teams_of
from service.dashboard.absence_words import away_words
from service.dashboard.saying import why_refused
from service.dashboard.settings import settings_page
from service.dashboard.settings_person_deeds import (
    change_who_they_are,
    done,
    locked_colleague,
    mail_link,
)
from service.dashboard.settings_person_form import ROLE_NAMES, ROLES, PersonForm
from service.dashboard.site import blueprint, needs, no_page, say_at, takes, visitor, zone
from service.db import db
from service.domain.promises import PromiseError
from service.domain.rights import Right
from service.mail.addresses import BadAddressError
from service.models import User
from service.parts import Parts, parts
from service.queries import colleague_records as colleagues
from service.queries.choices import teams
from service.workflows.colleagues import (
    ColleagueError,
    checked_profile,
    join,
    stamp_of,
)
from service.workflows.users import add_user
from service.workflows.work import Work


@dataclass(frozen=True)
class PersonView:
    """One colleague in the list."""

    id: str
    name: str
    email: str
    role: Any
    active: bool
    can_sign_in: bool
    teams: str
    owed: int
    away: str


@blueprint.get("/settings/people")
@needs(Right.SEE_SETTINGS)
def settings_people() -> Response:
    """List everybody, those who are here first."""
    running, session = parts(), db.session()
    users = colleagues.colleagues(session)
    inside = colleagues.can_sign_in(session)
    owed = colleagues.open_promises_by_owner(session, visitor().reach)
    names = {user.id: user.name for user in users}
    team_names = dict(teams(session))
    of_team: dict[str, list[str]] = {}
    for team_id, members in colleagues.members(session).items():
        for user_id, _name in members:
            of_team.setdefault(user_id, []).append(team_names[team_id])
    away = colleagues.absences(session, _today(running))
    shown = [
        PersonView(
            user.id,
            user.name,
            user.email,
            ROLE_NAMES.get(user.role, user.role),
            user.active,
            user.id in inside,
            ", ".join(sorted(of_team.get(user.id, []))),
            owed.get(user.id, 0),
            away_words(away[user.id][0], names) if away.get(user.id) else "",
        )
        for user in users
    ]
    return settings_page(running, "settings_people.html", people=shown)


@blueprint.get("/settings/people/new")
@needs(Right.PEOPLE)
def settings_person_new() -> Response:
    """Show the form that invites a colleague."""
    return _form(parts(), PersonForm(), None)


@blueprint.post("/settings/people/new")
@takes(Right.PEOPLE)
def settings_person_add() -> Response:
    """Add a colleague, and write them a letter with a link to choose a password."""
    running, form = parts(), PersonForm.typed()
    work = running.work(actor=visitor().actor, source="page")
    try:
        user = _added(work, form)
        if "invite" in request.form:
            mail_link(running, work, user, Purpose.INVITATION)
        work.session.commit()
    except (ColleagueError, BadAddressError, PromiseError) as error:
        work.session.rollback()
        place = error.field if isinstance(error, ColleagueError) else "email"
        form.faults[place] = why_refused(error)
        if isinstance(error, PromiseError):
            form.faults[place] = _("A colleague has this address already.")
        return _form(running, form, None, 422)
    running.runner.wake("dispatch")
    said = _("%(name)s is added.", name=user.name)
    return say_at("pages.settings_person", "good", said, user_id=user.id)


@blueprint.get("/settings/people/<user_id>")
@needs(Right.PEOPLE)
def settings_person(user_id: str) -> Response:
    """Show one colleague."""
    user = db.session().get(User, user_id)
    if user is None:
        return no_page()
    return _form(parts(), PersonForm.of(user, teams_of(db.session(), user.id)), user)


@blueprint.post("/settings/people/<user_id>")
@takes(Right.PEOPLE)
def settings_person_save(user_id: str) -> Response:
    """Change a colleague."""
    running, form = parts(), PersonForm.typed()
    user = locked_colleague(user_id)
    if user is None:
        return no_page()
    form.email = user.email
    if request.form.get("stamp") != stamp_of(db.session(), user):
        return _form(running, form, user, 409, is_stale=True)
    work = running.work(actor=visitor().actor, source="page")
    try:
        checked_profile(work, form.profile(), user.id)
    except ColleagueError as error:
        form.faults[error.field] = why_refused(error)
        return _form(running, form, user, 422)
    return done(user_id, lambda work: change_who_they_are(work, user, form.profile()), _("Saved."))


def _added(work: Work, form: PersonForm) -> User:
    profile = checked_profile(work, form.profile())
    facts: Mapping[str, Any] = {
        "email": form.email,
        "name": profile.name,
        "role": profile.role,
        "manager_id": profile.manager_id,
        "time_zone": profile.time_zone or None,
    }
    user = add_user(work, facts)
    join(work, user, profile.team_ids)
    return user


def _form(
    running: Parts,
    form: PersonForm,
    user: User | None,
    status: int = 200,
    *,
    is_stale: bool = False,
) -> Response:
    session = db.session()
    users = colleagues.colleagues(session)
    names = {each.id: each.name for each in users}
    away = colleagues.absences(session, _today(running), user.id)[user.id] if user else []
    return settings_page(
        running,
        "settings_person.html",
        status=status,
        form=form,
        user=user,
        stamp=stamp_of(session, user) if user else "",
        theirs=PersonForm.of(user, teams_of(session, user.id)) if user and is_stale else None,
        can_sign_in=user is not None and user.id in colleagues.can_sign_in(session),
        owed=colleagues.open_promises_by_owner(session).get(user.id, 0) if user else 0,
        roles=ROLES,
        zones=sorted(available_timezones()),
        teams=teams(session),
        others=[
            (each.id, each.name)
            for each in users
            if each.active and not (user and each.id == user.id)
        ],
        names=names,
        away=[(each.id, away_words(each, names)) for each in away],
        today=_today(running).isoformat(),
    )


def _today(running: Parts) -> date:
    return running.now().astimezone(ZoneInfo(zone())).date()
