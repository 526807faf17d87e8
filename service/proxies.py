"""Finds who really asks behind the reverse proxies that the employer trusts.

A forwarding header counts only where the peer is a trusted proxy, and in it only what trusted
proxies wrote: it is read from its end, and the first address that is not a trusted proxy is who
asks. Whoever writes such a header themselves moves nothing.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

PROXIED = "keepword.proxied"
"""Marks in the environment of a request that it came through a trusted proxy."""

MOST_HOPS = 20
"""Addresses of one header that are looked at: no chain of proxies is longer."""

_FORWARDED = "HTTP_X_FORWARDED_FOR"

_log = logging.getLogger("keepword.proxies")


class BehindProxies:
    """Puts the address of who really asks in the place of the proxy's, before anybody looks.

    ``trusted`` gives the networks whose word counts, ``scheme`` what colleagues' browsers speak:
    the employer says that once (``KEEPWORD_BASE_URL``), no header does.
    """

    def __init__(
        self,
        application: Application,
        trusted: Callable[[], Sequence[Network]],
        scheme: Callable[[], str],
    ) -> None:
        self._application = application
        self._trusted = trusted
        self._scheme = scheme
        self._told = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass a request on as it came, or with who really asks."""
        peer = address_of(environ.get("REMOTE_ADDR", ""))
        trusted = self._trusted()
        if peer is not None and _is_in(peer, trusted):
            environ[PROXIED] = True
            client = who_asks(peer, environ.get(_FORWARDED, ""), trusted)
            environ["REMOTE_ADDR"] = str(client)
            environ["wsgi.url_scheme"] = self._scheme()
        elif _FORWARDED in environ and not self._told:
            # Once: whoever likes can send it. No address is named: it may be a colleague's own.
            self._told = True
            _log.warning(
                "A forwarding header came from a peer that is not trusted and was ignored. Behind "
                "a reverse proxy, name its address in KEEPWORD_TRUSTED_PROXIES."
            )
        return self._application(environ, start_response)


def who_asks(peer: Address, header: str, trusted: Sequence[Network]) -> Address:
    """Return the nearest address that is no trusted proxy; the furthest where all of them are.

    What stands before something that is no address was not written by a trusted proxy.
    """
    found = peer
    for text in reversed(header.split(",")[-MOST_HOPS:]):
        address = address_of(text)
        if address is None:
            break
        found = address
        if not _is_in(address, trusted):
            break
    return found


def address_of(text: str) -> Address | None:
    """Return an address as proxies write it (some add the port), or ``None``."""
    plain = text.strip()
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        found = ipaddress.ip_address(plain)
    except ValueError:
        return None
    # The same machine, whichever way its address is written.
    return getattr(found, "ipv4_mapped", None) or found


def networks_of(text: str) -> tuple[Network, ...]:
    """Return the addresses and networks in a list with commas; ``ValueError`` for anything else.

    A network of everybody is refused: with it whoever asks says themselves who they are.
    """
    found = tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())
    if any(not each.prefixlen for each in found):
        raise ValueError("that is everybody")
    return found


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
