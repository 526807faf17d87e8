"""What happened to an application, in a line each: who did what, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from service.dashboard.wording import when_words
from service.models import TimelineEntry
from service.queries.choices import names_of

_SAID: Final[dict[str, Any]] = {
    "contact": lazy_gettext("logged a contact"),
    "contact_taken_back": lazy_gettext("took a contact back"),
    "decided": lazy_gettext("recorded a decision"),
    "decision_withdrawn": lazy_gettext("withdrew the decision"),
    "letter_cancelled": lazy_gettext("cancelled a letter"),
    "letter_written": lazy_gettext("wrote a letter"),
    "promise_kept": lazy_gettext("kept a promise"),
    "promise_kept_late": lazy_gettext("kept a promise, late"),
    "promise_made": lazy_gettext("made a promise"),
    "promise_overdue": lazy_gettext("noted that a promise has passed"),
    "promise_paused": lazy_gettext("paused a promise"),
    "promise_released": lazy_gettext("released a promise"),
    "promise_reopened": lazy_gettext("opened a promise again"),
    "promise_rescheduled": lazy_gettext("moved a date"),
    "promise_resumed": lazy_gettext("let a promise go on"),
    "reassigned": lazy_gettext("handed the person over"),
    "stage": lazy_gettext("moved the stage"),
}


def changes_in_words(
    session: Session, entries: Sequence[TimelineEntry], zone: str, now: datetime
) -> list[str]:
    """Return a line for each entry: ``today 14:02: Maria Keller moved a date``."""
    names = names_of(session, (entry.actor.removeprefix("user:") for entry in entries))
    return [
        _(
            "%(when)s: %(who)s %(what)s",
            when=when_words(entry.recorded_at, zone, now),
            who=actor_words(entry.actor, names),
            what=_SAID.get(entry.kind, entry.kind.replace("_", " ")),
        )
        for entry in entries
    ]


def actor_words(actor: str, names: dict[str, str]) -> str:
    """Return who did something, by what the timeline calls them."""
    known = names.get(actor.removeprefix("user:"))
    if known is not None:
        return known
    if actor.startswith("ats:"):
        return str(_("your ATS"))
    if actor.startswith("key:"):
        return str(_("a program"))
    return str("Keepword" if actor == "keepword" else _("somebody"))
