"""Our own static files by an address that changes with their content, and what they hash to.

What came from elsewhere (``static/vendor``) is pinned here by its SHA-384: another file under the
same name does not run.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from flask import url_for

STATIC: Final = Path(__file__).parent / "static"

PINNED: Final = {
    "vendor/htmx-4.0.1.min.js": (
        "sha384-Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn"
    ),
    "vendor/hx-csp-4.0.1.min.js": (
        "sha384-l1UlMMjlxqJ9heYFHycJZCe5JK5ercIbf4mufiyK4B5B/8Hk3xk05wPOiWNv2OUX"
    ),
}
"""Files of others, with the integrity of the release they were copied from."""


@dataclass(frozen=True)
class Asset:
    """A static file as a page names it."""

    url: str
    integrity: str


def asset(name: str) -> Asset:
    """Return how a page names one of the static files."""
    integrity = PINNED.get(name) or integrity_of(name)
    return Asset(url_for("pages.static", filename=name, v=integrity[7:19]), integrity)


@cache
def integrity_of(name: str) -> str:
    """Return the SHA-384 of a file as it lies there, as browsers write it."""
    digest = hashlib.sha384((STATIC / name).read_bytes()).digest()
    return "sha384-" + base64.b64encode(digest).decode()
