"""The shell of the forms about one person: load within reach, lock, refuse what is stale, commit.

A form carries a stamp of what it showed. Where somebody changed that meanwhile, nothing is done:
the form comes back as it was filled in, with what changed, and the choice is the person's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError

from service.clock import instant_text
from service.dashboard.presence import present_at
from service.dashboard.queue_changes import changes_in_words
from service.dashboard.queue_going import go, way_back
from service.dashboard.queue_undo import act_since, mark
from service.dashboard.saying import why_refused
from service.dashboard.site import blueprint, needs, no_page, page, takes, visitor, zone
from service.domain.changes import CLOSED_STAGES
from service.domain.promises import PromiseError
from service.domain.rights import Right, within
from service.mail.variables import TemplateError, one_line
from service.models import Application, Promise
from service.parts import Parts, parts
from service.queries.letters_under_way import UnderWay, letters_under_way
from service.queries.timeline_entries import entries_since
from service.workflows.composing import full_name
from service.workflows.promise_changes import lock_application, open_promises
from service.workflows.work import Work

LONGEST_NOTE = 2000
"""Characters of a note or a reason."""

CHANGES_SHOWN = 8

_ID = re.compile(r"[0-9A-Za-z_]{1,64}")


class FormError(Exception):
    """What was filled in cannot be done; ``field`` names where, the message says what to do."""

    def __init__(self, name: str, text: str) -> None:
        self.field = name
        super().__init__(text)


@dataclass(frozen=True)
class Subject:
    """Whom a form is about: their application, what is owed on it, and the one promise meant."""

    work: Work
    application: Application
    owed: Sequence[Promise]
    promise: Promise | None
    letters: Sequence[UnderWay]
    """What was written to them and is on its way."""
    stamp: str
    """What this was a state of when it was read: with the application, all owed and all letters
    under way, it changes."""

    @property
    def name(self) -> str:
        """The person's whole name."""
        return str(full_name(self.application.candidate) or _("(no name)"))


@dataclass(frozen=True)
class Done:
    """What was done, in words. ``stage`` is where somebody stood before a decision."""

    style: str
    text: str
    stage: str | None = None
    can_undo: bool = True
    wake: bool = False


@dataclass
class Filled:
    """A form as it was filled in, what is wrong with it, and what changed meanwhile."""

    values: Mapping[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    changes: Sequence[str] = ()
    stale: bool = False

    def get(self, name: str, usual: str = "") -> str:
        """Return what stands in a field."""
        return self.values.get(name, usual)


Values = dict[str, Any]
Show = Callable[[Subject, Filled], Values]
Act = Callable[[Subject], "Done | Values"]


def stamp_of(application: Application, owed: Sequence[Promise], letters: Sequence[UnderWay]) -> str:
    """Return a short name of the state of an application, of what is owed on it and on its way."""
    # Not their versions: the checker's flag changes those, and nothing of what was promised.
    debts = (f"{each.id}:{each.due_version}:{each.owner_id}:{each.state}" for each in owed)
    seen = [f"{application.version}", *debts, *(each.id for each in letters)]
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:20]


def form_about(
    endpoint: str, rule: str, template: str, show: Show
) -> Callable[[Act], Callable[..., Any]]:
    """Mount a form: shown by ``show``, done by what is decorated.

    ``rule`` names ``<application_id>`` or ``<promise_id>``. The act returns what was done, or the
    values of a page to show first (a preview): then nothing is kept.
    """

    def decorate(act: Act) -> Callable[..., Any]:
        @blueprint.get(rule, endpoint=endpoint)
        @needs(Right.ACT)
        def shown(**path: str) -> Response:
            running = parts()
            work = running.work(actor=visitor().actor, source="page")
            subject = _subject(work, path, lock=False)
            if subject is None:
                return no_page()
            filled = Filled({name: request.args[name] for name in request.args})
            return _page(running, template, subject, show(subject, filled), filled)

        @blueprint.post(rule, endpoint=f"{endpoint}_done")
        @takes(Right.ACT)
        @wraps(act)
        def answered(**path: str) -> Any:
            return _answer(act, show, template, path)

        return answered

    return decorate


def _answer(act: Act, show: Show, template: str, path: dict[str, str]) -> Response:
    running = parts()
    work = running.work(actor=visitor().actor, source="page")
    subject = _subject(work, path, lock=True)
    if subject is None:
        work.session.rollback()
        return no_page()
    filled = Filled(dict(request.form.items()))
    before = mark(work)
    if filled.get("stamp") != subject.stamp:
        filled.stale, filled.changes = True, _changes(subject, filled.get("seen"))
        return _again(running, template, subject, show, filled, 409)
    try:
        done = act(subject)
        if isinstance(done, Done):
            undo = act_since(work, before, done.stage) if done.can_undo else ""
            work.session.commit()
            if done.wake:
                running.runner.wake("dispatch")
            return go(way_back(), done.style, done.text, undo)
    except FormError as error:
        filled.faults[error.field] = str(error)
    except (PromiseError, TemplateError) as error:
        filled.faults["form"] = why_refused(error)
    except StaleDataError:
        work.session.rollback()
        filled.stale = True
        return _again(running, template, subject, show, filled, 409)
    else:
        values = show(subject, filled) | done
        return _page(running, template, subject, values, filled)
    return _again(running, template, subject, show, filled, 422)


def _again(
    running: Parts, template: str, subject: Subject, show: Show, filled: Filled, status: int
) -> Response:
    """Show the form once more with what was typed; nothing of the attempt is kept."""
    subject.work.session.rollback()
    values = show(subject, filled)
    answer = _page(running, template, subject, values, filled)
    answer.status_code = status
    return answer


def _page(
    running: Parts, template: str, subject: Subject, values: Values, filled: Filled
) -> Response:
    application = subject.application
    shown = {
        "subject": subject,
        "name": subject.name,
        "job": application.job.title,
        "stamp": subject.stamp,
        "seen": instant_text(running.now()),
        "under_way": subject.letters,
        "filled": filled,
        "back": way_back(),
        "present": present_at(subject.work, application.candidate_id),
        **values,
    }
    answer = page(running, template, acts=True, **shown)
    # A preview stores nothing, whatever rendering it may have touched.
    subject.work.session.rollback()
    return answer


def _subject(work: Work, path: dict[str, str], *, lock: bool) -> Subject | None:
    application_id, promise = path.get("application_id"), None
    if "promise_id" in path:
        if not _ID.fullmatch(path["promise_id"]):
            return None
        promise = work.session.get(Promise, path["promise_id"])
        application_id = promise.application_id if promise else None
    application = application_of(work, application_id, lock=lock)
    if application is None:
        return None
    if promise is not None and lock:
        work.session.refresh(promise)
    owed = open_promises(work, application.id)
    letters = letters_under_way(work.session, application.id)
    stamp = stamp_of(application, owed, letters)
    return Subject(work, application, owed, promise, letters, stamp)


def application_of(work: Work, application_id: str | None, *, lock: bool) -> Application | None:
    """Return an application within the visitor's reach, locked for a change, or ``None``."""
    if application_id is None or not _ID.fullmatch(application_id):
        return None
    found = (
        lock_application(work, application_id)
        if lock
        else work.session.get(Application, application_id)
    )
    if found is None or found.deleted_at is not None:
        return None
    seen = within(
        visitor().reach,
        team_id=found.job.team_id,
        waiting_on_id=found.waiting_on_id,
        closed=found.stage in CLOSED_STAGES,
    )
    return found if seen else None


def _changes(subject: Subject, seen: str) -> list[str]:
    """Say what happened since a form was shown, the latest last."""
    try:
        since = datetime.fromisoformat(seen)
    except ValueError:
        return []
    if since.tzinfo is None:
        return []
    session = subject.work.session
    entries = entries_since(session, subject.application.id, since, CHANGES_SHOWN)
    return changes_in_words(session, entries, zone(), subject.work.now)


def note(name: str = "note") -> str | None:
    """Return a note as it was typed, without what no text is made of; ``None`` for nothing."""
    text = "\n".join(
        line for line in (one_line(each) for each in request.form.get(name, "").splitlines())
    ).strip()
    if len(text) > LONGEST_NOTE:
        raise FormError(name, _("Say it in at most %(most)s characters.", most=LONGEST_NOTE))
    return text or None
