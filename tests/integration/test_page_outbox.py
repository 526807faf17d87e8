"""Letters can be read, and what people wrote stays text everywhere."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import event

from service.domain.policies import Kind
from service.models import Job, JobClosing
from service.queries.outbox import waiting_letters
from service.workflows.channel import pause_channel
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.work import Work
from tests.harness import Employer, add_application, add_user
from tests.reading_pages import (
    html_of,
    letter,
    page_of,
    parts_of,
    without_own_scripts,
)


def test_each_kept_letter_can_be_read_as_text_and_as_html(employer: Employer) -> None:
    with employer.work() as work:
        letter_id = letter(work, "captured").id

    assert "Where we stand to Amara Okafor · amara@example.com · holding kept here, not sent" in (
        page_of(employer, "/outbox")
    )
    html = html_of(employer, f"/outbox/{letter_id}")
    assert "we are not done yet." in html
    assert (
        f'<iframe class="letter" sandbox title="The letter as HTML" src="/outbox/{letter_id}/html">'
        in html
    )


def test_the_html_of_a_letter_is_locked_into_its_frame(employer: Employer) -> None:
    with employer.work() as work:
        letter_id = letter(work, "captured").id
    answer = employer.app.test_client().get(f"/outbox/{letter_id}/html")

    assert answer.get_data(as_text=True).startswith("<p>Dear Amara</p>")
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox"
    )
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/outbox/msg_none", "/outbox/msg_none/html"])
def test_an_unknown_letter_is_said_to_be_none(employer: Employer, path: str) -> None:
    answer = employer.app.test_client().get(path)

    assert answer.status_code == 404
    assert "There is no such letter" in answer.get_data(as_text=True)


def test_an_empty_outbox_says_so(employer: Employer) -> None:
    assert "No letter was written yet." in page_of(employer, "/outbox")


def test_the_outbox_ends_at_a_hundred_letters(employer: Employer) -> None:
    with employer.work() as work:
        for _ in range(101):
            letter(work, "captured")

    assert "The last 100 letters" in page_of(employer, "/outbox")
    assert html_of(employer, "/outbox").count('class="to"') == 100


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}",
    "<!-- --><iframe srcdoc='<script>alert(1)</script>'>",
    "javascript:alert(1)",
    "&lt;b&gt;\u202egnirts",
)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_people_wrote_stays_text_everywhere(employer: Employer, hostile: str) -> None:
    with employer.work() as work:
        maria = add_user(work, f"Maria {hostile}", email="maria@example.com")
        job = Job(title=hostile, status="open", created_at=work.now)
        for within in ("1 business hour", "6 business hours"):
            application = add_application(
                work,
                first_name=hostile,
                last_name=hostile,
                email=f"{within[0]}@example.com",
                owner=maria,
                job=job,
                stage="interview",
            )
            application.candidate.phones[0].number = hostile
            application.candidate.can_email = False
            make_spoken(
                work,
                application,
                Spoken(Kind.CALLBACK, hostile, within=within, promised_by_id=maria.id),
            )
        letter_id = letter(
            work, "blocked", subject=hostile, to_name=hostile, own_text=hostile, reason=hostile
        ).id
        pause_channel(work.session, work.now, hostile, by_provider=True)
    employer.clock.advance(timedelta(hours=2))
    found = _Tags()
    for path in ("/", "/outbox", f"/outbox/{letter_id}"):
        html = html_of(employer, path)
        found.feed(without_own_scripts(html))

        assert hostile.split("\u202e")[0] in "".join(parts_of(html))

    assert not found.tags & {"script", "svg", "img"}
    assert not {name for name in found.attributes if name.startswith("on")} | (
        found.attributes & {"style", "srcdoc"}
    )
    assert all(link.startswith(("/", "#", "tel:")) for link in found.links)


def test_letters_of_a_closing_that_wait_do_not_hide_the_latest(employer: Employer) -> None:
    with employer.work() as work:
        closing_id = closing(work)
        letter(work, "delivered", subject="An answer to her question")
        employer.clock.advance(timedelta(minutes=1))
        for _ in range(101):
            letter(work, "held", closing_id=closing_id, created_at=employer.now)
        letter(work, "delivered", closing_id=closing_id, subject="One that left")

    page = page_of(employer, "/outbox")

    assert "101 letters about closing Backend Engineer" in page
    assert "An answer to her question" in page
    assert "One that left" in page
    assert "Those of a closing that still wait are above." in page


def test_the_letters_of_a_closing_are_listed_under_their_job(employer: Employer) -> None:
    with employer.work() as work:
        closing_id = closing(work)
        letter(work, "held", closing_id=closing_id)

    assert "Letters about closing Backend Engineer" in page_of(
        employer, f"/outbox/closings/{closing_id}"
    )


def test_when_a_letter_leaves_is_said_as_a_person_would(employer: Employer) -> None:
    with employer.work() as work:
        letter(work, "held", due_at=work.now + timedelta(hours=1), reason="so it can be taken back")
        letter(work, "retry", due_at=work.now + timedelta(minutes=5), reason="it was busy")

    page = page_of(employer, "/outbox")

    assert "leaves today 10:00 at the earliest: so it can be taken back" in page
    assert "will be tried again today 09:05: it was busy" in page


def test_what_has_no_button_says_what_to_do(employer: Employer) -> None:
    with employer.work() as work:
        letter(work, "failed", reason="the address is malformed")

    assert "Put right what it names and write to them again, or call." in (
        page_of(employer, "/outbox")
    )


def test_what_waits_is_found_without_reading_all_there_ever_was(employer: Employer) -> None:
    statements: list[tuple[str, Any]] = []
    with employer.session() as session:
        engine = session.get_bind()
        if engine.dialect.name != "sqlite":
            pytest.skip("PostgreSQL chooses by its statistics, and an empty table has none")
        event.listen(
            engine,
            "before_cursor_execute",
            lambda _c, _u, statement, given, *_: statements.append((statement, given)),
        )
        waiting_letters(session, 50)
        statement, given = statements[-1]
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)

        assert "ix_message_state" in str(plan.all())


def closing(work: Work) -> str:
    """Return the id of a closing of a job called Backend Engineer."""
    job = Job(title="Backend Engineer", status="closed", created_at=work.now)
    work.session.add(job)
    work.session.flush()
    made = JobClosing(
        job_id=job.id,
        outcome="filled",
        created_at=work.now,
        by_user_id=add_user(work).id,
        job_status_before="open",
    )
    work.session.add(made)
    work.session.flush()
    return made.id
