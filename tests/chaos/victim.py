"""One worker's life from decision to delivered, ended by SIGKILL wherever it is told to.

Every boundary it passes is written to a trace before it may die there, so that whoever looks
afterwards knows, without asking the database, what was promised and what was in flight.
"""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import event
from sqlalchemy import select as select_rows
from sqlalchemy.orm import Session

from service.app import engine_of, session_of
from service.clock import FakeClock
from service.domain.closing_terms import Outcome
from service.mail.base import Envelope, SendAnswer, Uncertain
from service.mail.sendgrid import SEND_PATH, SendGridTransport
from service.mail.single_post import HttpAnswer, PostClient, Timeouts
from service.models import Application, Job, Message, SendBatch, User
from service.parts import parts
from service.workflows.answers import LOOK_UP_AFTER
from service.workflows.close_job import close_job
from service.workflows.closing_plan import ClosingWish
from service.workflows.decide import reject
from service.workflows.dispatch import dispatch
from service.workflows.fold_events import fold_events
from service.workflows.messages import Wish, settle_uncertain, write_letter
from service.workflows.settle import settle
from service.workflows.work import Office, Work
from tests.doubles.sendgrid_events import EventSigner
from tests.harness import MONDAY, Employer, add_application, add_user, make_employer
from tests.integration.watching import letter

HOOK = "/hooks/sendgrid/events"

EDGES = ("before the connection", "half the body sent", "all sent, nothing read", "answer read")
"""The input and output of one request, cut where a worker may die."""

PATIENT = Timeouts(connect=5, write=5, read=10, pool=5, overall=20)
"""The double is never silent here, so that no sound answer is lost on a busy machine."""


@dataclass(frozen=True)
class Order:
    """What one life is to do. ``die_at`` counts commits, before and after each; ``edge`` names
    one of ``EDGES`` and ``edge_of`` the request it is about (0 for the first). ``stall_at`` counts
    as ``die_at`` does and halts the life there until it is woken. ``settling``: the log is asked
    about lost answers, and what it does not show is sent again. ``closing``: the rejections come
    from closing a job.
    """

    tag: str
    database_url: str
    home: str
    trace: str
    sendgrid_url: str
    api_key: str
    rejections: int = 3
    notes: int = 2
    die_at: int | None = None
    edge: str | None = None
    edge_of: int = 0
    stall_at: int | None = None
    settling: bool = False
    closing: bool = False


class Life:
    """Counts the boundaries as they are passed."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.passed = 0
        self._file = os.open(order.trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._sending: int | None = None
        self._in_flight = False

    def say(self, *words: object) -> None:
        """Write one line; what a process has written outlives its being killed."""
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())

    def watch(self) -> None:
        """Pass a boundary before and after every commit of every session."""

        @event.listens_for(Session, "before_flush")
        def before_flush(session: Session, *_: object) -> None:
            for new in session.new:
                if isinstance(new, SendBatch):
                    self._sending = new.size

        @event.listens_for(Session, "before_commit")
        def before_commit(_session: Session) -> None:
            self.boundary("commit-")

        @event.listens_for(Session, "after_commit")
        def after_commit(_session: Session) -> None:
            if self._sending is not None:
                self.say("sending", self._sending)
                self._sending, self._in_flight = None, True
            elif self._in_flight:
                self.say("settled")
                self._in_flight = False
            self.boundary("commit+")

    def boundary(self, name: str) -> None:
        """Die here, if this is where."""
        self.passed += 1
        self.say(name, self.passed)
        if self.passed == self.order.die_at:
            die()
        if self.passed == self.order.stall_at:
            os.kill(os.getpid(), signal.SIGSTOP)


def die() -> None:
    """End as a power cut would end it."""
    os.kill(os.getpid(), signal.SIGKILL)


class DyingClient(PostClient):
    """Posts to the double, and dies at one edge of one request."""

    def __init__(self, life: Life, **options: Any) -> None:
        super().__init__(life.order.sendgrid_url, **options)
        self._life = life
        self._sends = 0

    def post(self, path: str, payload: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """Post as usual, up to the edge where this life ends."""
        order = self._life.order
        number, self._sends = self._sends, self._sends + (path == SEND_PATH)
        if order.edge is None or path != SEND_PATH or number != order.edge_of:
            return super().post(path, payload, headers)
        self._life.say("edge", order.edge)
        if order.edge == EDGES[0]:
            die()
        if order.edge == EDGES[3]:
            super().post(path, payload, headers)
            die()
        parts_of = urlsplit(order.sendgrid_url)
        raw = socket.create_connection((parts_of.hostname, parts_of.port))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        start = f"POST {path} HTTP/1.1\r\nHost: sendgrid\r\nContent-Length: {len(payload)}\r\n"
        whole = (start + head + "\r\n").encode() + payload
        if order.edge == EDGES[1]:
            raw.sendall(whole[: len(whole) - len(payload) // 2])
            die()
        raw.sendall(whole)
        # The answer is on its way, so the request was taken; nobody will read it.
        select.select([raw], [], [], 20)
        die()
        raise AssertionError("unreachable")


class TracedTransport(SendGridTransport):
    """Tells which answers were lost on their way, apart from those that a death cut off."""

    def __init__(self, life: Life, api_key: str, **options: Any) -> None:
        super().__init__(api_key, **options)
        self._life = life

    def send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
        """Send, and say when the answer was lost."""
        answer = super().send(group, batch_id)
        if isinstance(answer, Uncertain):
            self._life.say("lost")
        return answer


class World:
    """The service on one database, made once; every life starts from a copy of it."""

    def __init__(self, order: Order) -> None:
        self.signer = EventSigner()
        self.employer = make_employer(
            order.database_url,
            Path(order.home),
            at=MONDAY,
            mail="sendgrid",
            sendgrid_api_key=order.api_key,
            sendgrid_event_public_key=self.signer.public_key,
        )
        # A connection that two processes hold is nobody's.
        engine_of(self.employer.app).dispose()


def live(order: Order, world: World) -> None:
    """Decide, write, send, hear of the delivery, fold it in."""
    life = Life(order)
    employer = world.employer
    client = DyingClient(life, clock=employer.clock, timeouts=PATIENT)
    transport = TracedTransport(life, order.api_key, clock=employer.clock, pool=client)
    life.watch()
    decide(employer, life, order)
    employer.clock.advance(timedelta(minutes=70))
    with session_of(employer.app) as session:
        dispatch(session, parts(employer.app).office, employer.clock, transport)
    if order.settling:
        with session_of(employer.app) as session:
            settle_lost(session, parts(employer.app).office, employer.clock, transport)
    hear(employer, life, order, world.signer)
    life.say("end", life.passed)


def settle_lost(
    session: Session, office: Office, clock: FakeClock, transport: SendGridTransport
) -> None:
    """Ask the log about lost answers, send again what it does not show, as a person would."""
    clock.advance(LOOK_UP_AFTER + timedelta(minutes=1))
    settle(session, office, clock, transport)
    work = Work(session, clock.now(), office, "user:test", "test")
    asked = select_rows(Message).where(Message.state == "uncertain", Message.lookups > 0)
    for message in session.scalars(asked.order_by(Message.id)).all():
        settle_uncertain(work, message, arrived=False, why="it did not arrive")
        session.commit()
    dispatch(session, office, clock, transport)


def decide(employer: Employer, life: Life, order: Order) -> None:
    """Reject some people in one transaction and write to others in another."""
    with employer.work("user:test") as work:
        owner = add_user(work)
        job = Job(title="Bookbinder", status="open", created_at=work.now)
        people = [
            add_application(work, owner=owner, job=job, email=address(order, f"r{number}"))
            for number in range(order.rejections)
        ]
        if not order.closing:
            letters = [_reject(work, application, owner) for application in people]
    if order.closing:
        with employer.work("user:test") as work:
            wish = ClosingWish(Outcome.FILLED, owner.id)
            closing = close_job(work, job.id, wish, order.rejections).closing
            written = select_rows(Message.id).where(Message.closing_id == closing.id)
            letters = list(work.session.scalars(written))
    life.say("written", *letters)
    with employer.work("user:test") as work:
        letters = [
            letter(
                work,
                add_application(work, owner=owner, email=address(order, f"n{number}")),
                f"{order.tag}:{number}",
            ).id
            for number in range(order.notes)
        ]
    life.say("written", *letters)


def _reject(work: Work, application: Application, owner: User) -> str:
    decided = reject(
        work,
        application,
        reason="another person fits better",
        decided_by_id=owner.id,
        decided_at=work.now,
        source="keepword",
    )
    wish = Wish("rejection-application", {}, by_user_id=owner.id, decision=decided)
    return write_letter(work, application, wish).id


def address(order: Order, name: str) -> str:
    return f"{name}.{order.tag}@example.com"


def hear(employer: Employer, life: Life, order: Order, signer: EventSigner) -> None:
    """Post the events of what was accepted to the hook, twice, and fold them in."""
    with session_of(employer.app) as session:
        found = session.query(Message).filter(
            Message.to_address.like(f"%.{order.tag}@example.com"), Message.state == "accepted"
        )
        events = [
            delivered(message.id, message.batch_id or "", message.to_address)
            for message in found.order_by(Message.id)
        ]
    body, signed = signer.signed(events)
    for _ in range(2):
        answer = employer.app.test_client().post(HOOK, data=body, headers=signed)
        life.say("heard", answer.status_code)
    with session_of(employer.app) as session:
        fold_events(session, parts(employer.app).office, employer.now)


def delivered(message_id: str, batch_id: str, to_address: str) -> dict[str, Any]:
    """The event of one letter's arrival; the same one, however often it is made."""
    return {
        "event": "delivered",
        "email": to_address,
        "timestamp": int((MONDAY + timedelta(minutes=71)).timestamp()),
        "sg_event_id": f"delivered-{message_id}",
        "sg_message_id": f"{batch_id}.recvd-1.0",
        "kw_mid": message_id,
        "kw_bid": batch_id,
        "kw_att": "1",
    }
