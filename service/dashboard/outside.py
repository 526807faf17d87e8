"""Signing in by the employer's OpenID provider: out to it, and back with its answer.

The question carries what only this visit can answer: state, nonce and the PKCE verifier are
derived from the visit's cookie, so that nobody is signed in by another's answer.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
import secrets
from datetime import timedelta
from typing import Any

from flask import Response, current_app, redirect, request, url_for
from flask_babel import gettext as _

from service.auth.openid import OutsideError, OutsideSignIn, person_named
from service.dashboard.entering import begin_trying, entered, too_many
from service.dashboard.session_cookie import begin_visit, keep_visit, visit_of
from service.dashboard.site import OPEN, blueprint, forms, message, no_page, own_path, will_write
from service.db import db
from service.parts import parts

LASTS = timedelta(minutes=10)
"""How long somebody may take at the provider."""

OPEN.update({"pages.outside", "pages.outside_answer"})

log = logging.getLogger(__name__)


def outside_sign_in() -> OutsideSignIn | None:
    """Return the provider, where one is configured."""
    found: OutsideSignIn | None = current_app.extensions["keepword.outside"]
    return found


@blueprint.get("/sign-in/outside")
def outside() -> Response:
    """Lead to the provider."""
    provider = outside_sign_in()
    if provider is None:
        return no_page()
    running = parts()
    visit = visit_of(request, running.config) or begin_visit()
    state = _state(visit, own_path(request.args.get("next", "")) or "/")
    try:
        where = provider.question(
            _back(), state, _derived("nonce", visit, state), _derived("verifier", visit, state)
        )
    except OutsideError as error:
        return _not_said(error)
    answer: Response = current_app.make_response(redirect(where, 303))
    keep_visit(answer, running.config, visit)
    return answer


@blueprint.get("/sign-in/outside/answer")
def outside_answer() -> Response:
    """Take the provider's answer and sign in whom it names, if they work here."""
    provider = outside_sign_in()
    if provider is None:
        return no_page()
    visit, state = visit_of(request, parts().config), request.args.get("state", "")
    wanted = _wanted(visit, state) if visit else None
    named = request.args.get("iss", provider.provider.issuer)
    if visit is None or wanted is None or named != provider.provider.issuer:
        return message(
            403,
            _("This answer belongs to another question"),
            _("Nobody was signed in. Begin again on the page where one signs in."),
        )
    will_write()
    tried = begin_trying(None)
    if isinstance(tried, timedelta):
        return message(429, _("Too many tries"), too_many(tried))
    try:
        somebody = provider.somebody(
            request.args.get("code", ""),
            _back(),
            _derived("nonce", visit, state),
            _derived("verifier", visit, state),
        )
    except OutsideError as error:
        return _not_said(error)
    user = person_named(db.session(), parts().now(), somebody)
    if user is None:
        db.session.rollback()
        return message(
            403,
            _("You are not known here"),
            _(
                "Your provider says who you are, and nobody here has your address. Ask an "
                "administrator to add you."
            ),
        )
    tried.passed()
    return entered(user, "openid", wanted)


def _back() -> str:
    return parts().config.base_url + url_for("pages.outside_answer")


def _state(visit: str, wanted: str) -> str:
    until = int((parts().now() + LASTS).timestamp())
    text = json.dumps([until, secrets.token_urlsafe(12), wanted])
    packed = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"{packed}.{_derived('state', visit, packed)}"


def _wanted(visit: str, state: str) -> str | None:
    """Return the page that was wanted, where this visit was sent out with this state lately."""
    packed, _dot, mac = state.partition(".")
    if not hmac.compare_digest(mac.encode(), _derived("state", visit, packed).encode()):
        return None
    read: Any = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    return str(read[2]) if read[0] > parts().now().timestamp() else None


def _derived(purpose: str, *given: str) -> str:
    return forms().derived(f"outside {purpose}", *given)


def _not_said(error: OutsideError) -> Response:
    log.warning("the sign-in provider did not say who somebody is: %s", error)
    return message(
        502,
        _("Your provider did not say who you are"),
        _("Nobody was signed in. Try again in a moment, or sign in with your password."),
    )
