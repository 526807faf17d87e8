"""Turns the plan of a closing, and how far one has come, into what the guided page shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from service.dashboard.candidate_words import Times, letter_words, stage_words
from service.dashboard.rows import Moment
from service.dashboard.saying import words
from service.dashboard.wording import dialled
from service.domain.changes import CLOSED_STAGES
from service.domain.closing_terms import MANY, Part
from service.domain.promises import KEPT_STATES, OPEN_STATES
from service.domain.rights import Reach, within
from service.models import Application
from service.queries.closings import WAITING, ClosingPerson
from service.queries.people_search import name_of
from service.workflows.closing_letters import PlannedLetter
from service.workflows.closing_plan import ClosingPlan, Planned

PARTS: Final[Mapping[Part, tuple[Any, Any]]] = {
    Part.MAIL: (
        lazy_gettext("Told by mail"),
        lazy_gettext("A decision is made, and a letter tells it."),
    ),
    Part.CALL_FIRST: (
        lazy_gettext("Call first"),
        lazy_gettext("A decision is made, and somebody calls: the call is owed from now on."),
    ),
    Part.SECOND_CHOICE: (
        lazy_gettext("Second choice"),
        lazy_gettext("No decision yet, and they are told so, with the day."),
    ),
    Part.TOLD_ALREADY: (lazy_gettext("Told already"), lazy_gettext("Nothing is to be done.")),
}
"""The four columns, each with what it means."""

LEFT_OUT: Final = lazy_gettext("Left out")


@dataclass(frozen=True)
class LetterView:
    """One letter as it would go."""

    subject: str
    text: str
    address: str
    goes: Moment


@dataclass(frozen=True)
class PlannedView:
    """One person in a plan. ``other_job`` names another job that their one letter speaks of too;
    ``movable`` tells whether they can be put elsewhere.
    """

    id: str
    candidate_id: str
    name: str
    stage: str
    reason: str
    phone: str
    dial: str | None
    letter: LetterView | None
    told_with: bool
    other_job: str
    movable: bool


@dataclass(frozen=True)
class ColumnView:
    """One part of a plan with its people."""

    part: str
    title: str
    meaning: str
    people: tuple[PlannedView, ...]


@dataclass(frozen=True)
class PlanView:
    """A plan. ``left_out`` is grouped by reason; ``confirm``: the number must be typed."""

    columns: tuple[ColumnView, ...]
    left_out: tuple[tuple[str, tuple[PlannedView, ...]], ...]
    letters: int
    calls: int
    confirm: bool
    sentence: str
    anything: bool

    @property
    def number_left_out(self) -> int:
        """Return how many people nothing is done about."""
        return sum(len(people) for _reason, people in self.left_out)


@dataclass(frozen=True)
class PersonView:
    """One person of a closing that was made: what became of their letter or call."""

    candidate_id: str
    name: str
    stage: str
    reason: str
    phone: str
    dial: str | None
    message_id: str
    style: str
    shape: str
    fate: str
    goes: Moment | None
    due: Moment | None


def plan_view(plan: ClosingPlan, reach: Reach, times: Times) -> PlanView:
    """Return a plan in words."""
    letters = {letter.application.id: letter for letter in plan.letters}
    shared = {other.id for letter in plan.letters for other in letter.also}
    parts: dict[Part, list[PlannedView]] = defaultdict(list)
    left_out: dict[str, list[PlannedView]] = defaultdict(list)
    for each in sorted(plan.planned, key=_by_name):
        letter = letters.get(each.application.id)
        view = _planned(each, letter, shared, reach, times)
        if each.part is Part.LEFT_OUT:
            left_out[words(each.reason)].append(view)
        else:
            parts[each.part].append(view)
    number = len(plan.letters)
    return PlanView(
        columns=tuple(
            ColumnView(part.value, str(title), str(meaning), tuple(parts[part]))
            for part, (title, meaning) in PARTS.items()
        ),
        left_out=tuple((reason, tuple(people)) for reason, people in left_out.items()),
        letters=number,
        calls=len(parts[Part.CALL_FIRST]),
        confirm=number > MANY,
        sentence=_sentence(plan, times),
        anything=plan.anything_new,
    )


def _by_name(each: Planned) -> tuple[str, str]:
    candidate = each.application.candidate
    return name_of(candidate.last_name, candidate.first_name).casefold(), each.application.id


def _sentence(plan: ClosingPlan, times: Times) -> str:
    number, first = len(plan.letters), plan.goes_from
    if not number or first is None:
        return str(_("No letter goes out."))
    said: str = ngettext(
        "%(num)s letter goes out %(at)s; you can take it back until then.",
        "%(num)s letters go out from %(at)s, each at a decent hour for its person; you can take "
        "them back until then.",
        number,
        at=times.at(first).words,
    )
    return said


def _planned(
    each: Planned,
    letter: PlannedLetter | None,
    shared: Collection[str],
    reach: Reach,
    times: Times,
) -> PlannedView:
    candidate = each.application.candidate
    phone = candidate.phones[0].number if candidate.phones else ""
    return PlannedView(
        id=each.application.id,
        candidate_id=candidate.id,
        name=name_of(candidate.first_name, candidate.last_name) or _("(no name)"),
        stage=stage_words(each.stage_before),
        reason=words(each.reason),
        phone=phone,
        dial=dialled(phone) if phone else None,
        letter=_letter(letter, times) if letter else None,
        told_with=each.application.id in shared,
        other_job=_other_job(each.application, reach) if each.folded else "",
        movable=not each.folded,
    )


def _other_job(application: Application, reach: Reach) -> str:
    known = within(
        reach,
        team_id=application.job.team_id,
        waiting_on_id=application.waiting_on_id,
        closed=application.stage in CLOSED_STAGES,
    )
    return application.job.title if known else _("another job")


def _letter(letter: PlannedLetter, times: Times) -> LetterView:
    return LetterView(
        letter.rendered.subject,
        letter.rendered.text,
        letter.to_address,
        times.at(letter.goes_at),
    )


def person_views(rows: Sequence[ClosingPerson], times: Times) -> list[PersonView]:
    """Return the people of a closing in words."""
    return [_person(row, times) for row in rows]


def _person(row: ClosingPerson, times: Times) -> PersonView:
    message, promise = row.message, row.promise
    style, shape, fate, goes, due = "plain", "", "", None, None
    if message is not None:
        style, shape, fate = letter_words(message.state)
        goes = times.maybe(message.due_at) if message.state in WAITING else None
    elif promise is not None and promise.state in OPEN_STATES:
        late = promise.due_at < times.now
        style, shape = ("broken", "●") if late else ("plain", "○")
        fate, due = _("a call is owed"), times.at(promise.due_at)
    elif promise is not None and promise.state in KEPT_STATES:
        style, shape, fate = "good", "✓", _("called")
    elif promise is not None:
        fate = _("the call was let go of")
    return PersonView(
        candidate_id=row.candidate_id,
        name=row.name,
        stage=stage_words(row.stage),
        reason=words(row.entry.reason) if row.entry.reason else "",
        phone=row.phone or "",
        dial=dialled(row.phone) if row.phone else None,
        message_id=row.entry.message_id or "",
        style=style,
        shape=shape,
        fate=fate,
        goes=goes,
        due=due,
    )
