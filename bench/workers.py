"""Two worker processes against one on PostgreSQL: deliveries worked in, and letters sent, a second.

The work lies ready before a worker starts and is let go once all of them turn. Only the time from
the first piece done to the last counts, by the stamps in the database: what starting takes is not
what another worker is for. The server's files lie on the disk and every commit waits for it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine, func, select, update

from bench.checker import Store
from bench.deliveries import store_applied
from bench.figure import Figure
from bench.postgres import store_on_disk
from bench.processes import working
from service.app import engine_of
from service.domain.delivery import MailState
from service.models import Application, Candidate, CandidateEmail, Delivery, Job, Message, Policy
from service.rows import insert_rows
from service.workflows.composing import Letter
from service.workflows.connections import add_connection
from service.workflows.enqueue import enqueue_letters
from service.workflows.work import Work
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_behaviours import slow
from tests.harness import Employer, make_employer

GOAL = 1.7
ANSWER_IN = 0.2
"""Seconds the provider takes for a request."""

NEVER = datetime(2999, 1, 1, tzinfo=UTC)
LOOK_EVERY = 0.2
PATIENCE = 300.0
IN_ONE_GO = 1000

_OWN = {"promised_what": "a call about the panel date", "next_word_by": "Friday"}


def by_two(home: Path, *, deliveries: int, letters: int, runs: int) -> tuple[Figure, Figure]:
    """Return what two workers do in a second beside what one does, of both kinds of work."""
    with store_on_disk(home) as store:
        taken, sent = (
            {workers: [measure(store, home, workers, count) for _ in range(runs)]
             for workers in (1, 2)}
            for measure, count in ((_ingested, deliveries), (_sent, letters))
        )  # fmt: skip
    return (
        _figure(f"workers.ingest-{deliveries}", taken, "deliveries/s"),
        _figure(f"workers.dispatch-{letters}-letters", sent, "letters/s"),
    )


def _figure(what: str, rates: dict[int, list[float]], unit: str) -> Figure:
    return Figure.at_least(
        f"{what}.two-beside-one", median(rates[2]), median(rates[1]), unit=unit, goal=GOAL
    )


def _ingested(store: Store, home: Path, workers: int, count: int) -> float:
    """Return how many deliveries of new people so many workers work in a second.

    Nobody is written to: other loops of the same worker would turn beside it, on a core that the
    second worker is to have, and letters are measured by themselves.
    """
    with _employer(store, home) as employer:
        with employer.work() as work:
            work.session.execute(
                update(Policy).where(Policy.name == "acknowledgement").values(active=False)
            )
            connection = add_connection(
                work, "main", "greenhouse", ["an invented webhook secret"], rejections_by="keepword"
            )
            store_applied(
                work.session, connection.id, 0, count, received_at=work.now, next_attempt_at=NEVER
            )
            # What is new is never put off that far, and would be taken in at once.
            work.session.execute(update(Delivery).values(attempts=1))
        engine = engine_of(employer.app)
        with _turning(employer, home, workers):
            _let_go(engine, update(Delivery).values(next_attempt_at=datetime.now(UTC)))
            done = _done(engine, Delivery.state == "done", Delivery.done_at, count)
    return _rate(done)


def _sent(store: Store, home: Path, workers: int, count: int) -> float:
    """Return how many letters of one wording so many workers hand to the provider a second."""
    with SendGridDouble(otherwise=slow(ANSWER_IN)) as double, _employer(store, home) as employer:
        with employer.work() as work:
            _people(work, count)
        for start in range(0, count, IN_ONE_GO):
            with employer.work() as work:
                _write(work, start)
        engine = engine_of(employer.app)
        with _turning(
            employer,
            home,
            workers,
            KEEPWORD_MAIL="sendgrid",
            KEEPWORD_MAIL_FROM="hiring@example.com",
            SENDGRID_API_KEY=double.api_key,
            SENDGRID_BASE_URL=double.base_url,
            SENDGRID_EVENT_PUBLIC_KEY=double.signer.public_key,
        ):
            _let_go(engine, update(Message).values(due_at=datetime.now(UTC)))
            done = _done(engine, Message.state == MailState.ACCEPTED, Message.accepted_at, count)
        if len(double.accepted) != count or double.violations:
            raise RuntimeError(f"the provider took {len(double.accepted)} of {count} letters")
    return _rate(done)


@contextmanager
def _employer(store: Store, home: Path) -> Iterator[Employer]:
    with store.empty() as name:
        employer = make_employer(store.url(name), home, at=datetime.now(UTC))
        yield employer
        engine_of(employer.app).dispose()


@contextmanager
def _turning(employer: Employer, home: Path, workers: int, **settings: str) -> Iterator[None]:
    url = engine_of(employer.app).url.render_as_string(hide_password=False)
    with ExitStack() as started:
        for _ in range(workers):
            started.enter_context(working(url, home, **settings))
        yield


def _let_go(engine: Engine, statement: Any) -> None:
    with engine.begin() as connection:
        connection.execute(statement)


def _done(engine: Engine, is_done: Any, done_at: Any, count: int) -> Counter[datetime]:
    """Wait until all is done; return how much was, by when."""
    end = time.monotonic() + PATIENCE
    while True:
        with engine.connect() as connection:
            done = connection.scalar(select(func.count()).where(is_done)) or 0
            if done == count:
                return Counter(connection.scalars(select(done_at).where(is_done)))
        if time.monotonic() > end:
            raise RuntimeError(f"{done} of {count} were done")
        time.sleep(LOOK_EVERY)


def _rate(done: Counter[datetime]) -> float:
    """Return how much was done in a second after the first."""
    first, last = min(done), max(done)
    return (done.total() - done[first]) / (last - first).total_seconds()


def _people(work: Work, count: int) -> None:
    session, now = work.session, work.now
    session.add(Job(id="job_bench", title="Backend Engineer", status="open", created_at=now))
    session.flush()
    numbers = [f"{number:06}" for number in range(count)]
    insert_rows(
        session,
        Candidate,
        [
            {"id": f"cnd_{n}", "first_name": f"Amara {n}", "can_email": True, "created_at": now,
             "version": 1}
            for n in numbers
        ],
    )  # fmt: skip
    insert_rows(
        session,
        CandidateEmail,
        [
            {"id": f"eml_{n}", "candidate_id": f"cnd_{n}", "address": f"amara{n}@example.com",
             "address_key": f"amara{n}@example.com"}
            for n in numbers
        ],
    )  # fmt: skip
    insert_rows(
        session,
        Application,
        [
            {"id": f"app_{n}", "candidate_id": f"cnd_{n}", "job_id": "job_bench",
             "stage": "applied", "stage_at": now, "applied_at": now, "created_at": now,
             "version": 1}
            for n in numbers
        ],
    )  # fmt: skip


def _write(work: Work, start: int) -> None:
    """Write a part of the letters, none of which may go yet."""
    applications = work.session.scalars(
        select(Application).order_by(Application.id).offset(start).limit(IN_ONE_GO)
    ).all()
    letters = [
        (each, Letter("holding", f"bench:{each.id}", _OWN, first=True, urgent=True))
        for each in applications
    ]
    ids = enqueue_letters(work, letters)
    work.session.execute(
        update(Message)
        .where(Message.id.in_(ids))
        .values(due_at=NEVER)
        .execution_options(synchronize_session=False)
    )
