"""The cookies: who is signed in, and, before that, which visit a sign-in form was shown in, and
that somebody signed in with this browser before.

Over https they bear the ``__Host-`` prefix, so that no neighbouring site can set them; no script
can read them, and no other site's form brings them along.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Request, Response

from service.auth.sessions import WHOLE
from service.config import Config

_SESSION, _VISIT, _KNOWN = "keepword-session", "keepword-visit", "keepword-known"

KNOWN_FOR = timedelta(days=180)
"""How long a browser is remembered in which somebody signed in."""


def session_token(request: Request, config: Config) -> str | None:
    """Return the token of the session that the browser shows, if any."""
    return request.cookies.get(_name(config, _SESSION)) or None


def keep_session(response: Response, config: Config, token: str) -> None:
    """Let the browser show this token from now on."""
    _set(response, config, _SESSION, token, int(WHOLE.total_seconds()))


def forget_session(response: Response, config: Config) -> None:
    """Take the token out of the browser."""
    _set(response, config, _SESSION, "", 0)


def visit_of(request: Request, config: Config) -> str | None:
    """Return the visit that somebody who is not signed in is on."""
    value = request.cookies.get(_name(config, _VISIT), "")
    return value if 20 <= len(value) <= 64 else None


def begin_visit() -> str:
    """Return a new visit: nobody can guess it."""
    return secrets.token_urlsafe(24)


def keep_visit(response: Response, config: Config, visit: str) -> None:
    """Let the browser show this visit until it is closed."""
    _set(response, config, _VISIT, visit, None)


def known_mark(request: Request, config: Config) -> str:
    """Return what the browser shows of somebody having signed in with it; "" for nothing."""
    return request.cookies.get(_name(config, _KNOWN), "")[:200]


def keep_known(response: Response, config: Config, mark: str) -> None:
    """Let the browser show that somebody signed in with it, also when they have signed out."""
    _set(response, config, _KNOWN, mark, int(KNOWN_FOR.total_seconds()))


def _set(response: Response, config: Config, name: str, value: str, max_age: int | None) -> None:
    response.set_cookie(
        _name(config, name),
        value,
        max_age=max_age,
        path="/",
        secure=_is_https(config),
        httponly=True,
        samesite="Lax",
    )


def _name(config: Config, name: str) -> str:
    return f"__Host-{name}" if _is_https(config) else name


def _is_https(config: Config) -> bool:
    # What people type decides, not the request: TLS usually ends at a proxy before us.
    return config.base_url.startswith("https:")
