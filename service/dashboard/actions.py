"""What a person does on the outbox page: settle, release, cancel, pause, resume.

Each form is answered by a redirection to a page that says what was done, or honestly why not; a
form that is not ours, or from a visitor who may only look, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.outbox import no_letter
from service.dashboard.saying import why_refused
from service.dashboard.site import blueprint, forms, takes, visitor
from service.domain.delivery import MailState
from service.domain.promises import PromiseError
from service.domain.rights import Right
from service.domain.wording import to_say
from service.models import Message
from service.parts import parts
from service.queries.extent import is_any_letter_within, knows_everybody, letters_within
from service.queries.figures import mail_pause
from service.queries.outbox import letter_is_within
from service.workflows.cancelling import Cancelling, Which, cancel_letters
from service.workflows.enqueue import cancel
from service.workflows.letter_lock import locked_letter
from service.workflows.messages import release_letter, settle_uncertain
from service.workflows.pausing import pause_mail, resume_mail
from service.workflows.settle_by_hand import settle_all_of
from service.workflows.work import Work

LONGEST_REASON = 500
"""Characters of a reason, as the API takes them."""

Said = tuple[str, str]
"""How a page says what was done (``good`` or ``care``), and the words."""


class _MissingError(Exception):
    """What the form needs is not in it; the message says what."""


class _NoLetterError(Exception):
    """There is no letter of this id."""


def action(rule: str) -> Callable[[Callable[..., Said]], Callable[..., Any]]:
    """Mount a form's address: who may, is it ours, one transaction, then back to a page."""

    def decorate(act: Callable[..., Said]) -> Callable[..., Any]:
        @blueprint.post(rule, endpoint=act.__name__)
        @takes(Right.MAIL)
        @wraps(act)
        def answered(**path: str) -> Any:
            return _performed(act, path)

        return answered

    return decorate


@action("/outbox/pause")
def pause(work: Work) -> Said:
    """Pause all mail."""
    pause_mail(work, _why())
    return "good", _("All mail is paused. Every letter keeps its place.")


@action("/outbox/resume")
def resume(work: Work) -> Said:
    """Let mail go out again: a pause is everybody's, so it ends by who sees all, or who made it."""
    paused = mail_pause(work.session)
    ours = paused is None or paused.by == visitor().actor
    if not ours and not knows_everybody(work.session, visitor().reach):
        raise _MissingError(_("all mail is paused, and not by you: an administrator resumes it"))
    resume_mail(work)
    return "good", _("Mail goes out again.")


@action("/outbox/cancel")
def cancel_many(work: Work) -> Said:
    """Cancel the letters of one closing, or all that have not left, as the page showed them."""
    closing_id = request.form.get("closing_id") or None
    among = letters_within(visitor().reach)
    which = Which(closing_id=closing_id, written_by=_as_of(), among=among)
    return _told(cancel_letters(work, which, _why(to_say("cancelled on the page"))))


@action("/outbox/requests/<batch_id>/settle")
def settle_many(work: Work, batch_id: str) -> Said:
    """Say what became of all letters of one request."""
    among = letters_within(visitor().reach)
    if not is_any_letter_within(work.session, visitor().reach, Message.batch_id == batch_id):
        raise _NoLetterError
    arrived, why = _arrived(), _why(to_say("settled on the page"))
    settled = settle_all_of(work, batch_id, arrived=arrived, why=why, among=among)
    if not settled:
        return "care", _("Nothing of it is in doubt any more: it was settled meanwhile.")
    if arrived:
        return "good", ngettext(
            "%(num)s letter counts as arrived.", "%(num)s letters count as arrived.", len(settled)
        )
    return "good", ngettext(
        "%(num)s letter goes out again.", "%(num)s letters go out again.", len(settled)
    )


@action("/outbox/<message_id>/settle")
def settle_one(work: Work, message_id: str) -> Said:
    """Say what became of one letter."""
    letter, arrived = _letter(work, message_id), _arrived()
    settle_uncertain(work, letter, arrived=arrived, why=_why(to_say("settled on the page")))
    return "good", _("It counts as arrived.") if arrived else _("It goes out again.")


@action("/outbox/<message_id>/release")
def release_one(work: Work, message_id: str) -> Said:
    """Send a stopped letter anyway."""
    letter = release_letter(work, _letter(work, message_id), why=_why())
    if letter.state == MailState.BLOCKED:
        # The reason stands beside the letter; in an address it could name what is private.
        return "care", _("It is still stopped, now for another reason: read it again.")
    return "good", _("It goes out in the hours for mail, unless something else comes to be wrong.")


@action("/outbox/<message_id>/cancel")
def cancel_one(work: Work, message_id: str) -> Said:
    """Cancel one letter."""
    letter = _letter(work, message_id)
    if letter.state == MailState.CANCELLED:
        return "good", _("The letter was cancelled before.")
    cancel(work, letter, _why(to_say("cancelled on the page")))
    return "good", _("The letter is cancelled.")


def _performed(act: Callable[..., Said], path: dict[str, str]) -> Any:
    running = parts()
    work = running.work(actor=visitor().actor, source="page")
    session = work.session
    try:
        style, said = act(work, **path)
        session.commit()
    except _NoLetterError:
        session.rollback()
        return no_letter()
    except (PromiseError, _MissingError) as error:
        session.rollback()
        style, said = "care", why_refused(error)
    except StaleDataError:
        session.rollback()
        style, said = "care", _("Somebody else changed this meanwhile: look again.")
    running.runner.wake("dispatch")
    seal = forms().seal(visitor().who, style, said, running.now())
    to: dict[str, Any] = {"style": style, "said": said, "seal": seal}
    if request.form.get("back") == "letter" and "message_id" in path:
        return redirect(url_for("pages.letter", **path | to), 303)
    return redirect(url_for("pages.outbox", **to), 303)


def _letter(work: Work, message_id: str) -> Message:
    known = letter_is_within(work.session, message_id, visitor().reach)
    letter = locked_letter(work, message_id) if known else None
    if letter is None:
        raise _NoLetterError
    return letter


def _arrived() -> bool:
    outcome = request.form.get("outcome")
    if outcome not in ("arrived", "send-again"):
        raise _MissingError(_("the form does not say whether it arrived"))
    return outcome == "arrived"


def _why(usual: str | None = None) -> str:
    said = " ".join("".join(c if c.isprintable() else " " for c in _field("why")).split())
    if len(said) > LONGEST_REASON:
        raise _MissingError(_("say why in at most %(number)s characters", number=LONGEST_REASON))
    if said or usual is not None:
        return said or usual or ""
    raise _MissingError(_("say why: colleagues read it later"))


def _field(name: str) -> str:
    return request.form.get(name, "")


def _as_of() -> datetime:
    """Return when the page was shown: what was written since was on nobody's mind."""
    try:
        at = datetime.fromisoformat(_field("as_of"))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise _MissingError(_("the form does not say which letters were shown"))
    return at


def _told(done: Cancelling) -> Said:
    number, late = len(done.cancelled), len(done.too_late)
    said = ngettext("%(num)s letter is cancelled.", "%(num)s letters are cancelled.", number)
    if not late:
        return "good", said
    left = ngettext(
        "Too late for the others: %(num)s letter was sent already.",
        "Too late for the others: %(num)s letters were sent already.",
        late,
    )
    return "care", f"{said} {left}"
