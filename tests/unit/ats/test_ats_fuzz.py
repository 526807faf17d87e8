"""Whatever JSON an authentic sender writes, an adapter answers or says where it is broken."""

from __future__ import annotations

import copy
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ats.generic import EVENT_TYPES
from service.ats.greenhouse_actions import HANDLERS
from service.ats.payload import PayloadError
from service.ats.registry import adapter_named
from service.domain.changes import Translation
from tests.doubles.greenhouse_bodies import JOB, application, stage

RECEIVED_AT = datetime(2027, 1, 1, tzinfo=UTC)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["2026-03-02T09:00:00Z", "rejected", "hired", "scheduled", "complete"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)

PAGE = Path(__file__).resolve().parents[3] / "docs" / "generic-events.md"
FENCED = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)
EVENTS = [json.loads(example) for example in FENCED.findall(PAGE.read_text("utf-8"))]
ACTIONS = [
    {
        "action": action,
        "payload": application(current_stage=stage("Onsite", (1, "Panel", "complete")))
        | {"candidate": {"id": 1}, "person": {"id": 1, "new_candidate_id": 2}, "job": JOB}
        | {"id": 5, "application_id": 6, "offer_status": "Created", "interview": {"id": 3}},
    }
    for action in HANDLERS
]


def translated(name: str, body: bytes) -> Translation | PayloadError:
    try:
        return adapter_named(name).translate(body, {}, RECEIVED_AT)
    except PayloadError as error:
        return error


def holds_its_word(answer: Translation | PayloadError) -> bool:
    if isinstance(answer, PayloadError):
        return answer.pointer == "" or answer.pointer.startswith("/")
    times = [change.at for change in answer.changes]
    return bool(answer.changes) == (answer.ignored is None) and all(
        time is None or time.utcoffset() == RECEIVED_AT.utcoffset() for time in times
    )


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every member and item, at any depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, each in items:
        found.append((*path, key))
        if isinstance(each, dict | list):
            found += places(each, (*path, key))
    return found


@st.composite
def damaged(draw: st.DrawFn, originals: list[dict[str, object]]) -> bytes:
    """A good payload with up to three members replaced or removed."""
    payload = copy.deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(payload) or [("x",)]))
        holder: object = payload
        for step in path[:-1]:
            holder = holder[step]
        if draw(st.booleans()) and isinstance(holder, dict):
            holder.pop(path[-1], None)
        else:
            holder[path[-1]] = draw(ANYTHING)
    return json.dumps(payload).encode()


@settings(max_examples=200, deadline=None)
@given(body=damaged(ACTIONS))
def test_a_damaged_greenhouse_payload_is_translated_or_refused(body) -> None:
    assert holds_its_word(translated("greenhouse", body))


@settings(max_examples=200, deadline=None)
@given(body=damaged(EVENTS))
def test_a_damaged_generic_event_is_translated_or_refused(body) -> None:
    assert holds_its_word(translated("generic", body))


@pytest.mark.parametrize("name", ["greenhouse", "generic"])
@settings(deadline=None)
@given(
    envelope=st.fixed_dictionaries(
        {},
        optional={
            "action": st.sampled_from(sorted(HANDLERS)) | st.text(),
            "type": st.sampled_from(EVENT_TYPES) | st.text(),
            "at": st.just("2026-03-02T09:00:00Z") | SCALARS,
            "payload": ANYTHING,
            "data": ANYTHING,
        },
    )
)
def test_any_json_under_any_event_is_translated_or_refused(name, envelope) -> None:
    assert holds_its_word(translated(name, json.dumps(envelope).encode()))


@pytest.mark.parametrize("name", ["greenhouse", "generic"])
@settings(deadline=None)
@given(body=st.binary())
def test_bytes_that_are_no_json_are_refused_and_any_others_answered(name, body) -> None:
    answer = translated(name, body)
    try:
        json.loads(body)
    except ValueError:
        assert isinstance(answer, PayloadError)
    else:
        # Chance does write {"type":"!"}: an event of an unknown type, which is ignored.
        assert holds_its_word(answer)


@pytest.mark.parametrize("name", ["greenhouse", "generic"])
def test_bytes_beside_json_are_refused(name) -> None:
    for body in (b"", b"\xff\xfe", b"{", b"null", b"[]", b'"type"', b"\x00"):
        assert isinstance(translated(name, body), PayloadError)


@settings(deadline=None)
@given(body=damaged([*ACTIONS, *EVENTS]))
def test_translating_twice_says_the_same(body) -> None:
    for name in ("greenhouse", "generic"):
        first, second = translated(name, body), translated(name, body)

        assert str(first) == str(second)
