"""Says where an ATS posts to, and what a person does on its side."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from service.ats.base import Adapter
from service.config import Config


def hook_path(name: str) -> str:
    """Return where the ATS posts to, on this server."""
    return f"/hooks/ats/{name}"


def hook_url(config: Config, name: str) -> str | None:
    """Return the whole address, or ``None`` where nobody said what others know this server by."""
    return f"{config.base_url}{hook_path(name)}" if config.base_url_given else None


def shown_url(config: Config, name: str) -> str:
    """Return the address for people, with a gap where it is not known."""
    return hook_url(config, name) or f"https://YOUR-HOST{hook_path(name)}"


def address_fault(config: Config) -> str | None:
    """Say why the ATS cannot reach this address, as far as that is plain to see."""
    if not config.base_url_given:
        return (
            "KEEPWORD_BASE_URL is not set. The address must be reachable from the ATS: put your "
            "public host in place of YOUR-HOST, and set KEEPWORD_BASE_URL to it."
        )
    parts = urlsplit(config.base_url)
    if _is_this_machine(parts.hostname or ""):
        return (
            f"{config.base_url} can be opened from this machine alone. The address must be "
            "reachable from the ATS: set KEEPWORD_BASE_URL to it."
        )
    if parts.scheme != "https":
        return "Most ATSs post to https:// addresses alone: set KEEPWORD_BASE_URL to one."
    return None


def secret_is_ours(adapter: Adapter) -> bool:
    """Tell whether the signing secret may be made here, and is not the vendor's own."""
    return adapter.guide.secret.startswith("made")


def guide_document(adapter: Adapter) -> dict[str, Any]:
    """Return what a person does at the vendor's side, for programs."""
    guide = adapter.guide
    return {"where": guide.where, "events": list(guide.events), "secret": guide.secret}


def guide_lines(adapter: Adapter, url: str) -> list[str]:
    """Return what a person does at the vendor's side, for people."""
    guide = adapter.guide
    lines = [
        f"At {adapter.label}: {guide.where}",
        f"  address   {url}",
        f"  secret    {guide.secret}",
    ]
    if guide.events:
        lines.append("  events    " + guide.events[0])
        lines += ["            " + event for event in guide.events[1:]]
    return lines


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
