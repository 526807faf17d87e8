"""Closing a job against a loop over the ``sendgrid`` package, one call for each letter.

Both speak to the same server on this machine, which takes 100 ms for each request. Ours closes
the job as well: it decides, renders, commits, looks once more and sends.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median

import sendgrid
from sendgrid.helpers.mail import Mail
from sqlalchemy.orm import selectinload

from bench.checker import Store
from bench.figure import Figure
from service.app import engine_of, session_of
from service.domain.closing_terms import Outcome
from service.mail.sendgrid import SendGridTransport
from service.models import Job, Message
from service.parts import parts
from service.workflows.close_job import close_job
from service.workflows.closing_plan import ClosingWish
from service.workflows.dispatch import dispatch
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_behaviours import slow
from tests.harness import Employer, add_application, add_user, make_employer

ANSWER_IN = 0.1
"""Seconds the server takes for a request."""

MOST_REQUESTS = 2


def closing(store: Store, home: Path, *, applicants: int, loop: int, runs: int) -> Figure:
    """Return how long closing takes beside the loop, which is measured over ``loop`` letters and
    counted up to all of them. Ours is the median of ``runs`` jobs.
    """
    with (
        SendGridDouble(otherwise=slow(ANSWER_IN)) as double,
        store.empty() as name,
        _employer(store.url(name), home, double) as employer,
    ):
        took = []
        for run in range(runs):
            before_it = double.requests
            took.append(_ours(employer, double, *_job(employer, run, applicants), applicants))
            requests = double.requests - before_it
            assert requests <= MOST_REQUESTS, f"{requests} requests for {applicants} letters"
        with employer.session() as session:
            letter = session.query(Message).options(selectinload(Message.form)).first()
        assert letter is not None
        before = time.perf_counter()
        _one_by_one(double, letter, loop)
        theirs = (time.perf_counter() - before) / loop * applicants
    return Figure.faster(
        f"close-job.{store.kind}.{applicants}-applicants.{requests}-requests",
        median(took),
        theirs,
        unit="s",
        goal=30,
    )


@contextmanager
def _employer(url: str, home: Path, double: SendGridDouble) -> Iterator[Employer]:
    employer = make_employer(url, home, mail="sendgrid", sendgrid_api_key=double.api_key)
    yield employer
    engine_of(employer.app).dispose()


def _job(employer: Employer, run: int, applicants: int) -> tuple[str, str]:
    with employer.work() as work:
        user = add_user(work)
        job = Job(title="Bookbinder", status="open", created_at=work.now, owner_id=user.id)
        work.session.add(job)
        for number in range(applicants):
            add_application(work, email=f"amara{run}.{number}@example.com", owner=user, job=job)
        return job.id, user.id


def _ours(
    employer: Employer, double: SendGridDouble, job_id: str, user_id: str, applicants: int
) -> float:
    """Close, let the hold pass on the clock, and send; the seconds of both."""
    transport = SendGridTransport(double.api_key, clock=employer.clock, base_url=double.base_url)
    start = time.perf_counter()
    with employer.work() as work:
        close_job(work, job_id, ClosingWish(Outcome.FILLED, user_id), applicants)
    employer.clock.advance(timedelta(minutes=61))
    with session_of(employer.app) as session:
        report = dispatch(session, parts(employer.app).office, employer.clock, transport)
    took = time.perf_counter() - start
    transport.close()
    assert report.accepted == applicants
    return took


def _one_by_one(double: SendGridDouble, letter: Message, count: int) -> None:
    """What a script with the provider's own package does."""
    client = sendgrid.SendGridAPIClient(double.api_key, host=double.base_url)
    for number in range(count):
        client.send(
            Mail(
                from_email=letter.from_address,
                to_emails=f"amara.loop{number}@example.com",
                subject=letter.subject,
                plain_text_content=letter.text,
                html_content=letter.html,
            )
        )
