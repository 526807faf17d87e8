"""What every way of signing in shares: the visit it happens in, tries held off, and the session.

Signing in always begins a new session under a new token and ends the one that was shown before.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Response, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.auth.sessions import begin_session, end_sessions, session_with
from service.auth.throttle import begin_try, succeed, wait_of, weigh
from service.dashboard.forms import FIELD, comes_from_elsewhere
from service.dashboard.session_cookie import (
    begin_visit,
    keep_known,
    keep_session,
    keep_visit,
    known_mark,
    session_token,
    visit_of,
)
from service.dashboard.site import forms, message, own_path
from service.db import db
from service.models import User
from service.parts import parts


@dataclass(frozen=True)
class Trying:
    """A try that may be judged; ``passed`` says that it was right."""

    attempt_id: str

    def passed(self) -> None:
        """Let it and the account's failures before it count no more; the caller commits."""
        succeed(db.session(), self.attempt_id)

    def weighs(self) -> None:
        """Let it count, as it does: what ends so is a write, whatever came of it before."""
        weigh(db.session(), self.attempt_id)


def shown_form(template: str, status: int = 200, **values: Any) -> Response:
    """Show a form to somebody who is not signed in, bound to their visit."""
    running = parts()
    visit = visit_of(request, running.config) or begin_visit()
    token = {"field": FIELD, "value": forms().token(_who(visit), running.now())}
    answer = Response(
        render_template(template, token=token, company=running.config.company, **values), status
    )
    keep_visit(answer, running.config, visit)
    return answer


def not_ours() -> Response | None:
    """Say why a form of somebody who is not signed in is not taken, or nothing."""
    running = parts()
    if comes_from_elsewhere(request, running.config):
        return message(
            403,
            _("This form came from another site"),
            _("Nobody was signed in. Open the page here."),
        )
    visit = visit_of(request, running.config)
    token = request.form.get(FIELD, "") or request.headers.get("X-Keepword-Token", "")
    if visit is None or not forms().accepts(token, _who(visit), running.now()):
        return message(
            403,
            _("This form is out of date"),
            _("Nothing was changed. Go back, reload the page and try again; cookies must be on."),
        )
    return None


def begin_trying(account: str | None) -> Trying | timedelta:
    """Write a try down before it is judged; return how long to wait where it is one too many.

    A browser in which the account signed in before has its tries to itself: strangers who fail
    on purpose shut the account to strangers, and not to its owner.
    """
    session, now = db.session(), parts().now()
    browser = _known_browser(account) if account else ""
    tries = f"{account} in {browser}" if browser else account
    attempt_id = begin_try(session, now, tries, request.remote_addr or "")
    session.commit()
    wait = wait_of(session, now, attempt_id)
    session.commit()
    return wait or Trying(attempt_id)


def too_many(wait: timedelta) -> str:
    """Say how long to wait."""
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    return str(_("Too many tries. Wait %(minutes)s min and try again.", minutes=minutes))


def sign_in_as(user: User, how: str) -> str:
    """Begin a session, ending the one the browser showed; return its token. Commits."""
    running, session = parts(), db.session()
    old = session_token(request, running.config)
    found = session_with(session, running.now(), old) if old else None
    if found is not None:
        end_sessions(session, running.now(), found[1].id, only=found[0].id)
    agent = request.headers.get("User-Agent", "")
    _row, token = begin_session(session, running.now(), user, how=how, user_agent=agent)
    session.commit()
    return token


def entered(user: User, how: str, wanted: str) -> Response:
    """Sign somebody in and lead them to the page they wanted, if it is one of ours."""
    token = sign_in_as(user, how)
    answer: Response = current_app.make_response(redirect(where_to(wanted), 303))
    keep_signed_in(answer, user, token)
    return answer


def keep_signed_in(answer: Response, user: User, token: str) -> None:
    """Let the browser show the session from now on, and whose browser it is."""
    config, browser = parts().config, begin_visit()
    keep_session(answer, config, token)
    keep_known(answer, config, f"{browser}.{_mark(browser, user.email)}")


def _known_browser(account: str) -> str:
    """Return the name of a browser in which this account signed in before; "" for any other."""
    browser, _dot, mark = known_mark(request, parts().config).partition(".")
    return browser if same(mark, _mark(browser, account)) else ""


def _mark(browser: str, account: str) -> str:
    return forms().derived("known browser", browser, account.strip().casefold())


def where_to(wanted: str) -> str:
    """Return the page somebody wanted where it is ours, else the first."""
    return own_path(wanted) or url_for("pages.waiting")


def same(one: str, other: str) -> bool:
    """Tell in constant time whether two texts are the same."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _who(visit: str) -> str:
    return f"visit:{visit}"


def bound_to_visit() -> str:
    """Return what a passkey's challenge is bound to before anybody is signed in."""
    visit = visit_of(request, parts().config)
    return _who(visit) if visit else ""
