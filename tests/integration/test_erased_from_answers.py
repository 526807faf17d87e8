"""An answer that lists several people keeps none of them who was erased."""

from __future__ import annotations

from sqlalchemy import select

from service.models import Delivery, DeliveryAnswer
from service.workflows.connections import add_connection
from service.workflows.erase import erase_candidate
from tests.harness import Employer, add_application


def test_a_list_filed_under_somebody_else_is_forgotten_too(employer: Employer) -> None:
    with employer.work() as work:
        connection = add_connection(
            work, "feed", "kombo", ["an invented secret"], rejections_by="ats"
        )
        erased = add_application(work, email="ada@example.com").candidate
        other = add_application(work, first_name="Noor", email="noor@example.com").candidate
        bodies = (b'["Ada@example.com", "noor@example.com"]', b'["noor@example.com"]')
        for number, body in enumerate(bodies):
            delivery = Delivery(
                connection_id=connection.id,
                identity=str(number),
                headers={},
                body=b"{}",
                received_at=work.now,
                state="done",
                next_attempt_at=work.now,
                candidate_id=other.id,
            )
            work.session.add(delivery)
            work.session.flush()
            work.session.add(
                DeliveryAnswer(
                    delivery_id=delivery.id,
                    ask="GET /applications",
                    status=200,
                    headers={},
                    body=body,
                    fetched_at=work.now,
                )
            )
        work.session.flush()
        erase_candidate(work, erased, "they asked for it")
    with employer.session() as session:
        kept = session.scalars(select(DeliveryAnswer.body)).all()

    assert kept == [b'["noor@example.com"]']
