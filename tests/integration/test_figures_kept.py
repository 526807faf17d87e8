"""The rate of promises kept: by the first date, each promise once, moved and released apart."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from service.domain.changes import InterviewCancelled
from service.domain.rights import Extent, Reach
from service.models import Interview, Job, Promise, Team
from service.workflows.apply_interviews import apply_interview, note_held
from service.workflows.promise_changes import lock_application
from tests.harness import MONDAY, Employer, add_application, add_user
from tests.integration.figures_case import promised, row_of, table

DUE = MONDAY + timedelta(hours=4)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
THIS, NEXT = date(2026, 3, 2), date(2026, 3, 9)


def test_a_promise_kept_at_the_very_date_is_kept_and_one_kept_after_it_is_not(
    employer: Employer,
) -> None:
    with employer.work() as work:
        one = add_application(work)
        promised(work, one, DUE, state="kept", kept_at=DUE)
        promised(work, one, DUE, state="kept_late", kept_at=DUE + timedelta(seconds=1))
        promised(work, one, DUE, state="open")
    employer.clock.move_to(DUE + DAY)

    found = row_of(table(employer, "kept-by-week"), THIS)
    assert (found["n"], found["kept"], found["kept_rate"]) == (3, 1, 0.3333)
    assert (found["kept_after_first_date"], found["not_kept"]) == (1, 1)


def test_a_date_that_has_not_come_counts_for_nothing_yet(employer: Employer) -> None:
    with employer.work() as work:
        one = add_application(work)
        promised(work, one, DUE, state="open")
        promised(work, one, DUE, state="paused", due_at=DUE)
    employer.clock.move_to(DUE)
    assert row_of(table(employer, "kept-by-week"), THIS)["n"] == 0

    employer.clock.advance(timedelta(seconds=1))
    found = row_of(table(employer, "kept-by-week"), THIS)
    # What is paused waits for the candidate.
    assert (found["n"], found["not_kept"]) == (1, 1)


def test_a_promise_moved_and_kept_by_the_new_date_counts_by_its_first_and_stands_apart(
    employer: Employer,
) -> None:
    with employer.work() as work:
        one = add_application(work)
        told = promised(
            work,
            one,
            DUE,
            due_at=DUE + 2 * DAY,
            state="kept",
            kept_at=DUE + DAY,
            candidate_told=True,
        )
        promised(work, one, DUE, state="replaced", closed_at=MONDAY, replaced_by_id=told.id)
        last = promised(work, one, DUE, due_at=DUE + 3 * DAY, state="open", candidate_told=False)
        # Moved in silence twice: each time counts, the promise once.
        promised(work, one, DUE, state="replaced", candidate_told=False, replaced_by_id=last.id)
    employer.clock.move_to(DUE + 2 * DAY)

    found = row_of(table(employer, "kept-by-week"), THIS)
    assert (found["n"], found["kept"], found["kept_after_first_date"]) == (2, 0, 1)
    assert (found["moved_and_told"], found["moved_and_kept"]) == (1, 1)
    assert (found["moved_silently"], found["not_kept"]) == (2, 1)


def test_a_date_that_a_rule_moved_by_itself_is_the_one_that_counts(employer: Employer) -> None:
    """A pause while the candidate is awaited gives the working time back: nobody asked for it."""
    with employer.work() as work:
        promised(
            work,
            add_application(work),
            DUE,
            origin="policy",
            due_at=DUE + DAY,
            state="kept",
            kept_at=DUE + timedelta(hours=20),
        )
    employer.clock.move_to(DUE + 2 * DAY)

    found = row_of(table(employer, "kept-by-week"), THIS)
    assert (found["n"], found["kept"], found["moved_and_told"]) == (1, 1, 0)


def test_what_is_released_by_its_date_counts_for_neither_side_and_later_it_was_broken(
    employer: Employer,
) -> None:
    with employer.work() as work:
        one = add_application(work)
        promised(work, one, DUE, state="released", closed_at=DUE)
        promised(work, one, DUE, state="released", closed_at=DUE + timedelta(minutes=1))
    employer.clock.move_to(DUE + DAY)

    found = row_of(table(employer, "kept-by-week"), THIS)
    assert (found["released"], found["n"], found["not_kept"]) == (1, 1, 1)


def test_what_was_never_owed_is_no_broken_word_however_late_that_is_learnt(
    employer: Employer,
) -> None:
    with employer.work() as work:
        application = add_application(work, owner=add_user(work), stage="interview")
        booked = Interview(application_id=application.id, external_id="i1", created_at=work.now)
        work.session.add(booked)
        note_held(work, application, booked, work.now, assumed=True)
    employer.pass_time(days=8)
    assert row_of(table(employer, "kept-by-week"), THIS)["not_kept"] == 1

    with employer.work() as work:
        found = lock_application(work, application.id)
        assert found is not None
        apply_interview(work, found, InterviewCancelled(MONDAY, "i1", None), work.now)
    told = row_of(table(employer, "kept-by-week"), THIS)
    assert (told["n"], told["not_kept"], told["released"]) == (0, 0, 1)
    with employer.session() as session:
        word = session.scalars(select(Promise).where(Promise.state == "released")).one()
        assert word.breached_at is None


def test_each_promise_stands_in_the_week_of_its_first_date(employer: Employer) -> None:
    with employer.work() as work:
        one = add_application(work)
        # The last instant of a week and the first of the next one.
        edge = MONDAY - timedelta(hours=9) + WEEK
        promised(work, one, edge - timedelta(seconds=1), state="kept", kept_at=MONDAY)
        promised(work, one, edge, state="kept", kept_at=MONDAY)
        # Earlier than all weeks that are asked for.
        promised(work, one, MONDAY - 5 * WEEK, state="kept", kept_at=MONDAY - 6 * WEEK)
    employer.clock.move_to(DUE + 2 * WEEK)

    found = table(employer, "kept-by-week")
    assert (row_of(found, THIS)["n"], row_of(found, NEXT)["n"]) == (1, 1)
    assert row_of(found, "all")["n"] == 2
    assert len(found.rows) == 5


def test_the_rate_is_told_by_kind_team_job_and_owner(employer: Employer) -> None:
    with employer.work() as work:
        team = Team(name="Berlin", created_at=work.now)
        work.session.add(team)
        work.session.flush()
        maria, sam = add_user(work, "Maria Keller"), add_user(work, "Sam Low")
        chef = Job(title="Chef", status="open", created_at=work.now, team_id=team.id)
        baker = Job(title="Baker", status="open", created_at=work.now)
        hers = add_application(work, owner=maria, job=chef)
        his = add_application(work, owner=sam, job=baker)
        promised(work, hers, DUE, state="kept", kept_at=DUE)
        promised(work, hers, DUE, kind="decision")
        promised(work, his, DUE)
        promised(work, his, DUE, owner_id=None)
        team_id, chef_id = team.id, chef.id
    employer.clock.move_to(DUE + DAY)

    kinds = table(employer, "kept-by-kind")
    assert row_of(kinds, "callback")["n"] == 3
    assert row_of(kinds, "decision")["kept_rate"] == 0.0
    assert [row[:3] for row in table(employer, "kept-by-team").rows] == [
        ("Berlin", 2, 1),
        (None, 2, 0),
    ]
    assert [row[:3] for row in table(employer, "kept-by-job").rows] == [
        ("Baker", 2, 0),
        ("Chef", 2, 1),
    ]
    assert [row[:3] for row in table(employer, "kept-by-owner").rows] == [
        ("Maria Keller", 2, 1),
        ("Sam Low", 1, 0),
        (None, 1, 0),
    ]
    assert row_of(table(employer, "kept-by-week", team_id=team_id), "all")["n"] == 2
    assert row_of(table(employer, "kept-by-week", job_id=chef_id), "all")["n"] == 2
    outsider = Reach(Extent.TEAMS, "usr_other", frozenset())
    assert row_of(table(employer, "kept-by-week", reach=outsider), "all")["n"] == 2
    assert [row[0] for row in table(employer, "kept-by-job", reach=outsider).rows] == ["Baker"]
