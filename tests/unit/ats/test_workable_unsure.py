"""Workable: a record that does not say whether somebody is still in it takes back no ending."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.ats.asking import Answer, Answers
from service.ats.workable import Workable
from service.ats.workable_api import candidate_ask
from service.domain.changes import ApplicationUpdated, Hired, Rejected, Stands, Translation
from tests.doubles import workable_bodies as workable

AT = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
ID = str(workable.candidate()["id"])


def standing(**record: object) -> type:
    """What is made of a candidate who had to be fetched, and of whom this is known."""
    known = Answers()
    known.add(candidate_ask(ID), Answer(200, workable.record(**record), AT))
    reading = Workable().translate(workable.event(disqualified=...), {}, AT, known)
    assert isinstance(reading, Translation)
    told = (Stands, Rejected, Hired, ApplicationUpdated)
    (change,) = (each for each in reading.changes if isinstance(each, told))
    return type(change)


def test_a_candidate_who_is_expressly_not_disqualified_is_open() -> None:
    assert standing(disqualified=False) is Stands


@pytest.mark.parametrize("odd", [..., None, "no", 0, [], {"at": 1}], ids=repr)
def test_a_candidate_of_whom_nothing_is_said_is_neither_open_nor_rejected(odd) -> None:
    assert standing(disqualified=odd) is ApplicationUpdated
