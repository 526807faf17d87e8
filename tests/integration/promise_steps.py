"""Steps the tests about promises take."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from service.domain.contacts import Channel, Outcome
from service.domain.default_policies import DEFAULT_POLICIES
from service.domain.policies import Action, Anchor, Kind, Rung
from service.models import Application, Policy, Promise, TimelineEntry
from service.workflows.contacts import Logged, log_contact
from service.workflows.enquire import enquire
from service.workflows.policies import edit_policy
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.work import Work
from tests.harness import Employer, add_application

HOUR = timedelta(hours=1)
FRIDAY = datetime(2026, 3, 6, 16, 30, tzinfo=UTC)
NEXT_MONDAY = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)


def speak(work: Work, application: Application, **said: Any) -> Promise:
    said = said or {"within": "4 business hours"}
    return make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", **said))


def call(work: Work, application: Application, at: datetime, **how: Any) -> Logged:
    how = {"channel": Channel.PHONE, "outcome": Outcome.REACHED, **how}
    return log_contact(work, application, at=at, **how)


def get(work: Work, promise_id: str) -> Promise:
    return work.session.get_one(Promise, promise_id)


def application_of(work: Work, promise_id: str) -> Application:
    return work.session.get_one(Application, get(work, promise_id).application_id)


def story(work: Work, application_id: str) -> list[str]:
    return list(
        work.session.scalars(
            select(TimelineEntry.kind).where(TimelineEntry.application_id == application_id)
        )
    )


def make(employer: Employer, **said: Any) -> str:
    with employer.work() as work:
        return speak(work, add_application(work, stage="interview"), **said).id


def owe_reply(employer: Employer, at: datetime | None = None) -> str:
    """A policy promise: a reply owed within one business day."""
    with employer.work() as work:
        application = add_application(work)
        asked = enquire(work, application, channel=Channel.EMAIL, at=at or work.now, note=None)
        assert asked.promise is not None
        return asked.promise.id


def holding_by(work: Work, application: Application, due_at: datetime) -> Promise:
    """A spoken promise whose policy sends a holding message at the due instant."""
    terms = DEFAULT_POLICIES["spoken"]
    holding = Rung(Anchor.DUE, Action.HOLDING, template="holding")
    policy = work.session.scalars(select(Policy).where(Policy.name == "spoken")).one()
    edit_policy(work, policy, replace(terms, ladder=(*terms.ladder, holding)))
    return make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", due_at=due_at))
