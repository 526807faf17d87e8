"""Writes the whole diary: who applies, and what becomes of each of them.

One seed, one story. The shares below are those of an honest, busy team: most words are kept, some
late, some not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from service.demo.company import OPENINGS
from service.demo.diary import Act, Ats, Diary
from service.demo.oddities import ODD, write_oddities
from service.demo.people import Applicant, invent_people
from service.demo.plots import Plots
from service.demo.rounds import write_rounds
from service.domain.business_time import Calendar

APPLICATIONS = 600
SPAN = timedelta(weeks=3)
TURNS = 504
"""The hours of three weeks: the checker runs at each."""

BEFORE = timedelta(days=12)
"""How long before Keepword was connected the oldest application of the story came in."""


@dataclass(frozen=True)
class Story:
    """Everybody in it and everything they do, in the order of time."""

    people: list[Applicant]
    acts: list[Act]


def write_story(
    calendar: Calendar, start_at: datetime, end_at: datetime, *, seed: int, scale: float = 1.0
) -> Story:
    """Invent the people and write their three weeks; ``scale`` is a share of the 600."""
    chance = Random(seed)  # noqa: S311 - a story, not a secret
    diary = Diary(start_at, end_at, calendar, chance)
    ats = Ats(diary)
    wanted = max(40, round(APPLICATIONS * scale))
    people = list(_applicants(diary, wanted))
    plots = Plots(diary, ats)
    written: tuple[tuple[Callable[[Applicant], object], int], ...] = (
        (plots.silent, 50),
        (plots.paper_rejected, 18),
        (plots.screened, 15),
        (plots.interviewed, 14),
        (plots.withdrawn, 3),
    )
    fates, weights = [fate for fate, _ in written], [weight for _, weight in written]
    for person in people[ODD:]:
        chance.choices(fates, weights)[0](person)
    write_oddities(diary, ats, plots, people[:ODD])
    write_rounds(diary)
    return Story(people, sorted(diary.acts))


def _applicants(diary: Diary, wanted: int) -> Iterator[Applicant]:
    chance = diary.chance
    weights = [opening.weight for opening in OPENINGS]
    played = diary.end_at - diary.start_at
    for number, invented in enumerate(invent_people(chance)):
        if number == wanted:
            return
        first, last, address, phone, zone = invented
        if number < ODD or chance.random() < 0.2:
            # Applied before Keepword was connected, and told of when it was.
            applied_at = diary.start_at - BEFORE * chance.random()
        else:
            # Most come soon after a job is posted.
            applied_at = diary.start_at + played * 0.97 * chance.random() ** 1.7
        person = Applicant(
            number,
            first,
            last,
            address,
            phone,
            zone,
            chance.choices(OPENINGS, weights)[0],
            applied_at.replace(microsecond=0),
        )
        if number >= ODD and chance.random() < 0.015:
            person.email = None
        yield person
