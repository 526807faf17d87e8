"""A lost answer is looked for in the provider's log, and silence is called by its name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from service.mail.base import CannotTell, EventKind, Found, LogAnswer, MailEvent, NotFound, Sought
from service.models import Message, SendBatch, TimelineEntry
from service.parts import parts
from service.workflows.fold_events import store_events
from service.workflows.settle import LOOK_UPS, NEXT_LOOK_IN, SettleReport, settle
from tests.harness import Employer, RecordingTransport, add_application
from tests.reading_pages import letter

QUARTER = timedelta(minutes=15)


class Log(RecordingTransport):
    """A provider whose log is asked: ``asked`` holds every question."""

    def __init__(self, answer: LogAnswer | None = None) -> None:
        super().__init__()
        self.answer = answer or NotFound()
        self.asked: list[Sought] = []

    def look_up(self, sought: Sought) -> LogAnswer:
        self.asked.append(sought)
        return self.log.get(sought.message_id, self.answer)


def lost(employer: Employer, number: int = 1, **fields: Any) -> list[str]:
    """Letters of one request whose answer was lost now."""
    with employer.work() as work:
        batch = SendBatch(provider="recording", size=number, created_at=work.now)
        work.session.add(batch)
        work.session.flush()
        application = add_application(work)
        return [
            letter(
                work,
                "uncertain",
                **{
                    "application_id": application.id,
                    "batch_id": batch.id,
                    "provider": "recording",
                    "reason": "the answer was lost",
                    "due_at": work.now + QUARTER,
                    **fields,
                },
            ).id
            for _ in range(number)
        ]


def turn(employer: Employer, log: RecordingTransport) -> SettleReport:
    with employer.session() as session:
        return settle(session, parts(employer.app).office, employer.clock, log)


def message(employer: Employer, id_: str) -> Message:
    with employer.session() as session:
        return session.get_one(Message, id_)


def told(employer: Employer) -> list[str]:
    with employer.session() as session:
        return [entry.kind for entry in session.query(TimelineEntry)]


def test_the_log_is_asked_a_quarter_of_an_hour_after_the_answer_was_lost(
    employer: Employer,
) -> None:
    log = Log()
    (id_,) = lost(employer)
    employer.clock.advance(QUARTER - timedelta(seconds=1))
    assert turn(employer, log).look_ups == 0

    employer.clock.advance(timedelta(seconds=1))
    turn(employer, log)

    (asked,) = log.asked
    assert (asked.message_id, asked.to_address) == (id_, "amara@example.com")
    assert asked.batch_id == message(employer, id_).batch_id
    assert asked.sent_at == employer.now - QUARTER


def test_one_letter_that_is_found_settles_its_whole_request(employer: Employer) -> None:
    log = Log()
    ids = lost(employer, 5)
    (other,) = lost(employer)
    log.log = {id_: Found("req-9") for id_ in ids}
    employer.clock.advance(QUARTER)

    report = turn(employer, log)

    assert (report.found, report.look_ups) == (5, 2)
    for id_ in ids:
        found = message(employer, id_)
        assert (found.state, found.provider_id, found.reason) == ("accepted", "req-9", None)
        assert (found.accepted_at, found.due_at) == (
            employer.now,
            employer.now + timedelta(hours=24),
        )
    with employer.session() as session:
        batch = session.get_one(SendBatch, message(employer, ids[0]).batch_id)
        assert (batch.outcome, batch.provider_id) == ("accepted", "req-9")
    assert message(employer, other).state == "uncertain"
    assert told(employer) == ["letter_accepted"] * 5


def test_a_few_letters_of_a_request_are_asked_about_and_others_the_next_time(
    employer: Employer,
) -> None:
    log = Log()
    ids = lost(employer, 6)
    employer.clock.advance(QUARTER)
    turn(employer, log)
    employer.clock.advance(QUARTER)
    turn(employer, log)

    assert sorted(asked.message_id for asked in log.asked) == sorted(ids)


def test_what_the_log_does_not_show_is_never_sent_again(employer: Employer) -> None:
    log = Log()
    (id_,) = lost(employer)
    for gap in (QUARTER, *NEXT_LOOK_IN, timedelta(days=30)):
        employer.clock.advance(gap)
        turn(employer, log)

    found = message(employer, id_)
    assert (found.state, found.lookups, found.due_at) == ("uncertain", 6, None)
    assert found.reason == (
        "its answer was lost; the mail provider's log shows nothing of it: ask the person, or "
        "send it again"
    )
    assert len(log.asked) == 6
    assert log.sent == []


def test_what_is_known_of_a_letter_outlasts_what_the_log_shows_of_its_request(
    employer: Employer,
) -> None:
    (arrived,) = lost(employer)
    (still_lost,) = lost(employer, batch_id=message(employer, arrived).batch_id)
    with employer.work() as work:
        work.session.get_one(Message, arrived).state = "delivered"
        work.session.get_one(Message, arrived).reason = None
    employer.clock.advance(QUARTER)
    turn(employer, Log())

    found, other = message(employer, arrived), message(employer, still_lost)
    assert (found.state, found.lookups, found.reason) == ("delivered", 0, None)
    assert (other.state, other.lookups) == ("uncertain", 1)


def test_a_log_that_cannot_be_read_is_said_and_asked_no_further_this_turn(
    employer: Employer,
) -> None:
    log = Log(CannotTell("SendGrid's log could not be read"))
    (first,) = lost(employer)
    (second,) = lost(employer)
    employer.clock.advance(QUARTER)

    assert turn(employer, log).look_ups == 1
    assert turn(employer, log).look_ups == 1
    assert turn(employer, log).look_ups == 0
    for id_ in (first, second):
        found = message(employer, id_)
        assert found.state == "uncertain"
        assert (found.reason or "").startswith(
            "its answer was lost; SendGrid's log could not be read. Ask the person"
        )


def test_one_turn_asks_no_more_than_its_share(employer: Employer) -> None:
    log = Log()
    for _ in range(LOOK_UPS + 3):
        lost(employer)
    employer.clock.advance(QUARTER)

    assert turn(employer, log).look_ups == LOOK_UPS
    assert turn(employer, log).look_ups == 3


def test_another_provider_is_not_asked_about_what_this_one_was_given(employer: Employer) -> None:
    log = Log(Found("req-1"))
    (id_,) = lost(employer, provider="another")
    employer.clock.advance(QUARTER)
    turn(employer, log)

    assert log.asked == []
    assert message(employer, id_).state == "uncertain"


def test_letters_lost_before_there_were_look_ups_are_looked_for(employer: Employer) -> None:
    log = Log(Found("req-1"))
    (id_,) = lost(employer, due_at=None, batch_id=None)
    turn(employer, log)

    assert message(employer, id_).state == "accepted"


class Slow(Log):
    """A log that is slow enough for a person, or an event, to be quicker."""

    def __init__(self, employer: Employer, becomes: str) -> None:
        super().__init__(Found("req-1"))
        self.employer = employer
        self.becomes = becomes

    def look_up(self, sought: Sought) -> LogAnswer:
        # A second connection writes: no transaction of ours is open meanwhile.
        with self.employer.work() as work:
            found = work.session.get_one(Message, sought.message_id)
            found.state, found.due_at = self.becomes, None
        return super().look_up(sought)


def test_whoever_settles_it_while_the_log_is_asked_comes_first(employer: Employer) -> None:
    (id_,) = lost(employer)
    employer.clock.advance(QUARTER)

    assert turn(employer, Slow(employer, "delivered")).found == 0
    assert message(employer, id_).state == "delivered"
    assert message(employer, id_).accepted_at is None


def accepted(employer: Employer, **fields: Any) -> str:
    with employer.work() as work:
        application = add_application(work)
        return letter(
            work,
            "accepted",
            **{
                "application_id": application.id,
                "provider": "sendgrid",
                "accepted_at": work.now,
                "due_at": work.now + timedelta(hours=24),
                **fields,
            },
        ).id


def test_a_day_without_an_event_makes_a_letter_unconfirmed(employer: Employer) -> None:
    id_ = accepted(employer)
    employer.pass_time(hours=23, minutes=59)
    assert message(employer, id_).state == "accepted"

    employer.pass_time(minutes=1)

    found = message(employer, id_)
    assert (found.state, found.due_at) == ("unconfirmed", None)
    assert (found.reason or "").startswith("SendGrid has not said what became of it")
    assert told(employer) == ["letter_unconfirmed"]


def test_what_a_mailbox_let_wait_is_unconfirmed_a_day_after_the_last_try(
    employer: Employer,
) -> None:
    """Its last event may be lost; else nobody could ever settle it, or write another."""
    id_ = accepted(employer)
    with employer.session() as session:
        event = MailEvent("one", EventKind.DEFERRED, employer.now, id_, None, None)
        store_events(session, [event], employer.now)
        session.commit()
    employer.turn()
    employer.pass_time(hours=95, minutes=59)
    assert message(employer, id_).state == "deferred"

    employer.pass_time(minutes=1)

    assert message(employer, id_).state == "unconfirmed"


def test_an_event_that_came_late_confirms_it_after_all(employer: Employer) -> None:
    id_ = accepted(employer)
    employer.pass_time(hours=25)
    assert message(employer, id_).state == "unconfirmed"

    with employer.session() as session:
        event = MailEvent("one", EventKind.DELIVERED, employer.now, id_, None, None)
        store_events(session, [event], employer.now)
        session.commit()
    employer.turn()

    assert message(employer, id_).state == "delivered"


def test_letters_accepted_before_silence_was_watched_are_named_too(employer: Employer) -> None:
    id_ = accepted(employer, due_at=None)
    turn(employer, Log())
    assert message(employer, id_).state == "accepted"
    employer.clock.advance(timedelta(hours=24))
    turn(employer, Log())

    assert message(employer, id_).state == "unconfirmed"


def test_what_was_kept_for_reading_is_never_unconfirmed(employer: Employer) -> None:
    with employer.work() as work:
        id_ = letter(work, "captured", accepted_at=work.now).id
    employer.pass_time(days=3)

    assert message(employer, id_).state == "captured"


def test_a_letter_sent_again_is_held_back_once_the_log_shows_its_first_request(
    employer: Employer,
) -> None:
    log = Log(Found("req-1"))
    first, again = lost(employer, 2)
    with employer.work() as work:
        letter_again = work.session.get_one(Message, again)
        letter_again.state, letter_again.due_at = "held", employer.now + timedelta(days=1)
    employer.clock.advance(QUARTER)
    turn(employer, log)

    assert (message(employer, first).state, message(employer, again).state) == (
        "accepted",
        "accepted",
    )


def test_a_clock_that_jumped_calls_nothing_silence(employer: Employer) -> None:
    id_ = accepted(employer)
    employer.turn()
    employer.clock.jump_to(employer.now + timedelta(hours=25))
    employer.turn()
    assert message(employer, id_).state == "accepted"

    employer.pass_time(minutes=6)

    assert message(employer, id_).state == "unconfirmed"
