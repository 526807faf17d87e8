"""Judges where a request may go: a connection's credentials leave for its vendor's host alone.

Only HTTPS, except to this machine itself; no path may climb out of the API's own prefix, whatever
a webhook put into it.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote, urlencode, urlsplit

from service.ats.asking import Ask
from service.vendors.base import AskError

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_PATH = re.compile(r"/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*")


def safe_base(url: str) -> str:
    """Return an address as a base for requests, without a slash at its end.

    Raises ``AskError`` unless it is ``https://host[:port][/prefix]``, or ``http`` to this machine.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise AskError("the API's address is none") from None
    if not host or parts.username or parts.password or parts.query or parts.fragment:
        raise AskError("the API's address must be https://host, with a path at most")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(host)):
        raise AskError("the API's address must begin with https://")
    return url.rstrip("/")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def target_of(ask: Ask) -> str:
    """Return the path and query of a request. Raises ``AskError`` for one that is not the API's."""
    if ask.method not in _METHODS:
        raise AskError("it asks by a method that no API here takes")
    if not _PATH.fullmatch(ask.path) or ask.path.startswith("//"):
        raise AskError("it asks for a path that is none of the API's")
    # Decoded twice, as a careless server might: "%252e" is a dot there; others drop what follows
    # a semicolon.
    parts = re.split(r"[/\\]", unquote(unquote(ask.path)))
    if any(part.split(";")[0] in {".", ".."} for part in parts):
        raise AskError("it asks for a path that climbs out of the API")
    return f"{ask.path}?{urlencode(ask.query)}" if ask.query else ask.path
