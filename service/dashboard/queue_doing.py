"""What is done to one person of a selection, and why somebody is left out of it.

Each returns what came of it in words, with the letter that goes; nothing here commits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import request
from flask_babel import gettext as _

from service.dashboard.queue_acting import FormError, application_of, note
from service.dashboard.queue_decide import decider_from_form
from service.dashboard.queue_letters import (
    HOLD_MANY,
    KIND_WORDS,
    digest_of,
    held_back,
    wish_from_form,
)
from service.dashboard.queue_promises import KNOWS, NOTE, SILENT, note_about, spoken_from_form
from service.dashboard.queue_when import chosen_within, deadline_words
from service.dashboard.saying import owed_words, words
from service.dashboard.site import visitor
from service.dashboard.wording import inside
from service.domain.business_time import Calendar
from service.domain.contacts import Channel, Outcome
from service.domain.delivery import MailState
from service.domain.promises import OPEN_STATES
from service.domain.wording import ToldError
from service.mail.templates import Rendered
from service.models import Application, Promise, User
from service.queries.just_done import logged_just_now, promised_just_now
from service.queries.letters_under_way import letters_under_way
from service.workflows.applications import reassign
from service.workflows.composing import full_name
from service.workflows.contacts import log_contact
from service.workflows.decide import reject
from service.workflows.messages import Wish, preview_letter, write_letter
from service.workflows.promise_changes import lock_promise, release, reschedule
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.work import Work

_REF = re.compile(
    r"(?P<application>[0-9A-Za-z_]{1,64}):(?P<version>[0-9]{1,9})"
    r"(?::(?P<promise>[0-9A-Za-z_]{1,64}):(?P<seen>[0-9]{1,9}))?"
)


_HOW: Final = {
    "reached": (Channel.PHONE, Outcome.REACHED),
    "no_answer": (Channel.PHONE, Outcome.NO_ANSWER),
    "left_message": (Channel.VOICEMAIL, Outcome.LEFT_MESSAGE),
}
"""What can have come of many calls."""


class LeftOutError(ToldError):
    """This person cannot be included; the message says why."""


@dataclass(frozen=True)
class Chosen:
    """One person of a selection, as a row of the queue named them."""

    ref: str
    application: Application
    promise: Promise | None

    @property
    def name(self) -> str:
        """The person's whole name."""
        return str(full_name(self.application.candidate) or _("(no name)"))


@dataclass(frozen=True)
class Outcomes:
    """What is done, or would be, to one person; ``letter`` as it would go.

    ``seen`` names what was shown where the text says more than was meant: "in an hour" is another
    minute by the time it is confirmed.
    """

    text: str
    letter: Rendered | None = None
    to_address: str = ""
    waits: bool = False
    seen: str = ""


Doing = Callable[[Work, Chosen], Outcomes]


def chosen_by(work: Work, ref: str) -> Chosen:
    """Return whom a row of the queue named, locked; ``LeftOutError`` where it is not as seen."""
    found = _REF.fullmatch(ref)
    if found is None or not ref.isascii():
        raise LeftOutError(_("the form does not say whom it means"))
    application = application_of(work, found["application"], lock=True)
    if application is None:
        raise LeftOutError(_("there is no such person any more"))
    promise = None
    if found["promise"]:
        promise = lock_promise(work, found["promise"])
        if (
            promise is None
            or promise.state not in OPEN_STATES
            or promise.application_id != application.id
        ):
            raise LeftOutError(_("what was owed is settled meanwhile"))
        # Not its version: the checker's flag changes that, and nothing of what was promised.
        if promise.due_version != int(found["seen"]):
            raise LeftOutError(_("somebody changed it meanwhile: look again"))
    if application.version != int(found["version"]):
        raise LeftOutError(_("somebody changed it meanwhile: look again"))
    return Chosen(ref, application, promise)


def doing(work: Work, act: str) -> Doing:
    """Return what is to be done to each; ``FormError`` where the form does not say enough."""
    if act == "write":
        kind = request.form.get("kind", "")
        if kind not in KIND_WORDS:
            raise FormError("kind", _("Choose a letter."))
        wish_from_form(kind)
        return lambda w, chosen: _write(w, chosen, kind)
    if act == "move":
        within, telling = chosen_within(), request.form.get("telling", "")
        if telling not in (NOTE, KNOWS, SILENT):
            raise FormError("telling", _("Say how the candidates hear of it."))
        return lambda w, chosen: _move(w, chosen, within, telling)
    if act == "assign":
        owner = work.session.get(User, request.form.get("owner", "")[:64])
        if owner is None or not owner.active:
            raise FormError("owner", _("Choose a colleague."))
        return lambda w, chosen: _assign(w, chosen, owner)
    if act == "call":
        how, said = _HOW.get(request.form.get("how", "reached")), note()
        if how is None:
            raise FormError("how", _("Say what came of it."))
        return lambda w, chosen: _call(w, chosen, *how, said)
    if act == "promise":
        spoken = spoken_from_form()
        return lambda w, chosen: _promise(w, chosen, spoken)
    if act == "decide":
        decider, reason = decider_from_form(work), note("why")
        return lambda w, chosen: _decide(w, chosen, decider, reason)
    why = note("why")
    if not why:
        raise FormError("why", _("Say why: colleagues read it later."))
    return lambda w, chosen: _release(w, chosen, why)


def _write(work: Work, chosen: Chosen, kind: str) -> Outcomes:
    under_way = letters_under_way(work.session, chosen.application.id)
    if any(each.kind == kind for each in under_way):
        # Confirmed twice, or by two of us: one letter is meant.
        raise LeftOutError(_("the same letter to them is on its way already"))
    return _letter(work, chosen, wish_from_form(kind, chosen.promise), "")


def _letter(work: Work, chosen: Chosen, wish: Wish, text: str) -> Outcomes:
    preview = preview_letter(work, chosen.application, wish)
    if preview.objection:
        raise LeftOutError(preview.objection)
    letter = write_letter(work, chosen.application, held_back(wish, work, HOLD_MANY))
    waits = letter.state == MailState.HELD
    return Outcomes(text or preview.rendered.subject, preview.rendered, letter.to_address, waits)


def _move(work: Work, chosen: Chosen, within: str, telling: str) -> Outcomes:
    promise = _owed(chosen)
    new = reschedule(
        work,
        promise,
        within=within,
        due_at=None,
        reason=note("why"),
        candidate_told=telling != SILENT,
    )
    work.session.flush()
    calendar = work.calendar_of(chosen.application)
    text = _(
        "%(what)s: now by %(due)s",
        what=owed_words(promise.wording),
        due=deadline_words(calendar, new.due_at, work.now),
    )
    if telling != NOTE:
        return Outcomes(text, seen=_on_its_day(new, calendar))
    wish = note_about(new, new.due_at.astimezone(calendar.time_zone), inside(promise.wording))
    return _letter(work, chosen, wish, text)


def _promise(work: Work, chosen: Chosen, spoken: Spoken) -> Outcomes:
    about = work.session, chosen.application.id, spoken.promised_by_id
    if promised_just_now(*about, spoken.wording, work.now):
        # Confirmed twice: one promise is meant.
        raise LeftOutError(_("you promised them this a moment ago"))
    made = make_spoken(work, chosen.application, spoken)
    calendar = work.calendar_of(chosen.application)
    text = _(
        "%(what)s, by %(due)s",
        what=owed_words(made.wording),
        due=deadline_words(calendar, made.due_at, work.now),
    )
    return Outcomes(text, seen=_on_its_day(made, calendar))


def _on_its_day(promise: Promise, calendar: Calendar) -> str:
    """Name what was promised for which day: its minute follows the clock."""
    day = promise.due_at.astimezone(calendar.time_zone).date()
    return f"{promise.wording} {day.isoformat()}"


def _decide(work: Work, chosen: Chosen, decider: User, reason: str | None) -> Outcomes:
    reject(
        work,
        chosen.application,
        reason=reason,
        decided_by_id=decider.id,
        decided_at=work.now,
        source="page",
    )
    return Outcomes(_("decided by %(name)s; the news is owed from now on", name=decider.name))


def _assign(work: Work, chosen: Chosen, owner: User) -> Outcomes:
    if chosen.application.owner_id == owner.id:
        raise LeftOutError(_("is theirs already"))
    reassign(work, chosen.application, owner.id)
    return Outcomes(_("goes to %(name)s", name=owner.name))


def _call(
    work: Work, chosen: Chosen, channel: Channel, outcome: Outcome, said: str | None
) -> Outcomes:
    about = work.session, chosen.application.id, visitor().user_id
    if logged_just_now(*about, (channel, outcome), work.now):
        # Confirmed twice: nobody rings the same person twice in two minutes.
        raise LeftOutError(_("you logged this a moment ago"))
    meant = frozenset({chosen.promise.id} if chosen.promise else ())
    logged = log_contact(
        work,
        chosen.application,
        channel=channel,
        outcome=outcome,
        at=work.now,
        by_user_id=visitor().user_id,
        note=said,
        meant_for=meant,
    )
    if logged.kept:
        what = " & ".join(inside(owed_words(each.wording)) for each in logged.kept)
        return Outcomes(_("keeps %(what)s", what=what))
    why = words(logged.not_kept[0][1]) if logged.not_kept else _("nothing was owed")
    return Outcomes(_("keeps nothing: %(why)s", why=why))


def _release(work: Work, chosen: Chosen, why: str) -> Outcomes:
    promise = _owed(chosen)
    release(work, promise, why)
    return Outcomes(_("lets go of %(what)s", what=inside(owed_words(promise.wording))))


def _owed(chosen: Chosen) -> Promise:
    if chosen.promise is None:
        raise LeftOutError(_("no promise is open to them"))
    return chosen.promise


def seen_of(outcome: Outcomes) -> str:
    """Return a short name of what was shown of somebody."""
    letter = outcome.letter
    return outcome.seen or outcome.text if letter is None else digest_of(letter, outcome.to_address)
