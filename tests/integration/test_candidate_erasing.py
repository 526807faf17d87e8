"""Erasing one person from their page: what it says first, what is gone then, and who may."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service.app import engine_of
from service.domain.changes import Applied, Moved, Stage
from service.domain.policies import Kind
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    CandidatePhone,
    Contact,
    Message,
    Promise,
    TimelineEntry,
)
from service.workflows.promise_changes import lock_application
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import Employer, add_application, make_employer
from tests.integration.ats_reports import HOUR, NOW, T0, ref_of, report
from tests.integration.people_case import applied, call, candidate_of, in_team, text_of
from tests.reading_pages import letter, words_of
from tests.signing_in import client_of, person, token_in

OPEN = ("open", "paused")


@pytest.fixture
def here(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    """Keepword on SQLite: what is tested is who may, and what a page says."""
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    yield made
    engine_of(made.app).dispose()


def seen_in(html: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def owed_by(employer: Employer) -> int:
    with employer.session() as session:
        return session.scalars(select(func.count()).where(Promise.state.in_(OPEN))).one()


def test_a_person_is_erased_from_their_page_and_no_late_event_brings_them_back(
    employer: Employer,
) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0))
    maria = person(employer)
    with employer.work() as work:
        id_ = work.session.scalars(select(Application.id)).one()
        application = lock_application(work, id_)
        assert application is not None
        make_spoken(work, application, Spoken(Kind.CALLBACK, "Call Ada", "1 business day"))
        call(work, id_, "Ada was out")
        letter_id = letter(work, "held", application_id=id_, due_at=work.now + HOUR).id
    client, candidate_id = client_of(employer, maria), candidate_of(employer, id_)
    story, path = f"/people/{candidate_id}", f"/people/{candidate_id}/erase"
    owed = owed_by(employer)

    assert f'href="{path}"' in client.get(story).get_data(as_text=True)
    html = client.get(path).get_data(as_text=True)
    asked = words_of(html)
    for words in (
        "Ada Byron · c1@example.com · Clerk",
        f"{owed} promise",
        "1 letter to them has not left. It is stopped.",
        "The ATS keeps its own record (test): have them erased there too.",
        "a late event of the ATS",
        "It cannot be undone.",
    ):
        assert words in asked, words
    form = {"token": token_in(html), "seen": seen_in(html)}
    unticked = client.post(path, data=form)
    stale = client.post(path, data={**form, "seen": "0.0.0", "sure": "yes"})
    assert (unticked.status_code, stale.status_code) == (422, 409)
    assert 'aria-invalid="true" aria-describedby="sure-fault"' in unticked.get_data(as_text=True)
    assert "Their record changed while you were here." in stale.get_data(as_text=True)
    assert owed_by(employer) == owed

    done = client.post(path, data={**form, "sure": "yes"})

    assert done.status_code == 303
    where = done.headers["Location"]
    assert where.startswith(f"{story}?")
    # Three letters may stand by chance in what is sealed there.
    assert not re.search("byron|c1(@|%40)", where, re.IGNORECASE)
    told = text_of(client, where)
    assert f"This person's data is erased. {owed} open promise" in told
    assert "1 letter was stopped. An ATS keeps its own record" in told
    with employer.session() as session:
        tombstone = session.scalars(select(Candidate)).one()
        assert (tombstone.first_name, tombstone.last_name) == (None, None)
        assert tombstone.erased_at == employer.now
        assert session.scalars(select(CandidateEmail.id)).all() == []
        assert session.scalars(select(CandidatePhone.id)).all() == []
        stopped = session.get_one(Message, letter_id)
        assert (stopped.state, stopped.to_address) == ("cancelled", "(erased)")
        assert (stopped.own_text, stopped.own_html) == ("(erased)", "(erased)")
        assert session.scalars(select(Contact.note)).all() == [None]
        assert "Call Ada" not in session.scalars(select(Promise.wording)).all()
        entry = session.scalars(
            select(TimelineEntry).where(TimelineEntry.kind == "candidate_erased")
        ).one()
        assert (entry.actor, entry.source) == (f"user:{maria.id}", "page")
    assert owed_by(employer) == 0

    late = report(
        employer,
        Applied(ref_of("late"), NOW + HOUR),
        Moved(ref_of(), NOW + HOUR, Stage.OFFER),
    )

    assert late.erased
    with employer.session() as session:
        assert session.scalars(select(Candidate.first_name)).all() == [None]
        assert session.scalars(select(Application.id)).all() == [id_]
    assert owed_by(employer) == 0
    assert client.get(path).headers["Location"] == story
    again = client.post(path, data={**form, "sure": "yes"}, follow_redirects=True)
    assert "was erased before: nothing was left to do." in words_of(again.get_data(as_text=True))


def test_only_who_may_act_on_all_that_somebody_applied_for_erases_them(here: Employer) -> None:
    id_, candidate_id = applied(here, email="amara@example.com")
    twin_id, _ = applied(here, first_name="Amy", email="amara@example.com")
    with here.work() as work:
        elsewhere = add_application(work, first_name="Nobody")
        old = elsewhere.candidate
        elsewhere.candidate_id = candidate_id
        old.merged_into_id = candidate_id
        other_id, merged_id = elsewhere.id, old.id
    in_team(here, "Berlin", id_)
    in_team(here, "Berlin", twin_id)
    in_team(here, "Lisbon", other_id)
    story, path = f"/people/{candidate_id}", f"/people/{candidate_id}/erase"

    for role, teams in (
        ("recruiter", ("Berlin",)),
        ("viewer", ("Berlin", "Lisbon")),
        ("hiring_manager", ("Berlin", "Lisbon")),
    ):
        who = person(here, role, teams=teams)
        if role == "hiring_manager":
            with here.work() as work:
                work.session.get_one(Application, id_).waiting_on_id = who.id
        client = client_of(here, who)
        page = client.get(story)
        assert (page.status_code, path in page.get_data(as_text=True)) == (200, False), role
        assert client.get(path).status_code == 404, role
        form = {"token": token_in(page.get_data(as_text=True)), "seen": "1.1.2", "sure": "yes"}
        assert client.post(path, data=form).status_code in (403, 404), role
    with here.session() as session:
        assert session.get_one(Candidate, candidate_id).first_name == "Amara"

    client = client_of(here, person(here, "recruiter", teams=("Berlin", "Lisbon")))
    led = client.get(f"/people/{merged_id}/erase")
    assert (led.status_code, led.headers["Location"]) == (303, path)
    html = client.get(path).get_data(as_text=True)
    assert "Another record has the same address and is not erased with this one: Amy" in words_of(
        html
    )
    form = {"token": token_in(html), "seen": seen_in(html), "sure": "yes"}
    assert client.post(f"/people/{merged_id}/erase", data=form).status_code == 303
    with here.session() as session:
        rows = session.scalars(select(Candidate).where(Candidate.id.in_([candidate_id, merged_id])))
        assert [each.first_name for each in rows] == [None, None]
        assert session.get_one(Application, twin_id).candidate.first_name == "Amy"
    german = client.get(
        f"/people/{candidate_of(here, twin_id)}/erase", headers={"Accept-Language": "de"}
    )
    assert "Was verschwindet" in german.get_data(as_text=True)
