"""The demo's story: one seed, one diary; colleagues act in working time; vendors sign."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from service.ats.base import Incoming
from service.ats.registry import adapter_named
from service.demo import generic, greenhouse
from service.demo.company import (
    GENERIC,
    GREENHOUSE,
    OPENINGS,
    SECRETS,
    STAFF,
    calendar_document,
)
from service.demo.diary import Diary
from service.demo.people import Applicant, invent_people
from service.demo.play import FIXED_END
from service.demo.story import SPAN, TURNS, Story, write_story
from service.domain.business_time import Calendar
from service.public_holidays import holidays_for

START = FIXED_END - SPAN
CALENDAR = Calendar.from_document(calendar_document(START.date()), holidays_for)


@pytest.fixture(scope="module")
def story() -> Story:
    return write_story(CALENDAR, START, FIXED_END, seed=7)


def test_one_seed_writes_one_diary(story: Story) -> None:
    again = write_story(CALENDAR, START, FIXED_END, seed=7)
    other = write_story(CALENDAR, START, FIXED_END, seed=8)

    def told(of: Story) -> list[tuple[datetime, bool]]:
        return [(act.at, act.office) for act in of.acts]

    assert told(story) == told(again)
    assert told(story) != told(other)


def test_nothing_happens_outside_the_three_weeks(story: Story) -> None:
    assert [act.at for act in story.acts if not START <= act.at < FIXED_END] == []
    assert [act.at for act in story.acts] == sorted(act.at for act in story.acts)
    assert SPAN.total_seconds() / 3600 == TURNS


def test_about_six_hundred_people_apply_and_no_name_comes_twice(story: Story) -> None:
    names = {person.name for person in story.people}

    assert len(story.people) == 600
    # Two records of one person are merged on purpose.
    assert len(names) == 599


def test_every_address_and_every_colleague_is_invented(story: Story) -> None:
    hosts = {person.email.partition("@")[2] for person in story.people if person.email}
    staff = {colleague.email.partition("@")[2] for colleague in STAFF}

    assert hosts == {"example.com", "example.org", "example.net"}
    assert staff == {"havelbogen.example.com"}
    assert all(person.email.isascii() for person in story.people if person.email)


def test_a_smaller_scale_keeps_every_odd_case() -> None:
    small = write_story(CALENDAR, START, FIXED_END, seed=7, scale=0.05)

    assert len(small.people) == 40


def test_by_friday_is_by_thursday_in_the_week_of_good_friday(story: Story) -> None:
    diary = Diary(START, FIXED_END, CALENDAR, Random(1))  # noqa: S311 - a story, not a secret

    assert diary.by_friday(datetime(2026, 3, 24, 9, tzinfo=UTC)) == "by friday 17:00"
    assert diary.by_friday(datetime(2026, 3, 31, 9, tzinfo=UTC)) == "by thursday 17:00"


def applicant(connection: str) -> Applicant:
    first, last, address, phone, zone = next(
        invent_people(Random(3))  # noqa: S311 - a story, not a secret
    )
    opening = next(each for each in OPENINGS if each.connection == connection)
    return Applicant(1, first, last, address, phone, zone, opening, START)


def test_what_greenhouse_posts_is_read_without_a_warning() -> None:
    person, adapter = applicant(GREENHOUSE), adapter_named("greenhouse")
    by = person.opening.manager
    for action, payload in (
        ("new_candidate_application", greenhouse.application(person, START)),
        ("candidate_stage_change", greenhouse.application(person, START)),
        ("reject_candidate", greenhouse.rejection(person, START, by, "Another focus")),
        ("offer_created", greenhouse.offer(person, status="created", at=START)),
    ):
        read = adapter.translate(greenhouse.body(action, payload), {}, FIXED_END)

        assert (read.ignored, read.warnings) == (None, ())
        assert read.changes


def test_what_the_generic_source_posts_is_signed_and_read_without_a_warning() -> None:
    person, adapter = applicant(GENERIC), adapter_named("generic")
    body = generic.event("application.applied", START, generic.applied(person))
    headers = adapter.sign(body, SECRETS[GENERIC], START, "event-1")

    incoming = Incoming.of(headers.items(), body, START)
    adapter.verify(incoming, [SECRETS[GENERIC]], START)
    read = adapter.translate(body, {}, START)
    assert (read.ignored, read.warnings, len(read.changes)) == (None, (), 1)
