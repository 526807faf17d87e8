"""What the tests of the checker, the digests and the outbox start from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from service.app import session_of
from service.clock import FakeClock
from service.domain.policies import Action, Kind
from service.mail.base import Envelope, SendAnswer
from service.models import (
    Application,
    Message,
    Notice,
    Promise,
    TemplateVersion,
    TimelineEntry,
    User,
)
from service.parts import parts
from service.workflows.check import CheckReport, check
from service.workflows.composing import Letter
from service.workflows.dispatch import DispatchReport, dispatch
from service.workflows.enqueue import enqueue_letter
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.work import Work
from tests.harness import Employer, RecordingTransport, add_application, add_user

DUE = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
"""When a promise of four business hours, given on Monday at nine, is due."""


def promise_call(
    employer: Employer, *, owner: User | None = None, **application: Any
) -> tuple[str, str]:
    """Promise a new candidate a call within four hours; return the promise's id and its owner's."""
    with employer.work() as work:
        owner = owner or add_user(work)
        made = make_spoken(
            work,
            add_application(work, owner=owner, stage="interview", **application),
            Spoken(Kind.CALLBACK, "A call", within="4 business hours", promised_by_id=owner.id),
        )
        return made.id, owner.id


def promise_many(employer: Employer, count: int, *, due_at: datetime = DUE) -> list[str]:
    """Promise one candidate's application ``count`` things at once, by bare rows."""
    with employer.work() as work:
        application = add_application(work, owner=add_user(work), stage="interview")
        made = [bare_promise(application, employer.now, due_at) for _ in range(count)]
        work.session.add_all(made)
        work.session.flush()
        return [promise.id for promise in made]


def bare_promise(application: Application, now: datetime, due_at: datetime) -> Promise:
    """A promise whose only rungs are its flag and an escalation a day later."""
    return Promise(
        application_id=application.id,
        kind=Kind.CALLBACK,
        origin="spoken",
        wording="A call",
        owner_id=application.owner_id,
        terms={},
        made_at=now,
        start_at=now,
        first_due_at=due_at,
        due_at=due_at,
        trace=[],
        ladder=[
            {"at": at.isoformat(), "action": action, "template": None}
            for at, action in (
                (due_at, Action.FLAG.value),
                (due_at + timedelta(days=1), Action.ESCALATE.value),
            )
        ],
        next_check_at=due_at,
    )


def run_check(employer: Employer, **options: Any) -> CheckReport:
    """Run the checker once at the instant it is."""
    with session_of(employer.app) as session:
        return check(session, parts(employer.app).office, employer.now, **options)


def run_dispatch(employer: Employer, transport: Any = None, **options: Any) -> DispatchReport:
    """Run the outbox once, in a session of its own."""
    with session_of(employer.app) as session:
        return dispatch(
            session,
            parts(employer.app).office,
            options.pop("clock", None) or FakeClock(employer.now),
            transport or employer.transport,
            **options,
        )


def kinds_on_timeline(employer: Employer) -> list[str]:
    """What happened, in the order it was written."""
    with employer.session() as session:
        return list(session.scalars(select(TimelineEntry.kind).order_by(TimelineEntry.seq)))


def count(employer: Employer, model: Any, *where: Any) -> int:
    """How many rows there are."""
    with employer.session() as session:
        return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def promise_of(employer: Employer, promise_id: str) -> Promise:
    """The promise as it stands."""
    with employer.session() as session:
        return session.get_one(Promise, promise_id)


def notices_of(employer: Employer, promise_id: str) -> list[tuple[int, str]]:
    """The rungs that were told of, in order."""
    with employer.session() as session:
        found = session.execute(
            select(Notice.rung, Notice.action)
            .where(Notice.promise_id == promise_id)
            .order_by(Notice.rung)
        )
        return [(rung, action) for rung, action in found]


HOLDING = {"promised_what": "a call", "next_word_by": "Wednesday 4 March"}


def letter(
    work: Work,
    application: Application,
    key: str,
    kind: str = "holding",
    values: dict[str, str] | None = None,
    **fields: Any,
) -> Message:
    """Put a letter into the outbox, by default a holding message by a person."""
    return enqueue_letter(
        work,
        application,
        Letter(kind, key, HOLDING if values is None else values, **fields),
    )


def write_letters(employer: Employer, count_: int = 1) -> list[str]:
    """Write letters to as many people; return the letters' ids, the first written first."""
    with employer.work() as work:
        return [letter(work, add_application(work), f"test:{i}").id for i in range(count_)]


def message_of(employer: Employer, message_id: str) -> Message:
    """The letter as it stands."""
    with employer.session() as session:
        return session.get_one(Message, message_id)


def at_once(*calls: Callable[[], Any]) -> Sequence[Any]:
    """Run these in threads that start together; return what each returned or raised."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        gate.wait(10)
        try:
            results[index] = call()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[index] = error

    threads = [threading.Thread(target=run, args=(index, call)) for index, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


class LookingTransport(RecordingTransport):
    """Does something while a request is on its way, then accepts it or answers as told."""

    def __init__(self, look: Callable[[Envelope], SendAnswer | None]) -> None:
        super().__init__(name="looking")
        self.look = look

    def send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
        """Keep the mail, look, answer."""
        usual = super().send(group, batch_id)
        return self.look(group[0]) or usual


def shipped_version(work: Work, kind: str) -> TemplateVersion:
    """The version that holds the files' words of today."""
    digest = work.office.templates[kind].version
    return work.session.scalars(
        select(TemplateVersion).where(
            TemplateVersion.kind == kind, TemplateVersion.digest == digest
        )
    ).one()
