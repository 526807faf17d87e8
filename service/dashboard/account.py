"""The account of who is signed in: name, time zone, language, password, passkeys, sessions.

Everything here concerns oneself alone, whatever one's role.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from flask import Response, request
from flask_babel import gettext as _

from service.auth.links import an_administrator_can_sign_in, retire_links
from service.auth.passkeys import passkeys_of, remove_passkey
from service.auth.passwords import SHORTEST, WeakPasswordError, is_password, set_password
from service.auth.sessions import end_sessions, is_fresh, open_sessions
from service.clock import instant_text
from service.dashboard.entering import begin_trying, same, too_many
from service.dashboard.language import LANGUAGES
from service.dashboard.passkey_pages import here, open_too_long
from service.dashboard.rows import Moment
from service.dashboard.saying import why_refused
from service.dashboard.site import (
    OWN,
    blueprint,
    needs,
    no_page,
    page,
    said,
    say_at,
    takes,
    visitor,
    zone,
)
from service.dashboard.wording import when_words
from service.db import db
from service.mail.variables import one_line
from service.models import Password, User
from service.parts import parts
from service.queries.by_id import locked_by_id

LONGEST_NAME = 200

# The first that fits: most browsers also name those they want to be taken for.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Entry:
    """A passkey or a session in a list."""

    id: str
    name: str
    began: Moment
    used: Moment | None
    here: bool


Said = tuple[str, str]
Change = Callable[..., Said]


@blueprint.get("/account")
@needs(OWN)
def account() -> Response:
    """Show one's own account; there is none behind a key or at this machine."""
    who, running, session = visitor(), parts(), db.session()
    if who.user_id is None or who.session_id is None:
        return no_page()
    user = session.get_one(User, who.user_id)
    now = running.now()
    return page(
        running,
        "account.html",
        acts=True,
        said=said(running),
        user=user,
        was=_profile_mark(user),
        zones=sorted(available_timezones()),
        languages=LANGUAGES,
        shortest=SHORTEST,
        takes_passkeys=here().takes_passkeys,
        has_password=session.get(Password, user.id) is not None,
        shortcuts=(user.preferences or {}).get("shortcuts", True),
        dense=(user.preferences or {}).get("dense", False),
        morning=(user.preferences or {}).get("morning", True),
        passkeys=[
            Entry(
                each.id, each.name, _moment(each.created_at), _moment_or(each.last_used_at), False
            )
            for each in passkeys_of(session, user.id)
        ],
        sessions=[
            Entry(
                each.id,
                browser_named(each.user_agent) or _("an unknown browser"),
                _moment(each.created_at),
                _moment(each.last_seen_at),
                each.id == who.session_id,
            )
            for each in open_sessions(session, now, user.id)
        ],
    )


def change(rule: str) -> Callable[[Change], Callable[..., Response]]:
    """Mount a form about oneself: one transaction, then back to the account."""

    def decorate(act: Change) -> Callable[..., Response]:
        @blueprint.post(rule, endpoint=act.__name__)
        @takes(OWN)
        @wraps(act)
        def answered(**path: str) -> Response:
            who, session = visitor(), db.session()
            if who.user_id is None or who.session_id is None:
                return no_page()
            user = locked_by_id(session, User, who.user_id)
            if user is None:
                return no_page()
            style, text = act(user, **path)
            if style == "good":
                session.commit()
            else:
                session.rollback()
            return say_at("pages.account", style, text)

        return answered

    return decorate


@change("/account/profile")
def change_profile(user: User) -> Said:
    """Change one's name, time zone, language and how the pages behave."""
    if request.form.get("was") != _profile_mark(user):
        return "care", _(
            "Somebody changed your account meanwhile. It is shown as it is now: change it again "
            "if you like."
        )
    name = one_line(request.form.get("name", ""))[:LONGEST_NAME]
    if not name:
        return "care", _("Say how colleagues and candidates call you.")
    chosen = request.form.get("time_zone", "")
    try:
        user.time_zone = ZoneInfo(chosen).key if chosen else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "care", _("This is no time zone.")
    language = request.form.get("locale", "")
    user.locale = language if language in LANGUAGES else None
    user.name = name
    user.preferences = {
        **(user.preferences or {}),
        "shortcuts": "shortcuts" in request.form,
        "dense": "dense" in request.form,
        "morning": "morning" in request.form,
    }
    return "good", _("Your account is changed.")


@change("/account/password")
def change_password(user: User) -> Said:
    """Change one's password; every other session ends. The first one is set by who just came."""
    session, now, here_id = db.session(), parts().now(), visitor().session_id or ""
    # Whoever found an open browser must not guess the password here without end.
    tried = begin_trying(user.email)
    if isinstance(tried, timedelta):
        return "care", too_many(tried)
    # Noting the try has let go of it: pressed twice, the second waits for the first.
    locked_by_id(session, User, user.id)
    has_one = session.get(Password, user.id) is not None
    if not has_one and not is_fresh(session, now, here_id):
        return "care", open_too_long()
    if has_one and not is_password(session, user, request.form.get("present", "")):
        return "care", _("Your present password is not right.")
    secret = request.form.get("password", "")
    if not same(secret, request.form.get("again", "")):
        return "care", _("The two passwords are not the same.")
    try:
        set_password(session, user, secret, now)
    except WeakPasswordError as error:
        return "care", why_refused(error)
    tried.passed()
    retire_links(session, now, user)
    end_sessions(session, now, user.id, but=here_id)
    return "good", _("Your password is changed. Everywhere else you are signed out.")


@change("/account/passkeys/<passkey_id>/remove")
def forget_passkey(user: User, passkey_id: str) -> Said:
    """Remove one of one's passkeys, unless it is the only way in."""
    session = db.session()
    if not remove_passkey(session, user.id, passkey_id):
        return "care", _("There is no such passkey any more.")
    left = session.get(Password, user.id) is not None or bool(passkeys_of(session, user.id))
    if not left or not an_administrator_can_sign_in(session):
        return "care", _("This passkey is the only way in: set a password first.")
    return "good", _("The passkey opens nothing any more.")


@change("/account/sessions/<session_id>/end")
def end_session(user: User, session_id: str) -> Said:
    """Sign one's browser out somewhere else."""
    if not end_sessions(db.session(), parts().now(), user.id, only=session_id):
        return "care", _("This session is over already.")
    return "good", _("That browser is signed out.")


@change("/account/sessions/end-others")
def end_other_sessions(user: User) -> Said:
    """Sign out everywhere else."""
    end_sessions(db.session(), parts().now(), user.id, but=visitor().session_id)
    return "good", _("Everywhere else you are signed out.")


def _profile_mark(user: User) -> str:
    """Return a short name of what the form of one's account shows."""
    wishes = {k: v for k, v in (user.preferences or {}).items() if k != "queue_views"}
    shown = [user.name, user.time_zone, user.locale, sorted(wishes.items())]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]


def browser_named(agent: str) -> str:
    """Return a browser and its system as people call them, or what it says of itself."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return ", ".join(filter(None, (browser, system))) or agent


def _moment(at: datetime) -> Moment:
    return Moment(instant_text(at), when_words(at, zone(), parts().now()))


def _moment_or(at: datetime | None) -> Moment | None:
    return _moment(at) if at else None
