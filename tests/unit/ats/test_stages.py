"""Guessing our stage from an employer's own stage name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ats.stages import guess_stage, is_meeting
from service.domain.changes import CLOSED_STAGES, Stage

GUESSES = {
    Stage.APPLIED: ["Applied", "New", "Application Review", "Resume review", "CV Review", "Inbox",
                    "New applicants", "APPLICATION RECEIVED", "Bewerbung eingegangen"],
    Stage.SCREENING: ["Phone Screen", "Preliminary Phone Screen", "Recruiter Call", "Pre-screen",
                      "Recruiter screening interview", "Intro call", "HR call", "Shortlisted",
                      "Telephone call with HR", "Résumé Screen", "Hiring Manager Review",
                      "In review"],
    Stage.ASSESSMENT: ["Take Home", "Take-home test", "Takehome", "Assessment", "Coding Challenge",
                       "Case study", "HackerRank", "Work sample", "Skills test", "Homework",
                       "Technical task"],
    Stage.INTERVIEW: ["On-site", "Onsite", "Virtual Onsite", "Face to Face", "Reference Check",
                      "Background check", "Phone Interview", "Coding interview", "Final round",
                      "Panel", "2nd interview", "Meet the team", "Interview with Tech Lead",
                      "Interviewing", "Vorstellungsgespräch", "Round 2", "F2F"],
    Stage.OFFER: ["Offer", "Verbal offer", "Offer extended", "Offer call", "Contract", "Angebot"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("label", "stage"), [(label, stage) for stage, labels in GUESSES.items() for label in labels]
)
def test_common_stage_names_are_guessed(label, stage) -> None:
    assert guess_stage(label) is stage


@pytest.mark.parametrize(
    "label",
    [None, "", " ", "—", "Phase Blue", "Rejected", "Rejected after interview", "Hired", "Withdrew",
     "Offer declined", "Declined", "Talent pool", "On hold", "Sourced", "Archived", "No-show"],
)  # fmt: skip
def test_no_honest_guess_is_no_stage(label) -> None:
    assert guess_stage(label) is None


@settings(deadline=None)
@given(st.text())
def test_a_guess_never_closes_an_application(label) -> None:
    assert guess_stage(label) not in CLOSED_STAGES


@pytest.mark.parametrize(
    "name", ["Face to Face", "Phone Interview", "Recruiter Call", "Chat with Ivo", "", None]
)
def test_a_step_with_people_in_it_is_a_meeting(name) -> None:
    assert is_meeting(name)


@pytest.mark.parametrize(
    "name", ["Application Review", "Take Home Test", "Reference Check", "Background check"]
)
def test_a_step_done_without_the_candidate_is_none(name) -> None:
    assert not is_meeting(name)
