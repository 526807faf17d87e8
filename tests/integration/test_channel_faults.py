"""Pauses and rests when clocks are set back, people and answers meet, and letters are stopped."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import update

from service.mail.base import RetryLater
from service.models import Candidate, MailChannel
from service.workflows.channel import (
    LONGEST_REST,
    PROBE_AFTER,
    allowance,
    pause_channel,
    provider_answers,
    rest,
)
from service.workflows.pausing import pause_mail
from tests.harness import Employer
from tests.integration.watching import run_dispatch, write_letters


def test_a_clock_that_was_set_back_does_not_prolong_a_rest_or_a_pause(employer: Employer) -> None:
    now = employer.now
    with employer.work() as work:
        rest(work.session, now + timedelta(days=365), 0.5)
        assert allowance(work.session, now).letters == 1
        assert allowance(work.session, now + timedelta(days=365)).letters == 0
        pause_channel(work.session, now + timedelta(days=365), "no credits", by_provider=True)
        assert allowance(work.session, now).probe_first
        assert allowance(work.session, now + timedelta(days=365) + PROBE_AFTER).probe_first


def test_a_wait_the_provider_asked_for_is_kept_in_full(employer: Employer) -> None:
    with employer.work() as work:
        rest(work.session, employer.now, 0.9, employer.now + timedelta(hours=24))
        assert allowance(work.session, employer.now).letters == 0
    assert timedelta(hours=24) < LONGEST_REST


def test_a_persons_pause_that_comes_while_an_answer_is_written_down_stands(
    employer: Employer,
) -> None:
    with employer.work() as work:
        pause_channel(work.session, work.now, "no credits", by_provider=True)

    def person() -> None:
        with employer.work() as work:
            pause_mail(work, "wait for the board")

    with employer.work() as work:
        assert provider_answers(work.session, letter=True)
        pausing = threading.Thread(target=person)
        pausing.start()
        # Long enough to come between, were it let.
        pausing.join(0.3)
    pausing.join(20)
    with employer.session() as session:
        channel = session.get_one(MailChannel, "email")
        assert (channel.paused_reason, channel.paused_by_provider) == ("wait for the board", False)


def test_one_probe_is_enough_however_many_letters_are_stopped_behind_it(
    employer: Employer,
) -> None:
    write_letters(employer, 5)
    employer.transport.answers = [RetryLater("busy")]
    run_dispatch(employer)
    with employer.work() as work:
        work.session.execute(update(Candidate).values(can_email=False))
    employer.clock.advance(timedelta(minutes=20))
    report = run_dispatch(employer)

    assert (report.probes, report.blocked, report.requests) == (1, 5, 0)
