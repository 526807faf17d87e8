"""Whoever applies again after a rule erased them is somebody new; whoever asked to be erased, or
was erased and is only spoken of late, stays gone.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from service.app import engine_of
from service.domain.changes import (
    Applied,
    CandidateErased,
    CandidateFacts,
    CandidatesMerged,
    CandidateUpdated,
    Change,
    InterviewBooked,
    Moved,
    Rejected,
    Stage,
    Stands,
    Withdrawn,
)
from service.domain.newcomers import Newcomer
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    CandidateSource,
    Connection,
    Delivery,
    Promise,
)
from service.parts import parts
from service.workflows.add_person import add_person
from service.workflows.applied_again import BEFORE, NO_INSTANT, ON_REQUEST
from service.workflows.apply import apply_changes
from service.workflows.candidates import add_candidate
from service.workflows.erase import erase_candidate
from service.workflows.ingest import ingest
from service.workflows.merging import merge_people
from service.workflows.work import Work
from tests.harness import Employer
from tests.integration.ats_reports import HOUR, NOW, T0, ref_of, report
from tests.integration.sheets import imported
from tests.integration.test_erase_by_rule import KEPT, LONG, ended, run

DAY = timedelta(days=1)
GONE_AT = NOW + LONG
"""When the rule erases whom the ATS told of on the Friday."""


@pytest.fixture
def emptied(employer: Employer) -> Employer:
    """An employer whose rule erased the one person its ATS had told of, a day ago."""
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0), Withdrawn(ref_of(), T0 + HOUR))
    employer.clock.move_to(GONE_AT)
    assert run(employer).people == 1
    employer.clock.advance(DAY)
    return employer


def again(at: datetime | None = GONE_AT + HOUR, **more: Any) -> Applied:
    """Tell that they applied again."""
    return Applied(ref_of("a2", applied_at=at, **more), at)


def people(employer: Employer) -> dict[str | None, list[str | None]]:
    """Return the applications of each person, by the first name; ``None`` is the empty record."""
    with employer.session() as session:
        found: dict[str | None, list[str | None]] = {}
        for name, external_id in session.execute(
            select(Candidate.first_name, Application.external_id)
            .outerjoin(Application, Application.candidate_id == Candidate.id)
            .order_by(Application.external_id)
        ):
            found.setdefault(name, []).append(external_id)
        return found


def owed(employer: Employer) -> set[str | None]:
    """Return the applications that a word is owed to."""
    with employer.session() as session:
        return set(
            session.scalars(
                select(Application.external_id)
                .join(Promise, Promise.application_id == Application.id)
                .where(Promise.state == "open")
            )
        )


@pytest.mark.parametrize(
    "tell",
    [
        again,
        # The rule would have kept them, had it been told in time.
        lambda: again(GONE_AT - KEPT + HOUR),
        lambda: Stands(again().application, GONE_AT + 2 * HOUR, Stage.SCREENING),
        lambda: InterviewBooked(again().application, GONE_AT + 2 * HOUR, "i1"),
    ],
    ids=["a webhook", "a webhook that was long on its way", "a present state", "an interview"],
)
def test_who_applies_again_after_the_rule_is_somebody_new(
    emptied: Employer, tell: Callable[[], Change]
) -> None:
    done = report(emptied, tell())

    assert (done.erased, done.notes) == (False, [])
    assert people(emptied) == {None: ["a1"], "Ada": ["a2"]}
    assert owed(emptied) == {"a2"}
    # What comes late of before changes nothing, and nothing of it is kept.
    late = [
        Moved(ref_of(), T0 + 2 * HOUR, Stage.OFFER),
        Applied(ref_of("a0", applied_at=T0), T0),
        Rejected(ref_of(), GONE_AT + 3 * HOUR),
    ]
    assert report(emptied, late[0]).erased
    assert report(emptied, late[2]).erased
    with emptied.session() as session:
        old = session.scalars(select(Application).where(Application.external_id == "a1")).one()
        assert (old.stage, old.candidate.first_name) == ("withdrawn", None)
        assert old.candidate.emails == []
    # They are known again by what the ATS calls them.
    old_facts, new_facts = (
        CandidateFacts("c1", name, emails=("ada.new@example.com",)) for name in ("Old", "Adele")
    )
    report(emptied, CandidateUpdated(old_facts, T0 + HOUR))
    assert set(people(emptied)) == {None, "Ada"}
    report(emptied, CandidateUpdated(new_facts, GONE_AT + 4 * HOUR), again(), late[1])
    assert people(emptied) == {None: ["a1"], "Adele": ["a2"]}
    with emptied.session() as session:
        assert session.scalars(select(CandidateEmail.address)).all() == ["ada.new@example.com"]
        assert session.scalars(select(CandidateSource.external_id)).all() == ["c1"]
    # And erased again, by whoever asks for it.
    report(emptied, CandidateErased("c1", None))
    assert report(emptied, Applied(ref_of("a3", applied_at=emptied.now), None)).erased
    assert people(emptied) == {None: ["a1", "a2"]}
    assert owed(emptied) == set()


@pytest.mark.parametrize(
    ("tell", "why"),
    [
        (again(None), NO_INSTANT),
        (Applied(ref_of("a2", applied_at=None), GONE_AT + HOUR), NO_INSTANT),
        (again(GONE_AT - KEPT), BEFORE),
        (again(T0), BEFORE),
        (Stands(ref_of("a2", applied_at=T0), GONE_AT + HOUR, Stage.OFFER), BEFORE),
    ],
)
def test_only_the_sources_own_instant_of_applying_after_the_rule_makes_somebody(
    emptied: Employer, tell: Change, why: str
) -> None:
    done = report(emptied, tell)

    assert (done.erased, done.notes) == (True, [why])
    assert people(emptied) == {None: ["a1"]}


def _by_hand(work: Work) -> None:
    erase_candidate(work, work.session.scalars(select(Candidate)).one(), "asked for it")


def test_who_asked_to_be_erased_is_never_made_anew(emptied: Employer) -> None:
    """Before the rule would have come, or after it had."""
    report(emptied, CandidateErased("c1", GONE_AT + HOUR))
    later = emptied.now + HOUR
    emptied.clock.advance(DAY)

    assert report(emptied, again(later)).notes == [ON_REQUEST]
    assert people(emptied) == {None: ["a1"]}


@pytest.mark.parametrize(
    ("applied_at", "email", "made"),
    [
        (T0, "C1@Example.com ", False),
        (T0, "other@example.com", True),
        # Of their own will, or nobody knows when.
        (GONE_AT + 2 * HOUR, "c1@example.com", True),
        (None, "c1@example.com", True),
    ],
)
def test_who_asked_to_be_erased_does_not_come_back_under_another_id_with_what_was_before(
    employer: Employer, applied_at: datetime | None, email: str, made: bool
) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0))
    employer.clock.move_to(GONE_AT)
    with employer.work() as work:
        _by_hand(work)
    employer.clock.advance(DAY)
    facts = CandidateFacts("c9", "Ada", "Byron", (email,))

    known = replace(ref_of("a9", applied_at=applied_at), candidate=facts)
    done = report(employer, Applied(known, employer.now))

    assert done.erased != made
    assert done.notes == ([] if made else [ON_REQUEST])
    assert people(employer) == ({None: ["a1"], "Ada": ["a9"]} if made else {None: ["a1"]})


def test_whom_a_rule_erased_comes_back_under_another_id_with_what_it_had_not_seen(
    emptied: Employer,
) -> None:
    known = replace(
        ref_of("a9", applied_at=T0),
        candidate=CandidateFacts("c9", "Ada", emails=("c1@example.com",)),
    )

    report(emptied, Applied(known, emptied.now))

    assert people(emptied) == {None: ["a1"], "Ada": ["a9"]}


def test_a_request_by_hand_that_follows_the_rule_is_for_good(emptied: Employer) -> None:
    with emptied.work() as work:
        _by_hand(work)

    assert report(emptied, again()).notes == [ON_REQUEST]


def test_a_request_for_a_record_that_was_merged_is_for_the_person(employer: Employer) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0), Withdrawn(ref_of(), T0 + HOUR))
    with employer.work() as work:
        stays = work.session.scalars(select(Candidate)).one()
        gone = add_candidate(work, {"first_name": "A."})
        merge_people(work, gone, stays)
        path = f"/api/v1/candidates/{gone.id}"
    employer.clock.move_to(GONE_AT)
    assert run(employer).people == 1
    employer.clock.advance(DAY)

    headers = {"Authorization": f"Bearer {employer.key('write')}", "If-Match": "*"}
    assert employer.app.test_client().delete(path, headers=headers).status_code == 200

    assert report(employer, again()).notes == [ON_REQUEST]


def test_a_request_for_an_empty_record_leaves_who_goes_on_beside_it(employer: Employer) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0))
    with employer.work() as work:
        empty = work.session.scalars(select(Candidate.id)).one()
        _by_hand(work)
    report(employer, Applied(ref_of("n1", "c9"), T0), CandidatesMerged("c1", "c9", NOW))

    headers = {"Authorization": f"Bearer {employer.key('write')}", "If-Match": "*"}
    client = employer.app.test_client()
    assert client.delete(f"/api/v1/candidates/{empty}", headers=headers).status_code == 200

    assert owed(employer) == {"n1"}


def test_an_erasure_that_an_ats_had_asked_for_is_none_by_rule(employer: Employer) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0), Withdrawn(ref_of(), T0 + HOUR))
    with employer.work() as work:
        # A hold kept them back, and was lifted.
        work.session.scalars(select(Candidate)).one().erasure_asked_at = NOW
    employer.clock.move_to(GONE_AT)
    assert run(employer).people == 1
    employer.clock.advance(DAY)

    assert report(employer, again()).notes == [ON_REQUEST]


def test_every_name_of_a_merged_person_leads_to_who_applied_again(employer: Employer) -> None:
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of(), T0), Withdrawn(ref_of(), T0 + HOUR))
    report(employer, Applied(ref_of("b1", "c0"), T0), Withdrawn(ref_of("b1", "c0"), T0 + HOUR))
    report(employer, CandidatesMerged("c0", "c1", NOW))
    employer.clock.move_to(GONE_AT)
    assert run(employer).people == 1
    employer.clock.advance(DAY)

    report(employer, again())
    report(employer, Applied(ref_of("a3", "c0", applied_at=employer.now), employer.now))

    assert people(employer)["Ada"] == ["a2", "a3"]
    assert len(owed(employer)) == 2


@pytest.mark.parametrize("merged_first", [True, False])
def test_who_applied_again_as_another_record_outlives_a_merge_into_the_empty_one(
    emptied: Employer, merged_first: bool
) -> None:
    told = [
        Applied(ref_of("n1", "c9", applied_at=GONE_AT + HOUR), GONE_AT + HOUR),
        CandidatesMerged("c9", "c1", GONE_AT + 2 * HOUR),
    ]
    for change in reversed(told) if merged_first else told:
        report(emptied, change)
    report(emptied, again(GONE_AT + 3 * HOUR))
    report(emptied, Applied(ref_of("a0", applied_at=T0), T0))

    assert people(emptied) == {None: ["a1"], "Ada": ["a2", "n1"]}
    assert owed(emptied) == {"a2", "n1"}
    # The empty rest is removed at the source: nobody goes.
    report(emptied, CandidateErased("c9", None))
    assert owed(emptied) == {"a2", "n1"}


def test_two_workers_make_one_person_of_two_applications(emptied: Employer) -> None:
    if engine_of(emptied.app).dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: nobody meets anybody")
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    other = Applied(ref_of("a3", applied_at=GONE_AT + 2 * HOUR), GONE_AT + 2 * HOUR)
    changed = CandidateUpdated(CandidateFacts("c1", "Adele"), GONE_AT + 3 * HOUR)

    with ThreadPoolExecutor(2) as pool:
        with emptied.work() as work, emptied.session() as watcher:
            connection = work.session.scalars(select(Connection)).one()
            apply_changes(work, connection, [again()], work.now)
            doing = [pool.submit(report, emptied, each) for each in (other, changed)]
            for _ in range(1000):
                if watcher.execute(waits).scalar_one() > 1 or all(d.done() for d in doing):
                    break
                watcher.rollback()
                threading.Event().wait(0.01)
            assert not any(each.done() for each in doing)
        assert all(each.result(timeout=30).notes == [] for each in doing)

    assert people(emptied) == {None: ["a1"], "Adele": ["a2", "a3"]}


def deliver(employer: Employer, kind: str, **application: Any) -> Delivery:
    """Have an event of ones own worked in as it comes; return what became of it."""
    at = (employer.now - HOUR).isoformat()
    body = {"type": kind, "at": at, "data": {"application": {"id": "a2", **application}}}
    with employer.work() as work:
        connection = work.session.scalars(select(Connection)).one()
        connection.vendor = "generic"
        delivery = Delivery(
            connection_id=connection.id, identity=kind, state="received", headers={},
            body=json.dumps(body).encode(), received_at=work.now, next_attempt_at=work.now,
        )  # fmt: skip
        work.session.add(delivery)
    with employer.session() as session:
        ingest(session, parts(employer.app).office, employer.clock)
        return session.scalars(select(Delivery).where(Delivery.identity == kind)).one()


def test_an_event_of_ones_own_that_somebody_applied_says_when(
    emptied: Employer, caplog: pytest.LogCaptureFixture
) -> None:
    told = {"candidate": {"id": "c1", "first_name": "Ada"}, "job": {"id": "j1", "title": "Clerk"}}

    # When they were moved is not when they applied.
    moved = deliver(emptied, "application.moved", stage="screening", **told)
    assert (moved.body, moved.outcome) == (b"", NO_INSTANT)
    assert [each for each in caplog.messages if NO_INSTANT in each] == [f"test: {NO_INSTANT}"]
    assert people(emptied) == {None: ["a1"]}
    applied = deliver(emptied, "application.applied", **told)
    assert (applied.state, applied.outcome) == ("done", None)
    assert applied.body
    assert people(emptied) == {None: ["a1"], "Ada": ["a2"]}
    assert owed(emptied) == {"a2"}


def sheet(employer: Employer, folder: Path, *rows: str) -> list[int]:
    """Import rows of this sheet; return how many were made, known and refused."""
    heading = "candidate id,application id,first name,email,job,applied on\n"
    report = imported(employer, folder, heading + "".join(f"{row}\n" for row in rows))
    assert all("erased" in fault.text for fault in report.faults)
    return [report.applications, report.known, report.refused]


def test_a_sheet_makes_whom_the_rule_erased_anew_by_a_later_day_alone(
    employer: Employer, tmp_path: Path
) -> None:
    employer.clock.move_to(NOW)
    old = ("7,,Ada,ada@example.com,Clerk,2026-03-02", ",,Bela,bela@example.com,Clerk,2026-03-02")
    assert sheet(employer, tmp_path, *old) == [2, 0, 0]
    with employer.work() as work:
        for row in work.session.scalars(select(Application)):
            row.stage, row.closed_at, row.stage_at = "withdrawn", NOW, NOW
        for promise in work.session.scalars(select(Promise)):
            promise.state = "released"
    employer.clock.move_to(GONE_AT)
    assert run(employer).people == 2
    employer.clock.advance(9 * DAY)
    day, later = (GONE_AT.date() + timedelta(days=days) for days in (0, 2))

    # The old sheet, a row that names no day, and the day of the erasure itself.
    # The application under that id is known, as the empty record's.
    assert sheet(employer, tmp_path, *old) == [0, 1, 1]
    vague = [f"7,,Ada,,Baker,{day}", "7,,Ada,,Baker,", f",,Bela,BELA@example.com,Clerk,{day}"]
    assert sheet(employer, tmp_path, *vague) == [0, 0, 3]
    new = (f"7,,Ada,new@example.com,Clerk,{later}", f",,Bela,Bela@example.com,Baker,{later}")
    assert sheet(employer, tmp_path, *new) == [2, 0, 0]
    with employer.session() as session:
        told = select(Candidate.first_name, CandidateEmail.address).join(CandidateEmail)
        assert {tuple(row) for row in session.execute(told)} == {
            ("Ada", "new@example.com"),
            ("Bela", "Bela@example.com"),
        }
        assert len(session.scalars(select(Candidate)).all()) == 4
    # They are known now, by the id and the address, and what was before is none of theirs.
    assert sheet(employer, tmp_path, *new) == [0, 2, 0]
    assert sheet(employer, tmp_path, *old, *vague) == [0, 1, 4]
    assert sheet(employer, tmp_path, f"7,,Ada,,Baker,{later}") == [1, 0, 0]
    # Who asks to be erased now comes back by no sheet.
    with employer.work() as work:
        for candidate in work.session.scalars(
            select(Candidate).where(Candidate.erased_at.is_(None))
        ):
            erase_candidate(work, candidate, "asked for it")
    employer.clock.advance(9 * DAY)
    last = employer.now.date() - DAY
    again = f"7,,Ada,,Gilder,{last}", f",,Bela,bela@example.com,Clerk,{last}"
    assert sheet(employer, tmp_path, *again) == [0, 0, 2]
    # Whoever is added by hand is added.
    with employer.work() as work:
        added = add_person(
            work, Newcomer(first_name="Bela", emails=("bela@example.com",), job="Clerk")
        )
    assert added.new_candidate


def test_whom_the_rule_erased_beside_somebody_who_had_asked_comes_back_by_a_sheet(
    employer: Employer, tmp_path: Path
) -> None:
    with employer.work() as work:
        for name in ("Ada", "Bela"):
            row = ended(work, name)
            (email,) = row.candidate.emails
            email.address = email.address_key = f"{name.lower()}@example.com"
            if name == "Ada":
                # Their ATS did, and a hold kept them back until it was lifted.
                row.candidate.erasure_asked_at = row.created_at
    assert run(employer).people == 2
    employer.clock.advance(9 * DAY)
    day = employer.now.date() - DAY

    rows = (f",,{name},{name.lower()}@example.com,Clerk,{day}" for name in ("Ada", "Bela"))
    assert sheet(employer, tmp_path, *rows) == [1, 0, 1]
    assert people(employer).keys() == {None, "Bela"}
