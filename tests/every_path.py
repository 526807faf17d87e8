"""Every address there is to look at, filled from one employer with one of everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Final

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models import (
    Application,
    Calendar,
    Candidate,
    Connection,
    Contact,
    Decision,
    Delivery,
    Import,
    Interview,
    Job,
    JobClosing,
    Message,
    Policy,
    Promise,
    TemplateVersion,
    User,
)
from service.queries.numbers_tables import TABLES
from tests.whole_world import WholeWorld

NO_PAGES: Final = frozenset(
    {
        "pages.static",
        "reference.static",
        "pages.outside",
        "pages.outside_answer",
        "health.metrics",
        "pages.letter_html",
        "pages.settings_letter_version_frame",
    }
)
"""What is no page of ours: files, another site's sign-in, figures for machines, and the two frames
that show a letter's own HTML locked in."""

OTHER_VIEWS: Final = (
    ("pages.waiting", "/?tab=all"),
    ("pages.waiting", "/?tab=risk"),
    ("pages.waiting", "/?tab=nobody"),
    ("pages.people", "/people?q=a"),
    ("pages.jobs", "/jobs?which=all"),
    ("pages.numbers", "/numbers?people=1&weeks=4"),
    ("pages.connection", "/connections/greenhouse-main?show=failed"),
)
"""The same pages, asked for otherwise."""


def every_path(world: WholeWorld) -> list[tuple[str, str]]:
    """Return endpoint and address of every page, table, feed and file there is to look at."""
    app, found = world.employer.app, []
    with world.employer.session() as session:
        given = _given(world, session)
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PAGES:
                continue
            names = sorted(rule.arguments)
            choices = [given.get(f"{rule.endpoint}:{name}", given.get(name)) for name in names]
            assert None not in choices, f"nothing is given for {rule}"
            # A program's answer is data: one of each kind shows all there is to see.
            most = None if rule.endpoint.startswith("pages.") else 1
            for values in product(*((each or ())[:most] for each in choices)):
                asked = dict(zip(names, values, strict=True))
                found.append((rule.endpoint, url_for(rule.endpoint, **asked)))
    return [*found, *OTHER_VIEWS]


def _given(world: WholeWorld, session: Session) -> Mapping[str, Sequence[Any]]:
    def all_of(column: Any, *where: Any) -> list[Any]:
        return list(session.scalars(select(column).where(*where).order_by(column)))

    applications = all_of(Application.id)
    return {
        "application_id": applications[:1],
        "interview_id": all_of(Interview.id, Interview.application_id == applications[0]),
        "calendar_id": all_of(Calendar.id),
        "candidate_id": all_of(Candidate.id),
        "closing_id": all_of(JobClosing.id),
        "batch_id": all_of(Message.batch_id, Message.batch_id.is_not(None))[:1],
        "connection_id": all_of(Connection.id),
        "connection-actions.list_connection_stages:connection_id": [world.connection_id],
        "contact_id": all_of(Contact.id),
        "decision_id": all_of(Decision.id),
        "delivery_id": all_of(Delivery.id),
        "pages.connection:name": all_of(Connection.name),
        "pages.delivery:name": ["greenhouse-main"],
        "pages.numbers_file:name": TABLES,
        "import_id": all_of(Import.id),
        "job_id": all_of(Job.id),
        "message_id": all_of(Message.id),
        "policy_id": all_of(Policy.id),
        "promise_id": all_of(Promise.id, Promise.state == "open")[:4],
        "version_id": all_of(TemplateVersion.id),
        "template_kind": ["status-update", "staff-digest"],
        "kind": ["status-update", "rejection-interview", "staff-digest"],
        "number": [1],
        "user_id": all_of(User.id),
        "secret": [world.feed],
        "token": [world.invitation],
        "slug": ["application-closed"],
    }
