"""Who may see the pages and act on them: this machine itself, or who holds an API key.

A key sees with the scope ``read`` and acts with ``write``.

There is no sign-in yet, so without a key the pages open only where the request surely comes from
somebody at this very machine:

* The peer's address is a loopback address. That alone proves little, because a reverse proxy on
  this machine has one too.
* The ``Host`` header names this machine. A hostile site can point its own name at 127.0.0.1 (DNS
  rebinding) and have a visitor's browser fetch the pages for it; the header then bears its name.
* No proxy shows itself, by a forwarding header or by HTTP/1.0, which nginx speaks to what lies
  behind it unless told otherwise, while it sends a loopback ``Host`` and no header of its own.
* ``KEEPWORD_BASE_URL`` names this machine. Another name says that colleagues come from elsewhere.

``KEEPWORD_PAGES=key`` asks for a key in every case.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.auth.keys import caller_with, note_use
from service.config import Config
from service.parts import Parts

CHALLENGE = 'Basic realm="Keepword", charset="UTF-8"'

_THIS_MACHINE = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_PROXIES = ("forwarded", "via", "x-forwarded", "x-real-ip", "x-original", "x-client-ip")


@dataclass(frozen=True)
class Visitor:
    """Who reads a page. ``who`` tells visitors apart; ``actor`` is how the timeline names them."""

    who: str
    actor: str
    may_act: bool


HERE = Visitor("here", "page", may_act=True)
"""Somebody at this very machine."""


def visitor_of(request: Request, running: Parts, session: Session) -> Visitor | None:
    """Return who asks, or ``None`` where they may see no page."""
    if running.config.pages == "local" and comes_from_here(request, running.config):
        return HERE
    given = request.authorization
    if given is None or given.type != "basic" or not given.password:
        return None
    now = running.now()
    caller = caller_with(session, now, given.password)
    if caller is None or not caller.may("read"):
        return None
    # The use is written in a transaction of its own; a busy database must not shut the page.
    session.rollback()
    try:
        note_use(session, now, caller)
        session.commit()
    except OperationalError:
        session.rollback()
    return Visitor(caller.key_id, caller.actor, caller.may("write"))


def comes_from_here(request: Request, config: Config) -> bool:
    """Tell whether a person at this machine asks, as far as anything can tell."""
    return (
        _is_loopback(request.remote_addr)
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
