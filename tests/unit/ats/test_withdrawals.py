"""An employer's words for a closing: whose decision they say it was."""

from __future__ import annotations

import pytest

from service.ats.withdrawals import says_candidate_left


@pytest.mark.parametrize(
    "reason",
    ["Candidate withdrew", "Withdrew", "withdrawn", "Self-withdrawn", "Applicant has declined",
     "Declined our offer", "Offer was declined", "Accepted another offer", "Took a different job",
     "Candidate no longer interested", "Dropped out", "Bewerbung zurückgezogen",
     "Kandidatin hat abgesagt", "Absage durch Bewerber", "They rejected us"],
)  # fmt: skip
def test_the_candidates_own_act_is_a_withdrawal(reason) -> None:
    assert says_candidate_left(reason)


@pytest.mark.parametrize(
    "reason",
    [None, "", " ", "Underqualified", "Not a good fit", "Salary expectations", "No show",
     "Position filled", "We are not interested", "Rejected", "Declined", "Hired somebody else",
     "Candidate lacks experience", "Absage", "Kein Interesse unsererseits"],
)  # fmt: skip
def test_anything_else_is_the_employers_decision(reason) -> None:
    assert not says_candidate_left(reason)
