"""Pauses, probes and retries: when mail waits, how long, and what ends the wait."""

from __future__ import annotations

import random
from datetime import timedelta

from service.mail.base import (
    ChannelDown,
    Envelope,
    RetryLater,
)
from service.models import MailChannel
from service.workflows.dispatch import PROBE_AFTER, pause_channel, resume_channel
from tests.harness import Employer
from tests.integration.watching import (
    LookingTransport,
    at_once,
    kinds_on_timeline,
    message_of,
    run_dispatch,
    write_letters,
)

MINUTE = timedelta(minutes=1)


def test_a_channel_that_is_down_keeps_every_letter_and_is_probed_until_one_gets_through(
    employer: Employer,
) -> None:
    ids = write_letters(employer, 3)
    down = ChannelDown("the key was refused: make a new one")
    employer.transport.answers = [down]
    report = run_dispatch(employer)
    assert report.paused == down.reason
    assert [message_of(employer, id_).state for id_ in ids] == ["ready"] * 3

    employer.clock.advance(PROBE_AFTER - MINUTE)
    assert run_dispatch(employer).claimed == 0

    employer.clock.advance(MINUTE)
    employer.transport.answers = [down]
    assert run_dispatch(employer).claimed == 1
    assert run_dispatch(employer).claimed == 0

    employer.clock.advance(PROBE_AFTER)
    assert run_dispatch(employer).accepted == 1
    assert run_dispatch(employer).accepted == 2
    assert len(employer.transport.sent) == 5
    with employer.session() as session:
        assert session.get_one(MailChannel, "email").paused_at is None


def test_a_probe_that_told_nothing_is_not_followed_by_another_at_once(employer: Employer) -> None:
    write_letters(employer, 3)
    employer.transport.answers = [ChannelDown("out of credits")]
    run_dispatch(employer)
    employer.clock.advance(PROBE_AFTER)
    employer.transport.answers = [RetryLater("busy")]
    run_dispatch(employer)

    assert run_dispatch(employer).claimed == 0
    assert len(employer.transport.sent) == 2


def test_a_persons_pause_stops_mail_until_a_person_ends_it(employer: Employer) -> None:
    ids = write_letters(employer, 2)
    with employer.work() as work:
        pause_channel(work.session, work.now, "wait for the new template", by_provider=False)
    employer.clock.advance(timedelta(days=1))
    assert run_dispatch(employer).claimed == 0
    assert employer.transport.sent == []

    with employer.work() as work:
        resume_channel(work.session)
    run_dispatch(employer)
    assert [message_of(employer, id_).state for id_ in ids] == ["accepted"] * 2


def test_a_pause_in_the_middle_of_a_batch_stops_the_very_next_letter(employer: Employer) -> None:
    ids = write_letters(employer, 3)

    def look(_envelope: Envelope) -> None:
        def pause() -> None:
            with employer.work() as work:
                pause_channel(work.session, work.now, "stop", by_provider=False)

        assert at_once(pause) == [None]

    transport = LookingTransport(look)
    run_dispatch(employer, transport)
    assert transport.sent == 1
    assert sorted(message_of(employer, id_).state for id_ in ids) == ["accepted", "ready", "ready"]


def test_the_provider_does_not_turn_a_persons_pause_into_its_own(employer: Employer) -> None:
    with employer.work() as work:
        pause_channel(work.session, work.now, "a person said so", by_provider=False)
        pause_channel(work.session, work.now, "the key was refused", by_provider=True)
    with employer.session() as session:
        channel = session.get_one(MailChannel, "email")

        assert (channel.paused_by_provider, channel.paused_reason) == (False, "a person said so")


def test_a_retry_waits_a_random_share_of_a_growing_bound(employer: Employer) -> None:
    (message_id,) = write_letters(employer)
    chance = random.Random(7)  # noqa: S311 - a repeatable test
    for attempt in range(1, 10):
        employer.transport.answers = [RetryLater("busy")]
        run_dispatch(employer, chance=chance)
        message = message_of(employer, message_id)
        assert message.due_at is not None
        waited = message.due_at - employer.now
        bound = min(timedelta(hours=1), timedelta(seconds=30) * 2 ** (attempt - 1))
        assert timedelta(seconds=1) <= waited <= bound + timedelta(seconds=1)
        assert message.attempts == attempt
        employer.clock.move_to(message.due_at)


def test_the_providers_own_wish_when_to_try_again_is_kept(employer: Employer) -> None:
    (message_id,) = write_letters(employer)
    wish = employer.now + timedelta(hours=3)
    employer.transport.answers = [RetryLater("busy", wish)]
    run_dispatch(employer)

    assert message_of(employer, message_id).due_at == wish
    employer.clock.move_to(wish - MINUTE)
    assert run_dispatch(employer).claimed == 0


def test_a_letter_is_tried_for_five_days_and_then_a_person_must_look(employer: Employer) -> None:
    (message_id,) = write_letters(employer)
    # What it waited before the first try (a pause of the channel, say) does not count.
    employer.clock.advance(timedelta(days=6))
    answers = [RetryLater("busy"), RetryLater("busy"), RetryLater("still busy")]
    employer.transport.answers = answers
    run_dispatch(employer)
    employer.clock.advance(timedelta(days=4, hours=23))
    run_dispatch(employer)
    assert message_of(employer, message_id).state == "retry"

    employer.clock.advance(timedelta(hours=2))
    run_dispatch(employer)
    message = message_of(employer, message_id)
    assert (message.state, message.reason, message.due_at) == ("failed", "still busy", None)
    assert kinds_on_timeline(employer)[-1] == "letter_failed"
