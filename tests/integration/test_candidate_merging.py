"""Merging two records by hand: what the page shows, what is one person's then, and who may."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.app import engine_of
from service.domain.changes import (
    Applied,
    CandidateErased,
    CandidateFacts,
    CandidatesMerged,
    CandidateUpdated,
    Moved,
    Stage,
)
from service.domain.policies import Kind
from service.models import Application, Candidate, Message, TimelineEntry
from service.workflows.candidates import add_candidate
from service.workflows.erase import erase_candidate
from service.workflows.legal_hold import hold, lift
from service.workflows.merging import merge_people
from service.workflows.promise_changes import lock_application
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import Employer, make_employer
from tests.integration.ats_reports import HOUR, NOW, T0, ref_of, report
from tests.integration.people_case import applied, candidate_of, in_team, text_of
from tests.reading_pages import letter, words_of
from tests.signing_in import client_of, person, token_in


@pytest.fixture
def here(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    """Keepword on SQLite: what is tested is who may, and what a page says."""
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    yield made
    engine_of(made.app).dispose()


def form_in(html: str, **more: str) -> dict[str, str]:
    """Return the form of the merge page as it stands there, with what is chosen."""
    hidden = {
        name: found[1]
        for name in ("other", "seen")
        if (found := re.search(rf'name="{name}" value="([^"]+)"', html)) is not None
    }
    assert len(hidden) == 2
    return {"token": token_in(html), **hidden, **more}


def asked_of(client: FlaskClient, path: str, other: str) -> str:
    """Return the page on which both stand side by side."""
    return client.get(f"{path}?other={other}").get_data(as_text=True)


def test_two_records_become_one_person_who_hears_of_all(employer: Employer) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0))
    maria = person(employer)
    by_hand, twin = applied(employer, first_name="A.", last_name="Byron", email="C1@example.com")
    with employer.work() as work:
        ada = work.session.scalars(select(Application).where(Application.id != by_hand)).one()
        stays = ada.candidate_id
        application = lock_application(work, by_hand)
        assert application is not None
        make_spoken(work, application, Spoken(Kind.CALLBACK, "Call her", "1 business day"))
        old = work.session.get_one(Candidate, twin)
        old.can_email, old.time_zone = False, "Europe/Lisbon"
        letter_id = letter(work, "held", application_id=by_hand, due_at=work.now + HOUR).id
    client, path = client_of(employer, maria), f"/people/{twin}/merge"

    offer = client.get(f"/people/{twin}").get_data(as_text=True)
    assert f'href="{path}?other={stays}"' in offer
    assert stays in client.get(path).get_data(as_text=True)
    html = asked_of(client, path, stays)
    shown = words_of(html)
    for words in (
        "Ada Byron",
        "A. Byron",
        "Clerk",
        "Backend Engineer",
        "Call her",
        "It cannot be undone.",
    ):
        assert words in shown, words
    form = form_in(html, stays=stays)
    unticked = client.post(path, data=form)
    stale = client.post(path, data={**form, "seen": "0", "sure": "yes"})
    nobody = client.post(path, data={**form, "stays": "cnd_other", "sure": "yes"})
    assert [each.status_code for each in (unticked, stale, nobody)] == [422, 409, 409]
    assert 'aria-describedby="sure-fault"' in unticked.get_data(as_text=True)
    assert "read both once more" in stale.get_data(as_text=True)
    assert candidate_of(employer, by_hand) == twin

    done = client.post(path, data={**form, "sure": "yes"})

    assert done.status_code == 303
    assert done.headers["Location"].startswith(f"/people/{stays}?")
    told = text_of(client, done.headers["Location"])
    assert "They are one person now. 1 application of the other record stands here." in told
    assert "Call her" in told
    with employer.session() as session:
        kept, gone = session.get_one(Candidate, stays), session.get_one(Candidate, twin)
        assert (kept.merged_into_id, gone.merged_into_id) == (None, stays)
        assert [each.address for each in kept.emails] == ["c1@example.com"]
        assert (kept.first_name, kept.time_zone) == ("Ada", "Europe/Lisbon")
        # Who asked for no mail at either record gets none.
        assert not kept.can_email
        assert session.get_one(Message, letter_id).state == "held"
        entry = session.scalars(
            select(TimelineEntry).where(TimelineEntry.kind == "candidates_merged")
        ).one()
        assert (entry.application_id, entry.actor, entry.source) == (
            by_hand,
            f"user:{maria.id}",
            "page",
        )
    # The page of the merged one leads on, and so does what was asked for twice.
    assert client.get(f"/people/{twin}").headers["Location"] == f"/people/{stays}"
    again = client.post(path, data={**form, "sure": "yes"}, follow_redirects=True)
    assert "Both are one record already" in words_of(again.get_data(as_text=True))


def test_a_hold_of_either_record_holds_the_one_that_stays(employer: Employer) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0), Applied(ref_of("a2", "c2"), T0))
    maria = person(employer)
    with employer.work() as work:
        ids = work.session.scalars(
            select(Application.candidate_id).order_by(Application.external_id)
        ).all()
        gone, stays = (work.session.get_one(Candidate, id_) for id_ in ids)
        hold(work, gone, "A claim of 2 April.")
    employer.clock.move_to(NOW + HOUR)
    report(employer, CandidateErased("c1", NOW, ("a1",)))
    with employer.work() as work:
        hold(work, work.session.get_one(Candidate, ids[1]), "An inspection.")
    client, path = client_of(employer, maria), f"/people/{ids[0]}/merge"

    html = asked_of(client, path, ids[1])
    done = client.post(path, data=form_in(html, stays=ids[1], sure="yes"))

    shown = words_of(html)
    assert "A claim of 2 April" in shown
    assert "An inspection" in shown
    assert "for the reasons of both" in shown
    assert done.status_code == 303
    with employer.work() as work:
        gone, stays = (work.session.get_one(Candidate, id_) for id_ in ids)
        assert (gone.held_at, gone.held_why, gone.erasure_asked_at) == (None, None, None)
        assert (stays.held_at, stays.held_why) == (NOW, "A claim of 2 April.; An inspection.")
        # That the ATS asked for their erasure is not forgotten with the hold.
        lift(work, stays)
        assert stays.erasure_asked_at == NOW + HOUR


@pytest.mark.parametrize("stays", ["c1", "c2"])
def test_what_an_ats_says_of_either_record_is_said_of_the_one_who_stays(
    employer: Employer, stays: str
) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of("a1", "c1"), T0), Applied(ref_of("a2", "c2"), T0))
    with employer.session() as session:
        of = {row.external_id: row.candidate_id for row in session.scalars(select(Application))}
    ids = {"c1": of["a1"], "c2": of["a2"]}
    kept_id, client = ids[stays], client_of(employer, person(employer))
    path = f"/people/{ids['c1']}/merge"
    html = asked_of(client, path, ids["c2"])
    asked = words_of(html)
    assert "(test): merge them there too. Erase neither record in the ATS (test)" in asked
    assert "Both applied for Clerk." in asked
    with employer.work() as work:
        unwanted = work.session.get_one(Candidate, ids["c1"])
        unwanted.can_email = False
    html = asked_of(client, path, ids["c2"])
    done = client.post(path, data=form_in(html, stays=kept_id, sure="yes"))
    assert done.headers["Location"].startswith(f"/people/{kept_id}?")

    wants_mail = CandidateFacts("c2", can_email=True, phones=("+1 555",))
    report(
        employer,
        *(Applied(ref_of(f"new-{each}", each), NOW) for each in ids),
        *(Moved(ref_of(f"a{each[1]}", each), NOW, Stage.INTERVIEW) for each in ids),
        *(
            CandidateUpdated(CandidateFacts(each, "Ada", "King", (f"{each}@example.com",)), NOW)
            for each in ids
        ),
        CandidateUpdated(wants_mail, NOW),
    )

    with employer.session() as session:
        assert {row.candidate_id for row in session.scalars(select(Application))} == {kept_id}
        assert len(session.scalars(select(Application.id)).all()) == 4
        assert len(session.scalars(select(Candidate.id)).all()) == 2
        kept = session.get_one(Candidate, kept_id)
        assert kept.last_name == "King"
        # Whatever each of the ATS's records knows alone: no letter loses its address.
        assert {each.address for each in kept.emails} == {"c1@example.com", "c2@example.com"}
        assert [each.number for each in kept.phones] == ["+1 555"]
    # The ATS merges them too, either way round, and removes what is left over: nobody goes.
    report(employer, CandidatesMerged("c1", "c2", None), CandidateErased("c1", None))
    with employer.session() as session:
        kept = session.get_one(Candidate, kept_id)
        assert (kept.erased_at, kept.can_email) == (None, False)
        assert {row.candidate_id for row in session.scalars(select(Application))} == {kept_id}
    # An erasure there is one of the whole person.
    report(employer, CandidateErased("c2", None))
    with employer.session() as session:
        assert session.scalars(select(Candidate.first_name)).all() == [None, None]


@pytest.mark.parametrize("chained", [False, True])
def test_what_an_ats_says_later_of_the_record_that_went_outlives_its_word_of_the_other(
    employer: Employer, *, chained: bool
) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of("a1", "c1"), T0), Applied(ref_of("a2", "c2"), T0))
    with employer.work() as work:
        gone, stays = (
            work.session.scalars(select(Application).filter_by(external_id=each)).one().candidate
            for each in ("a1", "a2")
        )
        if chained:
            between = add_candidate(work, {"first_name": "Ada"})
            merge_people(work, gone, between)
            gone = between
        merge_people(work, gone, stays)
        kept_id = stays.id

    changed = CandidateFacts("c1", emails=("new@example.com",), phones=("+1 777",), can_email=False)
    report(employer, CandidateUpdated(changed, NOW))
    other = CandidateFacts("c2", emails=("c2@example.com",), phones=("+1 555",), can_email=True)
    report(employer, CandidateUpdated(other, NOW + HOUR))

    with employer.session() as session:
        kept = session.get_one(Candidate, kept_id)
        # A letter to the new address would be stopped, and mail sent that nobody wants.
        assert "new@example.com" in {each.address for each in kept.emails}
        assert [each.number for each in kept.phones] == ["+1 555", "+1 777"]
        assert not kept.can_email


def test_a_person_bears_the_name_of_the_record_that_their_ats_kept_whichever_stays_here(
    employer: Employer,
) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of("a1", "c1"), T0), Applied(ref_of("a2", "c2"), T0))
    with employer.work() as work:
        stays, gone = (
            work.session.scalars(select(Application).filter_by(external_id=each)).one().candidate
            for each in ("a1", "a2")
        )
        merge_people(work, gone, stays)
        kept_id = stays.id

    report(
        employer,
        CandidatesMerged("c1", "c2", NOW),
        CandidateUpdated(CandidateFacts("c2", "Augusta", "King", ("new@example.com",)), NOW + HOUR),
        CandidateUpdated(CandidateFacts("c1", "Ada", "Byron", ("old@example.com",)), NOW),
    )

    with employer.session() as session:
        kept = session.get_one(Candidate, kept_id)
        assert (kept.first_name, kept.emails[0].address) == ("Augusta", "new@example.com")


def test_only_who_may_act_on_all_that_both_applied_for_merges_them(here: Employer) -> None:
    one_id, one = applied(here, first_name="Amara", email="amara@example.com")
    other_id, other = applied(here, first_name="Amy", email="amara@example.com")
    in_team(here, "Berlin", one_id)
    in_team(here, "Lisbon", other_id)
    path = f"/people/{one}/merge"
    admin = client_of(here, person(here, "administrator"))
    good = form_in(asked_of(admin, path, other), stays=one, sure="yes")

    for role, teams in (
        ("recruiter", ("Berlin",)),
        ("viewer", ("Berlin", "Lisbon")),
        ("hiring_manager", ("Berlin", "Lisbon")),
    ):
        who = person(here, role, teams=teams)
        if role == "hiring_manager":
            with here.work() as work:
                work.session.get_one(Application, one_id).waiting_on_id = who.id
        client = client_of(here, who)
        story = client.get(f"/people/{one}").get_data(as_text=True)
        assert f"{path}?other" not in story, role
        assert client.get(f"{path}?other={other}").status_code == 404, role
        form = {**good, "token": token_in(story)}
        assert client.post(path, data=form).status_code in (403, 404), role
    assert candidate_of(here, other_id) == other
    # Whom one may not merge is not found either.
    half = client_of(here, person(here, "recruiter", teams=("Berlin",)))
    assert other not in half.get(f"{path}?q=amara").get_data(as_text=True)

    client = client_of(here, person(here, "recruiter", teams=("Berlin", "Lisbon")))
    found = client.get(f"{path}?q=amy").get_data(as_text=True)
    assert f'href="{path}?other={other}"' in found
    assert "Nobody else is found" in words_of(client.get(f"{path}?q=nobody").get_data(as_text=True))
    itself = client.get(f"{path}?other={one}", follow_redirects=True).get_data(as_text=True)
    assert "there is nothing to merge" in itself
    for nobody in ("cnd_nobody", "x"):
        assert client.get(f"{path}?other={nobody}").status_code == 404
        assert client.get(f"/people/{nobody}/merge").status_code == 404
    german = client.get(f"{path}?other={other}", headers={"Accept-Language": "de"})
    assert "Was das Zusammenführen bewirkt" in german.get_data(as_text=True)
    done = client.post(path, data=form_in(asked_of(client, path, other), stays=other, sure="yes"))
    assert done.headers["Location"].startswith(f"/people/{other}?")
    assert client.get(path).headers["Location"] == f"/people/{other}/merge"

    third_id, third = applied(here, first_name="Jo", email="jo@example.com")
    led = client.get(f"/people/{third}/merge?other={one}")
    assert led.headers["Location"] == f"/people/{third}/merge?other={other}"
    html = asked_of(client, f"/people/{third}/merge", other)
    with here.work() as work:
        erase_candidate(work, work.session.get_one(Candidate, third), "asked for it")
    form = form_in(html, stays=other, sure="yes")
    for led in (
        client.get(f"/people/{third}/merge"),
        client.get(f"/people/{other}/merge?other={third}"),
        client.post(f"/people/{third}/merge", data=form),
    ):
        assert (led.status_code, led.headers["Location"]) == (303, f"/people/{third}")
    assert candidate_of(here, third_id) == third
