"""The contract of every poller: what a page says is read, and what it does not say is no end."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from service.ats.base import PayloadError
from service.domain.changes import Translation
from tests.unit.ats.cases import NOW
from tests.unit.ats.damage import leaves, places, with_leaf
from tests.unit.ats.junk import JUNK
from tests.unit.ats.requests_seen import HOSTILE, answered, assert_well_formed, understood

SINCE = NOW - timedelta(hours=1)


def test_polling_starts_with_well_formed_questions_that_differ(polled_case) -> None:
    first = polled_case.adapter.poller.first(SINCE, polled_case.settings)
    later = polled_case.adapter.poller.first(NOW, polled_case.settings)

    assert first
    assert len({ask.key for ask in first}) == len(first)
    for ask in (*first, *later):
        assert_well_formed(ask)


def test_a_page_is_read_alike_each_time_and_its_records_are_told_apart(polled_case, now) -> None:
    poller = polled_case.adapter.poller
    for ask, page in polled_case.polled(SINCE):
        listing = poller.read(ask, answered(200, page), SINCE)
        assert listing.found
        assert listing == poller.read(ask, answered(200, page), SINCE)
        assert len({found.identity for found in listing.found}) == len(listing.found)
        for found in listing.found:
            assert 0 < len(found.identity) <= 255
            assert 0 < len(found.kind) <= 60
            assert isinstance(_found_means(polled_case, found, now), Translation)


def _found_means(case, found, now) -> Translation:
    pool = (*case.records, b"{}")
    return understood(
        lambda answers: case.adapter.translate_found(found.kind, found.record, now, answers),
        lambda _: answered(200, pool[0]),
    )


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_a_broken_page_is_a_payload_error_and_no_empty_one(polled_case, junk) -> None:
    """An empty page would move the watermark over what was never read."""
    poller = polled_case.adapter.poller
    for ask in poller.first(SINCE, polled_case.settings):
        for status in (200, 400, 404):
            if (status, junk, polled_case.page[:1]) == (200, b"[]", b"["):
                continue  # where a page is a list, this is an empty one
            with pytest.raises(PayloadError):
                poller.read(ask, answered(status, junk), SINCE)


@pytest.mark.parametrize("odd", [7, "seven", True, {"odd": 1}, None], ids=repr)
def test_a_page_without_its_list_is_a_payload_error(polled_case, odd) -> None:
    poller = polled_case.adapter.poller
    for ask, page in polled_case.polled(SINCE):
        if page.startswith(b"["):
            with pytest.raises(PayloadError):
                poller.read(ask, answered(200, json.dumps(odd).encode()), SINCE)
            continue
        lists = [place for place in places(json.loads(page)) if _holds_records(page, place)]
        assert lists
        for place in lists:
            with pytest.raises(PayloadError):
                poller.read(ask, answered(200, with_leaf(page, place, odd)), SINCE)


def _holds_records(page: bytes, place) -> bool:
    """Whether this is the list of records: the first one on the way down that holds objects."""
    found = json.loads(page)
    for key in place:
        found = found[key]
    named = {"data", "results", "content", "candidates", "jobs"}
    return isinstance(found, list) and len(place) <= 2 and place[-1] in named


@pytest.mark.parametrize("odd", [7, 1.5, ["seven"], {"odd": 1}], ids=repr)
def test_no_odd_part_of_a_page_ends_a_list_that_goes_on(polled_case, odd) -> None:
    """What comes after would never be read, and nobody would know."""
    poller = polled_case.adapter.poller
    for ask, page in polled_case.polled(SINCE):
        if page.startswith(b"[") or poller.read(ask, answered(200, page), SINCE).next is None:
            continue
        for place in places(json.loads(page)):
            if len(place) > 2 or (place in {("links",), ("paging",)} and isinstance(odd, dict)):
                continue  # where there are no links at all, there is no next page either
            try:
                listing = poller.read(ask, answered(200, with_leaf(page, place, odd)), SINCE)
            except PayloadError:
                continue
            assert listing.next is not None, place


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_page_leads_the_next_question_elsewhere(polled_case, hostile) -> None:
    poller = polled_case.adapter.poller
    for ask, page in polled_case.polled(SINCE):
        for place in leaves(page):
            try:
                listing = poller.read(ask, answered(200, with_leaf(page, place, hostile)), SINCE)
            except PayloadError:
                continue
            if listing.next is not None:
                assert_well_formed(listing.next)


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_a_broken_record_is_a_payload_error(polled_case, now, junk) -> None:
    poller = polled_case.adapter.poller
    kinds = {
        found.kind
        for ask, page in polled_case.polled(SINCE)
        for found in poller.read(ask, answered(200, page), SINCE).found
    }

    for kind in kinds:
        with pytest.raises(PayloadError):
            polled_case.adapter.translate_found(kind, junk, now)


def test_a_record_of_an_unknown_kind_is_a_payload_error(case, now) -> None:
    with pytest.raises(PayloadError):
        case.adapter.translate_found("tea", b'{"id":"1"}', now)
