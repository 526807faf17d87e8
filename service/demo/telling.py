"""Tells a person at a terminal what the three weeks left: who waits, why by then, what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.demo.company import COMPANY, ZONE
from service.demo.figures import Figures, deliveries_by_state, sent_by_kind
from service.domain.wording import day_words, when_words
from service.models import Application, Promise, User
from service.queries.explanations import explain
from service.queries.overdue import OverduePerson, overdue_people
from service.workflows.work import Work

NAMED = 12
"""How many of the overdue are named; the page shows all."""

_EVERYBODY = 10_000


def tell(work: Work, figures: Figures) -> Iterator[str]:
    """Yield the lines of the demo's report."""
    session, now = work.session, work.now
    people = overdue_people(session, now, work.calendar, limit=_EVERYBODY)
    until = now.astimezone(ZoneInfo(ZONE))
    waiting = len({person.candidate_id for person in people})
    yield f"{COMPANY}: three weeks, until {day_words(until.date())}, {until:%H:%M}."
    yield (
        f"{figures.candidates} candidates, {figures.promises} promises: {figures.kept} kept, "
        f"{figures.kept_late} kept late, {figures.overdue} overdue."
    )
    yield ""
    yield f"{waiting} people are waiting for a word from you."
    yield ""
    for person in _chosen(people):
        yield from _person(session, person)
    if waiting > NAMED:
        yield f"… and {waiting - NAMED} more people: the page lists them all."
    yield ""
    yield from _why(session, people, now)
    yield ""
    yield from _sent(session, figures)


def _chosen(people: list[OverduePerson]) -> list[OverduePerson]:
    """Pick whom to name: words given by a person and the unanswered first, then the longest owed.

    The page lists everybody in order of time; here a dozen must show what there is.
    """
    picked: dict[str, OverduePerson] = {}
    for group in (
        [p for p in people if p.origin == "spoken"][:5],
        [p for p in people if p.asked_after][:2],
        [p for p in people if p.call][:2],
        people,
    ):
        for person in group:
            if len(picked) < NAMED:
                picked.setdefault(person.candidate_id, person)
    return sorted(picked.values(), key=lambda person: (person.due_at, person.name))


def _person(session: Session, person: OverduePerson) -> Iterator[str]:
    yield f"● {person.name}, {person.job_title}"
    yield f"  {person.sentence}"
    more = []
    if person.asked:
        more.append(_asked(person.asked, person.asked_after))
    waiting_on = _waiting_on(session, person)
    if waiting_on:
        more.append(f"waiting on {waiting_on}")
    if person.call:
        more.append(f"mail does not reach them: call {person.call}")
    if more:
        yield f"  {' · '.join(more)}"


def _waiting_on(session: Session, person: OverduePerson) -> str | None:
    """Return the hiring manager whose word is awaited, where the application is in their hands."""
    application = session.get_one(Application, person.application_id)
    if application.stage not in ("interview", "offer") or application.waiting_on_id is None:
        return None
    return session.get_one(User, application.waiting_on_id).name


def _asked(asked: int, after: int) -> str:
    """Say how often somebody asked: ``asked 3 times, twice after the day had passed``."""
    if not after:
        return f"asked {_times(asked)}"
    often = f"{_times(after)} "
    if asked == after:
        often = {1: "", 2: "both times "}.get(asked, "each time ")
    return f"asked {_times(asked)}, {often}after the day had passed"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _why(session: Session, people: list[OverduePerson], now: datetime) -> Iterator[str]:
    if not people:
        return
    # The one whose way to its deadline says most: holidays skipped, openings counted.
    promises = [session.get_one(Promise, person.promise_id) for person in people]
    person, promise = max(
        zip(people, promises, strict=True),
        key=lambda pair: (
            any(step["kind"] == "holiday" for step in pair[1].trace),
            pair[0].origin == "spoken",
            len(pair[1].trace),
        ),
    )
    found = explain(session, promise, now)
    made = when_words(found["start_at"], found["time_zone"], now)
    yield f"Why is {person.name} owed this by {person.due_words}?"
    yield (
        f"  promised {made}: {person.wording.lower()}"
        if person.origin == "spoken"
        else (f"  since {made}, by the rule “{found['policy']['name']}”")
    )
    for step in found["trace"]:
        yield f"  {step['text']}"
    yield f"  (calendar “{found['calendar']['name']}”, version {found['calendar']['version']})"


def _sent(session: Session, figures: Figures) -> Iterator[str]:
    yield "What was sent"
    for kind, states in sent_by_kind(session).items():
        yield f"  {kind:<24} {sum(states.values()):>5}   {_listed(states)}"
    yield (
        f"  {figures.reopened_by_bounce} promises were kept by a mail that bounced later, "
        "and opened again."
    )
    yield f"What the ATSs posted: {_listed(deliveries_by_state(session))}."


def _listed(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.items())
