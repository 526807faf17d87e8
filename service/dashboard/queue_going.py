"""Where one goes after acting: back to where one came from, with what was done in words."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Response, current_app, redirect, request

from service.dashboard.site import forms, own_path, visitor
from service.parts import parts

_PASSING = frozenset({"style", "said", "seal", "undo", "choose"})
"""What an address says of the moment, and not of the place."""


def way_back(usual: str = "/") -> str:
    """Return the page of ours that the form or the address names to go back to."""
    given = own_path(request.values.get("back", "")) if request.values.get("back") else None
    return given or usual


def go(back: str, style: str, text: str, undo: str = "") -> Response:
    """Go to a page of ours and say there what was done; with ``undo``, offer to take it back."""
    here = urlsplit(back)
    kept = [(name, value) for name, value in parse_qsl(here.query) if name not in _PASSING]
    seal = forms().seal(visitor().who, style, text, parts().now())
    more: list[tuple[str, Any]] = [("style", style), ("said", text), ("seal", seal)]
    if undo:
        more.append(("undo", undo))
    answer: Response = current_app.make_response(
        redirect(f"{here.path}?{urlencode([*kept, *more])}", 303)
    )
    return answer
