"""Shows who else looks at a person now. It is a courtesy: it stops nobody, and the lock still does.

The browser says every twenty seconds that the page is open; without a script nobody is announced,
and everybody still sees who is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response, render_template, request
from flask_babel import gettext as _

from service.dashboard.access import UNATTENDED
from service.dashboard.site import blueprint, forms, no_page, takes, visitor
from service.domain.rights import Right
from service.parts import parts
from service.queries.presence import may_know_of, who_looks
from service.workflows.presence import note_presence
from service.workflows.work import Work

UNATTENDED.add("pages.note_here")


@dataclass(frozen=True)
class Present:
    """Who else is at a person's page, in words ("" for nobody), and a short name of those words.

    ``first`` says that this browser has not announced itself yet.
    """

    candidate_id: str
    words: str
    shown: str
    first: bool = True


def present_at(work: Work, candidate_id: str) -> Present | None:
    """Return who else is at a person's page, for those who sit at it themselves."""
    if visitor().session_id is None:
        return None
    return _present(work, candidate_id, first=True)


def looking_at(work: Work, candidate_ids: Sequence[str]) -> Mapping[str, str]:
    """Return in words who looks at each of these people."""
    found = who_looks(work.session, work.now, candidate_ids, but=visitor().user_id)
    return {candidate_id: _words(names) for candidate_id, names in found.items()}


@blueprint.post("/people/<candidate_id>/here")
@takes(Right.SEE)
def note_here(candidate_id: str) -> Response:
    """Note that one is here, and answer who else is; nothing where that is what is shown."""
    who, running = visitor(), parts()
    work = running.work(actor=who.actor, source="page")
    # A program may bear a colleague's name; it is not the colleague who sits here.
    if who.user_id is None or who.session_id is None:
        return no_page()
    if not may_know_of(work.session, who.reach, candidate_id):
        return no_page()
    note_presence(work, who.user_id, candidate_id)
    present = _present(work, candidate_id, first=False)
    work.session.commit()
    # Its own element asked first with the trigger of a page that has just come.
    if request.args.get("shown") == present.shown and "first" not in request.args:
        return Response(status=204)
    return Response(render_template("_present.html", present=present))


def _present(work: Work, candidate_id: str, *, first: bool) -> Present:
    found = who_looks(work.session, work.now, [candidate_id], but=visitor().user_id)
    names = found.get(candidate_id, ())
    shown = forms().derived("present", *names)[:8] if names else ""
    return Present(candidate_id, _words(names), shown, first)


def _words(names: Sequence[str]) -> str:
    if not names:
        return ""
    if len(names) == 1:
        return str(_("%(name)s is looking at this now", name=names[0]))
    return str(
        _(
            "%(names)s and %(last)s are looking at this now",
            names=", ".join(names[:-1]),
            last=names[-1],
        )
    )
