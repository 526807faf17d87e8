"""An employer with one of everything, so that requests meet real rows."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from service.domain import closing_terms
from service.domain.contacts import Channel, Outcome
from service.domain.policies import Kind
from service.models import Calendar, Delivery, Job, Policy, SendBatch, TemplateVersion
from service.workflows.applications import add_interview
from service.workflows.close_job import close_job
from service.workflows.closing_plan import ClosingWish
from service.workflows.connections import add_connection
from service.workflows.contacts import log_contact
from service.workflows.decide import reject
from service.workflows.messages import Wish, write_letter
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import Employer, add_application, add_user


@dataclass(frozen=True)
class Seeded:
    """Ids by the name of the field or path parameter that refers to them."""

    ids: dict[str, str]


def seed(employer: Employer) -> Seeded:
    """Add one of everything."""
    with employer.work() as work:
        maria = add_user(work)
        job = Job(title="Data Analyst", status="open", created_at=work.now)
        spare = Job(title="Site Engineer", status="open", created_at=work.now)
        work.session.add_all([job, spare])
        application = add_application(work, owner=maria, stage="interview", job=job)
        other = add_application(work, first_name="Bela", owner=maria)
        promise = make_spoken(
            work, application, Spoken(Kind.CALLBACK, "A call", within="2 business days")
        )
        interview = add_interview(work, application, held=True, starts_at=None, ended_at=None)
        contact = log_contact(
            work, other, channel=Channel.PHONE, outcome=Outcome.REACHED, at=work.now
        ).contact
        message = write_letter(
            work, application, Wish("status-update", {"next_word_by": "2026-03-06"})
        )
        decision = reject(
            work, other, reason="x", decided_by_id=maria.id, decided_at=work.now, source="api"
        )
        name = f"generic-{maria.id[4:]}".lower()
        connection = add_connection(
            work, name, "generic", ["whsec_" + "QUJD" * 8], rejections_by="keepword"
        )
        delivery = Delivery(
            connection_id=connection.id,
            identity="one",
            headers={},
            body=b'{"type": "ping"}',
            received_at=work.now,
            next_attempt_at=work.now,
        )
        work.session.add(delivery)
        work.session.flush()
        batch = SendBatch(provider="sendgrid", size=1, created_at=work.now)
        work.session.add(batch)
        work.session.flush()
        filled = Job(title="Bookbinder", status="open", created_at=work.now)
        add_application(work, first_name="Chidi", owner=maria, job=filled)
        wish = ClosingWish(closing_terms.Outcome.FILLED, maria.id)
        closing = close_job(work, filled.id, wish).closing
        calendar = work.session.scalars(select(Calendar).where(Calendar.is_default)).one()
        wording = work.session.scalars(
            select(TemplateVersion)
            .where(TemplateVersion.kind == "holding")
            # A request may have drafted another since.
            .order_by(TemplateVersion.number)
            .limit(1)
        ).one()
        policy = work.session.scalars(select(Policy).where(Policy.name == "reply")).one()
        return Seeded(
            {
                "user_id": maria.id,
                "owner_id": maria.id,
                "by_user_id": maria.id,
                "promised_by_id": maria.id,
                "decided_by_id": maria.id,
                "manager_id": maria.id,
                "job_id": spare.id,
                "candidate_id": application.candidate_id,
                "application_id": application.id,
                "promise_id": promise.id,
                "interview_id": interview.id,
                "contact_id": contact.id,
                "message_id": message.id,
                "batch_id": batch.id,
                "decision_id": decision.id,
                "closing_id": closing.id,
                "connection_id": connection.id,
                "delivery_id": delivery.id,
                "calendar_id": calendar.id,
                "policy_id": policy.id,
                "template_kind": "holding",
                "version_id": wording.id,
            }
        )
