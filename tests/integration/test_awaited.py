"""A hiring manager's day: who waits for their decision, the answer, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.db import db
from service.models import ApiKey, Application, Job, TimelineEntry, User
from service.workflows.assigning import assign, await_by_default
from service.workflows.promise_changes import lock_application
from tests.harness import Employer, make_employer
from tests.integration.people_case import applied, text_of
from tests.reading_pages import promise_call, words_of
from tests.signing_in import PASSWORD, client_of, person, token_in


@pytest.fixture
def employer(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    """One database will do: what the pages say is the same on each."""
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def ask(employer: Employer, by: User, manager: User, application_id: str) -> None:
    """Let a recruiter ask a manager for the decision."""
    with employer.work(f"user:{by.id}") as work:
        application = lock_application(work, application_id)
        assert application is not None
        assign(work, application, owner_id=by.id, waiting_on_id=manager.id)


def answer(client: Any, application_id: str, **fields: str) -> str:
    """Answer on the first page; return what the page that follows says."""
    html = client.get("/").get_data(as_text=True)
    form = html.split(f'/applications/{application_id}/answer"')[1].split("</form>")[0]
    version = form.split('name="version" value="')[1].split('"')[0]
    data = {"token": token_in(html), "from": "home", "version": version, **fields}
    done = client.post(f"/applications/{application_id}/answer", data=data)
    assert done.status_code == 303
    assert done.headers["Location"].startswith("/?")
    return words_of(client.get(done.headers["Location"]).get_data(as_text=True))


def test_a_manager_answers_on_the_first_page_and_the_owner_goes_on(employer: Employer) -> None:
    maria = person(employer)
    priya = person(employer, "hiring_manager", name="Priya Shah")
    late, _ = promise_call(employer, by=maria, first_name="Lena", last_name="Late")
    calm, calm_person = applied(employer, first_name="Carl", last_name="Calm", stage="offer")
    early, _ = applied(employer, first_name="Edda", last_name="Early", stage="screening")
    applied(employer, first_name="Zoe", last_name="Closed", stage="hired", waiting_on_id=priya.id)
    applied(employer, first_name="Otto", last_name="Others", waiting_on_id=maria.id)
    for application_id in (early, calm, late):
        ask(employer, maria, priya, application_id)
    employer.clock.advance(timedelta(hours=3))
    client = client_of(employer, priya)

    home = text_of(client, "/")
    assert "3 people await your answer" in home
    assert home.index("Lena Late") < home.index("Carl Calm") < home.index("Edda Early")
    assert "Maria Keller asked for your decision today 09:00." in home
    assert "They were promised: A call about the panel date, today 10:00 ● 2 h late" in home
    for word in ("Zoe", "Otto", "Log the call", "Needs a hand", "outbox 0", "Search"):
        assert word not in home

    said = answer(client, calm, answer="on")
    assert "Your answer is given: the owner goes on with them." in said
    assert "2 people await your answer" in said
    assert "Carl Calm" not in said
    assert client.get(f"/people/{calm_person}").status_code == 404
    story = text_of(client_of(employer, maria), f"/people/{calm_person}")
    assert "Priya Shah wants to go on with them" in story
    assert "waiting on Priya" not in story
    with employer.work() as work:
        row = work.session.get_one(Application, calm)
        row.job.hiring_manager_id = priya.id
        await_by_default(work, row)
        assert row.waiting_on_id is None, "a message of the ATS asks nobody a second time"


def test_a_decision_against_somebody_leaves_its_telling_to_the_owner(employer: Employer) -> None:
    maria = person(employer)
    priya = person(employer, "hiring_manager", name="Priya Shah")
    late, who = promise_call(employer, by=maria, first_name="Lena", last_name="Late")
    with employer.session() as session:
        who = session.get_one(Application, late).candidate_id
    ask(employer, maria, priya, late)
    owners, client = client_of(employer, maria), client_of(employer, priya)
    html = client.get("/").get_data(as_text=True)

    # Somebody changes the application between the page and the answer: nothing is decided.
    with employer.work() as work:
        work.session.get_one(Application, late).job = Job(
            title="Another Job", status="open", created_at=work.now
        )
    stale = {"token": token_in(html), "from": "home", "version": "1", "answer": "no"}
    missed = client.post(f"/applications/{late}/answer", data=stale)
    assert missed.status_code == 409
    assert "Nothing of yours is done yet." in words_of(missed.get_data(as_text=True))
    assert "1 person awaits your answer" in text_of(client, "/")

    said = answer(client, late, answer="no", why="no experience with kilns")
    assert "the decision is made, and telling them is owed" in said
    assert "Nobody awaits your answer" in said
    employer.clock.advance(timedelta(days=4))
    queue = text_of(owners, "/")
    assert "Lena Late" in queue
    assert "waiting on" not in queue
    story = text_of(owners, f"/people/{who}")
    assert "no experience with kilns" in story
    assert "Priya Shah" in story


def test_nothing_awaits_somebody_whom_nobody_asked(employer: Employer) -> None:
    client = client_of(employer, person(employer, "hiring_manager", name="Priya Shah"))

    assert "stands here as soon as a recruiter asks you" in text_of(client, "/?behind=x")
    assert "Nobody further waits." in text_of(client, "/?behind=50")


def test_who_has_no_name_here_gives_no_answer_that_nobody_asked_for(employer: Employer) -> None:
    person(employer, "administrator", name="Ada Stone", password=PASSWORD)
    application_id, _ = applied(employer)
    secret = employer.key("admin")
    with employer.session() as session:
        (key_id,) = session.query(ApiKey.id).one()
    token = employer.app.extensions["keepword.forms"].token(key_id, employer.now)
    client = employer.app.test_client()
    form = {"token": token, "version": "1", "answer": "on"}

    done = client.post(f"/applications/{application_id}/answer", data=form, auth=("any", secret))

    assert done.status_code == 404
    with employer.session() as session:
        assert session.query(TimelineEntry).filter_by(kind="manager_goes_on").count() == 0
