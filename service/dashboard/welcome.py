"""The page behind a one-time link: choose a password, and be signed in.

Opening it uses nothing up. The link for the first administrator works only while nobody can sign
in as one.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Response, request, url_for
from flask_babel import gettext as _

from service.auth.links import (
    Purpose,
    an_administrator_can_sign_in,
    link_with,
    retire_links,
    use_link,
)
from service.auth.passwords import SHORTEST, WeakPasswordError, set_password
from service.auth.sessions import end_sessions
from service.dashboard.entering import begin_trying, entered, not_ours, same, shown_form, too_many
from service.dashboard.saying import cause
from service.dashboard.site import OPEN, blueprint, message
from service.db import db
from service.mail.addresses import BadAddressError
from service.mail.variables import one_line
from service.models import SignInLink, User
from service.parts import parts
from service.workflows.users import make_administrator

LONGEST_NAME = 200

OPEN.update({"pages.welcome", "pages.choose_password"})


@blueprint.get("/welcome/<token>")
def welcome(token: str) -> Response:
    """Show the form of a link that can still be used."""
    link = _usable(token)
    return _form(link) if link is not None else _over()


@blueprint.post("/welcome/<token>")
def choose_password(token: str) -> Response:
    """Set the password, use the link up, and sign the person in."""
    refused = not_ours()
    if refused is not None:
        return refused
    tried = begin_trying(None)
    if isinstance(tried, timedelta):
        return message(429, _("Too many tries"), too_many(tried))
    session, now = db.session(), parts().now()
    link = _usable(token)
    if link is None:
        return _over()
    secret = request.form.get("password", "")
    if not same(secret, request.form.get("again", "")):
        return _form(link, _("The two passwords are not the same."), 422)
    try:
        user = _person_of(link)
        set_password(session, user, secret, now)
    except (BadAddressError, WeakPasswordError) as error:
        session.rollback()
        fault = cause(error)
        return _form(link, fault[:1].upper() + fault[1:], 422)
    if not use_link(session, now, link):
        session.rollback()
        return _over()
    retire_links(session, now, user)
    end_sessions(session, now, user.id)
    tried.passed()
    return entered(user, link.purpose, "/")


def _usable(token: str) -> SignInLink | None:
    session = db.session()
    link = link_with(session, parts().now(), token)
    if link is None:
        return None
    if link.purpose == Purpose.FIRST:
        return None if an_administrator_can_sign_in(session) else link
    user = session.get(User, link.user_id) if link.user_id else None
    return link if user is not None and user.active else None


def _person_of(link: SignInLink) -> User:
    """Return whose link it is; the first administrator is made, or becomes one."""
    session = db.session()
    if link.user_id is not None:
        return session.get_one(User, link.user_id)
    work = parts().work(actor="page", source="page")
    name = one_line(request.form.get("name", ""))[:LONGEST_NAME]
    return make_administrator(work, request.form.get("email", "").strip(), name)


def _form(link: SignInLink, fault: str = "", status: int = 200) -> Response:
    first = link.purpose == Purpose.FIRST
    user = db.session().get(User, link.user_id) if link.user_id else None
    return shown_form(
        "welcome.html",
        status,
        first=first,
        purpose=link.purpose,
        email=user.email if user else request.form.get("email", ""),
        name=user.name if user else request.form.get("name", ""),
        shortest=SHORTEST,
        fault=fault,
    )


def _over() -> Response:
    return message(
        410,
        _("This link is used up or too old"),
        _(
            "Each link works once and not for ever. Ask for a new one under “%(where)s”, or ask "
            "an administrator.",
            where=url_for("pages.forgot"),
        ),
    )
