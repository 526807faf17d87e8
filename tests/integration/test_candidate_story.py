"""One candidate's timeline: every application, in words, the newest first, a page at a time."""

from __future__ import annotations

import re
from datetime import timedelta

from service.domain.contacts import Channel
from service.models import Application, Job
from service.workflows.enquire import enquire
from service.workflows.promise_changes import lock_application
from tests.harness import Employer
from tests.integration.people_case import applied, call, candidate_of
from tests.reading_pages import (
    colleague,
    page_of,
    promise_call,
)


def test_the_story_is_told_in_words_the_newest_first(employer: Employer) -> None:
    maria = colleague(employer)
    id_, _ = promise_call(employer, by=maria)
    employer.clock.advance(timedelta(hours=2))
    employer.turn()
    with employer.work() as work:
        application = lock_application(work, id_)
        assert application is not None
        enquire(work, application, channel=Channel.PHONE, at=work.now, note="still hoping to hear")
    employer.clock.advance(timedelta(minutes=5))
    with employer.work(f"user:{maria.id}") as work:
        call(work, id_, by=maria.id)

    story = page_of(employer, f"/people/{candidate_of(employer, id_)}").split("What happened")[1]

    told = [
        "the promise was kept, late: “A call about the panel date”",
        "← rang and asked, after a promise had passed: “still hoping to hear”",
        "● the promise passed without contact: “A call about the panel date”",
        "○ promised for today 10:00: “A call about the panel date”",
    ]
    places = [story.index(each) for each in told]
    assert places == sorted(places)
    assert "→ called, reached Maria Keller" in story


def test_the_story_covers_every_application_and_names_its_job(employer: Employer) -> None:
    id_, _ = promise_call(employer)
    candidate_id = candidate_of(employer, id_)
    with employer.work() as work:
        job = Job(title="Accountant", status="open", created_at=work.now)
        work.session.add(job)
        work.session.flush()
        other = Application(
            candidate_id=candidate_id,
            job_id=job.id,
            stage="applied",
            stage_at=work.now,
            applied_at=work.now,
            created_at=work.now,
        )
        work.session.add(other)
        work.session.flush()
        call(work, other.id)

    page = page_of(employer, f"/people/{candidate_id}")

    assert "Accountant · applied" in page
    assert "Backend Engineer · interview" in page
    assert "→ called, reached Accountant" in page


def test_a_long_story_goes_on_a_page_at_a_time(employer: Employer) -> None:
    id_, candidate_id = applied(employer)
    for number in range(60):
        with employer.work() as work:
            call(work, id_, f"call number {number}")
        employer.clock.advance(timedelta(minutes=1))

    client = employer.app.test_client()
    told: list[int] = []
    pages, path = 0, f"/people/{candidate_id}"
    while path:
        html = client.get(path).get_data(as_text=True)
        story = html.split('id="story"')[1]
        told += [int(number) for number in re.findall(r"call number ([0-9]+)</bdi>", story)]
        before, link, _ = story.partition('rel="next"')
        path = before.rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&") if link else ""
        pages += 1

    assert told == list(reversed(range(60)))
    assert pages > 1
    assert client.get(f"/people/{candidate_id}?after=nonsense").status_code == 400
