"""Making a promise, moving its date with a word to the candidate, and letting go of it."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext as _

from service.dashboard.queue_acting import (
    Done,
    Filled,
    FormError,
    Subject,
    Values,
    form_about,
    note,
)
from service.dashboard.queue_letters import HOLD_ONE, as_shown, held_back
from service.dashboard.queue_when import OWN, choices, chosen_within, deadline_words
from service.dashboard.queue_words import kind_words
from service.dashboard.saying import owed_words
from service.dashboard.site import visitor
from service.dashboard.wording import inside
from service.domain.policies import Kind
from service.mail.variables import one_line
from service.models import Application, Promise
from service.workflows.messages import Wish, preview_letter, write_letter
from service.workflows.promise_changes import release, require_open, reschedule
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.work import Work

KINDS: Final = (
    Kind.CALLBACK,
    Kind.DECISION,
    Kind.SCHEDULING,
    Kind.FEEDBACK,
    Kind.STATUS,
    Kind.REPLY,
)
"""What a person promises by word of mouth."""

LONGEST_WORDING = 200

NOTE, KNOWS, SILENT = "note", "knows", "silent"
"""How the candidate hears of a new date: by a letter now, from somebody already, or not at all."""


def kinds_promised() -> list[tuple[str, str]]:
    """Return what can be promised, in words."""
    return [(kind.value, kind_words(kind.value)) for kind in KINDS]


def _show_new(subject: Subject, filled: Filled) -> Values:
    return {
        "kinds": kinds_promised(),
        "kind": filled.get("kind", Kind.CALLBACK.value),
        "choices": choices(subject.work, subject.application),
        "own": OWN,
        "longest": LONGEST_WORDING,
    }


@form_about(
    "make_promise", "/applications/<application_id>/promise", "queue_promise.html", _show_new
)
def promise_it(subject: Subject) -> Done:
    """Make the promise; say when it is due."""
    work, application = subject.work, subject.application
    made = make_spoken(work, application, spoken_from_form((work, application)))
    calendar = subject.work.calendar_of(subject.application)
    due = deadline_words(calendar, made.due_at, subject.work.now)
    text = _("Promised to %(name)s: %(what)s, by %(due)s.", name=subject.name,
             what=inside(owed_words(made.wording)), due=due)  # fmt: skip
    return Done("good", text)


def spoken_from_form(about: tuple[Work, Application] | None = None) -> Spoken:
    """Return what the form promises; ``FormError`` names the field that says too little.

    ``about`` as of :func:`chosen_within`.
    """
    kind = request.form.get("kind", "")
    if kind not in {each.value for each in KINDS}:
        raise FormError("kind", _("Say what is promised."))
    wording = one_line(request.form.get("wording", ""))
    if len(wording) > LONGEST_WORDING:
        raise FormError(
            "wording", _("Say it in at most %(most)s characters.", most=LONGEST_WORDING)
        )
    wording = wording or _capital(kind_words(kind))
    me = visitor().user_id
    return Spoken(Kind(kind), wording, within=chosen_within(about), owner_id=me, promised_by_id=me)


def _show_move(subject: Subject, filled: Filled) -> Values:
    promise = _meant(subject)
    calendar = subject.work.calendar_of(subject.application)
    return {
        "promise": promise,
        "due": deadline_words(calendar, promise.due_at, subject.work.now),
        "passed": promise.due_at < subject.work.now,
        "choices": choices(subject.work, subject.application),
        "own": OWN,
        "telling": filled.get("telling", NOTE),
        "what": filled.get("what") or inside(promise.wording),
        "letter": None,
    }


@form_about("move_promise", "/promises/<promise_id>/move", "queue_move.html", _show_move)
def move_it(subject: Subject) -> Done | Values:
    """Move the date, with a note to the candidate unless they know or are not to be told."""
    promise = _meant(subject)
    require_open(promise)
    telling = request.form.get("telling", "")
    if telling not in (NOTE, KNOWS, SILENT):
        raise FormError("telling", _("Say how the candidate hears of it."))
    work, application = subject.work, subject.application
    new = reschedule(
        work,
        promise,
        within=chosen_within((work, application)),
        due_at=None,
        reason=note("why"),
        candidate_told=telling != SILENT,
    )
    work.session.flush()
    calendar = work.calendar_of(application)
    due = deadline_words(calendar, new.due_at, work.now)
    if telling == NOTE:
        local = new.due_at.astimezone(calendar.time_zone)
        wish = note_about(new, local, request.form.get("what", ""))
        if "preview" in request.form:
            return {"letter": as_shown(preview_letter(work, application, wish)), "new_due": due}
        write_letter(work, application, held_back(wish, work, HOLD_ONE))
        text = _("Moved to %(due)s. A note to %(name)s is on its way.", due=due, name=subject.name)
        return Done("good", text, wake=True)
    if telling == KNOWS:
        return Done("good", _("Moved to %(due)s. %(name)s knows.", due=due, name=subject.name))
    text = _("Moved to %(due)s without a word to %(name)s. Such moves are counted.", due=due,
             name=subject.name)  # fmt: skip
    return Done("care", text)


def note_about(promise: Promise, due_local: datetime, what: str) -> Wish:
    """Return the letter that tells of a new date. It is a day: the letter says "by Friday"."""
    said = one_line(what)[:LONGEST_WORDING] or inside(promise.wording)
    values = {"promised_what": said, "next_word_by": due_local.date().isoformat()}
    # Not about the promise itself: a note that it takes longer does not keep it.
    return Wish("holding", values, by_user_id=visitor().user_id)


def _show_release(subject: Subject, _filled: Filled) -> Values:
    promise = _meant(subject)
    zone = subject.work.calendar_of(subject.application).time_zone
    return {"promise": promise, "due": promise.due_at.astimezone(ZoneInfo(zone.key))}


@form_about(
    "release_promise", "/promises/<promise_id>/release", "queue_release.html", _show_release
)
def release_it(subject: Subject) -> Done:
    """Let go of a promise, with a reason that colleagues read."""
    why = note("why")
    if not why:
        raise FormError("why", _("Say why: colleagues read it later."))
    promise = _meant(subject)
    release(subject.work, promise, why)
    return Done(
        "good",
        _(
            "Released for %(name)s: %(what)s.",
            name=subject.name,
            what=inside(owed_words(promise.wording)),
        ),
    )


def _meant(subject: Subject) -> Promise:
    if subject.promise is None:
        raise LookupError("a form about a promise has one")
    return subject.promise


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
