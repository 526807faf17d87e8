"""Writing a letter to one person: its kind, its values, a preview; it goes as it was shown.

The same for many people lies in :mod:`queue_many`; both take their wishes from here.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from service.dashboard.queue_acting import Done, Filled, FormError, Subject, Values, form_about
from service.dashboard.saying import words
from service.dashboard.site import visitor, zone
from service.dashboard.wording import inside, moment_words
from service.domain.contacts import DECISION_LETTERS
from service.domain.delivery import MailState
from service.mail.templates import Rendered
from service.mail.variables import CANDIDATE_KINDS, DATED, OPTIONAL, one_line
from service.models import Message, Promise
from service.workflows.decide import standing_decision
from service.workflows.messages import Preview, Wish, preview_letter, write_letter
from service.workflows.waking import Wait
from service.workflows.work import Work

KIND_WORDS: Final[dict[str, Any]] = {
    "status-update": lazy_gettext("Where they stand"),
    "holding": lazy_gettext("It takes longer"),
    "apology-late": lazy_gettext("An apology for being late"),
    "interview-scheduling": lazy_gettext("An invitation to choose a date"),
    "second-choice": lazy_gettext("Second choice, still considered"),
    "acknowledgement": lazy_gettext("The application arrived"),
    "rejection-application": lazy_gettext("Rejection after the application"),
    "rejection-interview": lazy_gettext("Rejection after an interview"),
    "position-filled": lazy_gettext("The job is filled"),
    "position-closed": lazy_gettext("The job is closed"),
}
"""The letters in the order they are offered."""

_FIELD_WORDS: Final[dict[str, Any]] = {
    "next_word_by": lazy_gettext("Next word by"),
    "reply_by": lazy_gettext("Answer by"),
    "promised_what": lazy_gettext("What was promised"),
    "promised_for": lazy_gettext("For when it was promised"),
    "next_step": lazy_gettext("What happens next, as a sentence"),
    "scheduling_link": lazy_gettext("Link to choose a date"),
}

HOLD_ONE = timedelta(minutes=1)
HOLD_MANY = timedelta(minutes=10)
"""How long letters stay ours so that a slip of the hand can be undone; final ones stay longer."""

_HELD = "held so that it can be taken back"

LONGEST_VALUE = 500

_KNOWN: Final = frozenset.intersection(*CANDIDATE_KINDS.values())
"""What every letter knows of itself."""


def fields_of(kind: str) -> list[dict[str, str]]:
    """Return the fields a kind of letter asks for: name, label, and the type of its input."""
    names = [name for name in _FIELD_WORDS if name in CANDIDATE_KINDS[kind] - _KNOWN]
    types = {"scheduling_link": "url"} | dict.fromkeys(DATED, "date")
    return [
        {"name": name, "label": str(_FIELD_WORDS[name]), "type": types.get(name, "text")}
        for name in names
    ]


def kinds_for(*, decided: bool) -> list[tuple[str, str]]:
    """Return the letters that can be written: those that tell a decision only where one stands."""
    return [
        (kind, str(words))
        for kind, words in KIND_WORDS.items()
        if decided or kind not in DECISION_LETTERS
    ]


def wish_from_form(kind: str, promise: Promise | None = None) -> Wish:
    """Return what the form asks to be written; ``FormError`` names the field that is missing."""
    values = {}
    for each in fields_of(kind):
        name = each["name"]
        text = one_line(request.form.get(name, ""))
        if not text and name not in OPTIONAL[kind]:
            raise FormError(name, _("The letter needs this."))
        if len(text) > LONGEST_VALUE:
            raise FormError(name, _("Say it in at most %(most)s characters.", most=LONGEST_VALUE))
        if text:
            values[name] = text
    return Wish(kind, values, visitor().user_id, promise=promise, urgent="urgent" in request.form)


def held_back(wish: Wish, work: Work, hold: timedelta) -> Wish:
    """Return the wish with its letter kept back a little, so that it can be taken back."""
    return replace(wish, hold_for=Wait(work.now + hold, _HELD))


def digest_of(rendered: Rendered, to_address: str | None) -> str:
    """Return a short name of a letter as it was shown: the same letter has the same one."""
    whole = f"{to_address}\0{rendered.subject}\0{rendered.text}"
    return hashlib.sha256(whole.encode()).hexdigest()[:32]


def as_shown(preview: Preview) -> Preview:
    """Return a preview whose objection is said in the reader's language."""
    return replace(preview, objection=words(preview.objection or ""))


def leaves_words(letter: Message) -> str:
    """Say when a letter that was just written leaves, and why then."""
    if letter.state == MailState.HELD and letter.hold_until is not None:
        return str(
            _(
                "It leaves %(when)s at the earliest (%(why)s) and can be taken back until then.",
                when=moment_words(letter.hold_until, ZoneInfo(zone())),
                why=words(letter.reason or ""),
            )
        )
    return str(_("It leaves at once."))


def _kind(filled: Filled) -> str:
    given = filled.get("kind", "status-update")
    return given if given in KIND_WORDS else "status-update"


def _promise(subject: Subject, given: str) -> Promise | None:
    return next((each for each in subject.owed if each.id == given), None)


def _show(subject: Subject, filled: Filled) -> Values:
    kind = _kind(filled)
    promise = _promise(subject, filled.get("promise"))
    decided = standing_decision(subject.work, subject.application.id) is not None
    usual = {"promised_what": inside(promise.wording)} if promise else {}
    return {
        "kind": kind,
        "kinds": kinds_for(decided=decided),
        "fields": fields_of(kind),
        "usual": usual,
        "promise": promise,
        "letter": None,
        "digest": "",
        "final": kind in DECISION_LETTERS,
    }


@form_about("write_to", "/applications/<application_id>/write", "queue_write.html", _show)
def write_it(subject: Subject) -> Done | Values:
    """Show the letter as it would go; once it was read, send that very one."""
    kind = _kind(Filled(dict(request.form.items())))
    wish = wish_from_form(kind, _promise(subject, request.form.get("promise", "")))
    preview = preview_letter(subject.work, subject.application, wish)
    digest = digest_of(preview.rendered, preview.to_address)
    if request.form.get("digest") != digest or preview.objection:
        return {"letter": as_shown(preview), "digest": digest}
    held = wish if wish.urgent else held_back(wish, subject.work, HOLD_ONE)
    letter = write_letter(subject.work, subject.application, held)
    text = _("Written to %(name)s.", name=subject.name) + " " + leaves_words(letter)
    return Done("good", text, wake=True)
