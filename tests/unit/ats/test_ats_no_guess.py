"""Nobody is rejected or hired without the vendor's explicit sign, and no sign is lost over less."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.ats.base import PayloadError
from service.domain.changes import Hired, Rejected, Translation
from tests.unit.ats.damage import damaged, places, with_leaf
from tests.unit.ats.requests_seen import answered, understood

RECEIVED_AT = datetime(2027, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Signs:
    """What a vendor says when somebody was rejected or hired: in these members, by these words."""

    members: frozenset[str]
    words: frozenset[str]


def signs(members: str, words: str) -> Signs:
    return Signs(frozenset(members.split()), frozenset(words.split(",")))


SIGNS = {
    "greenhouse": signs(
        "rejected_at", "reject_candidate,hire_candidate,hired"
    ),
    "ashby": signs("reasonType", "hired,candidatehire"),
    "lever": signs("", "hired,non-hired"),
    "workable": signs("disqualified disqualified_at hired_at", "hired"),
    "recruitee": signs(
        "disqualified disqualified_at disqualify_kind disqualify_reason hired_at",
        "disqualified,hire",
    ),
    "smartrecruiters": signs("", "rejected,hired"),
    "teamtailor": signs("rejected-at rejected_at", "hired"),
    "merge": signs("rejected_at", ""),
    "kombo": signs("rejected_at", "hired"),
    "generic": signs("", "application.rejected,application.hired"),
}  # fmt: skip


def unsaid(value: Any, said: Signs) -> Any:
    """The same JSON without any explicit sign."""
    if isinstance(value, dict):
        kept = {key: unsaid(each, said) for key, each in value.items()}
        return {key: each for key, each in kept.items() if key not in said.members}
    if isinstance(value, list):
        return [unsaid(each, said) for each in value]
    if isinstance(value, str) and value.strip().casefold() in said.words:
        return "other"
    return value


def without_signs(body: bytes, said: Signs) -> bytes:
    return json.dumps(unsaid(json.loads(body), said)).encode()


def ends(reading: Translation | PayloadError) -> list[object]:
    if isinstance(reading, PayloadError):
        return []
    return [each for each in reading.changes if isinstance(each, Rejected | Hired)]


def meaning(translate: Callable[..., Any], pool: Callable[[], bytes]) -> Translation | PayloadError:
    try:
        return understood(translate, lambda _: answered(200, pool()))
    except PayloadError as error:
        return error


@settings(deadline=None, max_examples=80,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data())
def test_without_an_explicit_sign_nobody_is_rejected_or_hired(case, data) -> None:
    said, adapter = SIGNS[case.name], case.adapter
    records = list(case.records) or [b"{}"]
    body = without_signs(data.draw(damaged([case.event, *case.more_events])), said)

    def pool() -> bytes:
        return without_signs(data.draw(damaged(records)), said)

    headers = {name: unsaid(value, said) for name, value in case.kept().items()}
    assert not ends(
        meaning(lambda answers: adapter.translate(body, headers, RECEIVED_AT, answers), pool)
    )


@settings(deadline=None, max_examples=80,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data())
def test_without_an_explicit_sign_nobody_found_is_rejected_or_hired(polled_case, data) -> None:
    said, adapter = SIGNS[polled_case.name], polled_case.adapter
    ask, page = data.draw(st.sampled_from(polled_case.polled(RECEIVED_AT)))
    answer = answered(200, without_signs(data.draw(damaged([page])), said))
    try:
        found = adapter.poller.read(ask, answer, RECEIVED_AT).found
    except PayloadError:
        return
    records = list(polled_case.records) or [b"{}"]
    for each in found:
        assert not ends(
            meaning(
                lambda answers, each=each: adapter.translate_found(
                    each.kind, each.record, RECEIVED_AT, answers
                ),
                lambda: without_signs(data.draw(damaged(records)), said),
            )
        )


_OPTIONAL = ("phone", "email", "name", "title", "recruiter", "coordinator", "hiring", "owner",
             "source", "tags", "can_email", "job_title", "label")  # fmt: skip


def readings(case) -> Iterator[tuple[bytes, bytes]]:
    """Each event with each answer that reject somebody between them."""
    for body in (case.event, *case.more_events):
        for record in case.records or (b"{}",):
            reading = meaning(
                lambda answers, body=body: case.adapter.translate(
                    body, case.kept(), RECEIVED_AT, answers
                ),
                lambda record=record: record,
            )
            if any(isinstance(each, Rejected) for each in ends(reading)):
                yield body, record


def optional_places(body: bytes) -> list[tuple[str | int, ...]]:
    return [
        place
        for place in places(json.loads(body))
        if isinstance(place[-1], str)
        and any(word in place[-1].lower() for word in _OPTIONAL)
        # Which lists changed is no optional part.
        and "changed_models" not in place
    ]


@pytest.mark.parametrize("odd", [7, True, "", "\u202e", ["x"], {"odd": 1}, [{"odd": 1}]], ids=repr)
def test_a_rejection_is_not_lost_over_an_odd_optional_part(case, odd) -> None:
    for body, record in readings(case):
        for place in optional_places(body):
            if place == case.event_at or case.name == "generic":
                continue
            assert _still_rejects(case, with_leaf(body, place, odd), record), (place, body)
        for place in optional_places(record):
            assert _still_rejects(case, body, with_leaf(record, place, odd)), (place, record)


def _still_rejects(case, body: bytes, record: bytes) -> bool:
    reading = meaning(
        lambda answers: case.adapter.translate(body, case.kept(), RECEIVED_AT, answers),
        lambda: record,
    )
    if isinstance(reading, PayloadError):
        return False
    return any(isinstance(each, Rejected) for each in reading.changes)
