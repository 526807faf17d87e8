"""A candidate known from an ATS whose profile is written to, and a vendor that answers as told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from service.app import session_of
from service.ats.asking import Answer, Ask
from service.clock import FakeClock
from service.db import db
from service.domain.contacts import Channel, Outcome
from service.mail.base import EventKind
from service.models import Application, CandidateSource, Connection, ProfileEntry
from service.parts import parts
from service.vendors.base import Answered, Reach
from service.vendors.base import Outcome as Said
from service.workflows.connections import add_connection
from service.workflows.contacts import log_contact
from service.workflows.fold_events import fold_events
from service.workflows.profile_ledger import WriteBackReport
from service.workflows.work import Work
from service.workflows.write_back import write_back
from tests.harness import MONDAY, Employer, make_employer
from tests.integration.letter_case import Case

MINUTE = timedelta(minutes=1)


@contextmanager
def answered_employer(database_url: str, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword whose ATSs are asked nothing but what the test answers."""
    clock = FakeClock(MONDAY)
    made = make_employer(database_url, tmp_path, clock=clock, vendors=Vendor(clock))
    yield made
    with made.app.app_context():
        db.engine.dispose()


class Killed(BaseException):
    """The process is gone."""


def killed() -> None:
    raise Killed


@dataclass
class Vendor:
    """Answers every request as told, else that it is done; ``asked`` is what came."""

    clock: FakeClock
    answers: list[Said] = field(default_factory=list)
    asked: list[Ask] = field(default_factory=list)
    reached: list[Reach] = field(default_factory=list)
    meanwhile: Callable[[], object] | None = None
    """Done while a request is on its way."""

    def ask(self, reach: Reach, ask: Ask) -> Said:
        """Note the request and answer it."""
        self.asked.append(ask)
        self.reached.append(reach)
        if self.meanwhile is not None:
            self.meanwhile()
        return self.answers.pop(0) if self.answers else self.says(201)

    def says(self, status: int, body: str = "{}") -> Said:
        """An answer of the vendor's own."""
        return Answered(Answer(status, body.encode(), self.clock.now()))

    def bodies(self) -> list[dict[str, Any]]:
        """What was written, as objects."""
        return [json.loads(ask.json or "null") for ask in self.asked]


class ProfileCase:
    """An application of a connection that writes back, with a promise and a letter for it."""

    def __init__(
        self, employer: Employer, vendor: str = "greenhouse", *, on: bool = True, **given: str
    ) -> None:
        self.employer = employer
        vendor_asked = parts(employer.app).tools.vendors
        assert isinstance(vendor_asked, Vendor)
        self.vendor = vendor_asked
        with employer.work() as work:
            connection = add_connection(
                work, "ats", vendor, ["an invented secret"], rejections_by="keepword"
            )
            connection.settings = {"client_id": "c", "author_id": "7", **given}
            connection.credentials = {"client_secret": work.office.box.seal("s")}
            connection.write_back = on
            # Nothing is asked of the vendor but what this is about.
            connection.sync_every_minutes = connection.next_sync_at = None
            self.connection_id = connection.id
        self.case = Case(employer, connection_id=self.connection_id, external_id="4711")
        with employer.work() as work:
            self.know(work, self.case.application(work), "815")

    def know(self, work: Work, application: Application, external_id: str) -> None:
        """Let the ATS name the candidate."""
        work.session.add(
            CandidateSource(
                candidate_id=application.candidate_id,
                connection_id=self.connection_id,
                external_id=external_id,
            )
        )

    def tell(self, kind: EventKind) -> None:
        """Fold in what the provider says of the letter, and run no other step."""
        self.case.event(kind, kind)
        with session_of(self.employer.app) as session:
            fold_events(session, parts(self.employer.app).office, self.employer.now)

    def call(self) -> None:
        """Reach the candidate by phone."""
        with self.employer.work() as work:
            log_contact(
                work,
                self.case.application(work),
                channel=Channel.PHONE,
                outcome=Outcome.REACHED,
                at=work.now,
            )

    def turn(self, stop: Callable[[], bool] = lambda: False) -> WriteBackReport:
        """Run the step once, by itself."""
        office = parts(self.employer.app).office
        with session_of(self.employer.app) as session:
            return write_back(session, office, self.employer.clock, self.vendor, stop=stop)

    def entries(self) -> list[tuple[str, str]]:
        """Each entry's key without ids, and its state."""
        return [(row.dedupe_key.split(":")[0], row.state) for row in self.rows()]

    def rows(self) -> list[ProfileEntry]:
        """Every entry as it stands."""
        with self.employer.session() as session:
            found = session.scalars(
                select(ProfileEntry).order_by(ProfileEntry.created_at, ProfileEntry.dedupe_key)
            ).all()
            session.expunge_all()
            return list(found)

    def connection(self) -> Connection:
        """The connection as it stands."""
        with self.employer.session() as session:
            found = session.get_one(Connection, self.connection_id)
            session.expunge_all()
            return found
