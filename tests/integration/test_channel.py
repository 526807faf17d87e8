"""Pauses, rests, probes and patience: when mail waits, how long, and what ends the wait."""

from __future__ import annotations

import random
from datetime import timedelta

from service.mail.base import (
    Accepted,
    ChannelDown,
    Envelope,
    RetryLater,
    Uncertain,
)
from service.models import MailChannel
from service.workflows.channel import (
    PROBE_AFTER,
    WINDOW_FIRST,
    WINDOW_MOST,
    pause_channel,
    rest,
    resume_channel,
)
from tests.harness import Employer, add_application
from tests.integration.watching import (
    LookingTransport,
    at_once,
    kinds_on_timeline,
    letter,
    message_of,
    run_dispatch,
    write_letters,
)

MINUTE = timedelta(minutes=1)


def channel_of(employer: Employer) -> MailChannel:
    with employer.session() as session:
        return session.get_one(MailChannel, "email")


def test_a_channel_that_is_down_keeps_every_letter_and_is_probed_until_one_gets_through(
    employer: Employer,
) -> None:
    ids = write_letters(employer, 3)
    down = ChannelDown("the key was refused: make a new one")
    employer.transport.answers = [down]
    report = run_dispatch(employer)
    assert report.paused == down.reason
    assert [message_of(employer, id_).state for id_ in ids] == ["ready"] * 3
    assert [message_of(employer, id_).attempts for id_ in ids] == [0] * 3

    employer.clock.advance(PROBE_AFTER - MINUTE)
    assert run_dispatch(employer).probes == 0

    employer.clock.advance(MINUTE)
    employer.transport.probes = [down]
    report = run_dispatch(employer)
    assert (report.probes, report.claimed) == (1, 0)
    assert run_dispatch(employer).probes == 0

    employer.clock.advance(PROBE_AFTER)
    report = run_dispatch(employer)
    assert (report.probes, report.accepted) == (1, 3)
    assert len(employer.transport.sent) == 4
    assert channel_of(employer).paused_at is None


def test_where_a_probe_passes_and_letters_do_not_one_letter_at_a_time_is_tried(
    employer: Employer,
) -> None:
    """Credits that ran out are such a case: what is only judged costs none."""
    write_letters(employer, 3)
    employer.transport.answers = [ChannelDown("out of credits")] * 2
    run_dispatch(employer)
    employer.clock.advance(PROBE_AFTER)
    report = run_dispatch(employer)

    assert (report.probes, report.claimed, report.accepted) == (1, 1, 0)
    assert run_dispatch(employer).claimed == 0
    assert len(employer.transport.sent) == 2


def test_a_probe_that_told_nothing_is_not_followed_by_another_at_once(employer: Employer) -> None:
    write_letters(employer, 3)
    employer.transport.answers = [ChannelDown("out of credits")]
    run_dispatch(employer)
    employer.clock.advance(PROBE_AFTER)
    employer.transport.probes = [RetryLater("busy")]
    run_dispatch(employer)

    assert run_dispatch(employer).probes == 0
    assert len(employer.transport.sent) == 1


def test_nobody_is_probed_while_nothing_waits(employer: Employer) -> None:
    write_letters(employer)
    employer.transport.answers = [Uncertain("the answer was lost")]
    run_dispatch(employer)
    employer.clock.advance(timedelta(hours=2))

    assert run_dispatch(employer).probes == 0


def test_a_persons_pause_stops_mail_until_a_person_ends_it(employer: Employer) -> None:
    ids = write_letters(employer, 2)
    with employer.work() as work:
        pause_channel(work.session, work.now, "wait for the new template", by_provider=False)
    employer.clock.advance(timedelta(days=1))
    report = run_dispatch(employer)
    assert (report.claimed, report.paused) == (0, "wait for the new template")
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
    assert len(transport.sent) == 1
    assert sorted(message_of(employer, id_).state for id_ in ids) == ["accepted", "ready", "ready"]


def test_where_mail_failed_elsewhere_meanwhile_the_provider_is_asked_before_the_next_letter(
    employer: Employer,
) -> None:
    write_letters(employer, 3)

    def failed_elsewhere() -> None:
        with employer.work() as work:
            rest(work.session, work.now - timedelta(days=1), 0.5)

    def stop() -> bool:
        if len(employer.transport.sent) == 1:
            assert at_once(failed_elsewhere) == [None]
        return False

    assert run_dispatch(employer, stop=stop).probes == 0
    assert len(employer.transport.sent) == 1

    assert run_dispatch(employer).probes == 1
    assert len(employer.transport.sent) == 3


def test_the_provider_does_not_turn_a_persons_pause_into_its_own(employer: Employer) -> None:
    with employer.work() as work:
        pause_channel(work.session, work.now, "a person said so", by_provider=False)
        pause_channel(work.session, work.now, "the key was refused", by_provider=True)
    channel = channel_of(employer)

    assert (channel.paused_by_provider, channel.paused_reason) == (False, "a person said so")


def test_a_failure_rests_all_mail_and_burns_no_attempt_of_the_letters_behind_it(
    employer: Employer,
) -> None:
    ids = write_letters(employer, 4)
    employer.transport.answers = [RetryLater("the provider refused the connection")]
    report = run_dispatch(employer)

    assert len(employer.transport.sent) == 1
    assert sorted(message_of(employer, id_).attempts for id_ in ids) == [0, 0, 0, 1]
    assert report.paused is not None
    assert "rests until" in report.paused
    assert run_dispatch(employer).probes == 0


def test_a_rest_grows_with_every_failure_up_to_ten_minutes_and_its_second_half_is_chance(
    employer: Employer,
) -> None:
    write_letters(employer)
    chance = random.Random(7)  # noqa: S311 - a repeatable test
    employer.transport.answers = [RetryLater("busy")]
    employer.transport.probes = [RetryLater("busy")] * 9
    waits = []
    for _ in range(10):
        run_dispatch(employer, chance=chance)
        channel = channel_of(employer)
        assert channel.retry_at is not None
        waits.append(channel.retry_at - employer.now)
        employer.clock.move_to(channel.retry_at)

    assert channel.failures == 10
    for number, waited in enumerate(waits):
        bound = min(timedelta(minutes=10), timedelta(seconds=5) * 2**number)
        assert bound / 2 <= waited <= bound
    assert len(employer.transport.sent) == 1
    assert len({waited / timedelta(minutes=10) for waited in waits[-3:]}) == 3


def test_after_a_rest_one_letter_goes_first_and_trust_grows_from_there(employer: Employer) -> None:
    employer.transport.together = True
    write_letters(employer, 60)
    employer.transport.answers = [RetryLater("busy")]
    run_dispatch(employer)
    channel = channel_of(employer)
    assert channel.retry_at is not None
    employer.clock.move_to(channel.retry_at)
    report = run_dispatch(employer)

    sizes = [len(letters) for _, letters in employer.transport.requests[1:]]
    assert sizes == [1, WINDOW_FIRST, 4 * WINDOW_FIRST, 9]
    assert (report.probes, report.accepted) == (1, 60)
    assert (channel_of(employer).failures, channel_of(employer).retry_at) == (0, None)


def test_a_provider_that_works_is_given_as_much_as_one_request_carries(employer: Employer) -> None:
    with employer.work() as work:
        channel = work.session.get_one(MailChannel, "email")
        channel.window = WINDOW_MOST // 2
    write_letters(employer)
    run_dispatch(employer)

    assert channel_of(employer).window is None


def test_where_probes_pass_and_letters_get_lost_each_rest_costs_one_letter(
    employer: Employer,
) -> None:
    employer.transport.together = True
    ids = write_letters(employer, 30)
    employer.transport.answers = [RetryLater("busy"), *[Uncertain("lost")] * 5]
    for _ in range(6):
        run_dispatch(employer)
        employer.clock.advance(PROBE_AFTER)

    lost = [id_ for id_ in ids if message_of(employer, id_).state == "uncertain"]
    assert len(lost) == 5


def test_the_providers_own_wish_when_to_try_again_is_kept(employer: Employer) -> None:
    (message_id,) = write_letters(employer)
    wish = employer.now + timedelta(hours=3)
    employer.transport.answers = [RetryLater("busy", wish)]
    run_dispatch(employer)

    retry_at = channel_of(employer).retry_at
    assert retry_at is not None
    assert wish <= retry_at <= wish + timedelta(seconds=5)
    assert message_of(employer, message_id).due_at == retry_at
    employer.clock.move_to(wish - MINUTE)
    assert run_dispatch(employer).probes == 0


def test_what_was_refused_together_waits_together(employer: Employer) -> None:
    employer.transport.together = True
    ids = write_letters(employer, 5)
    employer.transport.answers = [RetryLater("busy")]
    run_dispatch(employer)

    assert len({message_of(employer, id_).due_at for id_ in ids}) == 1
    assert {message_of(employer, id_).state for id_ in ids} == {"retry"}


def test_a_letter_is_tried_for_five_days_and_then_a_person_must_look(employer: Employer) -> None:
    with employer.work() as work:
        message_id = letter(work, add_application(work), "at any hour", urgent=True).id
    # What it waited before the first try (a pause of the channel, say) does not count.
    employer.clock.advance(timedelta(days=6))
    employer.transport.answers = [RetryLater("busy"), RetryLater("busy"), RetryLater("still busy")]
    run_dispatch(employer)
    employer.clock.advance(timedelta(days=4, hours=23))
    run_dispatch(employer)
    assert message_of(employer, message_id).state == "retry"

    employer.clock.advance(timedelta(hours=2))
    run_dispatch(employer)
    message = message_of(employer, message_id)
    assert (message.state, message.reason, message.due_at) == ("failed", "still busy", None)
    assert kinds_on_timeline(employer)[-1] == "letter_failed"


def test_an_answer_that_ends_a_pause_lets_the_others_go_at_once(employer: Employer) -> None:
    ids = write_letters(employer, 2)
    employer.transport.answers = [ChannelDown("the key was refused"), Accepted("req-2")]
    run_dispatch(employer)
    employer.clock.advance(PROBE_AFTER)
    report = run_dispatch(employer)

    assert report.paused is None
    assert [message_of(employer, id_).state for id_ in ids] == ["accepted"] * 2
