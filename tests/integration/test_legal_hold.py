"""Whoever is on legal hold is erased by nobody; who may erase them sets and lifts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.app import engine_of
from service.domain.changes import Applied, CandidateErased, CandidatesMerged
from service.domain.promises import PromiseError
from service.models import Application, Candidate, Heartbeat, MailChannel, TimelineEntry
from service.parts import parts
from service.workflows.erase import erase_candidate
from service.workflows.erase_again import UNFINISHED, agree_on_erasures
from service.workflows.erasure_list import ErasedPerson, Erasures
from service.workflows.heartbeat import beat
from service.workflows.legal_hold import hold, lift
from service.workflows.merging import merge_people, take_hold_of_both
from tests.harness import Employer, add_application, make_employer
from tests.integration.ats_reports import NOW, T0, ref_of, report
from tests.integration.people_case import applied, in_team, text_of
from tests.reading_pages import words_of
from tests.signing_in import client_of, person, token_in

DAY = timedelta(days=1)
WHY = "a claim of theirs is before the court"


@pytest.fixture
def here(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    """Keepword on SQLite: what is tested is who may, and what a page says."""
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    yield made
    engine_of(made.app).dispose()


def told(employer: Employer) -> list[tuple[str, str]]:
    """Return what the stories say of holds, and who did it."""
    with employer.session() as session:
        return [
            (entry.kind, entry.actor)
            for entry in session.scalars(select(TimelineEntry).order_by(TimelineEntry.seq))
            if "hold" in entry.kind or "erase" in entry.kind or "erasure" in entry.kind
        ]


def test_nobody_erases_who_is_on_hold_until_it_is_lifted(employer: Employer) -> None:
    with employer.work() as work:
        row = add_application(work)
        id_ = row.candidate_id
        hold(work, row.candidate, f"  {WHY}\n")
    with employer.work() as work:
        candidate = work.session.get_one(Candidate, id_)
        assert (candidate.held_at, candidate.held_by) == (work.now, "user:test")
        assert candidate.held_why == WHY
        for deed, code in (
            (lambda: erase_candidate(work, candidate, "asked for"), "on-legal-hold"),
            (lambda: hold(work, candidate, "another reason"), "on-legal-hold"),
            (lambda: hold(work, candidate, " "), "hold-needs-a-reason"),
            (lambda: hold(work, candidate, "x" * 501), "hold-needs-a-reason"),
        ):
            with pytest.raises(PromiseError) as caught:
                deed()
            assert caught.value.code == code
    with employer.work("user:other") as work:
        candidate = work.session.get_one(Candidate, id_)
        assert candidate.first_name == "Amara"
        lift(work, candidate)
        assert (candidate.held_at, candidate.held_by, candidate.held_why) == (None, None, None)
        with pytest.raises(PromiseError, match="no legal hold"):
            lift(work, candidate)
        assert erase_candidate(work, candidate, "asked for").records == 1
        with pytest.raises(PromiseError, match="was erased"):
            hold(work, candidate, WHY)
    assert told(employer) == [
        ("legal_hold_set", "user:test"),
        ("legal_hold_lifted", "user:other"),
        ("candidate_erased", "user:other"),
    ]


def test_what_an_ats_erases_waits_for_the_hold_and_is_remembered(employer: Employer) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0))
    with employer.work() as work:
        candidate = work.session.scalars(select(Candidate)).one()
        id_ = candidate.id
        hold(work, candidate, WHY)

    for _again in range(2):
        said = report(employer, CandidateErased("c1", NOW, ("a1",)))
        assert not said.erased
        assert len(said.notes) == 1
        assert said.notes[0].startswith("the person is on legal hold, so nobody was erased")

    with employer.work() as work:
        candidate = work.session.get_one(Candidate, id_)
        assert candidate.first_name == "Ada"
        assert work.session.scalars(select(Application.deleted_at)).all() == [None]
        lift(work, candidate)
        # It is owed still, whoever lifts the hold, and after another one: the ATS asks once.
        assert candidate.erasure_asked_at == NOW
        hold(work, candidate, "another claim")
        lift(work, candidate)
        assert candidate.erasure_asked_at == NOW
    assert [kind for kind, _by in told(employer)] == [
        "legal_hold_set", "erasure_kept_back", "legal_hold_lifted", "legal_hold_set",
        "legal_hold_lifted",
    ]  # fmt: skip
    assert report(employer, CandidateErased("c1", NOW, ("a1",))).erased


def test_a_hold_outlives_a_merge_and_keeps_nobody_from_being_erased_once_it_is_lifted(
    employer: Employer,
) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0), Applied(ref_of("a2", "c2"), T0))
    with employer.work() as work:
        first, second = work.session.scalars(
            select(Candidate).join(Application).order_by(Application.external_id)
        )
        ids = first.id, second.id
        hold(work, first, WHY)

    report(employer, CandidatesMerged("c1", "c2", NOW))

    with employer.work() as work:
        first, second = (work.session.get_one(Candidate, id_) for id_ in ids)
        assert (first.held_at, second.held_why) == (None, WHY)
        lift(work, second)
        assert erase_candidate(work, second, "asked for").records == 2


def test_who_is_on_hold_becomes_no_part_of_an_empty_record(employer: Employer) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0), Applied(ref_of("a2", "c2"), T0))
    report(employer, CandidateErased("c2", NOW, ()))
    with employer.work() as work:
        kept = work.session.scalars(select(Candidate).where(Candidate.erased_at.is_(None))).one()
        hold(work, kept, WHY)
        id_ = kept.id

    said = report(employer, CandidatesMerged("c1", "c2", NOW))

    assert "on legal hold" in said.notes[0]
    with employer.session() as session:
        kept = session.get_one(Candidate, id_)
        assert (kept.first_name, kept.merged_into_id) == ("Ada", None)


@pytest.mark.parametrize(("held_after", "erased"), [(-DAY, 1), (DAY, 0)])
def test_a_hold_that_only_a_backup_brought_back_keeps_nobody(
    employer: Employer, held_after: timedelta, erased: int
) -> None:
    with employer.work() as work:
        row = add_application(work)
        hold(work, row.candidate, WHY)
        id_ = row.candidate_id
        beat(work.session, UNFINISHED, work.now, {})
    running = parts(employer.app)
    listed = running.office.erasures
    assert listed is not None
    listed.add(Erasures({id_: ErasedPerson(id_, employer.now - held_after)}))

    with employer.session() as session:
        again = agree_on_erasures(session, employer.clock, running.office)
        assert again.people == erased
        assert (session.get_one(Candidate, id_).erased_at is not None) == bool(erased)
        assert session.get(Heartbeat, UNFINISHED) is None
        # Whom somebody keeps knowingly stops no mail at the next start.
        assert agree_on_erasures(session, employer.clock, running.office).here == 0
        assert not any(session.scalars(select(MailChannel.paused_at)))


@pytest.mark.parametrize("other_held", [False, True])
def test_a_hold_set_after_an_erasure_keeps_all_records_that_are_one_person(
    employer: Employer, *, other_held: bool
) -> None:
    """Of whom a backup brought back: one that was merged, and one held for longer."""
    with employer.work() as work:
        gone, stays = (add_application(work).candidate for _ in range(2))
        ids = gone.id, stays.id
        if other_held:
            hold(work, gone, "an older claim")
    running = parts(employer.app)
    listed = running.office.erasures
    assert listed is not None
    listed.add(Erasures({id_: ErasedPerson(id_, employer.now + DAY) for id_ in ids}))
    employer.clock.advance(2 * DAY)
    with employer.work() as work:
        hold(work, work.session.get_one(Candidate, ids[1]), WHY)
        merge_people(work, *take_hold_of_both(work, *ids))

    with employer.session() as session:
        assert agree_on_erasures(session, employer.clock, running.office).here == 0
        assert not any(session.scalars(select(MailChannel.paused_at)))
        again = agree_on_erasures(session, employer.clock, running.office, asked=True)
        assert again.people == 0
        assert [session.get_one(Candidate, id_).erased_at for id_ in ids] == [None, None]


def test_a_hold_is_set_and_lifted_on_the_page_by_who_may_erase(here: Employer) -> None:
    id_, candidate_id = applied(here, email="amara@example.com")
    in_team(here, "Berlin", id_)
    story = f"/people/{candidate_id}"
    path, lifting, erasing = f"{story}/hold", f"{story}/hold/lift", f"{story}/erase"
    maria = person(here, name="Maria Keller", teams=("Berlin",))
    client = client_of(here, maria)
    html = client.get(path).get_data(as_text=True)
    form = {"token": token_in(html)}
    assert f'href="{path}"' in client.get(story).get_data(as_text=True)

    empty = client.post(path, data={**form, "why": " "})
    long = client.post(path, data={**form, "why": "x" * 501})
    assert (empty.status_code, long.status_code) == (422, 422)
    assert 'aria-invalid="true" aria-describedby="why-fault"' in empty.get_data(as_text=True)
    assert "at most 500 characters" in long.get_data(as_text=True)
    done = client.post(path, data={**form, "why": WHY}, follow_redirects=True)
    words = words_of(done.get_data(as_text=True))
    assert "They are on legal hold: nothing of theirs is erased until it is lifted." in words
    assert f"On legal hold since today 09:00 (Maria Keller): {WHY}." in words
    assert "they were put on legal hold" in words
    again = client.post(path, data={**form, "why": "another"})
    assert again.status_code == 409
    assert WHY in again.get_data(as_text=True)

    # Neither a page that was open before nor a link from elsewhere leads past it.
    ticked = {**form, "seen": "0.0.0", "sure": "yes"}
    refused = client.post(erasing, data=ticked, follow_redirects=True)
    assert "so nothing was erased. Lift the hold first." in words_of(refused.get_data(as_text=True))
    assert client.get(erasing).headers["Location"] == path
    with here.session() as session:
        assert session.get_one(Candidate, candidate_id).erased_at is None

    for role, teams, status in (("viewer", ("Berlin",), 404), ("recruiter", ("Lisbon",), 404)):
        other = person(here, role, teams=teams)
        outside = client_of(here, other)
        assert outside.get(path).status_code == status
    assert client.post(lifting, data=form, follow_redirects=True).status_code == 200
    assert "the legal hold was lifted" in text_of(client, story)
    assert client.post(lifting, data=form).status_code == 409
    assert f'href="{erasing}"' in client.get(story).get_data(as_text=True)
