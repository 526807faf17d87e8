"""The morning letter: at eight o'clock of each person, once, when there is something to say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.app import session_of
from service.models import Job, Message, Notice, Promise, Team, TeamMember, User, UserAbsence
from service.parts import parts
from service.workflows.absences import who_stands_in
from service.workflows.morning import KIND, STILL_MORNING, morning
from service.workflows.work import Work
from tests.harness import MONDAY, Employer, add_application, add_user
from tests.integration.figures_case import promised
from tests.integration.watching import at_once, bare_promise, count, run_check

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
TUESDAY_AT_EIGHT = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


def _morning(employer: Employer) -> int:
    with session_of(employer.app) as session:
        return morning(session, parts(employer.app).office, employer.now)


def _at(employer: Employer, at: datetime) -> int:
    employer.clock.move_to(at)
    return _morning(employer)


def _letters(employer: Employer) -> list[tuple[str | None, str]]:
    with employer.session() as session:
        found = session.execute(
            select(Message.user_id, Message.own_text).order_by(Message.created_at, Message.id)
        )
        return [(user_id, text) for user_id, text in found]


def _text(employer: Employer, user: User) -> str:
    (text,) = [text for user_id, text in _letters(employer) if user_id == user.id]
    return text


def _owes(work: Work, owner: User | None, due_at: datetime, **fields: Any) -> Promise:
    name = fields.pop("first_name", "Amara")
    job = fields.pop("job", None)
    found = add_application(work, owner=owner, first_name=name, job=job)
    return promised(work, found, due_at, **fields)


def test_it_comes_at_eight_with_what_is_overdue_at_risk_and_due_today(employer: Employer) -> None:
    with employer.work() as work:
        maria = add_user(work)
        _owes(work, maria, MONDAY, first_name="Late")
        _owes(work, maria, TUESDAY_AT_EIGHT + timedelta(hours=8), first_name="Today")
        _owes(
            work,
            maria,
            TUESDAY_AT_EIGHT + 2 * DAY,
            first_name="Risky",
            warn_at=TUESDAY_AT_EIGHT - MINUTE,
        )
        _owes(work, maria, TUESDAY_AT_EIGHT + 2 * DAY, first_name="Later")
        _owes(work, maria, MONDAY, first_name="Done", state="kept", kept_at=MONDAY)
        _owes(work, maria, MONDAY, first_name="Paused", state="paused")
    assert _morning(employer) == 0

    assert _at(employer, TUESDAY_AT_EIGHT - MINUTE) == 0
    assert _at(employer, TUESDAY_AT_EIGHT) == 1
    text = _text(employer, maria)
    for name in ("Late", "Today", "Risky"):
        assert name in text
    for name in ("Later Okafor", "Done", "Paused"):
        assert name not in text
    assert "Overdue: 1. Due today or soon: 2." in text


def test_whoever_wants_none_gets_none_and_is_told_each_flag_as_it_comes(employer: Employer) -> None:
    with employer.work() as work:
        maria = add_user(work, preferences={"morning": False})
        sam = add_user(work, "Sam Stand", preferences={"dense": True})
        for owner, name in ((maria, "Hers"), (sam, "His")):
            _owes(work, owner, TUESDAY_AT_EIGHT + timedelta(hours=8), first_name=name)
    assert _morning(employer) == 0

    assert _at(employer, TUESDAY_AT_EIGHT) == 1
    assert "His" in _text(employer, sam)


def test_it_comes_once_a_day_and_on_working_days_alone(employer: Employer) -> None:
    with employer.work() as work:
        _owes(work, add_user(work), MONDAY)
    _morning(employer)
    at, written = MONDAY, []
    while at < MONDAY + timedelta(days=8):
        at += timedelta(minutes=30)
        if _at(employer, at):
            written.append(at)

    days = [date(2026, 3, day) for day in (3, 4, 5, 6, 9, 10)]
    assert [each.date() for each in written] == days
    assert {(each.hour, each.minute) for each in written} == {(8, 0)}


def test_nothing_to_say_is_no_letter_and_what_comes_up_later_makes_none(
    employer: Employer,
) -> None:
    with employer.work() as work:
        maria = add_user(work)
    _morning(employer)
    assert _at(employer, TUESDAY_AT_EIGHT) == 0
    with employer.work() as work:
        _owes(work, maria, TUESDAY_AT_EIGHT + timedelta(hours=2))
    assert _at(employer, TUESDAY_AT_EIGHT + timedelta(hours=1)) == 0
    assert _letters(employer) == []


def test_an_outage_over_eight_delays_it_and_one_over_the_morning_drops_it(
    employer: Employer,
) -> None:
    with employer.work() as work:
        _owes(work, add_user(work), MONDAY)
    _morning(employer)
    assert _at(employer, TUESDAY_AT_EIGHT + STILL_MORNING - MINUTE) == 1
    assert _at(employer, TUESDAY_AT_EIGHT + DAY + STILL_MORNING) == 0


@pytest.mark.parametrize(
    ("zone", "friday", "monday"),
    [
        ("Europe/Berlin", (27, 7, 0), (30, 6, 0)),
        ("America/Toronto", (27, 12, 0), (30, 12, 0)),
        ("Asia/Kolkata", (27, 2, 30), (30, 2, 30)),
    ],
)
def test_eight_oclock_is_the_readers_own_on_both_sides_of_summer_time(
    employer: Employer, zone: str, friday: tuple[int, int, int], monday: tuple[int, int, int]
) -> None:
    with employer.work() as work:
        maria = add_user(work, time_zone=zone)
        _owes(work, maria, MONDAY)
    employer.clock.move_to(datetime(2026, 3, 26, 22, 0, tzinfo=UTC))
    _morning(employer)
    for day, hour, minute in (friday, monday):
        at = datetime(2026, 3, day, hour, minute, tzinfo=UTC)
        assert _at(employer, at - MINUTE) == 0
        assert _at(employer, at) == 1
        assert _at(employer, at + MINUTE) == 0


def test_who_is_away_gets_none_and_their_substitute_is_told(employer: Employer) -> None:
    with employer.work() as work:
        maria, sam = add_user(work, "Maria Keller"), add_user(work, "Sam Low")
        _owes(work, maria, MONDAY, first_name="Hers")
        _owes(work, sam, MONDAY, first_name="His")
        _away(work, maria, date(2026, 3, 3), date(2026, 3, 3), sam)
    _morning(employer)

    assert _at(employer, TUESDAY_AT_EIGHT) == 1
    text = _text(employer, sam)
    assert "Hers Okafor" in text
    assert "(Maria Keller is away)" in text
    assert "His Okafor" in text
    # The day after she is back.
    assert _at(employer, TUESDAY_AT_EIGHT + DAY) == 2


def test_a_substitute_who_is_away_hands_on_and_a_circle_ends_with_nobody(
    employer: Employer,
) -> None:
    first, last = date(2026, 3, 2), date(2026, 3, 6)
    with employer.work() as work:
        a, b, c = (add_user(work, name) for name in ("Ann A", "Ben B", "Cy C"))
        _away(work, a, first, last, b)
        assert who_stands_in(work, a, date(2026, 3, 7)) is a
    with employer.work() as work:
        a, b, c = (work.session.get_one(User, each.id) for each in (a, b, c))
        assert who_stands_in(work, a, first) is b
        _away(work, b, first, last, c)
    with employer.work() as work:
        a, b, c = (work.session.get_one(User, each.id) for each in (a, b, c))
        assert who_stands_in(work, a, last) is c
        _away(work, c, first, last, a)
    with employer.work() as work:
        a = work.session.get_one(User, a.id)
        assert who_stands_in(work, a, first) is None
        work.session.get_one(User, b.id).active = False
        assert who_stands_in(work, a, first) is None


def test_what_nobody_owns_is_told_to_its_team_and_of_no_team_to_the_administrators(
    employer: Employer,
) -> None:
    with employer.work() as work:
        team = Team(name="Berlin", created_at=work.now)
        work.session.add(team)
        work.session.flush()
        maria, sam, viewer = (add_user(work, name) for name in ("Maria K", "Sam L", "Vi W"))
        viewer.role = "viewer"
        boss = add_user(work, "Ada Boss", role="administrator")
        work.session.add_all(
            TeamMember(team_id=team.id, user_id=each.id) for each in (maria, viewer)
        )
        chef = Job(title="Chef", status="open", created_at=work.now, team_id=team.id)
        _owes(work, None, MONDAY, first_name="Orphan", job=chef)
        _owes(work, None, MONDAY, first_name="Stray")
        leaver = add_user(work, "Lea Ver", active=False)
        _owes(work, leaver, MONDAY, first_name="Left", job=chef)
        sam_id = sam.id
    _morning(employer)

    assert _at(employer, TUESDAY_AT_EIGHT) == 2
    hers = _text(employer, maria)
    assert "Orphan Okafor" in hers
    assert "Left Okafor" in hers
    assert "(nobody owns it)" in hers
    assert "Stray" not in hers
    assert "Stray Okafor" in _text(employer, boss)
    assert sam_id not in {user_id for user_id, _ in _letters(employer)}


def test_what_the_letter_says_no_second_mail_says(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work, owner=add_user(work))
        due = TUESDAY_AT_EIGHT - timedelta(hours=1)
        work.session.add(bare_promise(application, work.now, due))
    _morning(employer)
    employer.clock.move_to(TUESDAY_AT_EIGHT)
    run_check(employer)
    assert count(employer, Notice, Notice.told_at.is_(None)) == 1

    assert _morning(employer) == 1
    assert count(employer, Notice, Notice.told_at.is_(None)) == 0


def test_the_step_writes_it_and_it_leaves_with_one_link_that_changes_nothing(
    employer: Employer,
) -> None:
    with employer.work() as work:
        promise_id = _owes(work, add_user(work), TUESDAY_AT_EIGHT + timedelta(hours=3)).id
    employer.turn()
    employer.move_to(TUESDAY_AT_EIGHT)

    (sent,) = [mail for mail in employer.transport.sent if mail.kind == KIND]
    address = parts(employer.app).config.base_url
    assert address in sent.text
    # What scans mail follows every link.
    path = address.split("//", 1)[1].partition("/")[2]
    with employer.session() as session:
        before = session.get_one(Promise, promise_id).version
    employer.app.test_client().get(f"/{path}")
    with employer.session() as session:
        assert session.get_one(Promise, promise_id).version == before


def test_two_at_once_write_one_letter(employer: Employer) -> None:
    with employer.work() as work:
        _owes(work, add_user(work), MONDAY)
    _morning(employer)
    employer.clock.move_to(TUESDAY_AT_EIGHT)

    at_once(*[lambda: _morning(employer)] * 2)
    assert len(_letters(employer)) == 1


def _away(work: Work, user: User, first: date, last: date, substitute: User | None) -> None:
    work.session.add(
        UserAbsence(
            user_id=user.id,
            from_on=first,
            until_on=last,
            substitute_id=substitute.id if substitute else None,
            created_at=work.now,
        )
    )
    work.session.flush()


def test_what_a_letter_will_keep_by_itself_is_told_only_once_it_is_overdue(
    employer: Employer,
) -> None:
    sends = [{"at": TUESDAY_AT_EIGHT.isoformat(), "action": "send", "template": "status-update"}]
    with employer.work() as work:
        _owes(work, add_user(work), TUESDAY_AT_EIGHT + timedelta(hours=4), ladder=sends)
    _morning(employer)

    assert _at(employer, TUESDAY_AT_EIGHT) == 0
    assert _at(employer, TUESDAY_AT_EIGHT + DAY) == 1
