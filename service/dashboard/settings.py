"""The settings: what the employer decides, a page for each thing, and who may see and change it.

A change is one transaction; where it cannot be made, the page says why and nothing was changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from service.auth.leaving import LastAdministratorError
from service.dashboard.navigation import Destination, add_destination
from service.dashboard.saying import why_refused
from service.dashboard.site import blueprint, may, needs, page, said, visitor
from service.domain.promises import PromiseError
from service.domain.rights import Right
from service.mail.variables import one_line
from service.parts import Parts, parts
from service.workflows.colleagues import ColleagueError
from service.workflows.work import Work


@dataclass(frozen=True)
class Section:
    """One page of the settings; ``prefix`` begins the endpoints of whatever belongs to it."""

    endpoint: str
    prefix: str
    label: Any
    about: Any
    right: Right = Right.SEE_SETTINGS


SECTIONS: Final = (
    Section(
        "pages.settings_calendars",
        "pages.settings_calendar",
        lazy_gettext("Calendars"),
        lazy_gettext("When the company works: opening hours, holidays and its own days."),
    ),
    Section(
        "pages.settings_policies",
        "pages.settings_polic",
        lazy_gettext("Rules"),
        lazy_gettext("What is owed to every candidate, by when, and what happens when it is late."),
    ),
    Section(
        "pages.settings_letters",
        "pages.settings_letter",
        lazy_gettext("Letters"),
        lazy_gettext("What each letter says, and which wording is in force."),
    ),
    Section(
        "pages.settings_holds",
        "pages.settings_hold",
        lazy_gettext("Holds"),
        lazy_gettext("When letters may reach a person, and how long they can be taken back."),
    ),
    Section(
        "pages.settings_people",
        "pages.settings_p",
        lazy_gettext("Colleagues"),
        lazy_gettext("Who works here, what each may do, and who is away."),
    ),
    Section(
        "pages.settings_teams",
        "pages.settings_team",
        lazy_gettext("Teams"),
        lazy_gettext("Which jobs only some of the recruiters see."),
        Right.PEOPLE,
    ),
    Section(
        "pages.settings_keys",
        "pages.settings_key",
        lazy_gettext("Keys"),
        lazy_gettext("What programs come in with."),
        Right.PEOPLE,
    ),
)
"""Every page, in the order of the tabs."""

_WITHIN: Final = tuple(
    f"pages.settings_{name}"
    for name in (
        *("calendars", "calendar", "calendar_new", "calendar_add", "calendar_form"),
        *("calendar_save", "policies", "policy", "policy_new", "policy_add", "policy_save"),
        *("letters", "letter", "letter_draft", "letter_preview", "holds", "people", "person"),
        *("person_save", "person_new", "person_add", "teams", "team_add", "team_save"),
        *("keys", "key_add"),
    )
)

add_destination(
    Destination("pages.settings", lazy_gettext("Settings"), 70, Right.SEE_SETTINGS, within=_WITHIN)
)


@blueprint.get("/settings")
@needs(Right.SEE_SETTINGS)
def settings() -> Response:
    """Show what there is to set."""
    shown = [each for each in SECTIONS if may(each.right)]
    return settings_page(parts(), "settings.html", sections=shown)


def settings_page(running: Parts, template: str, *, status: int = 200, **values: Any) -> Response:
    """Put one page of the settings together, with its tabs and what one may change."""
    shown = page(
        running,
        template,
        acts=True,
        said=said(running),
        tabs=[(each.endpoint, each.label, _is_here(each)) for each in SECTIONS if may(each.right)],
        may_change=may(Right.SETTINGS),
        may_people=may(Right.PEOPLE),
        **values,
    )
    shown.status_code = status
    return shown


def changed(running: Parts, act: Callable[[Work], object]) -> str | None:
    """Make one change and commit it; return why it was not made, or nothing."""
    work = running.work(actor=visitor().actor, source="page")
    try:
        act(work)
        work.session.commit()
    except (PromiseError, ColleagueError, LastAdministratorError) as error:
        work.session.rollback()
        return why_refused(error)
    except (StaleDataError, IntegrityError):
        work.session.rollback()
        return str(_("Somebody else changed this meanwhile: look again."))
    return None


def line(name: str, longest: int = 200) -> str:
    """Return what was typed into a field, as one line of visible text."""
    return one_line(request.form.get(name, ""))[:longest]


def _is_here(section: Section) -> bool:
    endpoint = request.endpoint or ""
    near = [each for each in SECTIONS if endpoint.startswith(each.prefix)]
    return bool(near) and max(near, key=lambda each: len(each.prefix)) is section
