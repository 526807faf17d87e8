"""What one owes, for one's own calendar program: an address that nobody can guess.

The address stands for whoever made it: no session and no key is asked for. It says a job, a kind
of promise and initials, unless its owner wants names; a wrong one is no page, like any other.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Response, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from icalendar import Calendar, Event

from service.auth.calendar_feeds import end_feed, feed_of, feed_with, make_feed
from service.auth.teams import teams_of
from service.dashboard.account import change
from service.dashboard.language import LANGUAGES
from service.dashboard.numbers_words import KINDS
from service.dashboard.saying import owed_words
from service.dashboard.site import OPEN, OWN, blueprint, no_page, page, takes, visitor
from service.db import db
from service.domain.rights import reach_of
from service.mail.variables import one_line
from service.models import CalendarFeed, User
from service.parts import parts
from service.queries.owed_by import OwedBy, owed_by

OPEN.add("pages.calendar_file")

LASTS = timedelta(minutes=15)
"""How long an entry takes in the calendar: it begins so long before the promise is due."""

ASK_AGAIN = timedelta(minutes=15)
"""How often a calendar program is asked to look."""


@blueprint.get("/calendar/<secret>.ics")
def calendar_file(secret: str) -> Response:
    """Give the open promises of whose address this is, as iCalendar (RFC 5545)."""
    session = db.session()
    found = feed_with(session, secret)
    if found is None:
        return no_page()
    feed, user = found
    reach = reach_of(user.role, user.id, teams_of(session, user.id))
    with force_locale(user.locale if user.locale in LANGUAGES else "en"):
        at_home = ZoneInfo(user.time_zone or parts().config.time_zone)
        today = parts().now().astimezone(at_home).date()
        owed = owed_by(session, user.id, reach, today)
        body = _calendar(owed, names_people=feed.names_people)
    response = Response(body, content_type="text/calendar; charset=utf-8")
    # Nobody is told the address by a link, and no search engine takes it in.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.post("/account/calendar")
@takes(OWN)
def make_calendar() -> Response:
    """Make one's address, or another in its place, and show it this once."""
    who, running, session = visitor(), parts(), db.session()
    if who.user_id is None or who.session_id is None:
        return no_page()
    user = session.get_one(User, who.user_id)
    names_people = "names" in request.form
    secret = make_feed(session, running.now(), user, names_people=names_people)
    session.commit()
    base = running.config.base_url.rstrip("/")
    # Shown on this answer and not behind a redirection: no address may carry it.
    return page(
        running,
        "calendar_address.html",
        address=base + url_for("pages.calendar_file", secret=secret),
        names_people=names_people,
    )


@change("/account/calendar/end")
def end_calendar(user: User) -> tuple[str, str]:
    """End one's address."""
    if not end_feed(db.session(), user.id):
        return "care", _("There is no such address any more.")
    return "good", _("The calendar's address opens nothing any more.")


@blueprint.context_processor
def calendar_of_mine() -> dict[str, object]:
    """Let the account page ask whether there is an address."""
    return {"my_calendar": _mine}


def _mine() -> CalendarFeed | None:
    who = visitor()
    return feed_of(db.session(), who.user_id) if who.user_id else None


def _calendar(rows: list[OwedBy], *, names_people: bool) -> bytes:
    config = parts().config
    calendar = Calendar()
    calendar.add("prodid", "-//Keepword//Promises//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Keepword: what I owe"))
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    host = urlsplit(config.base_url).hostname or "keepword"
    for row in rows:
        calendar.add_component(_event(row, host, config.base_url, names_people=names_people))
    found: bytes = calendar.to_ical()
    return found


def _event(row: OwedBy, host: str, base_url: str, *, names_people: bool) -> Event:
    kind, job = str(KINDS.get(row.kind, row.kind)), one_line(row.job_title)
    who = _name(row) if names_people else initials(row.first_name, row.last_name)
    what = one_line(owed_words(row.wording)) if names_people else kind
    event = Event()
    event.add("uid", f"{row.promise_id}@{host}")
    # Not the instant of reading: the same promises are to be the same file.
    event.add("dtstamp", row.made_at)
    event.add("sequence", row.due_version - 1)
    event.add("dtstart", row.due_at - LASTS)
    event.add("dtend", row.due_at)
    event.add("summary", _("%(what)s: %(who)s, %(job)s", what=what, who=who, job=job))
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    event.add("url", base_url)
    return event


def _name(row: OwedBy) -> str:
    name = " ".join(part for part in (row.first_name, row.last_name) if part)
    return one_line(name) or _("(no name)")


def initials(first_name: str | None, last_name: str | None) -> str:
    """Return the first letters of somebody's names: ``A. O.``; a dash where there is none."""
    words = one_line(" ".join(part for part in (first_name, last_name) if part)).split()
    letters = [next((char for char in word if char.isalpha()), "") for word in words]
    found = [f"{letter.upper()}." for letter in letters if letter]
    return " ".join(found[:1] + found[-1:] if len(found) > 1 else found) or "–"
