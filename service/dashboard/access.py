"""Who may see the pages and act on them: who is signed in, holds an API key, or sits right here.

A session says who somebody is, and their role what they may (``service.domain.rights``). A key
by Basic auth looks with the scope ``read`` and acts with ``write``; one in a colleague's name
reaches no further than they do.

Until a first administrator can sign in, the pages also open where the request surely comes from
somebody at this very machine:

* The peer's address is a loopback address. That alone proves little, because a reverse proxy on
  this machine has one too.
* The ``Host`` header names this machine. A hostile site can point its own name at 127.0.0.1 (DNS
  rebinding) and have a visitor's browser fetch the pages for it; the header then bears its name.
* No proxy shows itself, by a forwarding header or by HTTP/1.0, which nginx speaks to what lies
  behind it unless told otherwise, while it sends a loopback ``Host`` and no header of its own.
* ``KEEPWORD_BASE_URL`` names this machine. Another name says that colleagues come from elsewhere.

``KEEPWORD_PAGES=key`` never opens so; ``machine`` does even when people can sign in (the demo).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.auth.keys import caller_with, note_use
from service.auth.links import an_administrator_can_sign_in
from service.auth.sessions import is_stale, note_seen, session_with
from service.auth.teams import teams_of
from service.config import Config
from service.dashboard.session_cookie import session_token
from service.domain.rights import (
    EVERYWHERE,
    RIGHTS,
    Reach,
    Right,
    Role,
    reach_of,
    rights_of,
    rights_of_key,
)
from service.models import SignInSession, User
from service.parts import Parts
from service.proxies import PROXIED

CHALLENGE = 'Basic realm="Keepword", charset="UTF-8"'

_THIS_MACHINE = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_PROXIES = ("forwarded", "via", "x-forwarded", "x-real-ip", "x-original", "x-client-ip")


UNATTENDED: Final[set[str]] = set()
"""Endpoints that an open page asks by itself: they keep no session alive, and lead nowhere."""


@dataclass(frozen=True)
class Visitor:
    """Who reads a page.

    ``who`` tells visitors apart (forms are bound to it); ``actor`` is how the timeline names them.
    ``user_id`` is ``None`` with a key of nobody's and at this machine, ``session_id`` unless
    somebody signed in.
    """

    who: str
    actor: str
    rights: frozenset[Right]
    reach: Reach = EVERYWHERE
    name: str = ""
    email: str = ""
    role: str = ""
    user_id: str | None = None
    session_id: str | None = None
    time_zone: str | None = None
    locale: str | None = None
    preferences: Mapping[str, Any] = field(default_factory=dict)

    def may(self, right: Right) -> bool:
        """Tell whether they have a right."""
        return right in self.rights

    @property
    def may_act(self) -> bool:
        """Tell whether they may change what concerns candidates."""
        return Right.ACT in self.rights


HERE: Final = Visitor("here", "page", RIGHTS[Role.ADMINISTRATOR])
"""Somebody at this very machine."""


def visitor_of(request: Request, running: Parts, session: Session) -> Visitor | None:
    """Return who asks, or ``None`` where they may see no page."""
    signed_in = _signed_in(request, running, session)
    if signed_in is not None:
        return signed_in
    if _opens_here(request, running.config, session):
        return HERE
    return _with_key(request, running, session)


def visitor_for(row: SignInSession, user: User, team_ids: frozenset[str]) -> Visitor:
    """Return the visitor that a session and its person make."""
    return Visitor(
        row.id,
        f"user:{user.id}",
        rights_of(user.role),
        reach_of(user.role, user.id, team_ids),
        user.name,
        user.email,
        user.role,
        user.id,
        row.id,
        user.time_zone,
        user.locale,
        user.preferences or {},
    )


def _signed_in(request: Request, running: Parts, session: Session) -> Visitor | None:
    token = session_token(request, running.config)
    found = session_with(session, running.now(), token) if token else None
    if found is None:
        return None
    row, user = found
    made = visitor_for(row, user, teams_of(session, user.id))
    if request.endpoint not in UNATTENDED and is_stale(row, running.now()):
        session_id = row.id
        _note(session, lambda: note_seen(session, running.now(), session_id))
    return made


def _with_key(request: Request, running: Parts, session: Session) -> Visitor | None:
    given = request.authorization
    if given is None or given.type != "basic" or not given.password:
        return None
    now = running.now()
    caller = caller_with(session, now, given.password)
    if caller is None or not caller.may("read"):
        return None

    rights, reach = rights_of_key(caller.scopes), EVERYWHERE
    if caller.user_id is not None:
        # In a colleague's name it opens to them what signing in would, and no more.
        user = session.get_one(User, caller.user_id)
        rights &= rights_of(user.role)
        reach = reach_of(user.role, user.id, teams_of(session, user.id))
    _note(session, lambda: note_use(session, now, caller))
    return Visitor(caller.key_id, caller.actor, rights, reach, user_id=caller.user_id)


def _note(session: Session, write: Callable[[], None]) -> None:
    """Write a use down in a transaction of its own; a busy database must not shut the page."""
    session.rollback()
    try:
        write()
        session.commit()
    except OperationalError:
        session.rollback()


def _opens_here(request: Request, config: Config, session: Session) -> bool:
    if config.pages == "key" or not comes_from_here(request, config):
        return False
    return config.pages == "machine" or not an_administrator_can_sign_in(session)


def comes_from_here(request: Request, config: Config) -> bool:
    """Tell whether a person at this machine asks, as far as anything can tell."""
    return (
        _is_loopback(request.remote_addr)
        # Whatever a trusted proxy passes on comes from elsewhere, also where it says nothing.
        and PROXIED not in request.environ
        and _THIS_MACHINE.fullmatch(request.headers.get("Host", "")) is not None
        and not any(name.lower().startswith(_PROXIES) for name in request.headers.keys())  # noqa: SIM118 - iterating yields pairs
        and request.environ.get("SERVER_PROTOCOL") != "HTTP/1.0"
        and _THIS_MACHINE.fullmatch(urlsplit(config.base_url).netloc) is not None
    )


def _is_loopback(address: str | None) -> bool:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped.is_loopback
    return found.is_loopback
