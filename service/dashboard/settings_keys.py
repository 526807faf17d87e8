"""The keys that programs come in with: made, shown once, listed by their start, revoked at once.

A key's whole text is in one answer only, which no cache keeps; it can never be read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, request
from flask_babel import gettext as _

from service.auth.keys import SCOPES, make_key, revoke_key
from service.clock import instant_text
from service.dashboard.rows import Moment
from service.dashboard.settings import changed, line, settings_page
from service.dashboard.site import blueprint, needs, no_page, say_at, takes, zone
from service.dashboard.wording import when_words
from service.db import db
from service.domain.rights import Right
from service.models import ApiKey, User
from service.parts import parts
from service.queries.choices import active_colleagues
from service.queries.keys import keys
from service.workflows.work import Work

LONGEST_DAYS = 3650
LISTED = 500


@dataclass(frozen=True)
class KeyView:
    """One key, without what opens anything."""

    id: str
    name: str
    start: str
    scopes: str
    person: str
    state: str
    is_live: bool
    made: Moment
    used: Moment | None
    ends: Moment | None


@dataclass
class _Filled:
    name: str = ""
    scope: str = "read"
    user_id: str = ""
    days: str = ""
    faults: dict[str, str] | None = None


@blueprint.get("/settings/keys")
@needs(Right.PEOPLE)
def settings_keys() -> Response:
    """List the keys, the newest first."""
    return _listed(_Filled())


@blueprint.post("/settings/keys")
@takes(Right.PEOPLE)
def settings_key_add() -> Response:
    """Make a key and show it, this once."""
    running = parts()
    filled = _Filled(
        line("name", 100), line("scope"), line("user"), request.form.get("days", "").strip()
    )
    faults = _faults(filled)
    if faults:
        filled.faults = faults
        return _listed(filled, status=422)
    made: list[str] = []
    why = changed(running, lambda work: made.append(_made(work, filled)))
    if why is not None:
        filled.faults = {"name": why}
        return _listed(filled, status=422)
    return _listed(_Filled(), secret=made[0], called=filled.name)


@blueprint.post("/settings/keys/<key_id>/revoke")
@takes(Right.PEOPLE)
def settings_key_revoke(key_id: str) -> Response:
    """End a key at once."""
    running = parts()
    row = db.session().get(ApiKey, key_id)
    if row is None:
        return no_page()
    if row.revoked_at is not None:
        return say_at("pages.settings_keys", "care", _("The key was revoked before."))
    why = changed(running, lambda work: revoke_key(row, work.now))
    return say_at("pages.settings_keys", "care" if why else "good", why or _("The key is revoked."))


def _faults(filled: _Filled) -> dict[str, str]:
    faults = {}
    if not filled.name:
        faults["name"] = _("Say what the key is for.")
    if filled.scope not in SCOPES:
        faults["scope"] = _("Choose what it may do.")
    days = filled.days
    if days and not (days.isascii() and days.isdigit() and 1 <= int(days[:6]) <= LONGEST_DAYS):
        faults["days"] = _("Give 1 to %(n)s days, or leave it empty.", n=LONGEST_DAYS)
    if filled.user_id:
        user = db.session().get(User, filled.user_id)
        if user is None or not user.active:
            faults["user"] = _("There is no such colleague.")
    return faults


def _made(work: Work, filled: _Filled) -> str:
    ends = work.now + timedelta(days=int(filled.days)) if filled.days else None
    user_id = filled.user_id or None
    _row, secret = make_key(
        work.session, work.now, filled.name, [filled.scope], user_id=user_id, expires_at=ends
    )
    return secret


def _listed(filled: _Filled, *, status: int = 200, secret: str = "", called: str = "") -> Response:
    running, session = parts(), db.session()
    return settings_page(
        running,
        "settings_keys.html",
        status=status,
        keys=[
            _view(row, user.name if user else "", running.now())
            for row, user in keys(session, LISTED)
        ],
        people=active_colleagues(session),
        scopes=_scopes(),
        filled=filled,
        faults=filled.faults or {},
        secret=secret,
        called=called,
    )


def _scopes() -> dict[str, str]:
    return {
        "read": _("look"),
        "write": _("look, and act on candidates and promises"),
        "admin": _("everything, rules and keys too"),
    }


def _view(row: ApiKey, person: str, now: datetime) -> KeyView:
    ended = row.expires_at is not None and row.expires_at <= now
    state = _("revoked") if row.revoked_at else _("ended") if ended else _("in use")
    return KeyView(
        row.id,
        row.name,
        row.start,
        ", ".join(row.scopes),
        person,
        state,
        not row.revoked_at and not ended,
        _moment(row.created_at, now),
        _moment(row.last_used_at, now) if row.last_used_at else None,
        _moment(row.expires_at, now) if row.expires_at else None,
    )


def _moment(at: datetime, now: datetime) -> Moment:
    return Moment(instant_text(at), when_words(at, zone(), now))
