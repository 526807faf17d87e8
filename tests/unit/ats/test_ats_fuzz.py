"""Whatever JSON an authentic sender or an API writes, an adapter answers or says what is broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.ats.base import PayloadError
from service.domain.changes import Translation
from tests.unit.ats.damage import ANYTHING, SCALARS, damaged
from tests.unit.ats.requests_seen import answered, understood

RECEIVED_AT = datetime(2027, 1, 1, tzinfo=UTC)

# The case is one adapter for all examples of a run, so sharing it between them is meant.
quietly = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def reading_of(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except PayloadError as error:
        return error


def holds_its_word(answer: Translation | PayloadError) -> bool:
    if isinstance(answer, PayloadError):
        return answer.pointer == "" or answer.pointer.startswith("/")
    times = [change.at for change in answer.changes]
    return bool(answer.changes) == (answer.ignored is None) and all(
        time is None or time.utcoffset() == RECEIVED_AT.utcoffset() for time in times
    )


def translated(case, body: bytes, records: st.DataObject | None = None) -> object:
    """What a body means, its questions answered with damaged records of the case."""
    pool = list(case.records) or [b"{}"]

    def answer(_ask):
        if records is None:
            return answered(200, pool[0])
        status = records.draw(st.sampled_from([200, 200, 200, 404]))
        return answered(status, records.draw(damaged(pool)))

    return reading_of(
        lambda: understood(
            lambda answers: case.adapter.translate(body, case.kept(), RECEIVED_AT, answers), answer
        )
    )


@settings(quietly, max_examples=100)
@given(data=st.data())
def test_a_damaged_payload_is_translated_or_refused(case, data) -> None:
    body = data.draw(damaged([case.event, *case.more_events]))

    assert holds_its_word(translated(case, body))


@settings(quietly, max_examples=50)
@given(data=st.data())
def test_a_hint_is_understood_or_refused_whatever_is_answered(api_case, data) -> None:
    body = data.draw(st.sampled_from([api_case.event, *api_case.more_events]))

    assert holds_its_word(translated(api_case, body, data))


@settings(quietly, max_examples=50)
@given(data=st.data())
def test_a_damaged_page_is_read_or_refused_and_so_are_its_records(polled_case, data) -> None:
    poller = polled_case.adapter.poller
    ask, page = data.draw(st.sampled_from(polled_case.polled(RECEIVED_AT)))
    answer = answered(200, data.draw(damaged([page])))
    listing = reading_of(lambda: poller.read(ask, answer, RECEIVED_AT))
    if isinstance(listing, PayloadError):
        assert holds_its_word(listing)
        return
    for found in listing.found:
        assert 0 < len(found.identity) <= 255
        record = reading_of(
            lambda found=found: understood(
                lambda answers: polled_case.adapter.translate_found(
                    found.kind, found.record, RECEIVED_AT, answers
                ),
                lambda _: answered(200, (*polled_case.records, b"{}")[0]),
            )
        )
        assert holds_its_word(record)


@settings(quietly, max_examples=50)
@given(
    data=st.data(),
    parts=st.dictionaries(
        st.sampled_from(["data", "payload", "at", "id", "linked_account", "candidate"]),
        ANYTHING | SCALARS,
    ),
)
def test_any_json_under_any_event_is_translated_or_refused(case, data, parts) -> None:
    body = json.loads(data.draw(st.sampled_from([case.event, *case.more_events])))
    name = body.get(case.event_at[0]) if case.event_at else None
    envelope = parts | ({case.event_at[0]: name} if case.event_at else {})

    assert holds_its_word(translated(case, json.dumps(envelope).encode()))


@settings(quietly, max_examples=50)
@given(body=st.binary())
def test_bytes_that_are_no_json_are_refused_and_any_others_answered(case, body) -> None:
    answer = translated(case, body)
    try:
        json.loads(body)
    except ValueError:
        assert isinstance(answer, PayloadError)
    else:
        # Chance does write {"type":"!"}: an event of an unknown type, which is ignored.
        assert holds_its_word(answer)
