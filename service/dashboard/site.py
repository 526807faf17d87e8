"""What all pages share: who is let in, how a page is put together, what it says when it cannot."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, Literal, ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import DataError, OperationalError

from service.auth.links import an_administrator_can_sign_in
from service.clock import instant_text
from service.dashboard.access import CHALLENGE, UNATTENDED, Visitor, visitor_of
from service.dashboard.assets import asset
from service.dashboard.compressing import compress
from service.dashboard.forms import FIELD, Forms, comes_from_elsewhere
from service.dashboard.headers import harden, nonce
from service.dashboard.language import language
from service.dashboard.navigation import places_for
from service.dashboard.saying import owed_words, words
from service.dashboard.trust import Watchman
from service.dashboard.wording import when_words
from service.db import db
from service.domain.rights import Right
from service.parts import Parts, parts

blueprint = Blueprint(
    "pages",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)
blueprint.after_request(harden)
blueprint.after_request(compress)

log = logging.getLogger(__name__)

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

OWN: Final = "own"
"""What is asked where a page or a form concerns oneself alone: nothing but to have been let in."""

Asked = Right | Literal["own"]
"""What a page or a form asks of who comes: kept as ``asks`` on its view, for whoever checks."""

OPEN: Final[set[str]] = {"pages.static"}
"""Endpoints that open to everybody: the files, and the ways to sign in (each adds itself)."""


@blueprint.before_request
def let_in() -> Response | None:
    """Let in who is signed in, holds a key or may be here; show the others where to sign in."""
    if request.endpoint == "pages.static":
        return None
    visitor = visitor_of(request, parts(), db.session())
    if visitor is not None:
        g.keepword_visitor = visitor
        return None
    if request.endpoint in OPEN:
        return None
    if request.authorization is None and an_administrator_can_sign_in(db.session()):
        return _to_sign_in()
    response = message(
        401,
        _("This page asks who you are"),
        _(
            "Whoever runs this Keepword makes a link for the first administrator on its machine "
            "with the command below. An API key is taken too, as the password, with any user name."
        ),
        command="keepword user first",
    )
    response.headers["WWW-Authenticate"] = CHALLENGE
    return response


@blueprint.errorhandler(OperationalError)
def without_database(_error: OperationalError) -> Response:
    """Say that the database does not answer: whoever waits is not to be taken for nobody."""
    db.session.rollback()
    response = message(
        503,
        _("Keepword cannot read its database"),
        _(
            "So it cannot say who waits for a word. Nothing is lost. Try again in a moment; "
            "whoever runs this Keepword finds out more with:"
        ),
        command="keepword doctor",
    )
    response.headers["Retry-After"] = "5"
    return response


@blueprint.errorhandler(DataError)
def unstorable(_error: DataError) -> Response:
    """Say that there is nothing here: what no database can hold (NUL) names nothing in it."""
    db.session.rollback()
    log.warning("a page was asked for with what the database cannot hold")
    return no_page()


@blueprint.context_processor
def shell() -> dict[str, Any]:
    """Give every template what its shell needs."""
    return {
        "nonce": nonce(),
        "language": language(),
        "asset": asset,
        "me": g.get("keepword_visitor"),
        "home": "pages.waiting",
        "words": words,
        "owed_words": owed_words,
    }


def visitor() -> Visitor:
    """Return who asks: they were let in."""
    found: Visitor = g.keepword_visitor
    return found


def may(right: Right) -> bool:
    """Tell whether who asks has a right."""
    return visitor().may(right)


def needs(
    right: Asked,
) -> Callable[[Callable[Given, Answer]], Callable[Given, Answer | Response]]:
    """Keep a page from those without a right: to them there is no such page."""

    def decorate(view: Callable[Given, Answer]) -> Callable[Given, Answer | Response]:
        @wraps(view)
        def guarded(*given: Given.args, **named: Given.kwargs) -> Answer | Response:
            return view(*given, **named) if right == OWN or may(right) else no_page()

        return _asking(right, guarded)

    return decorate


def takes(
    right: Asked,
) -> Callable[[Callable[Given, Answer]], Callable[Given, Answer | Response]]:
    """Take a form from those with a right, and only where it is ours: see :func:`refusal`."""

    def decorate(view: Callable[Given, Answer]) -> Callable[Given, Answer | Response]:
        @wraps(view)
        def guarded(*given: Given.args, **named: Given.kwargs) -> Answer | Response:
            refused = own_refusal() if right == OWN else refusal(right)
            return view(*given, **named) if refused is None else refused

        return _asking(right, guarded)

    return decorate


def _asking(right: Asked, view: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Note on a view what it asks; whatever wraps it takes the note along."""
    view.__dict__["asks"] = right
    return view


def forms() -> Forms:
    """Return what makes and checks the tokens of forms."""
    found: Forms = current_app.extensions["keepword.forms"]
    return found


def form_token() -> dict[str, str]:
    """Return the hidden field that every form of ours carries."""
    return {"field": FIELD, "value": forms().token(visitor().who, parts().now())}


def refusal(right: Right = Right.ACT) -> Response | None:
    """Say why this form is not taken, or nothing: it is ours, and they may do this."""
    foreign = _foreign()
    if foreign is not None:
        return foreign
    return own_refusal() if may(right) else may_not()


def own_refusal() -> Response | None:
    """Say why a form is not taken that concerns oneself alone, whatever one may."""
    foreign = _foreign()
    if foreign is not None:
        return foreign
    token = request.form.get(FIELD, "") or request.headers.get("X-Keepword-Token", "")
    if forms().accepts(token, visitor().who, parts().now()):
        return None
    return message(
        403,
        _("This form is out of date"),
        _("Nothing was changed. Go back, reload the page and press the button again."),
    )


def _foreign() -> Response | None:
    if not comes_from_elsewhere(request, parts().config):
        return None
    return message(
        403,
        _("This form came from another site"),
        _("Nothing was changed. Open the page here and press the button there."),
    )


def zone() -> str:
    """Return the time zone of who asks: their own, else the company's."""
    return visitor().time_zone or parts().config.time_zone


def page(running: Parts, template: str, *, acts: bool = False, **values: Any) -> Response:
    """Put a page together. ``acts`` says that it has forms that come back to us."""
    now, who = running.now(), visitor()
    watchman: Watchman = current_app.extensions["keepword.watchman"]
    trust = watchman.look(running.work(actor="page", source="page"), running.config, who)
    if acts:
        values = {"may_act": who.may_act, **values}
    return Response(
        render_template(
            template,
            trust=trust,
            places=places_for(who, trust, request.endpoint),
            token=form_token(),
            company=running.config.company,
            read_at={
                "iso": instant_text(now),
                "words": when_words(now, zone(), now),
                "zone": zone(),
            },
            **values,
        )
    )


def said(running: Parts) -> dict[str, str] | None:
    """Return what the action before this page has to say, if it was ours."""
    style, text = request.args.get("style", ""), request.args.get("said", "")
    seal = request.args.get("seal", "")
    if text and forms().said(visitor().who, style, text, seal, running.now()):
        return {"style": style, "text": text}
    return None


def say_at(endpoint: str, style: str, text: str, **path: Any) -> Response:
    """Go to a page and say there what was done: ``good`` for done, ``care`` for not quite."""
    seal = forms().seal(visitor().who, style, text, parts().now())
    where = url_for(endpoint, **path, style=style, said=text, seal=seal)
    answer: Response = current_app.make_response(redirect(where, 303))
    return answer


def message(status: int, title: str, text: str, *, command: str = "") -> Response:
    """Say one thing on a page of its own."""
    return Response(
        render_template("message.html", title=title, text=text, command=command), status
    )


def no_page() -> Response:
    """Say that there is nothing here: also of what one may not know of."""
    return message(
        404,
        _("There is no such page"),
        _("It may have been moved or removed, or it belongs to another team."),
    )


def may_not() -> Response:
    """Say that somebody sees this and may not do it."""
    if visitor().session_id is None:
        return message(
            403,
            _("This key may only look"),
            _(
                "Nothing was changed. To act here, sign in or enter a key with the scope "
                "“write”. Whoever runs this Keepword makes one on its machine with:"
            ),
            command="keepword key add page --scope write",
        )
    return message(
        403,
        _("You may look at this and not change it"),
        _("Nothing was changed. Ask an administrator if this is yours to do."),
    )


def will_write() -> None:
    """Let this GET write after all: what was read so far is read again where it matters."""
    reader = request.environ.pop("keepword.reader", None)
    if reader is not None:
        reader.__exit__(None, None, None)
    db.session.rollback()


def own_path(target: str) -> str | None:
    """Return an address where it is a path of ours, or ``None``: nobody is led elsewhere."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or not target.isprintable():
        return None
    if "\\" in target or len(target) > 2000:
        return None
    try:
        found = urlsplit(target)
    except ValueError:
        return None
    return target if not found.scheme and not found.netloc else None


def _to_sign_in() -> Response:
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    where = url_for("pages.sign_in", next=here) if here != "/" else url_for("pages.sign_in")
    if request.endpoint in UNATTENDED:
        # Nobody pressed anything: what they may be typing stays, and what asked falls silent.
        answer = Response(status=401)
    elif request.headers.get("HX-Request") == "true":
        # A fragment must not be filled with the sign-in page: the whole page goes there.
        answer = Response(status=401, headers={"HX-Redirect": url_for("pages.sign_in")})
    else:
        answer = current_app.make_response(redirect(where, 303))
    return answer
