"""One employer with at least one of everything, and every address there is to look at it by.

Made for walks over all pages: what they are to show is here once, in as many states as matter.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from werkzeug.test import TestResponse

from service.auth.calendar_feeds import make_feed
from service.auth.keys import make_key
from service.auth.links import Purpose, make_link
from service.domain.closing_terms import Outcome as Ending
from service.domain.contacts import Channel, Outcome
from service.domain.delivery import MailState
from service.domain.policies import Kind
from service.models import (
    Application,
    CandidateEmail,
    Decision,
    Delivery,
    Import,
    Interview,
    Job,
    MailEvent,
    OutsideIdentity,
    Passkey,
    ProfileEntry,
    Promise,
    SendBatch,
    TimelineEntry,
    User,
    UserAbsence,
)
from service.workflows.channel import pause_channel
from service.workflows.close_job import close_job
from service.workflows.closing_plan import ClosingWish
from service.workflows.connections import add_connection
from service.workflows.contacts import log_contact
from service.workflows.enquire import enquire
from service.workflows.promise_changes import release, reschedule
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.rule_promises import arm_silence
from service.workflows.work import Work
from tests.harness import Employer, add_application
from tests.reading_pages import letter
from tests.signing_in import client_of, person

TOLD: Final = (
    "applied",
    "application_deleted",
    "job_changed",
    "decision_withdrawn",
    "promise_at_risk",
    "promise_overdue",
    "promise_escalated",
    "promise_kept",
    "promise_kept_late",
    "promise_not_possible",
    "flag_withdrawn",
    "contact_taken_back",
    "contact_retimed",
    "letter_released",
    "letter_not_possible",
    "objection_overruled",
    "candidates_merged",
    "interview_not_held",
    "cannot_be_reached_by_mail",
    "acknowledgement_not_owed",
    "bounce_without_a_letter",
    "ats_tells_decision",
    "promise_paused",
    "promise_resumed",
    "promise_recalculated",
    "promise_reopened",
    "letter_settled",
    "interviewed",
    "reassigned",
    "waiting_on",
    "manager_goes_on",
    "stage",
    *(f"letter_{state}" for state in MailState),
)

COPIES: Final = 6
"""How many people there are: one for each way a payload may begin."""


class WholeWorld:
    """An employer with one of everything, looked at by Maria, who administers it."""

    def __init__(self, employer: Employer) -> None:
        self.employer = employer
        self.maria = person(employer, "administrator", teams=("Berlin",))
        with employer.work() as work:
            self._company(work)
            applications = [self._applicant(work, number) for number in range(COPIES)]
            self._letters(work, applications)
            self._story(work, applications[0].id)
        self._time_goes_by()
        self.client = client_of(employer, self.maria)

    def _company(self, work: Work) -> None:
        session, now = work.session, work.now
        jonas = User(email="jonas@example.com", name="Jonas Brandt", created_at=now)
        session.add(jonas)
        session.flush()
        self.jonas_id = jonas.id
        _key, self.key = make_key(session, now, "reports", ("admin",))
        self.feed = make_feed(session, now, session.get_one(User, self.maria.id), names_people=True)
        _link, self.invitation = make_link(session, now, Purpose.INVITATION, jonas)
        connection = add_connection(
            work,
            "greenhouse-main",
            "greenhouse",
            ["an invented secret"],
            {"Phone screen": "screening"},
            rejections_by="keepword",
        )
        connection.api_fault, connection.api_fault_at = "it said no", now
        connection.sync_fault, connection.first_authentic_at = "it said nothing", now
        connection.last_authentic_at = connection.last_synced_at = now
        self.connection_id = connection.id
        lever = add_connection(work, "lever", "lever", ["an invented one"], rejections_by="ats")
        lever.rejections_by, lever.refused_since, lever.last_refused_at = None, 5, now
        off = add_connection(work, "workable", "workable", ["another"], rejections_by="keepword")
        off.active = False
        held = {
            "connection_id": connection.id,
            "headers": {"X-Sent-By": "an ATS"},
            "body": b"an ATS says",
            "received_at": now,
            "next_attempt_at": now,
        }
        for number, state in enumerate(("done", "ignored", "received", "failed")):
            session.add(Delivery(identity=f"d{number}", state=state, outcome="worked in", **held))
        session.add(Delivery(identity="d9", state="failed", error="it is not read", **held))
        session.add(Delivery(identity="d10", state="done", found="candidate", duplicates=2, **held))
        session.add(
            Passkey(
                user_id=self.maria.id,
                credential_id="abc",
                public_key="abc",
                sign_count=0,
                name="a laptop",
                created_at=now,
            )
        )
        session.add(
            OutsideIdentity(
                issuer="https://id.example.com", subject="1", user_id=jonas.id, created_at=now
            )
        )
        session.add(
            UserAbsence(
                user_id=jonas.id,
                from_on=date(2026, 3, 1),
                until_on=date(2026, 3, 20),
                substitute_id=self.maria.id,
                created_at=now,
            )
        )
        session.add(
            Import(file_name="people.csv", digest="1", options={}, actor="x", created_at=now)
        )
        self.jobs = [
            Job(
                title="Bookbinder",
                created_at=now,
                owner_id=self.maria.id,
                hiring_manager_id=jonas.id,
            ),
            Job(title="Typesetter", status="open", created_at=now, connection_id=connection.id),
        ]
        session.add_all(self.jobs)
        session.flush()

    def _applicant(self, work: Work, number: int) -> Application:
        session, now = work.session, work.now
        made = add_application(
            work,
            first_name=f"Amara{number}",
            owner=session.get_one(User, self.maria.id) if number else None,
            job=self.jobs[number % 2],
            stage=("interview", "screening", "applied", "offer", "assessment", "interview")[number],
            connection_id=self.connection_id,
            external_id=str(number),
            ats_stage=f"Stage {number}",
            unmapped=number == 1,
        )
        made.candidate.time_zone = "America/New_York" if number % 2 else None
        made.candidate.emails.append(
            CandidateEmail(
                address=f"old{number}@example.com",
                address_key=f"old{number}@example.com",
                position=1,
                suppressed_at=now,
                suppressed_reason="bounced",
            )
        )
        if number == 3:
            made.candidate.emails[0].suppressed_at = now
            made.candidate.emails[0].suppressed_reason = "bounced"
        arm_silence(work, made)
        for kind, within in zip(list(Kind), ("1 business hour", "2 business days"), strict=False):
            kind = list(Kind)[(number + (within[0] == "2")) % len(Kind)]
            make_spoken(
                work,
                made,
                Spoken(kind, f"Word {kind} to them", within, promised_by_id=self.maria.id),
            )
        if number == 2:
            made.waiting_on_id = self.jonas_id
        for channel, outcome in (
            (Channel.PHONE, Outcome.NO_ANSWER),
            (Channel.VOICEMAIL, Outcome.LEFT_MESSAGE),
        ):
            log_contact(
                work,
                made,
                channel=channel,
                outcome=outcome,
                at=now,
                note="They were out",
                by_user_id=self.maria.id,
            )
        session.add(
            Interview(
                application_id=made.id,
                external_id=f"i{number}",
                starts_at=now + timedelta(days=2),
                ends_at=now + timedelta(days=2, hours=1),
                created_at=now,
            )
        )
        session.flush()
        return made

    def _letters(self, work: Work, applications: list[Application]) -> None:
        session, now = work.session, work.now
        for number, state in enumerate(MailState):
            batch = SendBatch(provider="sendgrid", size=2, created_at=now)
            session.add(batch)
            session.flush()
            waits = state in (MailState.HELD, MailState.READY, MailState.RETRY)
            for twin in range(2 if state is MailState.UNCERTAIN else 1):
                letter(
                    work,
                    state,
                    application_id=applications[(number + twin) % COPIES].id,
                    reason="the provider said so",
                    batch_id=batch.id if state is MailState.UNCERTAIN else None,
                    due_at=now + timedelta(days=3) if waits else None,
                    own_html="<p>Dear Amara</p>",
                    by_user_id=self.maria.id,
                )
        last = applications[-1]
        session.add(
            Decision(
                application_id=last.id,
                outcome="rejected",
                reason="Others had more practice",
                source="keepword",
                decided_by_id=self.maria.id,
                decided_at=now,
                created_at=now,
            )
        )
        session.add(
            MailEvent(
                provider_event_id="e",
                kind="bounced",
                at=now,
                reason="no such mailbox",
                raw={},
                received_at=now,
                folded_at=now,
            )
        )
        session.add(
            ProfileEntry(
                connection_id=self.connection_id,
                application_id=last.id,
                dedupe_key="p",
                state="failed",
                next_attempt_at=now,
                error="it is full",
                created_at=now,
            )
        )

    def _story(self, work: Work, application_id: str) -> None:
        some = work.session.scalars(
            select(Promise.id).where(Promise.application_id == application_id)
        ).first()
        due = work.now.isoformat()
        for kind in TOLD:
            work.session.add(
                TimelineEntry(
                    application_id=application_id,
                    at=work.now - timedelta(days=1),
                    recorded_at=work.now,
                    kind=kind,
                    actor=f"user:{self.maria.id}",
                    source="page",
                    data={
                        "promise": some,
                        "due_at": due,
                        "until": due,
                        "before": due if kind == "promise_recalculated" else "applied",
                        "stage": "interview",
                        "owner": self.maria.id,
                        "by": self.maria.id,
                    }
                    | ({"before": self.jonas_id} if kind == "reassigned" else {}),
                )
            )

    def _time_goes_by(self) -> None:
        employer = self.employer
        employer.clock.advance(timedelta(hours=3))
        with employer.work() as work:
            session = work.session
            applications = list(
                session.scalars(select(Application).order_by(Application.created_at))
            )
            promises = list(session.scalars(select(Promise).where(Promise.origin == "spoken")))
            release(work, promises[0], "They took another job")
            _move(work, promises[2], told=True)
            _move(work, promises[4], told=False)
            for application in applications[:3]:
                for channel in (Channel.PHONE, Channel.EMAIL):
                    enquire(work, application, channel=channel, at=work.now, note="When do I hear?")
            promises[5].check_failures, promises[5].check_error = 5, "it is broken"
            closing = Job(title="Proofreader", status="open", created_at=work.now)
            session.add(closing)
            session.flush()
            maria = session.get_one(User, self.maria.id)
            for name, stage in (("Ines", "applied"), ("Bo", "interview"), ("Kim", "offer")):
                add_application(work, first_name=name, job=closing, stage=stage, owner=maria)
            session.flush()
            close_job(work, closing.id, ClosingWish(Ending.FILLED, maria.id, reason="We found one"))
        employer.turn()
        employer.pass_time(days=2, hours=3)

    def pause_mail(self) -> None:
        """Let somebody pause all mail."""
        with self.employer.work() as work:
            pause_channel(work.session, work.now, "Outage", by_provider=True)

    def looked_at(self, path: str, language: str = "en") -> TestResponse:
        """Look at an address as Maria does, a program with its key, or a stranger."""
        headers = {"Accept-Language": language}
        if path.startswith("/api/"):
            headers["Authorization"] = f"Bearer {self.key}"
        outside = path.startswith(("/sign-in", "/welcome"))
        client = self.employer.app.test_client() if outside else self.client
        return client.get(path, headers=headers)


def _move(work: Work, promise: Promise, *, told: bool) -> None:
    within = "3 business days"
    reschedule(work, promise, within=within, due_at=None, reason="Ill", candidate_told=told)
