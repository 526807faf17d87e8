"""A few people's lives at an employer, lived through the workflows from delivery to decision.

They are what a crowd is made of copies of: what is stored of each is what the workflows wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from bench.deliveries import store_applied
from service.domain.changes import Stage
from service.domain.contacts import Channel, Outcome
from service.domain.delivery import EventKind
from service.domain.policies import Kind
from service.domain.promises import OPEN_STATES
from service.mail.base import MailEvent as Reported
from service.models import Application, Message, Promise, User
from service.workflows.connections import add_connection
from service.workflows.contacts import log_contact
from service.workflows.decide import reject
from service.workflows.erase import release_everything
from service.workflows.fold_events import store_events
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.work import Work
from tests.harness import Employer, add_user

LASTS = timedelta(days=12)
"""From the first delivery to the instant at which a life stands as it is copied."""


@dataclass(frozen=True)
class Lives:
    """The ids of the applications: withdrawn after the acknowledgement, called and decided,
    waiting in good time, and waiting too long.
    """

    connection_id: str
    withdrawn: str
    decided: str
    waiting: str
    late: str


def live(employer: Employer) -> Lives:
    """Live them, from the instant it is until ``LASTS`` later."""
    end = employer.now + LASTS
    with employer.work() as work:
        owner = add_user(work, role="administrator")
        connection = add_connection(
            work, "main", "greenhouse", ["an invented webhook secret"], rejections_by="keepword"
        )
        store_applied(
            work.session, connection.id, 0, 4, received_at=work.now, next_attempt_at=work.now
        )
    employer.turn()
    _deliver(employer)
    employer.pass_time(minutes=5)
    with employer.work() as work:
        withdrawn, decided, waiting, late = work.session.scalars(
            select(Application).order_by(Application.external_id)
        ).all()
        for application in (decided, waiting, late):
            application.owner_id, application.stage = owner.id, "interview"
            _call(work, application, owner)
        for application, within in ((decided, 1), (waiting, 25), (late, 1)):
            spoken = Spoken(
                Kind.CALLBACK,
                "A call with the team's feedback",
                within=f"{within} business days",
                promised_by_id=owner.id,
            )
            make_spoken(work, application, spoken)
    employer.pass_time(hours=3)
    with employer.work() as work:
        _decide(work, decided.id, owner)
        _withdraw(work, withdrawn.id)
    while employer.now + timedelta(days=1) < end:
        employer.pass_time(days=1)
    employer.move_to(end)
    return Lives(connection.id, withdrawn.id, decided.id, waiting.id, late.id)


def _call(work: Work, application: Application, by: User) -> None:
    standing = select(Promise.id).where(
        Promise.application_id == application.id, Promise.state.in_(OPEN_STATES)
    )
    log_contact(
        work,
        application,
        channel=Channel.PHONE,
        outcome=Outcome.REACHED,
        at=work.now,
        by_user_id=by.id,
        note="Talked through the next steps and what the team thinks of the first interview.",
        meant_for=frozenset(work.session.scalars(standing)),
    )
    work.session.flush()


def _decide(work: Work, application_id: str, by: User) -> None:
    application = work.session.get_one(Application, application_id)
    reject(
        work,
        application,
        reason="Others fit the role better",
        decided_by_id=by.id,
        decided_at=work.now,
        source="keepword",
    )
    work.session.flush()
    _call(work, application, by)


def _withdraw(work: Work, application_id: str) -> None:
    application = work.session.get_one(Application, application_id)
    application.stage, application.closed_at = Stage.WITHDRAWN, work.now
    release_everything(work, application, "withdrawn")


def _deliver(employer: Employer) -> None:
    """Have the provider report that all letters arrived."""
    with employer.work() as work:
        letters = work.session.scalars(select(Message)).all()
        store_events(
            work.session,
            [
                Reported(
                    f"event-{letter.id}",
                    EventKind.DELIVERED,
                    work.now,
                    letter.id,
                    letter.provider_id,
                    None,
                    batch_id=letter.batch_id,
                    raw={"event": "delivered", "sg_message_id": letter.provider_id,
                         "response": "250 OK", "timestamp": int(work.now.timestamp()),
                         "tls": 1, "smtp-id": "<an.invented.id@example.com>"},
                )
                for letter in letters
            ],
            work.now,
        )  # fmt: skip
