"""SmartRecruiters: what is odd around an application costs that part, and never its ending."""

from __future__ import annotations

import json

import pytest

from service.ats.asking import Answer, Ask
from service.ats.smartrecruiters import SmartRecruiters
from service.domain.changes import Hired, Rejected, Translation
from tests.doubles import smartrecruiters_bodies as bodies
from tests.unit.ats.cases import NOW
from tests.unit.ats.damage import places, with_leaf
from tests.unit.ats.requests_seen import understood

ODD = [7, True, "", "\u202e", ["x"], {"odd": 1}, [{"odd": 1}], None]
WORLD = {
    "application": bodies.application("REJECTED", "Not a fit"),
    "history": bodies.history(
        ("2026-03-01T09:00:00.000Z", "NEW"), ("2026-03-02T08:00:00.000Z", "REJECTED")
    ),
}


def means(changed: Ask | None = None, body: bytes = b"", status: str = "REJECTED") -> Translation:
    said = bodies.world(**{**WORLD, "application": bodies.application(status)})

    def answer(ask: Ask) -> Answer:
        record = json.dumps(said.get(ask)).encode()
        return Answer(200 if said.get(ask) else 404, body if ask == changed else record, NOW)

    return understood(
        lambda answers: SmartRecruiters().translate(
            bodies.application_body(), bodies.headers("application.status.updated"), NOW, answers
        ),
        answer,
    )


ODD_PARTS = [
    (ask, place)
    for ask, record in bodies.world(**WORLD).items()
    for place in places(record or {})
    # What it is about, how it stands, and what leads to the next question are no odd parts.
    if place[-1] not in {"id", "status"} and (record or {}).get("changedOn") is None
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_rejection_is_not_lost_over_an_odd_part_of_any_record(odd) -> None:
    assert ODD_PARTS
    for ask, place in ODD_PARTS:
        record = json.dumps(bodies.world(**WORLD)[ask]).encode()
        changes = means(ask, with_leaf(record, place, odd)).changes

        assert [type(each) for each in changes].count(Rejected) == 1, (ask.path, place)


@pytest.mark.parametrize("status", ["", "rejected?", "ARCHIVED", "CLOSED", "REJECTION", "DECLINED"])
def test_no_status_but_its_own_rejects_or_hires(status) -> None:
    history = bodies.history(("2026-03-02T08:00:00.000Z", status))
    said = {"application": bodies.application(status or "NEW"), "history": history}
    asks = bodies.world(**said)
    changes = understood(
        lambda answers: SmartRecruiters().translate(
            bodies.application_body(), bodies.headers("application.status.updated"), NOW, answers
        ),
        lambda ask: Answer(200 if asks.get(ask) else 404, json.dumps(asks.get(ask)).encode(), NOW),
    ).changes

    assert not [each for each in changes if isinstance(each, Rejected | Hired)]
