"""An employer in a box for tests: one application on one database, at an instant of our choosing.

Everything is real but the clock and whatever carries the mail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy.orm import Session

from service.app import create_app, session_of
from service.auth.keys import make_key
from service.clock import FakeClock
from service.config import Config
from service.mail.base import (
    Accepted,
    Envelope,
    LogAnswer,
    NotFound,
    SendAnswer,
    Sorted,
    Sought,
    Transport,
)
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    CandidatePhone,
    Job,
    Message,
    User,
)
from service.parts import parts
from service.steps import turn_all
from service.vendors.base import Vendors
from service.workflows.bootstrap import bootstrap
from service.workflows.work import Work

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning, at the opening of the default calendar (Monday to Friday, 09:00-17:00 UTC)."""


@dataclass
class RecordingTransport:
    """Takes every mail and answers as told; ``sent`` is what left."""

    name: str = "recording"
    sent: list[Envelope] = field(default_factory=list)
    answers: list[SendAnswer] = field(default_factory=list)
    together: bool = False
    """Whether letters of one wording and sender go in one request."""
    requests: list[tuple[str, tuple[Envelope, ...]]] = field(default_factory=list)
    """Each request's batch id and letters."""
    probes: list[SendAnswer] = field(default_factory=list)
    log: dict[str, LogAnswer] = field(default_factory=dict)
    """What the provider's log says of a message id; nothing is found of the others."""

    def sort(self, envelopes: Sequence[Envelope]) -> Sorted:
        """Put every letter alone, or those of one wording, sender and answer address together."""
        groups: dict[object, list[Envelope]] = {}
        for number, letter in enumerate(envelopes):
            alone = not self.together or letter.skeleton is None
            key = (letter.skeleton, letter.from_name, letter.reply_to_address)
            groups.setdefault(number if alone else key, []).append(letter)
        return Sorted(tuple(tuple(group) for group in groups.values()))

    def send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
        """Keep the mail; give the next answer told, else accept."""
        self.requests.append((batch_id, tuple(group)))
        self.sent += group
        if self.answers:
            return self.answers.pop(0)
        return Accepted(provider_id=f"req-{len(self.requests)}")

    def probe(self) -> SendAnswer:
        """Give the next answer told to probes, else say that mail would be taken."""
        return self.probes.pop(0) if self.probes else Accepted(None)

    def look_up(self, sought: Sought) -> LogAnswer:
        """Say what was told of this letter."""
        return self.log.get(sought.message_id, NotFound())


class Employer:
    """One running Keepword for a test."""

    def __init__(self, app: Flask, clock: FakeClock, transport: Any) -> None:
        self.app = app
        self.clock = clock
        self.transport = transport

    @property
    def now(self) -> datetime:
        """The instant it is."""
        return self.clock.now()

    @contextmanager
    def work(self, actor: str = "user:test") -> Iterator[Work]:
        """Do one unit of work and commit it."""
        with session_of(self.app) as session:
            yield Work(session, self.now, parts(self.app).office, actor, "test")
            session.commit()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Look into the database."""
        with session_of(self.app) as session:
            yield session

    def turn(self) -> None:
        """Run every step once, in order, at the instant it is."""
        with session_of(self.app) as session:
            turn_all(session, parts(self.app).tools)

    def pass_time(self, **span: float) -> datetime:
        """Let time pass and run every step once at its end."""
        self.clock.advance(timedelta(**span))
        self.turn()
        return self.now

    def move_to(self, at: datetime) -> None:
        """Let time pass until an instant and run every step once then."""
        self.clock.move_to(at)
        self.turn()

    def key(self, *scopes: str, user_id: str | None = None) -> str:
        """Return a new API key."""
        with session_of(self.app) as session:
            _, secret = make_key(session, self.now, "test", scopes or ("admin",), user_id=user_id)
            session.commit()
            return secret


def make_employer(
    database_url: str,
    home: Path,
    *,
    at: datetime = MONDAY,
    transport: Transport | None = None,
    vendors: Vendors | None = None,
    clock: FakeClock | None = None,
    **config: Any,
) -> Employer:
    """Build an application over a migrated database, with the default calendar and policies."""
    clock = clock or FakeClock(at)
    carrier = transport or RecordingTransport()
    app = create_app(
        make_config(database_url, home, **config), clock=clock, transport=carrier, vendors=vendors
    )
    employer = Employer(app, clock, carrier)
    with employer.work("keepword") as work:
        bootstrap(work)
    return employer


def make_config(database_url: str, home: Path, **config: Any) -> Config:
    """Return the settings of an employer, with those given in the place of ours."""
    settings = {
        "home": home,
        "database_url": database_url,
        "secret_key": "an invented secret key for tests only",
        "company": "Example Works",
        "mail_from": "hiring@example.com",
        **config,
    }
    return Config(**settings)


def add_user(work: Work, name: str = "Maria Keller", **fields: Any) -> User:
    """Add a colleague."""
    email = fields.pop("email", f"{name.split()[0].lower()}.{uuid4().hex[:12]}@example.com")
    user = User(email=email, name=name, created_at=work.now, **fields)
    work.session.add(user)
    work.session.flush()
    return user


def add_application(
    work: Work,
    *,
    first_name: str = "Amara",
    last_name: str = "Okafor",
    email: str | None = None,
    owner: User | None = None,
    stage: str = "applied",
    job: Job | None = None,
    **fields: Any,
) -> Application:
    """Add a candidate with an address, a number and one application; no promises are made."""
    address = email or f"{first_name.lower()}.{uuid4().hex[:12]}@example.com"
    candidate = Candidate(
        first_name=first_name,
        last_name=last_name,
        can_email=True,
        created_at=work.now,
        emails=[CandidateEmail(address=address, address_key=address.casefold(), position=0)],
        phones=[CandidatePhone(number="+1 416 555 0100", position=0)],
    )
    application = Application(
        candidate=candidate,
        job=job or Job(title="Backend Engineer", status="open", created_at=work.now),
        stage=stage,
        stage_at=work.now,
        applied_at=fields.pop("applied_at", work.now),
        owner_id=owner.id if owner else None,
        created_at=work.now,
        **fields,
    )
    work.session.add(application)
    work.session.flush()
    return application


def add_notices(work: Work, number: int) -> None:
    """Put mails to colleagues into the outbox, ready to go and all different."""
    work.session.add_all(
        Message(
            kind="staff-digest",
            automatic=True,
            dedupe_key=f"test:{at}",
            to_address=f"colleague{at}@example.com",
            to_name="Maria",
            from_address="hiring@example.com",
            from_name="Hiring",
            template_version="1",
            values={},
            subject="s",
            own_text="t",
            own_html="<p>h</p>",
            state="ready",
            due_at=work.now,
            created_at=work.now,
        )
        for at in range(number)
    )
