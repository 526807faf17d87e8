"""The outbox: what needs a person, what waits, the pause switch, the latest letters; one letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from service.dashboard.headers import LETTER_POLICY
from service.dashboard.letters import (
    LetterView,
    RequestView,
    closing_view,
    letter_view,
    request_view,
)
from service.dashboard.navigation import Destination, add_destination
from service.dashboard.site import blueprint, message, needs, page, said, visitor, zone
from service.dashboard.wording import when_words
from service.db import db
from service.domain.delivery import CANCELLABLE, MailState
from service.domain.rights import Right
from service.parts import Parts, parts
from service.queries.figures import MailFigures, Pause, mail_figures
from service.queries.outbox import (
    UNDECIDED,
    WAITING,
    Letter,
    failed_lately,
    job_closed_by,
    latest_letters,
    lost_requests,
    together,
    undecided,
    waiting_closings,
    waiting_letters,
    who_paused,
    whole_letter,
)

add_destination(
    Destination(
        "pages.outbox",
        lazy_gettext("Outbox"),
        40,
        Right.SEE_MAIL,
        lambda trust: (trust.letters, lazy_gettext("need a person")),
        ("pages.letter", "pages.letters_of"),
    )
)

LETTERS = 100
"""Letters in the list of the latest."""

TOGETHER = 500
"""Letters of one request or closing on a page."""

AT_ONCE = 50
"""Letters of each kind shown among those that need a person, or wait."""


@blueprint.get("/outbox")
@needs(Right.SEE_MAIL)
def outbox() -> Response:
    """Show what needs a person first, then what waits, then the letters written last."""
    running = parts()
    session, now, reach = db.session(), running.now(), visitor().reach
    figures = mail_figures(session, now, settled=False, reach=reach)
    closings = [
        closing_view(each, zone(), now) for each in waiting_closings(session, AT_ONCE, reach)
    ]
    waits = _views(running, waiting_letters(session, AT_ONCE, reach))
    latest = _views(running, latest_letters(session, LETTERS, reach))
    waiting = sum(figures.by_state[state] for state in WAITING)
    return page(
        running,
        "outbox.html",
        acts=True,
        said=said(running),
        needs=_needs(running, figures),
        closings=closings,
        waits=waits,
        waiting=waiting,
        waits_unseen=waiting - len(waits) - sum(each.letters for each in closings),
        unsent=sum(figures.by_state[state] for state in CANCELLABLE),
        stopped=figures.by_state[MailState.BLOCKED],
        pause=_pause(running, figures.paused),
        as_of=now.isoformat(),
        letters=len(latest),
        days=[(day, list(each)) for day, each in groupby(latest, lambda view: view.day)],
        limit=LETTERS,
    )


@blueprint.get("/outbox/requests/<batch_id>")
@blueprint.get("/outbox/closings/<closing_id>")
@needs(Right.SEE_MAIL)
def letters_of(batch_id: str | None = None, closing_id: str | None = None) -> Response:
    """List the letters that went in one request, or belong to one closing."""
    running = parts()
    found = together(
        db.session(),
        batch_id=batch_id,
        closing_id=closing_id,
        limit=TOGETHER + 1,
        reach=visitor().reach,
    )
    if not found:
        return no_letter()
    title = _("Letters of one request")
    if closing_id:
        job = job_closed_by(db.session(), closing_id) or _("a job")
        title = _("Letters about closing %(job)s", job=job)
    views, more = _views(running, found[:TOGETHER]), len(found) > TOGETHER
    return page(running, "letters_of.html", title=title, letters=views, more=more)


@blueprint.get("/outbox/<message_id>")
@needs(Right.SEE_MAIL)
def letter(message_id: str) -> Response:
    """Show one letter, as text and as HTML, with what can be done about it."""
    running = parts()
    found = whole_letter(db.session(), message_id, visitor().reach)
    if found is None:
        return no_letter()
    view = letter_view(found.letter, zone(), running.now())
    return page(running, "letter.html", acts=True, said=said(running), letter=view, whole=found)


@blueprint.get("/outbox/<message_id>/html")
@needs(Right.SEE_MAIL)
def letter_html(message_id: str) -> Response:
    """Give the HTML part alone, for the frame: it can run, load and lead to nothing."""
    found = whole_letter(db.session(), message_id, visitor().reach)
    if found is None:
        return no_letter()
    response = Response(found.html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    return response


def no_letter() -> Response:
    """Say that there is no such letter."""
    return message(
        404, _("There is no such letter"), _("It may have been removed with its person.")
    )


def _views(running: Parts, letters: Sequence[Letter]) -> list[LetterView]:
    return [letter_view(each, zone(), running.now()) for each in letters]


@dataclass(frozen=True)
class _Needs:
    """What needs a person: requests as a whole, single letters, and how many more there are."""

    requests: list[RequestView]
    letters: list[LetterView]
    unseen: int


def _needs(running: Parts, figures: MailFigures) -> _Needs:
    """Return what needs a person, the gravest first."""
    session, reach = db.session(), visitor().reach
    requests = lost_requests(session, AT_ONCE, reach)
    whole = [each.batch_id for each in requests]
    letters = [
        *undecided(session, MailState.UNCERTAIN, AT_ONCE, reach, but=whole),
        *undecided(session, MailState.BLOCKED, AT_ONCE, reach),
        *undecided(session, MailState.UNCONFIRMED, AT_ONCE, reach),
    ]
    seen = len(letters) + sum(each.letters for each in requests)
    return _Needs(
        [request_view(each) for each in requests],
        _views(running, [*letters, *failed_lately(session, running.now(), AT_ONCE, reach)]),
        sum(figures.by_state[state] for state in UNDECIDED) - seen,
    )


def _pause(running: Parts, pause: Pause | None) -> dict[str, str] | None:
    """Return who paused all mail, since when and why."""
    if pause is None:
        return None
    by = _("the provider") if pause.by_provider else who_paused(db.session()) or _("a person")
    since = when_words(pause.at, zone(), running.now())
    return {"by": by, "since": since, "why": pause.reason or ""}
