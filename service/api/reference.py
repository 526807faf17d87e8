"""The reference at ``/docs`` and a page for each problem: the API's description, for people.

They hold nobody's data, so they ask for no key and touch no database, and run no script.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, render_template, request

from service.api.problem_texts import PROBLEM_TEXTS
from service.api.reference_view import reference_of
from service.parts import parts

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script, no frame, nothing from elsewhere: as strict as the policy of the other pages."""

blueprint = Blueprint(
    "reference",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/docs/static",
)


def init_app(app: Flask, document: Callable[[], Mapping[str, Any]]) -> None:
    """Mount the pages; ``document`` gives the OpenAPI document and is asked once, when needed."""
    app.extensions["keepword.reference"] = cache(lambda: reference_of(document()))
    app.register_blueprint(blueprint)


@blueprint.after_request
def harden(response: Response) -> Response:
    """Set the headers; a cache may keep a page and asks whether it is still the same."""
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if response.status_code == 200 and request.endpoint != "reference.static":
        headers["Cache-Control"] = "no-cache"
        response.add_etag()
        response.make_conditional(request)
    return response


@blueprint.get("/docs")
def docs() -> str:
    """Show every operation."""
    return render_template(
        "reference/docs.html",
        reference=current_app.extensions["keepword.reference"](),
        problems=PROBLEM_TEXTS,
        base_url=parts().config.base_url.rstrip("/"),
    )


@blueprint.get("/problems/<slug>")
def problem(slug: str) -> tuple[str, int]:
    """Say what a problem means and what to do about it."""
    text = PROBLEM_TEXTS.get(slug)
    if text is None:
        return render_template("reference/no_problem.html"), 404
    return render_template("reference/problem.html", slug=slug, text=text), 200
