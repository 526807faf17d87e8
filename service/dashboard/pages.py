"""The first page: who waits for a word, the longest first."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from flask import Response, request, url_for
from flask_babel import lazy_gettext

from service.dashboard.navigation import Destination, add_destination
from service.dashboard.rows import nobody_waits, row_view
from service.dashboard.site import blueprint, message, page
from service.dashboard.wording import counted
from service.domain.rights import Right
from service.parts import parts
from service.queries.waiting import Place, next_due, totals, waiting_people

add_destination(
    Destination(
        "pages.waiting", lazy_gettext("Waiting"), 10, Right.SEE, within=("pages.new_person",)
    )
)

PAGE = 50
"""Rows on one page."""

COMING = 8
"""Promises shown as due next."""

_PLACE = re.compile(r"([0-9]{1,18})-([0-9A-Za-z_]{1,64})")


@blueprint.get("/")
def waiting() -> Response:
    """Show who waits for a word, the longest first."""
    after: Place | None = None
    if "after" in request.args:
        after = _place(request.args["after"])
        if after is None:
            return message(400, "This link is not complete", "Go back to the first page.")
    running = parts()
    work = running.work(actor="page", source="page")
    session, now = work.session, work.now
    rows, more = waiting_people(session, now, work.calendar, limit=PAGE, after=after)
    coming = [] if after else next_due(session, now, work.calendar, limit=COMING)
    total = totals(session, now)
    return page(
        running,
        "waiting.html",
        heading=_heading(total.people),
        total=total,
        rows=[row_view(row, now) for row in rows],
        # What else is promised to the same person comes later: it would only hide the others.
        coming=[row_view(replace(row, owed=row.owed[:1]), now) for row in coming],
        empty="" if total.rows else nobody_waits(coming, now),
        first=after is None,
        more=url_for("pages.waiting", after=_link(rows[-1].place)) if more else None,
    )


def _heading(people: int) -> str:
    if not people:
        return "Nobody is waiting."
    one = "person is waiting for a word from you"
    return counted(people, one, "people are waiting for a word from you")


def _link(place: Place) -> str:
    at, application_id = place
    micros = int(at.timestamp()) * 1_000_000 + at.microsecond
    return f"{micros}-{application_id}"


def _place(text: str) -> Place | None:
    found = _PLACE.fullmatch(text)
    if found is None:
        return None
    seconds, micros = divmod(int(found[1]), 1_000_000)
    try:
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
    except (ValueError, OverflowError, OSError):
        return None
    return at, found[2]
