"""Letters can be read, and what people wrote stays text everywhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from service.models import Job, JobClosing
from service.queries.outbox import waiting_letters
from service.workflows.work import Work
from tests.harness import Employer, add_user
from tests.reading_pages import (
    html_of,
    letter,
    page_of,
)


def test_each_kept_letter_can_be_read_as_text_and_as_html(employer: Employer) -> None:
    with employer.work() as work:
        letter_id = letter(work, "captured").id
        letter(work, "delivered", created_at=work.now - timedelta(days=1), subject="An earlier one")

    assert (
        "today Where we stand to Amara Okafor kept here, not sent 09:00 "
        "yesterday An earlier one to Amara Okafor ✓ delivered 09:00"
    ) in page_of(employer, "/outbox")
    whole = page_of(employer, f"/outbox/{letter_id}")
    assert "Amara Okafor amara@example.com" in whole
    assert "holding" in whole
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
