"""Waiting times in working hours, the age of what is open, enquiries, and who waits on whom."""

from __future__ import annotations

from datetime import date, timedelta

from service.models import Decision
from service.workflows.promise_changes import release
from tests.harness import MONDAY, Employer, add_application, add_user
from tests.integration.figures_case import asked, promised, row_of, table, touched
from tests.integration.watching import letter

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
THIS = date(2026, 3, 2)


def test_the_first_word_is_a_persons_that_arrived_counted_in_working_time(
    employer: Employer,
) -> None:
    with employer.work() as work:
        one = add_application(work)
        touched(work, one, MONDAY + HOUR, outcome="no_answer")
        touched(work, one, MONDAY + HOUR, channel="voicemail", outcome="left_message")
        touched(work, one, MONDAY + HOUR, channel="email", outcome="delivered", automatic=True)
        touched(
            work,
            one,
            MONDAY + HOUR,
            channel="email",
            outcome="delivered",
            taken_back_at=MONDAY + 2 * HOUR,
        )
        # Tuesday 10:00: eight working hours on Monday and one on Tuesday.
        touched(work, one, MONDAY + DAY + HOUR)
        touched(work, one, MONDAY + DAY + 3 * HOUR)
    employer.clock.move_to(MONDAY + 2 * DAY)

    found = row_of(table(employer, "first-word"), THIS)
    assert (found["told"], found["median_working_hours"]) == (1, 9.0)


def test_the_median_and_the_ninetieth_percentile_are_times_that_were_measured(
    employer: Employer,
) -> None:
    with employer.work() as work:
        for hours in (1, 2, 3, 4, 5, 6, 7, 8, 8.5, 10):
            touched(work, add_application(work), MONDAY + hours * HOUR)
        add_application(work)
        add_application(work, closed_at=MONDAY + HOUR)
    employer.clock.move_to(MONDAY + 2 * DAY)

    found = row_of(table(employer, "first-word"), "all")
    # What was said after 17:00 took the eight hours of the day.
    assert (found["median_working_hours"], found["ninetieth_percentile_working_hours"]) == (5, 8)
    assert (found["told"], found["still_waiting"], found["ended_untold"]) == (10, 1, 1)


def test_a_decision_is_told_by_its_letter_or_by_the_contact_that_kept_the_promise(
    employer: Employer,
) -> None:
    with employer.work() as work:
        by_mail, by_call, untold = (add_application(work) for _ in range(3))
        for each in (by_mail, by_call, untold):
            work.session.add(
                Decision(
                    application_id=each.id,
                    outcome="rejected",
                    source="keepword",
                    decided_at=MONDAY,
                    created_at=MONDAY,
                )
            )
            # A call that tells nothing of it.
            touched(work, each, MONDAY + HOUR)
        mail = letter(work, by_mail, "t:1")
        mail.kind = "rejection-application"
        work.session.flush()
        touched(
            work,
            by_mail,
            MONDAY + 2 * HOUR,
            channel="email",
            outcome="delivered",
            message_id=mail.id,
        )
        call = touched(work, by_call, MONDAY + 4 * HOUR)
        promised(
            work,
            by_call,
            MONDAY + DAY,
            kind="decision",
            state="kept",
            kept_at=call.at,
            kept_by_contact_id=call.id,
        )
    employer.clock.move_to(MONDAY + DAY)

    found = row_of(table(employer, "decision-told"), THIS)
    assert (found["told"], found["still_waiting"]) == (2, 1)
    assert found["median_working_hours"] == 2.0
    assert found["ninetieth_percentile_working_hours"] == 4.0


def test_a_decision_that_may_not_be_told_yet_is_counted_from_when_it_may(
    employer: Employer,
) -> None:
    with employer.work() as work:
        one, withdrawn = add_application(work), add_application(work)
        for each, taken_back in ((one, None), (withdrawn, MONDAY + HOUR)):
            work.session.add(
                Decision(
                    application_id=each.id,
                    outcome="rejected",
                    source="keepword",
                    decided_at=MONDAY,
                    tell_not_before_at=MONDAY + 3 * HOUR,
                    withdrawn_at=taken_back,
                    created_at=MONDAY,
                )
            )
        call = touched(work, one, MONDAY + 4 * HOUR)
        promised(work, one, MONDAY + DAY, kind="decision", kept_by_contact_id=call.id)
    employer.clock.move_to(MONDAY + DAY)

    found = row_of(table(employer, "decision-told"), THIS)
    assert (found["told"], found["median_working_hours"]) == (1, 1.0)


def test_open_promises_are_counted_by_age_in_working_days(employer: Employer) -> None:
    now = MONDAY + timedelta(weeks=4)
    with employer.work() as work:
        one = add_application(work)
        promised(work, one, now + DAY)
        promised(work, one, now + HOUR, warn_at=now)
        promised(work, one, now - DAY, state="paused")
        # Friday afternoon is less than a working day before Monday at nine.
        promised(work, one, now - timedelta(days=2, hours=18))
        promised(work, one, now - timedelta(days=4))
        promised(work, add_application(work), now - timedelta(weeks=3))
        promised(work, one, now - timedelta(weeks=3), state="kept", kept_at=MONDAY)
    employer.clock.move_to(now)

    found = {row[0]: row[1:] for row in table(employer, "open-by-age").rows}
    assert found == {
        "paused": (1, 1),
        "on_time": (1, 1),
        "at_risk": (1, 1),
        "late_under_1_day": (1, 1),
        "late_1_to_2_days": (0, 0),
        "late_2_to_5_days": (1, 1),
        "late_5_to_10_days": (0, 0),
        "late_over_10_days": (1, 1),
    }


def test_enquiries_are_counted_by_week_and_set_against_open_applications(
    employer: Employer,
) -> None:
    with employer.work() as work:
        one, two = add_application(work), add_application(work)
        asked(work, one, MONDAY + HOUR)
        asked(work, one, MONDAY + DAY, after=True)
        asked(work, two, MONDAY + timedelta(weeks=1), after=True)
        # What Keepword said is no enquiry.
        touched(work, one, MONDAY + HOUR)
        add_application(work, closed_at=MONDAY)
        add_application(
            work, applied_at=MONDAY - timedelta(weeks=20), closed_at=MONDAY - timedelta(weeks=19)
        )
    employer.clock.move_to(MONDAY + timedelta(weeks=1, days=1))

    found = table(employer, "enquiries")
    week = row_of(found, THIS)
    assert (week["enquiries"], week["after_a_broken_promise"]) == (2, 1)
    assert week["applications_that_asked"] == 1
    whole = row_of(found, "all")
    assert (whole["enquiries"], whole["after_a_broken_promise"]) == (3, 2)
    assert (whole["applications_that_asked"], whole["open_applications"]) == (2, 3)
    assert whole["enquiries_per_application"] == 1.0


def test_who_waits_on_whom_counts_open_promises_that_wait_for_a_decision(
    employer: Employer,
) -> None:
    with employer.work() as work:
        maria, priya = add_user(work, "Maria Keller"), add_user(work, "Priya Nair")
        one = add_application(work, owner=maria, waiting_on_id=priya.id)
        promised(work, one, MONDAY + HOUR)
        promised(work, one, MONDAY + 5 * DAY)
        gone = promised(work, one, MONDAY)
        release(work, gone, "no longer owed")
        promised(work, add_application(work, owner=maria), MONDAY)
    employer.clock.move_to(MONDAY + DAY)

    (row,) = table(employer, "who-waits").rows
    assert row == ("Maria Keller", "Priya Nair", 1, 2, 1, MONDAY + HOUR)
