"""Tells an employer the same deliveries in any order, any of them twice, and compares the ends.

The property, for any adapter: *any permutation of a candidate's deliveries, with duplicates, ends
in the same state*. Each run gets a connection of its own, so the ids need not differ between runs.

    STORY = [
        Told(body_of("candidate_created"), at(8)),
        Told(body_of("candidate_moved"), at(9), answers={ASK: answered(stage="Phone")}),
        Told(record_of("Offer"), at(10), found="candidate"),       # what a poll found
    ]

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    @given(data=st.data())
    @settings(ORDERS)
    def test_...(employer: Employer, data: st.DataObject) -> None:
        any_order_ends_alike(employer, Example(), STORY, data, answers={ASK: PRESENT})

``answers`` are what the vendor's API says whenever it is asked, as after the last event; a
delivery's own ``answers`` win over them: what was fetched, and stored beside it, when it came.
A request that nobody answers is an error of the test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from sqlalchemy import select

from service.ats.asking import Answer, Answers, Ask, Needs
from service.ats.base import Adapter
from service.domain.changes import Translation
from service.models import Application, Candidate, CandidateSource, Connection, Job
from service.workflows.apply import apply_changes
from service.workflows.connections import add_connection
from service.workflows.people import resolve
from service.workflows.work import Work
from tests.harness import Employer
from tests.integration.ats_reports import standing

ORDERS = settings(
    max_examples=12,
    deadline=None,
    # Shrinking tells the same stories for many minutes; the order that failed is short enough.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""An employer is shared by a test's examples: each example has a connection of its own there."""

NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
"""A Friday; stories take place before it."""

_MOST_ROUNDS = 6
_numbers = count(1)
_ENDS: WeakKeyDictionary[Employer, dict[Any, dict[str, Any]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Told:
    """One delivery as stored, or, where ``found`` names its kind, one record found by a poll."""

    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    found: str | None = None
    answers: Mapping[Ask, Answer] = field(default_factory=dict)


def any_order_ends_alike(
    employer: Employer,
    adapter: Adapter,
    story: Sequence[Told],
    data: st.DataObject,
    answers: Mapping[Ask, Answer] | None = None,
    *,
    at_least: int | None = None,
) -> dict[str, Any]:
    """Compare the story in its order with a shuffled one; return where it ends.

    ``at_least`` lets the story end early, after that many deliveries or more.
    """
    last = max(NOW, *(each.received_at for each in story))
    if employer.now < last:
        employer.clock.move_to(last)
    length = data.draw(st.integers(at_least or len(story), len(story)))
    repeats = data.draw(st.lists(st.integers(0, length - 1), max_size=3))
    order = data.draw(st.permutations([*range(length), *repeats]))
    # In its own order a story ends the same each time, so one telling serves all examples.
    told = _ENDS.setdefault(employer, {})
    key = tuple((each.body, each.received_at, each.found) for each in story[:length])
    if key not in told:
        told[key] = tell(employer, adapter, story[:length], answers)
    plain = told[key]
    shuffled = tell(employer, adapter, [story[place] for place in order], answers)
    assert shuffled == plain, f"in the order {order}: {_differences(plain, shuffled)}"
    return plain


def _differences(plain: Any, shuffled: Any, where: str = "") -> list[str]:
    """Where two states differ, and how."""
    if plain == shuffled:
        return []
    if not isinstance(plain, dict) or not isinstance(shuffled, dict):
        return [f"{where} is {shuffled!r} and was {plain!r}"]
    return [
        line
        for key in sorted({*plain, *shuffled})
        for line in _differences(plain.get(key), shuffled.get(key), f"{where}/{key}")
    ]


def tell(
    employer: Employer,
    adapter: Adapter,
    story: Sequence[Told],
    answers: Mapping[Ask, Answer] | None = None,
) -> dict[str, Any]:
    """Work deliveries in, in this order, over a new connection; return the state they end in."""
    name = f"orders-{next(_numbers)}"
    with employer.work(f"ats:{name}") as work:
        add_connection(work, name, adapter.name, [_secret(adapter)], rejections_by="keepword")
    for told in story:
        translation = understood(adapter, told, answers or {})
        with employer.work(f"ats:{name}") as work:
            apply_changes(work, _connection(work, name), translation.changes, told.received_at)
    with employer.work() as work:
        return state_of(work, _connection(work, name))


def understood(adapter: Adapter, told: Told, answers: Mapping[Ask, Answer]) -> Translation:
    """What a delivery means, with everything that it asks answered from the two sets."""
    known = Answers()
    for _ in range(_MOST_ROUNDS + 1):
        if told.found is None:
            reading = adapter.translate(told.body, told.headers, told.received_at, known)
        else:
            reading = adapter.translate_found(told.found, told.body, told.received_at, known)
        if not isinstance(reading, Needs):
            return reading
        for ask in reading.asks:
            known.add(ask, {**answers, **told.answers}[ask])
    raise AssertionError(f"it still asks after {_MOST_ROUNDS} rounds")


def state_of(work: Work, connection: Connection) -> dict[str, Any]:
    """Everything that people see of a connection's candidates, applications and jobs.

    What is gone is only compared as gone: an application stays as it stood when its person was
    erased, and one that was not known by then is never made.
    """
    applications = work.session.scalars(
        select(Application).where(Application.connection_id == connection.id)
    ).all()
    sources = work.session.scalars(
        select(CandidateSource).where(CandidateSource.connection_id == connection.id)
    ).all()
    jobs = work.session.scalars(select(Job).where(Job.connection_id == connection.id)).all()
    people = {each.external_id: resolve(work, each.candidate_id) for each in sources}
    return {
        "applications": {
            str(each.external_id): standing_of_application(work, each, people)
            for each in applications
            if each.deleted_at is None and resolve(work, each.candidate_id).erased_at is None
        },
        "deleted": sorted(str(each.external_id) for each in applications if each.deleted_at),
        "people": {external_id: _person(people[external_id]) for external_id in sorted(people)},
        "jobs": {str(job.external_id): (job.title, job.status) for job in jobs},
    }


def standing_of_application(
    work: Work, application: Application, people: Mapping[str, Candidate]
) -> dict[str, Any]:
    """Where one application stands, under which label, whose it is and what is owed."""
    whose = sorted(name for name, who in people.items() if who.id == application.candidate_id)
    return standing(work, application) | {
        "ats_stage": application.ats_stage,
        "applied_at": application.applied_at,
        "offer": application.open_offer,
        "job": application.job.external_id,
        "owner": application.owner_id,
        "whose": whose,
    }


def _person(candidate: Candidate) -> dict[str, Any]:
    return {
        "name": (candidate.first_name, candidate.last_name),
        "emails": [email.address for email in candidate.emails],
        "phones": [phone.number for phone in candidate.phones],
        "can_email": candidate.can_email,
        "erased": candidate.erased_at is not None,
    }


def _connection(work: Work, name: str) -> Connection:
    return work.session.scalars(select(Connection).where(Connection.name == name)).one()


def _secret(adapter: Adapter) -> str:
    """A secret that every adapter takes, whatever form its vendor's secrets have."""
    made = (
        "an invented secret for the tests",
        "whsec_aW52ZW50ZWQgZm9yIHRlc3RzLCB0aGlydHktdHdvIGI=",
    )
    return next(each for each in made if adapter.secret_fault(each) is None)


def at(number: int, minute: int = 0) -> datetime:
    """An hour of the day before ``NOW``."""
    return datetime(2026, 3, 5, number, minute, tzinfo=UTC)
