"""A webhook that is silent though mail goes out is named, with its remedy, wherever one looks."""

from __future__ import annotations

from datetime import datetime, timedelta

from service.mail.base import EventKind, MailEvent
from service.models import MailChannel
from service.queries.mail_health import Silence, channel_rest, webhook_silence
from service.workflows.channel import rest
from service.workflows.fold_events import store_events
from tests.harness import Employer
from tests.reading_metrics import metric
from tests.reading_pages import html_of, letter, page_of, turn_loops

DAY = timedelta(hours=24)


def taken(employer: Employer, state: str = "accepted") -> None:
    with employer.work() as work:
        letter(work, state, accepted_at=work.now, due_at=work.now + DAY, provider="sendgrid")


def heard(employer: Employer, name: str = "one", message_id: str = "msg_other") -> None:
    with employer.session() as session:
        event = MailEvent(name, EventKind.PROCESSED, employer.now, message_id, None, None)
        store_events(session, [event], employer.now)
        session.commit()


def silence(employer: Employer) -> Silence | None:
    with employer.session() as session:
        return webhook_silence(session, employer.now)


def test_a_webhook_that_never_spoke_is_silent_a_day_after_the_first_letter(
    employer: Employer,
) -> None:
    assert silence(employer) is None
    taken(employer)
    employer.clock.advance(DAY - timedelta(seconds=1))
    assert silence(employer) is None
    employer.clock.advance(timedelta(seconds=1))

    assert silence(employer) == Silence(since=None, letters=1)


def test_one_event_about_any_letter_proves_that_the_webhook_speaks(employer: Employer) -> None:
    taken(employer)
    employer.clock.advance(DAY)
    heard(employer)

    assert silence(employer) is None


def test_a_webhook_that_fell_silent_is_named_with_when_it_last_spoke(employer: Employer) -> None:
    heard(employer)
    last = employer.now
    employer.clock.advance(timedelta(hours=1))
    taken(employer)
    taken(employer)
    employer.clock.advance(DAY)

    assert silence(employer) == Silence(since=last, letters=2)


def test_who_sends_nothing_rightly_hears_nothing(employer: Employer) -> None:
    taken(employer, "delivered")
    heard(employer)
    employer.clock.advance(timedelta(days=30))

    assert silence(employer) is None


def test_a_letter_nobody_spoke_of_is_no_silence_once_later_events_came(employer: Employer) -> None:
    taken(employer, "unconfirmed")
    employer.clock.advance(timedelta(days=2))
    heard(employer)
    employer.clock.advance(timedelta(days=30))

    assert silence(employer) is None


def test_the_page_the_metrics_and_readiness_name_the_silent_webhook(employer: Employer) -> None:
    assert metric(employer, "mail_webhook_silent") == 0
    taken(employer)
    employer.turn()
    employer.clock.advance(DAY)
    employer.turn()

    page = page_of(employer, "/outbox")
    assert "No event has ever come from SendGrid, though it took 1 letter more than a day" in page
    assert "post to http://127.0.0.1:8000/hooks/sendgrid/events" in page
    assert "SENDGRID_EVENT_PUBLIC_KEY" in page
    assert "1 letter left a day ago and nothing was heard of it" in page_of(employer)
    assert metric(employer, "mail_webhook_silent") == 1
    assert metric(employer, "messages_unconfirmed") == 1
    turn_loops(employer)
    answer = employer.app.test_client().get("/readyz")
    assert answer.status_code == 200
    (warning,) = answer.get_json()["warnings"]
    assert warning["code"] == "webhook-silent"
    assert "/hooks/sendgrid/events" in warning["remedy"]


def resting(employer: Employer) -> datetime:
    with employer.work() as work:
        rest(work.session, work.now, 0.5)
        return rest(work.session, work.now, 0.5)


def test_a_resting_channel_is_shown_and_makes_nothing_unready(employer: Employer) -> None:
    assert 'class="bar' not in html_of(employer, "/outbox")
    until = resting(employer)

    assert "The mail provider failed 2 times in a row, so mail rests until today" in page_of(
        employer, "/outbox"
    )
    assert metric(employer, "mail_channel_resting") == 1
    answer = employer.app.test_client().get("/readyz")
    mail = answer.get_json()["mail"]
    assert answer.status_code == 200
    assert mail["resting"] is True
    assert mail["resting_until"] == until.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def test_a_rest_that_is_over_waits_for_its_first_letter(employer: Employer) -> None:
    until = resting(employer)
    employer.clock.move_to(until + timedelta(seconds=1))

    with employer.session() as session:
        found = channel_rest(session, employer.now)
        assert found is not None
        assert (found.failures, found.until) == (2, None)
        session.query(MailChannel).one().failures = 0
        assert channel_rest(session, employer.now) is None
