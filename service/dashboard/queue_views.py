"""Views of the queue that somebody keeps under a name, among their own preferences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, redirect, request
from flask_babel import gettext as _

from service.dashboard.access import Visitor
from service.dashboard.site import OWN, blueprint, may_not, own_path, say_at, takes, visitor
from service.mail.variables import one_line
from service.models import User
from service.parts import parts
from service.queries.by_id import locked_by_id

MOST = 20
"""Views one person keeps; more would be a list to search in."""

LONGEST_NAME = 40
LONGEST_QUERY = 500


@dataclass(frozen=True)
class View:
    """A view under its name; ``url`` is an address of the queue."""

    name: str
    url: str


def views_of(who: Visitor) -> list[View]:
    """Return the views that somebody keeps, in the order they were saved."""
    kept = who.preferences.get("queue_views", [])
    return [View(each["name"], f"/?{each['query']}") for each in kept if _is_view(each)]


@blueprint.post("/queue/views")
@takes(OWN)
def save_view() -> Response:
    """Keep the view that is shown, or forget one; under a name that is taken it is put anew."""
    who = visitor()
    if who.user_id is None or who.session_id is None:
        return may_not()
    name = one_line(request.form.get("name", ""))[:LONGEST_NAME]
    back = own_path(request.form.get("here", "/")) or "/"
    query = urlsplit(back).query[:LONGEST_QUERY]
    forget = "forget" in request.form
    if not name:
        return say_at("pages.waiting", "care", _("Give the view a name."))
    work = parts().work(actor=who.actor, source="page")
    user = locked_by_id(work.session, User, who.user_id)
    if user is None:
        return may_not()
    kept = [each for each in (user.preferences or {}).get("queue_views", []) if _is_view(each)]
    others = [each for each in kept if each["name"] != name]
    if not forget and len(others) >= MOST:
        work.session.rollback()
        return say_at(
            "pages.waiting", "care", _("You keep %(most)s views: forget one first.", most=MOST)
        )
    if not forget:
        others = [*others, {"name": name, "query": query}]
    # A new dictionary: a change inside the old one would not be noticed.
    user.preferences = {**(user.preferences or {}), "queue_views": others}
    work.session.commit()
    if forget:
        return say_at("pages.waiting", "good", _("The view “%(name)s” is forgotten.", name=name))
    answer = redirect(back, 303)
    return answer if isinstance(answer, Response) else Response(status=303)


def _is_view(each: Any) -> bool:
    return isinstance(each, dict) and {"name", "query"} <= each.keys()
