"""Writes in advance the one letter that each person gets when a job is closed.

It names all of the person's applications that it is about, and says which of them goes on. It says
"filled" or "closed" of a job only where that is so of everything it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from service.domain.changes import Stage
from service.domain.closing_terms import Outcome, Part, Placement, Sender, Writing
from service.domain.contradictions import TOLD_ELSEWHERE_WITHIN, encouraged_lately
from service.domain.wording import day_words
from service.mail.templates import Rendered, TemplateError
from service.models import Application
from service.workflows.closing_facts import Known
from service.workflows.composing import Letter, compose, full_name, reachable_address, sender_for
from service.workflows.waking import hold_to_take_back, waking_hours
from service.workflows.wordings import wording_in_force
from service.workflows.work import Work

SECOND_CHOICE = "second-choice"
_OUTCOME_LETTERS = {
    Outcome.FILLED: "position-filled",
    Outcome.CLOSED: "position-closed",
    Outcome.CANCELLED: "position-closed",
}


@dataclass(frozen=True)
class PlannedLetter:
    """One letter as it would go. ``also`` are the person's other applications it is about,
    ``goes_on`` those it says are not affected.

    ``values`` are its own variables; ``waits`` says why it does not go at once; ``supersedes``
    holds the ids of letters that wait and would say the same again. ``overrules`` names the rules
    of the last look that whoever closes the job sets aside by choosing mail.
    """

    application: Application
    also: tuple[Application, ...]
    goes_on: tuple[Application, ...]
    kind: str
    to_name: str
    to_address: str
    values: dict[str, str]
    rendered: Rendered
    goes_at: datetime
    waits: str
    promises_on: date | None
    supersedes: frozenset[str]
    overrules: tuple[str, ...] = ()


def foldable(known: Known) -> bool:
    """Tell whether an application for another job is to be told of in the same letter.

    It is decided by a person and untold; where nobody has chosen a letter for it yet, somebody
    who was interviewed is still owed a call.
    """
    if known.application.stage != Stage.REJECTED or known.decision is None:
        return False
    if known.application.deleted_at is not None or known.sender is not Sender.KEEPWORD:
        return False
    if known.told or known.let_go or known.decided_before_us:
        return False
    if known.encouraged:
        return False
    if known.writing is Writing.WAITS:
        return True
    in_person = known.interviewed or known.interview_ahead or known.called_at is not None
    return known.writing is Writing.NONE and not in_person


def plan_letter(
    work: Work,
    *,
    outcome: Outcome,
    by_user_id: str,
    named: list[Known],
    folded: list[Known],
    others: list[Known],
    until_on: date | None,
) -> PlannedLetter | Placement:
    """Write one person's letter; say why there can be none where their own data forbids it.

    ``others`` are all of their applications for other jobs.
    """
    application = named[0].application
    about = [*named, *folded]
    goes_on = [each for each in others if each.goes_on]
    kind = SECOND_CHOICE if until_on else _kind(outcome, named, folded)
    values = {"job_title": _listed([each.application.job.title for each in about])}
    if until_on is not None:
        values["next_word_by"] = day_words(until_on)
    elif goes_on:
        told = {each.application.job.title for each in about}
        values["still_open"] = _still_open(
            sorted(each.application.job.title for each in goes_on), told
        )
    template = wording_in_force(work, kind)
    letter = Letter(kind, "", values, by_user_id=by_user_id)
    sender = sender_for(work, application, by_user_id)
    try:
        rendered = template.render(compose(work, application, letter, sender))
    except TemplateError as error:
        return Placement(Part.LEFT_OUT, f"the letter cannot be written: {error}")
    lately = [each.told_lately_at for each in others if each not in about and each.told_lately_at]
    goes_at, waits = departs(work, application, kind, max(lately, default=None))
    return PlannedLetter(
        application=application,
        also=tuple(each.application for each in about[1:]),
        goes_on=tuple(each.application for each in goes_on) if "still_open" in values else (),
        kind=kind,
        to_name=full_name(application.candidate),
        to_address=reachable_address(application.candidate).address,
        values=values,
        rendered=rendered,
        goes_at=goes_at,
        waits=waits,
        promises_on=until_on,
        supersedes=frozenset(letter.id for each in about for letter in each.waiting),
        overrules=(encouraged_lately.__name__,)
        if until_on is None and any(each.encouraged for each in named)
        else (),
    )


def departs(
    work: Work, application: Application, kind: str, told_at: datetime | None
) -> tuple[datetime, str]:
    """Return when a letter of a closing goes, and why not sooner: each can be taken back.

    ``told_at`` is when a final letter about another application left within the last day: a
    second one follows a day after it.
    """
    wait = hold_to_take_back(work, application, kind)
    if told_at is None or kind == SECOND_CHOICE:
        return wait.until, wait.reason
    apart = told_at + TOLD_ELSEWHERE_WITHIN
    if apart <= wait.until:
        return wait.until, wait.reason
    hours = waking_hours(work, application)
    return hours.next_at(apart, final=True), "follows a day after another rejection of theirs"


def _kind(outcome: Outcome, named: list[Known], folded: list[Known]) -> str:
    interviewed = {each.application.job_id for each in named if each.interviewed}
    if interviewed and interviewed == {each.application.job_id for each in (*named, *folded)}:
        return "rejection-interview"
    if interviewed or folded or any(each.decision is not None for each in named):
        return "rejection-application"
    return _OUTCOME_LETTERS[outcome]


def _listed(titles: list[str]) -> str:
    """Return titles as a sentence lists them, each once: ``A``, ``A and B``, ``A, B and C``."""
    once = list(dict.fromkeys(titles))
    return once[0] if len(once) == 1 else f"{', '.join(once[:-1])} and {once[-1]}"


def _still_open(titles: list[str], told: set[str]) -> str:
    """Say which go on; ``told`` are the titles that the letter is about, perhaps the same ones."""
    other = "other " if told.intersection(titles) else ""
    listed = _listed(titles)
    if len(titles) == 1:
        return f"Your {other}application for {listed} goes on"
    return f"Your {other}applications for {listed} go on"
