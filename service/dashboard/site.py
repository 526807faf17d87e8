"""What all pages share: who is let in, how a page is put together, what it says when it cannot."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, g, render_template, request
from sqlalchemy.exc import OperationalError

from service.clock import instant_text
from service.dashboard.access import CHALLENGE, Visitor, visitor_of
from service.dashboard.forms import FIELD, Forms
from service.dashboard.headers import FORM_POLICY, harden
from service.dashboard.trust import Watchman
from service.db import db
from service.domain.wording import when_words
from service.parts import Parts, parts

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
    if request.endpoint == "pages.static":
        return None
    visitor = visitor_of(request, parts(), db.session())
    if visitor is not None:
        g.keepword_visitor = visitor
        return None
    response = message(
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
    response = message(
        503,
        "Keepword cannot read its database",
        "So it cannot say who waits for a word. Nothing is lost. Try again in a moment; whoever "
        "runs this Keepword finds out more with:",
        command="keepword doctor",
    )
    response.headers["Retry-After"] = "5"
    return response


def visitor() -> Visitor:
    """Return who asks: they were let in."""
    found: Visitor = g.keepword_visitor
    return found


def forms() -> Forms:
    """Return what makes and checks the tokens of forms."""
    found: Forms = current_app.extensions["keepword.forms"]
    return found


def page(running: Parts, template: str, *, acts: bool = False, **values: Any) -> Response:
    """Put a page together. ``acts`` says that it has forms that come back to us."""
    now, zone = running.now(), running.config.time_zone
    watchman: Watchman = current_app.extensions["keepword.watchman"]
    if acts:
        own = {"field": FIELD, "value": forms().token(visitor().who, now)}
        values = {"token": own, "may_act": visitor().may_act, **values}
    response = Response(
        render_template(
            template,
            trust=watchman.look(running.work(actor="page", source="page"), running.config),
            company=running.config.company,
            read_at={"iso": instant_text(now), "words": when_words(now, zone, now), "zone": zone},
            **values,
        )
    )
    if acts:
        response.headers["Content-Security-Policy"] = FORM_POLICY
    return response


def said(running: Parts) -> dict[str, str] | None:
    """Return what the action before this page has to say, if it was ours."""
    style, text = request.args.get("style", ""), request.args.get("said", "")
    if text and forms().said(style, text, request.args.get("seal", ""), running.now()):
        return {"style": style, "text": text}
    return None


def message(status: int, title: str, text: str, *, command: str = "") -> Response:
    """Say one thing on a page of its own."""
    return Response(
        render_template("message.html", title=title, text=text, command=command), status
    )
