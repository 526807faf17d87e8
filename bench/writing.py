"""Writing letters into the outbox against rendering them with plain Jinja.

The floor renders subject, text and HTML of the same wording with a plain Jinja environment, and
stores nothing. Ours checks every value, renders, and commits the letter with its timeline.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import jinja2
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from bench.checker import Store
from bench.figure import Figure
from service.app import engine_of
from service.mail.compiling import inlined_page
from service.models import Application, Candidate, CandidateEmail, Job
from service.workflows.composing import Letter
from service.workflows.enqueue import enqueue_letters
from service.workflows.wordings import wording_in_force
from service.workflows.work import Work
from tests.harness import Employer, make_employer

KIND = "holding"
OWN = {"promised_what": "a call about the panel date", "next_word_by": "Friday 27 March"}
IN_ONE_GO = 1000
"""How many letters one transaction writes, as a large batch does."""


def writing(store: Store, home: Path, *, letters: int, runs: int) -> Figure:
    """Return letters a second beside those that plain Jinja renders and forgets."""
    ours, floor = [], []
    with store.empty() as name:
        employer = make_employer(store.url(name), home)
        with employer.work() as work:
            render = _plain_jinja(work)
            _people(work, letters)
        for run in range(runs):
            floor.append(_timed(lambda: [render(number) for number in range(letters)]))
            people = _letters(employer, run)
            ours.append(_timed(lambda people=people: _write(employer, people)))
        engine_of(employer.app).dispose()
    return Figure.at_least(
        f"write-letters.{store.kind}.{letters}-beside-rendering-with-jinja",
        letters / median(ours),
        letters / median(floor),
        unit="letters/s",
        goal=0.5,
    )


def _timed(call: Callable[[], object]) -> float:
    # What the preparation left behind is not for the measured code to clear away, and what is
    # loaded is kept from the collector, as every process of Keepword keeps it.
    gc.collect()
    gc.freeze()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _plain_jinja(work: Work) -> Callable[[int], tuple[str, str, str]]:
    """The same wording as Jinja templates: three files, the HTML one extending its layout."""
    source = wording_in_force(work, KIND).source
    layout = inlined_page(replace(source, html="<!--body-->"))
    files = {
        "layout.html": layout.replace("<!--body-->", "{% block body %}{% endblock %}"),
        "letter.html": "{% extends 'layout.html' %}{% block body %}"
        f"{source.html}{{% endblock %}}",
        "letter.txt": source.text,
        "subject.txt": source.subject,
    }
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(files), autoescape=jinja2.select_autoescape()
    )

    def render(number: int) -> tuple[str, str, str]:
        values = {
            **OWN,
            "greeting_name": f"Amara {number}",
            "job_title": "Backend Engineer",
            "company_name": "Example Works",
            "sender_name": "The hiring team",
            "sender_email": "hiring@example.com",
        }
        subject, text, html = (
            environment.get_template(name).render(values)
            for name in ("subject.txt", "letter.txt", "letter.html")
        )
        return subject, text, html

    return render


def _people(work: Work, count: int) -> None:
    job = Job(title="Backend Engineer", status="open", created_at=work.now)
    work.session.add(job)
    for number in range(count):
        address = f"amara{number}@example.com"
        email = CandidateEmail(address=address, address_key=address, position=0)
        work.session.add(
            Application(
                candidate=Candidate(
                    first_name=f"Amara {number}",
                    can_email=True,
                    created_at=work.now,
                    emails=[email],
                ),
                job=job,
                stage="applied",
                stage_at=work.now,
                applied_at=work.now,
                created_at=work.now,
            )
        )


def _letters(employer: Employer, run: int) -> list[list[tuple[Application, Letter]]]:
    """Have everybody in memory, as the floor has its values, a thousand to a transaction."""
    with employer.work() as work:
        found = work.session.scalars(
            select(Application)
            .order_by(Application.id)
            .options(
                selectinload(Application.candidate).selectinload(Candidate.emails),
                selectinload(Application.job),
            )
        ).all()
    each = [
        (application, Letter(KIND, f"bench:{run}:{application.id}", OWN, first=True))
        for application in found
    ]
    return [each[start : start + IN_ONE_GO] for start in range(0, len(each), IN_ONE_GO)]


def _write(employer: Employer, letters: list[list[tuple[Application, Letter]]]) -> None:
    for part in letters:
        with employer.work() as work:
            enqueue_letters(work, part)
