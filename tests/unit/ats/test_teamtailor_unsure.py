"""Teamtailor: a record that does not say how an application stands takes back no ending."""

from __future__ import annotations

import json

import pytest

from service.ats.asking import Answer, Ask
from service.ats.teamtailor import Teamtailor
from service.domain.changes import ApplicationUpdated, Change, Hired, Rejected, Stands
from tests.doubles import teamtailor_bodies as bodies
from tests.unit.ats.cases import NOW
from tests.unit.ats.requests_seen import understood


def means(document: dict[str, object]) -> tuple[Change, ...]:
    def answer(ask: Ask) -> Answer:
        job = ask.path == "/v1/jobs/26"
        return Answer(200, json.dumps(bodies.job_document() if job else document).encode(), NOW)

    return understood(
        lambda answers: Teamtailor().translate(bodies.webhook(), {}, NOW, answers), answer
    ).changes


def standing(document: dict[str, object]) -> type:
    told = (Stands, Rejected, Hired, ApplicationUpdated)
    (change,) = (each for each in means(document) if isinstance(each, told))
    return type(change)


def without(document: dict[str, object], attribute: str) -> dict[str, object]:
    del document["data"]["attributes"][attribute]
    return document


def test_a_record_that_tells_of_no_rejection_and_of_its_stage_is_open() -> None:
    assert standing(bodies.application()) is Stands


def test_a_record_that_leaves_out_whether_it_was_rejected_is_neither_open_nor_rejected() -> None:
    assert standing(without(bodies.application(), "rejected-at")) is ApplicationUpdated


@pytest.mark.parametrize("odd", [7, True, "yesterday", "2999-01-01T00:00:00Z", {"at": 1}], ids=repr)
def test_a_rejection_at_no_time_is_neither(odd) -> None:
    assert standing(bodies.application(rejected_at=odd)) is ApplicationUpdated


def test_a_stage_that_did_not_come_along_may_be_the_one_of_those_who_were_hired() -> None:
    document = bodies.application(bodies.stage("Hired", "Hired"))
    assert standing(document) is Hired

    document["included"] = [each for each in document["included"] if each["type"] != "stages"]
    assert standing(document) is ApplicationUpdated


def test_a_rejection_needs_no_stage() -> None:
    document = bodies.application(rejected_at="2026-03-01T09:00:00Z")
    document["included"] = [each for each in document["included"] if each["type"] != "stages"]

    assert standing(document) is Rejected
