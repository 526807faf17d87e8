"""Signing in by password, signing out, and asking for a new password.

What is wrong is never said more closely than "the address or the password", and an unknown
address takes as long as a known one.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Response, current_app, g, redirect, request, url_for
from flask_babel import gettext as _

from service.auth.links import Purpose, make_link, open_links, was_let_in
from service.auth.passwords import is_password
from service.auth.sessions import end_sessions
from service.dashboard.entering import (
    begin_trying,
    entered,
    not_ours,
    shown_form,
    too_many,
    where_to,
)
from service.dashboard.outside import outside_sign_in
from service.dashboard.passkey_pages import here
from service.dashboard.session_cookie import forget_session
from service.dashboard.site import OPEN, OWN, blueprint, own_path, takes, visitor
from service.db import db
from service.models import User
from service.models.colleague_at import colleague_at
from service.parts import parts
from service.workflows.sign_in_letters import RESET, write_sign_in_letter
from service.workflows.users import nobody_yet

LONGEST_ADDRESS = 320

MOST_LETTERS = 3
LETTERS_WITHIN = timedelta(minutes=15)
"""Links somebody is sent in such a while: whoever knows an address must not fill its mailbox."""

OPEN.update({"pages.sign_in", "pages.sign_in_with_password", "pages.forgot", "pages.ask_for_reset"})


@blueprint.get("/sign-in")
def sign_in() -> Response:
    """Show the form; whoever is signed in goes on at once."""
    who = g.get("keepword_visitor")
    wanted = request.args.get("next", "")
    if who is not None and who.session_id:
        answer: Response = current_app.make_response(redirect(where_to(wanted), 303))
        return answer
    return _form(wanted)


@blueprint.post("/sign-in")
def sign_in_with_password() -> Response:
    """Sign somebody in by their address and password."""
    refused = not_ours()
    if refused is not None:
        return refused
    email = request.form.get("email", "").strip()[:LONGEST_ADDRESS]
    wanted = request.form.get("next", "")
    tried = begin_trying(email or None)
    if isinstance(tried, timedelta):
        return _form(wanted, email, too_many(tried), 429, tried)
    session = db.session()
    user = user_at(email)
    if not is_password(session, user, request.form.get("password", "")) or user is None:
        session.rollback()
        return _form(wanted, email, _("The address or the password is not right."), 422)
    tried.passed()
    return entered(user, "password", wanted)


@blueprint.post("/sign-out")
@takes(OWN)
def sign_out() -> Response:
    """End this session; whoever is here otherwise has nothing to end."""
    who, running = visitor(), parts()
    if who.user_id and who.session_id:
        end_sessions(db.session(), running.now(), who.user_id, only=who.session_id)
        db.session().commit()
    answer: Response = current_app.make_response(redirect(url_for("pages.sign_in"), 303))
    forget_session(answer, running.config)
    return answer


@blueprint.get("/sign-in/forgot")
def forgot() -> Response:
    """Show the form that asks for a new password."""
    return shown_form("forgot.html", sent=False, fault="")


@blueprint.post("/sign-in/forgot")
def ask_for_reset() -> Response:
    """Write to the person, if there is one whom somebody has let in; say the same in every case.

    An ATS names colleagues too: by its word alone nobody comes in.
    """
    refused = not_ours()
    if refused is not None:
        return refused
    email = request.form.get("email", "").strip()[:LONGEST_ADDRESS]
    tried = begin_trying(f"reset {email}")
    if isinstance(tried, timedelta):
        return shown_form("forgot.html", 429, sent=False, fault=too_many(tried))
    running = parts()
    work = running.work(actor="page", source="page")
    found = user_at(email)
    user = found or nobody_yet(work)
    since = work.now - LETTERS_WITHIN
    lately = open_links(work.session, work.now, user, since)
    goes = was_let_in(work.session, user) and lately < MOST_LETTERS
    # Whoever asks need not be whose address it is: what was sent before stays good.
    link, token = make_link(work.session, work.now, Purpose.RESET, user, ends_others=False)
    url = running.config.base_url + url_for("pages.welcome", token=token)
    write_sign_in_letter(work, user, RESET, link.id, url, link.expires_at)
    if found is None or not goes:
        # All of it was done for nothing, so that it takes as long.
        work.session.rollback()
    tried.weighs()
    work.session.commit()
    running.runner.wake("dispatch")
    return shown_form("forgot.html", sent=True, fault="")


def user_at(email: str) -> User | None:
    """Return the active colleague at this address."""
    user = colleague_at(db.session(), email) if email else None
    return user if user is not None and user.active else None


def _outside(wanted: str) -> dict[str, str] | None:
    found = outside_sign_in()
    if found is None:
        return None
    target = own_path(wanted)
    url = url_for("pages.outside", next=target) if target else url_for("pages.outside")
    return {"url": url, "name": found.provider.name}


def _form(
    wanted: str,
    email: str = "",
    fault: str = "",
    status: int = 200,
    wait: timedelta | None = None,
) -> Response:
    answer = shown_form(
        "sign_in.html",
        status,
        wanted=own_path(wanted) or "",
        email=email,
        fault=fault,
        outside=_outside(wanted),
        takes_passkeys=here().takes_passkeys,
    )
    if wait is not None:
        answer.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return answer
