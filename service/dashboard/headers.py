"""The headers that keep a page from running, loading or being framed by anything foreign."""

from __future__ import annotations

from typing import Final

from flask import Response, request

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script at all; the only frame is a letter of our own."""

FORM_POLICY: Final = PAGE_POLICY.replace("form-action 'none'", "form-action 'self'")
"""The same for a page whose forms come back to us."""

LETTER_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""A letter carries its styles inline; everything else is shut off."""


def harden(response: Response) -> Response:
    """Set the headers; pages show people and stay in no cache."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    # Nobody else is told where somebody was; our own forms must say whose they are.
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.endpoint != "pages.static":
        headers["Cache-Control"] = "no-store"
    return response
