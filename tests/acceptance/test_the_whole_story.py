"""The whole story over real HTTP: a webhook, a promise, its breach, a letter, its fate.

The ATS's delivery, the recruiter's calls, the mail to SendGrid and SendGrid's events all travel
as they do in life; only the clock is ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.ats.registry import adapter_named
from service.clock import FakeClock
from service.db import db
from service.mail.sendgrid import SendGridTransport
from service.workflows.connections import add_connection
from tests.doubles import greenhouse_bodies as greenhouse
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_events import AcceptedMail
from tests.harness import Employer, add_user, make_employer
from tests.served import Client, serving

SECRET = "an invented webhook secret"
THURSDAY = datetime(2026, 3, 5, 13, 0, tzinfo=UTC)


@dataclass
class Story:
    """Everybody in it."""

    employer: Employer
    sendgrid: SendGridDouble
    api: Client
    maria: str

    def deliver(self, action: str, payload: dict[str, object]) -> None:
        """Post one webhook as Greenhouse does, and let it be worked in."""
        body = greenhouse.body(action, payload)
        headers = adapter_named("greenhouse").sign(body, SECRET, self.employer.now, "1")
        answer = self.api.send("POST", "/hooks/ats/greenhouse-main", body, headers)
        assert answer.status == 200
        self.employer.turn()

    def happens(self, mail: AcceptedMail, event: str, **extra: Any) -> None:
        """Let SendGrid report an event about a mail, and let it be folded in."""
        reported = self.sendgrid.event(mail, event, at=self.employer.now, **extra)
        url = f"{self.api.base_url}/hooks/sendgrid/events"
        assert self.sendgrid.post_events(url, [reported]) == 200
        self.employer.turn()

    def promise(self, promise_id: str) -> dict[str, Any]:
        """Ask the API how a promise stands."""
        found: dict[str, Any] = self.api.get(f"/api/v1/promises/{promise_id}")
        return found

    def mails(self, address: str) -> list[AcceptedMail]:
        """What SendGrid accepted for somebody."""
        return [mail for mail in self.sendgrid.accepted if mail.to_address == address]


@pytest.fixture
def story(database_url: str, tmp_path: Path) -> Iterator[Story]:
    """A company with one Greenhouse connection, one recruiter and SendGrid's double."""
    with SendGridDouble() as sendgrid:
        employer = make_employer(
            database_url,
            tmp_path,
            at=THURSDAY,
            transport=SendGridTransport(
                sendgrid.api_key, clock=FakeClock(THURSDAY), base_url=sendgrid.base_url
            ),
            mail="sendgrid",
            sendgrid_event_public_key=sendgrid.public_key,
        )
        with employer.work() as work:
            add_connection(
                work, "greenhouse-main", "greenhouse", [SECRET], rejections_by="keepword"
            )
            maria = add_user(work, "Maria Keller", email="maria.keller@example.com").id
        with serving(employer) as base_url:
            api = Client(base_url, employer.key("admin", user_id=maria))
            yield Story(employer, sendgrid, api, maria)
            api.close()
        assert sendgrid.violations == []
        assert sendgrid.faults == []
        with employer.app.app_context():
            db.engine.dispose()


CANDIDATE_ADDRESS = "mira@example.com"


def broken_promise(story: Story) -> tuple[str, str]:
    """From the webhook to the flag: a call promised for today's closing that nobody makes."""
    story.deliver(
        "new_candidate_application",
        greenhouse.application(applied_at="2026-03-05T12:59:00Z"),
    )
    (acknowledgement,) = story.mails(CANDIDATE_ADDRESS)
    story.happens(acknowledgement, "delivered")

    (application,) = story.api.get("/api/v1/applications")["items"]
    promise = story.api.post(
        "/api/v1/promises",
        {
            "application_id": application["id"],
            "kind": "callback",
            "wording": "A call about the panel date",
            "within": "4 business hours",
            "owner_id": story.maria,
        },
    )
    assert promise["due_at"] == "2026-03-05T17:00:00Z"

    story.employer.move_to(datetime(2026, 3, 5, 17, 0, tzinfo=UTC))
    assert story.api.get("/api/v1/overdue")["items"] == []
    story.employer.pass_time(seconds=1)
    (overdue,) = story.api.get("/api/v1/overdue")["items"]
    assert overdue["promise_id"] == promise["id"]
    assert story.promise(promise["id"])["breached_at"] == "2026-03-05T17:00:00Z"

    explained = story.api.get(f"/api/v1/promises/{promise['id']}/explain")
    assert any("17:00" in step["text"] for step in explained["trace"])
    return application["id"], promise["id"]


def send_apology(story: Story, application_id: str, promise_id: str) -> AcceptedMail:
    """Write to the candidate on the next morning; SendGrid accepts it."""
    story.employer.move_to(datetime(2026, 3, 6, 9, 0, tzinfo=UTC))
    story.api.post(
        "/api/v1/messages",
        {
            "kind": "apology-late",
            "application_id": application_id,
            "promise_id": promise_id,
            "values": {
                "promised_what": "a call about the panel date",
                "promised_for": "Thursday 5 March",
                "next_step": "The panel meets on Monday, and I call you after it.",
                "next_word_by": "2026-03-09",
            },
        },
    )
    story.employer.turn()
    return story.mails(CANDIDATE_ADDRESS)[-1]


def test_a_promise_is_watched_broken_and_kept_by_a_delivered_letter(story: Story) -> None:
    application_id, promise_id = broken_promise(story)
    mail = send_apology(story, application_id, promise_id)

    # Accepted is not delivered, and sent is not contacted.
    assert story.promise(promise_id)["state"] == "open"

    story.happens(mail, "delivered")
    kept = story.promise(promise_id)
    assert (kept["state"], kept["kept_at"]) == ("kept_late", "2026-03-06T09:00:00Z")
    assert story.api.get("/api/v1/overdue")["items"] == []

    timeline = story.api.get(f"/api/v1/applications/{application_id}/timeline?limit=200")["items"]
    told = [entry["kind"] for entry in timeline]
    wanted = ["applied", "promise_made", "promise_overdue", "letter_accepted", "promise_kept_late"]
    assert set(wanted) <= set(told)


def test_its_sister_bounces_and_the_promise_is_open_again(story: Story) -> None:
    application_id, promise_id = broken_promise(story)
    mail = send_apology(story, application_id, promise_id)
    story.happens(mail, "delivered")
    assert story.promise(promise_id)["state"] == "kept_late"

    story.employer.pass_time(minutes=20)
    story.happens(mail, "bounce", type="bounce", reason="550 no such mailbox")

    again = story.promise(promise_id)
    assert (again["state"], again["breached_at"]) == ("open", "2026-03-05T17:00:00Z")
    (overdue,) = story.api.get("/api/v1/overdue")["items"]
    assert overdue["promise_id"] == promise_id
    # Mail cannot reach her on that address any more; her other one is still there.
    candidate = story.api.get(f"/api/v1/candidates/{overdue['candidate_id']}")
    suppressed = {email["address"]: email["suppressed_at"] for email in candidate["emails"]}
    assert suppressed[CANDIDATE_ADDRESS] is not None
    assert suppressed["m.okafor@work.example.com"] is None


def test_a_letter_that_only_bounces_never_counted(story: Story) -> None:
    application_id, promise_id = broken_promise(story)
    mail = send_apology(story, application_id, promise_id)
    story.happens(mail, "bounce", type="bounce", reason="550 no such mailbox")

    assert story.promise(promise_id)["state"] == "open"
    contacts = story.api.get(f"/api/v1/contacts?application_id={application_id}")["items"]
    assert [contact["channel"] for contact in contacts] == ["email"]
