"""What a feed says in a way nobody can read never counts as an end, or as an open application."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from service.ats.asking import Answer, Answers, Ask
from service.ats.base import PayloadError
from service.ats.registry import adapter_named
from service.domain.changes import ApplicationUpdated, Rejected, Stands, Translation
from tests.doubles import merge_bodies as merge

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LIST = Ask("/applications", (("per_page", "500"),))


@pytest.mark.parametrize(
    "link",
    [
        '<https://harvest.greenhouse.io/v3/scorecards?cursor=x>; rel="next"',
        'https://harvest.greenhouse.io/v3/applications?cursor=x; rel="next"',
        '<>; rel="next"',
    ],
)
def test_an_odd_link_of_greenhouse_is_no_end_of_the_list(link: str) -> None:
    poller = adapter_named("greenhouse").poller
    assert poller is not None

    with pytest.raises(PayloadError):
        poller.read(LIST, Answer(200, b"[]", NOW, {"link": link}), NOW)


def test_a_list_that_nobody_asked_greenhouse_for_is_refused() -> None:
    poller = adapter_named("greenhouse").poller
    assert poller is not None

    with pytest.raises(PayloadError, match="nobody asked"):
        poller.read(Ask("/scorecards"), Answer(200, b"[]", NOW), NOW)


def test_a_rejection_of_merge_at_an_unreadable_time_is_neither_decision_nor_open() -> None:
    adapter = adapter_named("merge")
    record = merge.application(rejected_at="2026-03-02 08:00")
    poller = adapter.poller
    assert poller is not None
    asked = next(ask for ask in poller.first(NOW, {}) if ask.path == "/applications")
    (found,) = poller.read(asked, Answer(200, merge.page(record), NOW), NOW).found
    known = Answers({merge.JOB_ASKED.key: Answer(200, json.dumps(merge.JOB).encode(), NOW)})

    told = adapter.translate_found(found.kind, found.record, NOW, known)
    assert isinstance(told, Translation)
    kinds = {type(change) for change in told.changes}
    assert ApplicationUpdated in kinds
    assert not kinds & {Rejected, Stands}
