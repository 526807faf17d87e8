"""Offers as a source tells them, in any order."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy import select

from service.domain.changes import (
    Applied,
    Change,
    Hired,
    OfferMade,
    OfferWithdrawn,
    Stage,
    Unhired,
)
from service.models import Application
from tests.harness import Employer
from tests.integration.ats_reports import HOUR, NOW, T0, ref_of, report


def _open_offer(employer: Employer, number: int) -> str | None:
    with employer.session() as session:
        return session.scalars(
            select(Application.open_offer).where(Application.external_id == f"a{number}")
        ).one()


def _made(offer: str, hours: int | None) -> OfferMade:
    return OfferMade("", None if hours is None else T0 + hours * HOUR, offer, sent=True)


def _withdrawn(offer: str, hours: int | None) -> OfferWithdrawn:
    return OfferWithdrawn("", None if hours is None else T0 + hours * HOUR, offer)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    ("story", "stands"),
    [
        ([_made("o1", 1), _withdrawn("o1", 2)], None),
        ([_made("o1", None), _withdrawn("o1", 2)], None),
        ([_made("o1", 1), _withdrawn("o1", None)], None),
        ([_made("o1", None), _withdrawn("o1", None)], None),
        ([_made("o1", 1), _withdrawn("o1", 2), _made("o1", 3)], "o1"),
        ([_made("o1", 1), _withdrawn("o1", 2), _made("o2", None)], "o2"),
        ([_made("o1", 1), _withdrawn("o1", 2), _withdrawn("o1", 4), _made("o1", 3)], None),
    ],
)
def test_a_withdrawn_offer_stays_withdrawn_in_any_order(
    employer: Employer, story: list[Change], stands: str | None, times: int
) -> None:
    """Else nobody could be told a rejection any more: an offer that is open forbids it."""
    employer.clock.move_to(NOW)
    for number, order in enumerate(permutations(story)):
        report(employer, Applied(ref_of(f"a{number}", f"c{number}"), T0))
        for change in order * times:
            own = {**vars(change), "application_external_id": f"a{number}"}
            report(employer, type(change)(**own))

        assert _open_offer(employer, number) == stands


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("back_to", "later", "stands"),
    [
        (Stage.INTERVIEW, [], None),
        # Told once more, as a sync tells it: it is the offer that had been accepted.
        (Stage.INTERVIEW, [("o1", 2), ("o2", None)], None),
        (Stage.INTERVIEW, [("o1", 5)], "o1"),
        (Stage.INTERVIEW, [("o3", None)], "o3"),
        (None, [], None),
        # There the ATS itself says that an offer is out.
        (Stage.OFFER, [], "o1"),
    ],
)
def test_the_offer_of_a_hire_that_was_taken_back_stands_no_more(
    employer: Employer,
    back_to: Stage | None,
    later: list[tuple[str, int | None]],
    stands: str | None,
) -> None:
    """Else nobody could ever tell them a no."""
    employer.clock.move_to(NOW)
    report(employer, Applied(ref_of("a0"), T0, Stage.SCREENING))

    def told(*offers: tuple[str, int | None]) -> None:
        for offer in offers:
            report(employer, replace(_made(*offer), application_external_id="a0"))

    told(("o1", 1), ("o2", None))
    report(employer, Hired(ref_of("a0"), T0 + 3 * HOUR))
    report(employer, Unhired(ref_of("a0"), T0 + 4 * HOUR, back_to))
    told(*later)

    assert _open_offer(employer, 0) == stands
