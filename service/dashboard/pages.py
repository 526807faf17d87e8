"""The addresses of the pages: who waits, what is in the outbox, one letter."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request, url_for
from sqlalchemy.exc import OperationalError

from service.clock import instant_text
from service.dashboard.access import CHALLENGE, may_see
from service.dashboard.headers import LETTER_POLICY, harden
from service.dashboard.letters import letter_view
from service.dashboard.rows import nobody_waits, row_view
from service.dashboard.trust import Watchman
from service.dashboard.wording import counted
from service.db import db
from service.domain.wording import when_words
from service.parts import Parts, parts
from service.queries.outbox import latest_letters, whole_letter
from service.queries.waiting import Place, next_due, totals, waiting_people

PAGE = 50
"""Rows on one page."""

COMING = 8
"""Promises shown as due next."""

LETTERS = 100

_PLACE = re.compile(r"([0-9]{1,18})-([0-9A-Za-z_]{1,64})")

blueprint = Blueprint(
    "pages",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)
blueprint.after_request(harden)


@blueprint.before_request
def let_in() -> Response | None:
    """Ask for a key unless the request comes from this machine; the stylesheet is no secret."""
    if request.endpoint == "pages.static" or may_see(request, parts(), db.session()):
        return None
    response = _message(
        401,
        "This page asks for a key",
        "Enter any user name, and an API key as the password. Whoever runs this Keepword makes "
        "one on its machine with:",
        command="keepword key add page --scope read",
    )
    response.headers["WWW-Authenticate"] = CHALLENGE
    return response


@blueprint.errorhandler(OperationalError)
def without_database(_error: OperationalError) -> Response:
    """Say that the database does not answer: whoever waits is not to be taken for nobody."""
    db.session.rollback()
    response = _message(
        503,
        "Keepword cannot read its database",
        "So it cannot say who waits for a word. Nothing is lost. Try again in a moment; whoever "
        "runs this Keepword finds out more with:",
        command="keepword doctor",
    )
    response.headers["Retry-After"] = "5"
    return response


@blueprint.get("/")
def waiting() -> Response:
    """Show who waits for a word, the longest first."""
    after: Place | None = None
    if "after" in request.args:
        after = _place(request.args["after"])
        if after is None:
            return _message(400, "This link is not complete", "Go back to the first page.")
    running = parts()
    work = running.work(actor="page", source="page")
    session, now = work.session, work.now
    rows, more = waiting_people(session, now, work.calendar, limit=PAGE, after=after)
    coming = [] if after else next_due(session, now, work.calendar, limit=COMING)
    total = totals(session, now)
    return _page(
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


@blueprint.get("/outbox")
def outbox() -> Response:
    """List the letters written last."""
    running = parts()
    found = latest_letters(db.session(), LETTERS)
    return _page(
        running,
        "outbox.html",
        letters=[letter_view(letter, running.config.time_zone, running.now()) for letter in found],
        limit=LETTERS,
    )


@blueprint.get("/outbox/<message_id>")
def letter(message_id: str) -> Response:
    """Show one letter, as text and as HTML."""
    running = parts()
    found = whole_letter(db.session(), message_id)
    if found is None:
        return _no_letter()
    view = letter_view(found.letter, running.config.time_zone, running.now())
    return _page(running, "letter.html", letter=view, whole=found)


@blueprint.get("/outbox/<message_id>/html")
def letter_html(message_id: str) -> Response:
    """Give the HTML part alone, for the frame: it can run, load and lead to nothing."""
    found = whole_letter(db.session(), message_id)
    if found is None:
        return _no_letter()
    response = Response(found.html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    return response


def _page(running: Parts, template: str, **values: Any) -> Response:
    now, zone = running.now(), running.config.time_zone
    watchman: Watchman = current_app.extensions["keepword.watchman"]
    return Response(
        render_template(
            template,
            trust=watchman.look(db.session(), running.config, now),
            company=running.config.company,
            read_at={"iso": instant_text(now), "words": when_words(now, zone, now), "zone": zone},
            **values,
        )
    )


def _message(status: int, title: str, text: str, *, command: str = "") -> Response:
    return Response(
        render_template("message.html", title=title, text=text, command=command), status
    )


def _no_letter() -> Response:
    return _message(404, "There is no such letter", "It may have been removed with its person.")


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
