"""The morning of a recruiter: with a mouse, with the keyboard alone, and without any script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from service.domain.policies import Kind
from service.models import Contact, Decision, Job, JobClosing, Message, Promise, User
from service.workflows.promise_making import Spoken, make_spoken
from tests.acceptance.hands import Hand, Keyboard, Mouse
from tests.browser import Site, barriers, chromium, picture, running, tab
from tests.harness import Employer, add_application
from tests.reading_pages import turn_loops
from tests.signing_in import PASSWORD, person

MORNING = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
"""The Tuesday after; what was promised on Monday is late, and letters may go at this hour."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def site(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Site]:
    with running(new_database("sqlite", started=True), tmp_path) as served:
        yield served


@dataclass(frozen=True)
class Owed:
    """What is late in the morning, by the person's first name, and the job to be closed."""

    promises: dict[str, str]
    first_due_at: dict[str, datetime]
    job_id: str


def late_and_to_close(employer: Employer) -> Owed:
    """Let Maria promise four people something on Monday, and three apply for another job."""
    maria = person(employer, email="maria@example.com", password=PASSWORD)
    person(employer, "administrator", name="Ruth Adeyemi", password=PASSWORD)
    promises, first = {}, {}
    with employer.work() as work:
        owner = work.session.get_one(User, maria.id)
        for name, kind, wording in (
            ("Amara", Kind.CALLBACK, "A call about the panel date"),
            ("Jonas", Kind.STATUS, "Word of where he stands"),
            ("Ivo", Kind.FEEDBACK, "Feedback on his exercise"),
            ("Lucía", Kind.CALLBACK, "A call about her notice"),
        ):
            someone = add_application(work, first_name=name, owner=owner, stage="interview")
            spoken = Spoken(kind, wording, within="4 business hours", promised_by_id=owner.id)
            made = make_spoken(work, someone, spoken)
            promises[name], first[name] = made.id, made.due_at
        job = Job(title="Bookbinder", status="open", created_at=work.now, owner_id=owner.id)
        for name in ("Noor", "Imani", "Chidi"):
            add_application(work, first_name=name, last_name="Haddad", owner=owner, job=job)
        job_id = job.id
    employer.move_to(MORNING)
    turn_loops(employer)
    return Owed(promises, first, job_id)


def says(page: Page, words: str) -> None:
    """Wait until the page says what was done."""
    expect(page.get_by_role("status").first).to_contain_text(words)


def walk(page: Page, hand: Hand, check: Callable[[], None]) -> None:
    """Do the morning's work; ``check`` looks at each page on the way."""
    page.goto("/")
    hand.write("Mail address", "maria@example.com")
    hand.write("Password", PASSWORD)
    hand.press("Sign in")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("4 people are waiting for a word from you")
    check()

    hand.act_on("Amara", "e", "Log the call")
    hand.choose("I called and reached them")
    check()
    hand.press("Log it")
    says(page, "It keeps a promise to Amara Okafor")
    expect(heading).to_have_text("3 people are waiting for a word from you")

    hand.act_on("Jonas", "r", "Write")
    hand.set_day("Next word by", date(2026, 3, 9))
    hand.press("Show the letter")
    shown = page.locator(".letter-shown")
    expect(shown).to_contain_text("Monday 9 March")
    check()
    hand.press("Send this letter")
    says(page, "can be taken back until then")

    hand.act_on("Ivo", "s", "Move the date")
    hand.choose("tomorrow")
    check()
    hand.press("Move the date")
    says(page, "Ivo Okafor")

    hand.act_on("Lucía", "e", "Log the call")
    hand.choose("I called and reached them")
    hand.press("Log it")
    says(page, "It keeps a promise to Lucía Okafor")
    hand.undo()
    says(page, "Taken back for 1 person.")

    hand.follow("Jobs")
    hand.follow("Bookbinder")
    hand.follow("Close the job…")
    hand.choose("The position is closed")
    hand.press("Show who is told how")
    hand.unfold("the letter")
    expect(page.locator(".plan pre").first).to_contain_text("Bookbinder")
    check()
    hand.press("Close the job and send 3 letters")
    expect(heading).to_contain_text("Closing: Bookbinder")
    check()

    hand.follow("Numbers")
    expect(heading).to_have_text("Numbers")
    expect(page.locator(".facts-row")).to_contain_text("Promises kept")


def check_done(employer: Employer, owed: Owed) -> None:
    """Look into the database: everything that was done there was done, and nothing else."""
    with employer.session() as session:
        promise = {
            name: session.get_one(Promise, promise_id) for name, promise_id in owed.promises.items()
        }
        assert promise["Amara"].state == "kept_late"
        kept_by = session.get_one(Contact, promise["Amara"].kept_by_contact_id)
        assert (kept_by.channel, kept_by.outcome) == ("phone", "reached")

        letters = session.scalars(select(Message).where(Message.application_id.is_not(None))).all()
        status = [each for each in letters if each.kind == "status-update"]
        assert [each.application_id for each in status] == [promise["Jonas"].application_id]
        assert (status[0].state, status[0].promise_id) == ("held", promise["Jonas"].id)
        assert "Monday 9 March" in status[0].text

        moved = session.get_one(Promise, promise["Ivo"].replaced_by_id or promise["Ivo"].id)
        assert moved.first_due_at == owed.first_due_at["Ivo"]
        assert moved.due_at > MORNING
        notes = [each for each in letters if each.application_id == moved.application_id]
        assert [each.kind for each in notes] == ["holding"]

        assert (promise["Lucía"].state, promise["Lucía"].kept_at) == ("open", None)
        taken_back = session.scalars(
            select(Contact).where(Contact.application_id == promise["Lucía"].application_id)
        ).one()
        assert taken_back.taken_back_reason == "taken back at once by who did it"

        closing = session.scalars(select(JobClosing)).one()
        assert (closing.job_id, closing.undone_at) == (owed.job_id, None)
        assert session.get_one(Job, owed.job_id).status == "closed"
        held = [each.state for each in letters if each.closing_id == closing.id]
        assert held == ["held"] * 3
        assert len(session.scalars(select(Decision)).all()) == 3


@pytest.mark.parametrize("way", ["mouse", "keyboard", "no-script"])
def test_a_recruiter_does_the_work_of_a_morning(browser: Browser, site: Site, way: str) -> None:
    owed = late_and_to_close(site.employer)
    settings: dict[str, Any] = {
        "viewport": {"width": 1280, "height": 800},
        "java_script_enabled": way != "no-script",
    }
    with tab(browser, site, **settings) as (page, _watch):
        seen: list[str] = []

        def check() -> None:
            seen.append(page.url)
            picture(page, f"morning-{way}-{len(seen)}")
            # Once is enough: the pages are the same whatever the hand.
            assert way != "mouse" or barriers(page) == []

        walk(page, Keyboard(page) if way == "keyboard" else Mouse(page), check)

    assert len(seen) == 6
    check_done(site.employer, owed)
    # Half an hour later what tells a decision can still be taken back.
    site.employer.pass_time(minutes=30)
    with site.employer.session() as session:
        of_closing = select(Message.state).where(Message.closing_id.is_not(None))
        assert set(session.scalars(of_closing)) == {"held"}
