"""Logging a call, a voicemail or another touch by hand, and what it keeps."""

from __future__ import annotations

from typing import Final

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from service.dashboard.queue_acting import (
    Done,
    Filled,
    FormError,
    Subject,
    Values,
    form_about,
    note,
)
from service.dashboard.queue_when import local_minute, typed_instant
from service.dashboard.saying import owed_words, words
from service.dashboard.site import visitor
from service.dashboard.wording import inside
from service.domain.contacts import Channel, Outcome
from service.workflows.contacts import Logged, log_contact

HOW: Final = (
    ("phone:reached", lazy_gettext("I called and reached them")),
    ("phone:no_answer", lazy_gettext("I called and nobody answered")),
    ("voicemail:left_message", lazy_gettext("I left a voicemail")),
    ("text:delivered", lazy_gettext("I wrote a text message, and it arrived")),
    ("in_person:reached", lazy_gettext("I spoke with them in person")),
)
"""What can be logged by hand; mail is logged by its own fate."""

_USUAL = {"voicemail": "voicemail:left_message", "text": "text:delivered"}


def _show(subject: Subject, filled: Filled) -> Values:
    meant = request.form.getlist("meant") if request.method == "POST" else [filled.get("promise")]
    how = filled.get("how") or _USUAL.get(filled.get("channel"), "phone:reached")
    return {
        "how": how,
        "ways": HOW,
        "at": filled.get("at") or local_minute(subject.work.now),
        # Today, and not this minute: the call may end long after its form was opened.
        "latest": f"{local_minute(subject.work.now).partition('T')[0]}T23:59",
        "owed": subject.owed,
        "meant": set(meant) or {each.id for each in subject.owed[:1]},
        "phones": [each.number for each in subject.application.candidate.phones],
    }


@form_about("log_call", "/applications/<application_id>/call", "queue_call.html", _show)
def log_the_call(subject: Subject) -> Done:
    """Log the contact; say which promise it keeps, and why another stays open."""
    how = request.form.get("how", "")
    if how not in {value for value, _label in HOW}:
        raise FormError("how", _("Say what came of it."))
    channel, outcome = how.split(":")
    owed = {each.id for each in subject.owed}
    logged = log_contact(
        subject.work,
        subject.application,
        channel=Channel(channel),
        outcome=Outcome(outcome),
        at=typed_instant("at", subject.work.now),
        by_user_id=visitor().user_id,
        note=note(),
        meant_for=frozenset(owed & set(request.form.getlist("meant"))),
    )
    return _told(subject, logged)


def _told(subject: Subject, logged: Logged) -> Done:
    """Say what was kept; where nothing was, why not."""
    name = subject.name
    if logged.kept:
        what = " & ".join(inside(owed_words(each.wording)) for each in logged.kept)
        return Done(
            "good", _("Logged. It keeps a promise to %(name)s: %(what)s.", name=name, what=what)
        )
    if not logged.not_kept:
        return Done("good", _("Logged for %(name)s. Nothing was owed.", name=name))
    _promise, why = logged.not_kept[0]
    return Done(
        "care", _("Logged for %(name)s. It keeps no promise: %(why)s.", name=name, why=words(why))
    )
