"""Finds people, jobs and pages by a few letters: a page of its own, and what the palette asks.

Both give the very same answer; whatever lies outside the reader's reach is not in it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask import Response, jsonify, request, url_for
from flask_babel import gettext as _

from service.dashboard.candidate_words import stage_words
from service.dashboard.navigation import labelled_places
from service.dashboard.settings import SECTIONS
from service.dashboard.site import blueprint, needs, page, visitor
from service.db import db
from service.domain.rights import Right
from service.mail.variables import one_line
from service.parts import parts
from service.queries.jobs_by_name import jobs_named
from service.queries.people_search import LONGEST_SEARCH, people

MOST_PEOPLE, MOST_JOBS = 8, 6


@dataclass(frozen=True)
class Entry:
    """One thing that was found; ``url`` is a path of ours."""

    label: str
    detail: str
    url: str


@dataclass(frozen=True)
class Group:
    """Things of one kind."""

    label: str
    entries: list[Entry]


@blueprint.get("/find")
@needs(Right.SEE)
def find() -> Response:
    """Answer with what was found: as a page, or as data to our own script."""
    search = one_line(request.args.get("q", ""))[:LONGEST_SEARCH]
    groups = [each for each in _groups(search) if each.entries]
    if request.accept_mimetypes.best == "application/json":
        return jsonify(groups=[asdict(each) for each in groups])
    return page(parts(), "find.html", search=search, groups=groups)


def _groups(search: str) -> list[Group]:
    pages = Group(_("Pages"), _pages(search))
    if not search:
        return [pages]
    session, reach = db.session(), visitor().reach
    found = people(session, reach, search=search, after=None, limit=MOST_PEOPLE).rows
    persons = [
        Entry(
            each.name or _("(no name)"),
            ", ".join(
                f"{place.job_title} ({stage_words(place.stage)})" for place in each.places[:2]
            ),
            url_for("pages.candidate", candidate_id=each.candidate_id),
        )
        for each in found
    ]
    jobs = [
        Entry(
            each.title,
            "" if each.is_open else _("not open any more"),
            url_for("pages.job", job_id=each.id),
        )
        for each in jobs_named(session, reach, search, MOST_JOBS)
    ]
    return [Group(_("People"), persons), Group(_("Jobs"), jobs), pages]


def _pages(search: str) -> list[Entry]:
    """Return the pages that somebody may see and whose name has every word."""
    who = visitor()
    places: list[tuple[Any, str, str]] = [
        (label, "", url_for(endpoint)) for endpoint, label in labelled_places(who)
    ]
    if who.may(Right.SEE_SETTINGS):
        places += [
            (each.label, _("Settings"), url_for(each.endpoint))
            for each in SECTIONS
            if who.may(each.right)
        ]
    if who.session_id is not None:
        places += [
            (_("Your account"), "", url_for("pages.account")),
            (_("Your absences"), "", url_for("pages.account_absences")),
        ]
    words = search.casefold().split()
    named = [Entry(str(label), str(detail), url) for label, detail, url in places]
    return [
        each
        for each in named
        if all(word in f"{each.label} {each.detail}".casefold() for word in words)
    ]
