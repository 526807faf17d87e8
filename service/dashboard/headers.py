"""The headers that keep a page from running, loading or being framed by anything foreign.

A script runs with this answer's nonce alone; htmx acts on elements that carry it (``hx-nonce``),
so markup that slipped in does nothing.
"""

from __future__ import annotations

import secrets
from typing import Final

from flask import Response, g, request

LETTER_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""A letter carries its styles inline; everything else is shut off."""


def nonce() -> str:
    """Return what the scripts of this answer carry."""
    if "keepword_nonce" not in g:
        g.keepword_nonce = secrets.token_urlsafe(16)
    found: str = g.keepword_nonce
    return found


def page_policy(own: str) -> str:
    """Return a page's policy: own files only, own scripts by nonce, the only frame a letter."""
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
        f"connect-src 'self'; script-src 'nonce-{own}'; require-trusted-types-for 'script'; "
        "trusted-types htmx; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def harden(response: Response) -> Response:
    """Set the headers; pages show people and stay in no cache."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", page_policy(nonce()))
    headers["X-Content-Type-Options"] = "nosniff"
    # Nobody else is told where somebody was; our own forms must say whose they are.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.endpoint != "pages.static":
        headers["Cache-Control"] = "no-store"
    elif "v" in request.args:
        # The address changes with the content.
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
