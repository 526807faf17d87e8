"""The real deliveries of one application end alike in any order and any number."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doubles import greenhouse_bodies as greenhouse
from tests.harness import Employer
from tests.integration.ats_reports import NOW, end_of, report


@pytest.fixture
def friday(employer: Employer) -> Employer:
    """An employer some days after the invented candidate applied."""
    employer.clock.move_to(NOW)
    return employer


def _at(hour: int) -> str:
    return f"2026-03-05T{hour:02}:00:00Z"


def _greenhouse_story(number: int) -> list[tuple[str, dict[str, object]]]:
    """One application's real deliveries, each later than the one before."""
    candidate = {**greenhouse.CANDIDATE, "id": 10_000 + number}

    def state(hour: int, **more: object) -> dict[str, object]:
        return greenhouse.application(
            id=number, candidate=candidate, last_activity_at=_at(hour), **more
        )

    rejected = {
        "status": "rejected",
        "rejected_at": _at(12),
        "rejection_reason": {"id": 1, "name": "Other offer", "type": {"id": 1, "name": "We"}},
    }
    return [
        ("new_candidate_application",
         state(8, current_stage=greenhouse.stage("Application Review"))),
        ("candidate_stage_change", state(9, current_stage=greenhouse.stage("Phone Screen"))),
        ("candidate_stage_change",
         state(10, current_stage=greenhouse.stage("Face to Face", (5, "On-site", "complete")))),
        ("reject_candidate", state(12, **rejected)),
        ("unreject_candidate", state(13, current_stage=greenhouse.stage("Face to Face"))),
        ("application_updated", state(14, current_stage=greenhouse.stage("Face to Face"))),
    ]  # fmt: skip


def _tell(employer: Employer, story: Iterable[tuple[str, dict[str, object]]]) -> None:
    for action, payload in story:
        report(employer, *greenhouse.translate(action, payload).changes)


_numbers = iter(range(1, 100_000))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@given(data=st.data())
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_real_deliveries_end_alike_in_any_order_and_number(
    friday: Employer, data: st.DataObject
) -> None:
    length = data.draw(st.integers(3, 6))
    plain, shuffled = next(_numbers), next(_numbers)
    _tell(friday, _greenhouse_story(plain)[:length])
    story = _greenhouse_story(shuffled)[:length]
    repeats = data.draw(st.lists(st.integers(0, length - 1), max_size=2))
    order = data.draw(st.permutations([*range(length), *repeats]))
    _tell(friday, (story[place] for place in order))

    assert end_of(friday, str(shuffled)) == end_of(friday, str(plain))
