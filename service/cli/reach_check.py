"""What ``keepword doctor`` learns by asking outside (``--reach``), and of the sender by looking.

Nothing is sent to anybody: the provider judges a mail in its sandbox, and our own page is asked
whether it lives.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import urllib3

from service.cli.findings import Finding, Verdict
from service.config import Config
from service.mail.base import Accepted, Captured, ChannelDown, Refused, Transport

_MAILBOXES = frozenset(
    {
        "aol.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "t-online.de",
        "web.de",
        "yahoo.com",
        "yahoo.de",
    }
)
"""Mailboxes tell everybody to refuse mail in their name that they did not send themselves."""

_NOBODYS = (".example", ".invalid", ".test", ".localhost", "example.com", "example.org")
_HERE = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - compared, not bound
_WITHIN = urllib3.Timeout(connect=5, read=5)


def sender(config: Config) -> Iterator[Finding]:
    """Look at the domain that letters come from."""
    if config.mail != "sendgrid":
        return
    domain = config.mail_from.rpartition("@")[2].lower()
    if domain in _MAILBOXES:
        yield Finding(
            Verdict.FAIL,
            "sender",
            f"Letters come from {domain}, which has mailboxes refuse what it did not send itself.",
            "Use a domain of your own in KEEPWORD_MAIL_FROM, and authenticate it at the provider.",
        )
    elif f".{domain}".endswith(_NOBODYS):
        yield Finding(
            Verdict.FAIL,
            "sender",
            f"Letters come from {domain}, which is nobody's.",
            "Set KEEPWORD_MAIL_FROM to an address of your own domain.",
        )


def reach(config: Config, transport: Transport) -> Iterator[Finding]:
    """Ask our own address, the sender's domain and the mail provider."""
    yield _page(config)
    if config.mail == "sendgrid":
        yield _domain(config)
        yield _provider(transport)


def _page(config: Config) -> Finding:
    host = urlsplit(config.base_url).hostname or ""
    if host in _HERE:
        return Finding(
            Verdict.WARN,
            "reach",
            f"Keepword is known as {config.base_url}: no ATS and no mail provider can tell it "
            "anything there.",
            "Set KEEPWORD_BASE_URL to an https address that leads here from outside.",
        )
    pool = urllib3.PoolManager(retries=False, timeout=_WITHIN)
    try:
        answer = pool.request("GET", f"{config.base_url}/livez", redirect=False)
    except urllib3.exceptions.HTTPError as error:
        kind = type(getattr(error, "reason", None) or error).__name__
        return Finding(
            Verdict.FAIL,
            "reach",
            f"{config.base_url} does not answer ({kind}).",
            "See whether the name leads to your proxy, its certificate is whole, and Keepword runs "
            "behind it.",
        )
    if answer.status != 200 or b"alive" not in answer.data[:200]:
        return Finding(
            Verdict.FAIL,
            "reach",
            f"{config.base_url} answers {answer.status}, and not as Keepword does.",
            "Let the proxy pass everything on, with the path as it is.",
        )
    return Finding(Verdict.OK, "reach", f"{config.base_url} leads to Keepword from this machine.")


def _domain(config: Config) -> Finding:
    domain = config.mail_from.rpartition("@")[2]
    try:
        socket.getaddrinfo(domain, None)
    except OSError:
        return Finding(
            Verdict.WARN,
            "sender",
            f"{domain} has no address: many mailboxes refuse mail from such a domain.",
            "Check the spelling of KEEPWORD_MAIL_FROM, and the domain's records.",
        )
    return Finding(Verdict.OK, "sender", f"{domain} exists.")


def _provider(transport: Transport) -> Finding:
    match transport.probe():
        case Accepted() | Captured():
            return Finding(Verdict.OK, "provider", "The mail provider takes mail from this sender.")
        case ChannelDown(reason=reason) | Refused(reason=reason):
            return Finding(
                Verdict.FAIL,
                "provider",
                f"The mail provider takes none: {reason}.",
                "Mend it there: the key's rights, the sender's authentication, or the account.",
            )
    return Finding(
        Verdict.WARN,
        "provider",
        "The mail provider could not be asked.",
        "Try again; if it stays so, see whether this machine may reach it and its status page.",
    )
