"""Offers as a source tells them, in any order."""

from __future__ import annotations

from itertools import permutations

import pytest
from sqlalchemy import select

from service.domain.changes import Applied, Change, OfferMade, OfferWithdrawn
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
