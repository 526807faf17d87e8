"""Digests: one message a person and window, true counts, and nobody forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.app import session_of
from service.models import Message, Notice, Promise, User
from service.parts import parts
from service.workflows.absence_entries import add_absence
from service.workflows.digest import ITEMS, WINDOW, digest
from service.workflows.promise_changes import release
from service.workflows.work import Work
from tests.harness import Employer, add_user
from tests.integration.watching import (
    DUE,
    at_once,
    count,
    promise_call,
    promise_many,
    run_check,
)

MINUTE = timedelta(minutes=1)


def _digest(employer: Employer) -> int:
    with session_of(employer.app) as session:
        return digest(session, parts(employer.app).office, employer.now)


def _told(employer: Employer) -> list[tuple[str, str | None]]:
    with employer.session() as session:
        found = session.execute(
            select(Message.kind, Message.user_id).order_by(Message.created_at, Message.kind)
        )
        return [(kind, user_id) for kind, user_id in found]


def test_a_person_gets_one_message_about_all_that_is_overdue(employer: Employer) -> None:
    with employer.work() as work:
        maria, sam = add_user(work), add_user(work, "Sam Low")
    for owner, name in ((maria, "Amara"), (maria, "Binta"), (sam, "Chidi")):
        promise_call(employer, owner=owner, first_name=name)
    employer.clock.move_to(DUE + MINUTE)
    run_check(employer)

    assert _digest(employer) == 2
    assert sorted(_told(employer), key=str) == sorted(
        [("staff-digest", maria.id), ("staff-digest", sam.id)], key=str
    )
    with employer.session() as session:
        text = session.scalars(select(Message.own_text).where(Message.user_id == maria.id)).one()
    assert "Amara" in text
    assert "Binta" in text
    assert "Chidi" not in text
    assert _digest(employer) == 0


def test_what_comes_later_in_the_window_waits_for_the_next_one(employer: Employer) -> None:
    with employer.work() as work:
        maria = add_user(work)
    promise_call(employer, owner=maria)
    employer.clock.advance(10 * MINUTE)
    promise_call(employer, owner=maria, first_name="Binta")
    employer.clock.move_to(DUE + MINUTE)
    run_check(employer)
    assert _digest(employer) == 1

    employer.clock.advance(15 * MINUTE)
    run_check(employer)
    assert _digest(employer) == 0
    assert count(employer, Notice, Notice.told_at.is_(None)) == 1

    employer.clock.advance(WINDOW)
    assert _digest(employer) == 1
    assert count(employer, Notice, Notice.told_at.is_(None)) == 0


def test_what_was_settled_meanwhile_is_not_told(employer: Employer) -> None:
    promise_id, _ = promise_call(employer)
    employer.clock.move_to(DUE + MINUTE)
    run_check(employer)
    with employer.work() as work:
        release(work, work.session.get_one(Promise, promise_id), "they called us")

    assert _digest(employer) == 0
    assert count(employer, Message) == 0
    assert count(employer, Notice, Notice.told_at.is_(None)) == 0


def test_what_nobody_owns_and_what_a_leaver_owned_goes_to_the_administrators(
    employer: Employer,
) -> None:
    with employer.work() as work:
        admin = add_user(work, "Ada Boss", role="administrator")
        add_user(work, "Old Boss", role="administrator", active=False)
        leaver = add_user(work, "Lea Ver")
    promise_call(employer, owner=leaver)
    nobodys, _ = promise_call(employer, first_name="Binta")
    with employer.work() as work:
        work.session.get_one(Promise, nobodys).owner_id = None
        work.session.get_one(type(leaver), leaver.id).active = False
    employer.clock.move_to(DUE + MINUTE)
    run_check(employer)

    assert _digest(employer) == 1
    assert _told(employer) == [("staff-digest", admin.id)]
    with employer.session() as session:
        text = session.scalars(select(Message.own_text)).one()
    assert "Amara" in text
    assert "Binta" in text


def test_where_there_is_nobody_to_tell_nothing_is_told_for_ever(employer: Employer) -> None:
    nobodys, _ = promise_call(employer)
    with employer.work() as work:
        work.session.get_one(Promise, nobodys).owner_id = None
    employer.clock.move_to(DUE + MINUTE)
    run_check(employer)

    assert _digest(employer) == 0
    assert count(employer, Notice, Notice.told_at.is_(None)) == 0


def test_an_escalation_goes_to_the_manager_and_the_owner_hears_of_it_too(
    employer: Employer,
) -> None:
    with employer.work() as work:
        manager = add_user(work, "Ada Boss")
        owner = add_user(work, manager_id=manager.id)
    promise_call(employer, owner=owner)
    employer.clock.move_to(DUE + timedelta(days=2))
    run_check(employer)

    assert _digest(employer) == 2
    assert _told(employer) == [("staff-digest", owner.id), ("staff-escalation", manager.id)]


def test_an_owner_whose_message_of_this_window_is_out_hears_of_the_escalation_in_the_next(
    employer: Employer,
) -> None:
    """Both are told at once: neither is forgotten because the other was told before."""
    with employer.work() as work:
        manager = add_user(work, "Ada Boss")
        owner = add_user(work, manager_id=manager.id)
    employer.clock.advance(30 * MINUTE)
    promise_call(employer, owner=owner)
    a_day_late = DUE + timedelta(days=1, minutes=30)
    employer.clock.move_to(a_day_late - 10 * MINUTE)
    run_check(employer)
    assert _digest(employer) == 1

    employer.clock.move_to(a_day_late)
    assert run_check(employer).escalated == 1
    assert _digest(employer) == 0

    employer.clock.advance(WINDOW)
    assert _digest(employer) == 2
    assert sorted(kind for kind, _ in _told(employer)) == [
        "staff-digest",
        "staff-digest",
        "staff-escalation",
    ]


def test_without_a_manager_the_administrators_hear_of_an_escalation(employer: Employer) -> None:
    with employer.work() as work:
        admin = add_user(work, "Ada Boss", role="administrator")
        gone = add_user(work, "Old Boss", active=False)
        owner = add_user(work, manager_id=gone.id)
    promise_call(employer, owner=owner)
    employer.clock.move_to(DUE + timedelta(days=2))
    run_check(employer)

    _digest(employer)
    assert _told(employer) == [("staff-digest", owner.id), ("staff-escalation", admin.id)]


def test_a_digest_names_some_and_counts_all(employer: Employer) -> None:
    promise_many(employer, ITEMS + 15)
    employer.clock.move_to(DUE + MINUTE)
    run_check(employer)

    assert _digest(employer) == 1
    with employer.session() as session:
        text = session.scalars(select(Message.own_text)).one()
    assert text.count("Amara Okafor") == ITEMS
    assert str(ITEMS + 15) in text
    assert count(employer, Notice, Notice.told_at.is_(None)) == 0


def test_a_promise_with_two_untold_rungs_is_one_item(employer: Employer) -> None:
    with employer.work() as work:
        maria = add_user(work)
    promise_call(employer, owner=maria)
    employer.clock.move_to(DUE - timedelta(minutes=30))
    run_check(employer)
    employer.clock.move_to(DUE + MINUTE)
    run_check(employer)
    assert count(employer, Notice, Notice.told_at.is_(None)) == 2

    _digest(employer)
    with employer.session() as session:
        text = session.scalars(select(Message.own_text)).one()
    assert text.count("Amara Okafor") == 1
    assert count(employer, Notice, Notice.told_at.is_(None)) == 0


def test_two_digests_at_once_tell_each_person_once(employer: Employer) -> None:
    promise_call(employer)
    employer.clock.move_to(DUE + MINUTE)
    run_check(employer)

    at_once(*[lambda: _digest(employer)] * 2)
    assert count(employer, Message) == 1
    assert count(employer, Notice, Notice.told_at.is_(None)) == 0


def away(work: Work, user: User, substitute: User | None) -> None:
    today = work.now.date()
    add_absence(work, user, today, today, substitute.id if substitute else None)


def test_while_somebody_is_away_their_substitute_hears_of_their_promises(
    employer: Employer,
) -> None:
    with employer.work() as work:
        owner, substitute = add_user(work), add_user(work, "Sam Low")
        away(work, owner, substitute)
    promise_call(employer, owner=owner)
    employer.clock.move_to(DUE + MINUTE)
    run_check(employer)

    assert _digest(employer) == 1
    assert _told(employer) == [("staff-digest", substitute.id)]


@pytest.mark.parametrize("stands_in", ["a colleague", "the owner", "nobody"])
def test_while_a_manager_is_away_somebody_else_hears_of_the_escalation(
    employer: Employer, stands_in: str
) -> None:
    with employer.work() as work:
        manager, colleague = add_user(work, "Ada Boss"), add_user(work, "Sam Low")
        owner = add_user(work, manager_id=manager.id)
        admin = add_user(work, "Ines Chief", role="administrator")
    promise_call(employer, owner=owner)
    employer.clock.move_to(DUE + timedelta(days=2))
    with employer.work() as work:
        away(work, manager, {"a colleague": colleague, "the owner": owner}.get(stands_in))
    run_check(employer)
    _digest(employer)

    above = colleague if stands_in == "a colleague" else admin
    assert _told(employer) == [("staff-digest", owner.id), ("staff-escalation", above.id)]


def test_the_manager_of_somebody_away_hears_of_what_nobody_took_over(employer: Employer) -> None:
    with employer.work() as work:
        manager = add_user(work, "Ada Boss")
        owner = add_user(work, manager_id=manager.id)
        add_user(work, "Ines Chief", role="administrator")
    promise_call(employer, owner=owner)
    employer.clock.move_to(DUE + timedelta(days=2))
    with employer.work() as work:
        away(work, owner, None)
    run_check(employer)
    _digest(employer)

    assert _told(employer) == [("staff-escalation", manager.id)]
