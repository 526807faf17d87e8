"""The page of people: everybody somebody may know of, the newest first, found by name, address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from service.dashboard.candidate_keys import key_of, key_text
from service.dashboard.candidate_words import Times, stage_words
from service.dashboard.navigation import Destination, add_destination
from service.dashboard.rows import Moment
from service.dashboard.site import blueprint, may, message, needs, page, said, visitor, zone
from service.db import db
from service.domain.rights import Right
from service.parts import parts
from service.queries.people_search import LONGEST_SEARCH, Listed, people

add_destination(
    Destination(
        "pages.people",
        lazy_gettext("People"),
        30,
        Right.SEE,
        within=(
            "pages.candidate",
            "pages.merging",
            "pages.new_person",
            "pages.add_by_hand",
            "pages.sheet_new",
            "pages.sheet_look",
            "pages.sheet_take",
            "pages.sheet_import",
            "pages.sheet_undo",
        ),
    )
)

PAGE = 50
"""People on one page."""

PLACES = 3
"""Jobs shown beside each; of the others only the number."""


@dataclass(frozen=True)
class ListedView:
    """One person in the list."""

    id: str
    name: str
    places: tuple[tuple[str, str], ...]
    further: int
    last_contact: Moment | None


@blueprint.get("/people", endpoint="people")
@needs(Right.SEE)
def people_page() -> Response:
    """Show people, the newest first, or those a search finds."""
    running = parts()
    search = " ".join(request.args.get("q", "").split())[:LONGEST_SEARCH]
    after = None
    if "after" in request.args:
        after = key_of(request.args["after"])
        if after is None:
            return message(400, _("This link is not complete"), _("Go back to the first page."))
    found = people(db.session(), visitor().reach, search=search, after=after, limit=PAGE)
    more = key_text(found.next)
    return page(
        running,
        "people.html",
        said=said(running),
        rows=[listed_view(row, running.now()) for row in found.rows],
        search=search,
        first=after is None,
        may_add=may(Right.ACT) and may(Right.SEE_SETTINGS),
        more=url_for("pages.people", q=search or None, after=more) if more else None,
    )


def listed_view(row: Listed, now: datetime) -> ListedView:
    """Return one person in words."""
    times = Times(zone(), None, now)
    return ListedView(
        id=row.candidate_id,
        name=row.name or _("(no name)"),
        places=tuple((each.job_title, stage_words(each.stage)) for each in row.places[:PLACES]),
        further=max(0, len(row.places) - PLACES),
        last_contact=times.maybe(row.last_contact_at),
    )
