"""The four addresses that a passkey needs: make one, sign in with one, each in two steps.

They speak JSON with ``static/passkeys.js``; without the script there is the password.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request
from flask_babel import gettext as _

from service.auth.passkeys import (
    PasskeyError,
    Place,
    person_with_passkey,
    place_of,
    register,
    registration_options,
    sign_in_options,
)
from service.auth.sessions import is_fresh
from service.dashboard.entering import (
    Trying,
    begin_trying,
    bound_to_visit,
    keep_signed_in,
    not_ours,
    sign_in_as,
    too_many,
    where_to,
)
from service.dashboard.saying import why_refused
from service.dashboard.site import OPEN, OWN, blueprint, no_page, takes, visitor
from service.db import db
from service.mail.variables import one_line
from service.models import User
from service.parts import parts

OPEN.update({"pages.passkey_options", "pages.passkey_sign_in"})


@blueprint.post("/sign-in/passkey/options")
def passkey_options() -> Response:
    """Give the challenge that a passkey signs to come in."""
    refused = not_ours()
    if refused is not None:
        return refused
    tried = _begin_trying()
    if isinstance(tried, timedelta):
        return _shut(tried)
    session = db.session()
    options = sign_in_options(session, parts().now(), here(), bound_to_visit())
    session.commit()
    return jsonify(options)


@blueprint.post("/sign-in/passkey")
def passkey_sign_in() -> Response:
    """Sign in whoever's passkey signed the challenge."""
    refused = not_ours()
    if refused is not None:
        return refused
    tried = _begin_trying()
    if isinstance(tried, timedelta):
        return _shut(tried)
    session, body = db.session(), _body()
    try:
        user = person_with_passkey(
            session, parts().now(), here(), bound_to_visit(), _credential(body)
        )
    except PasskeyError as error:
        # The challenge is spent all the same.
        session.commit()
        return _fault(why_refused(error), 422)
    tried.passed()
    token = sign_in_as(user, "passkey")
    answer = jsonify({"to": where_to(str(body.get("next", "")))})
    keep_signed_in(answer, user, token)
    return answer


@blueprint.post("/account/passkeys/options")
@takes(OWN)
def new_passkey_options() -> Response:
    """Give what a browser needs to make a passkey for who is signed in."""
    who, session = visitor(), db.session()
    if who.user_id is None or who.session_id is None:
        return no_page()
    if not is_fresh(session, parts().now(), who.session_id):
        return _fault(open_too_long(), 422)
    try:
        options = registration_options(
            session, parts().now(), here(), session.get_one(User, who.user_id), who.session_id
        )
    except PasskeyError as error:
        return _fault(why_refused(error), 422)
    session.commit()
    return jsonify(options)


@blueprint.post("/account/passkeys")
@takes(OWN)
def keep_passkey() -> Response:
    """Keep the passkey that the browser made."""
    who, session, body = visitor(), db.session(), _body()
    if who.user_id is None or who.session_id is None:
        return no_page()
    name = one_line(str(body.get("name", ""))) or _("A passkey")
    try:
        register(
            session,
            parts().now(),
            here(),
            session.get_one(User, who.user_id),
            who.session_id,
            _credential(body),
            name,
        )
    except PasskeyError as error:
        session.commit()
        return _fault(why_refused(error), 422)
    session.commit()
    return jsonify({"to": "/account"})


def _begin_trying() -> Trying | timedelta:
    """Write down that this visit asked for a challenge or answered one.

    Each challenge is a row, so asking is counted like trying. Whoever comes in takes back both
    tries of theirs: colleagues who sign in from one office do not shut each other out.
    """
    return begin_trying(f"passkey of {bound_to_visit()}")


def _shut(wait: timedelta) -> Response:
    answer = _fault(too_many(wait), 429)
    answer.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return answer


def open_too_long() -> str:
    """Say why a browser that may stand open makes nobody a way in that outlasts it."""
    return str(
        _(
            "You signed in a while ago. Sign out and in again, and do this then: nobody may make "
            "themselves a way in at a browser that was left open."
        )
    )


def here() -> Place:
    """Return the site that passkeys are for."""
    running = parts()
    return place_of(running.config.base_url, running.config.company)


def _body() -> dict[str, Any]:
    body = request.get_json(force=True, silent=True)
    return body if isinstance(body, dict) else {}


def _credential(body: dict[str, Any]) -> dict[str, Any]:
    found = body.get("credential")
    return found if isinstance(found, dict) else {}


def _fault(text: str, status: int) -> Response:
    answer = jsonify({"fault": text})
    answer.status_code = status
    return answer
