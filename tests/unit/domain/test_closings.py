"""Closing a job: every application falls into one part, whatever is known of it."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from service.domain.changes import Stage
from service.domain.closing_terms import Applicant, Part, Placement, Sender, Writing
from service.domain.closings import agree, place

_DAY = date(2026, 3, 20)

applicants = st.builds(
    Applicant,
    stage=st.sampled_from(Stage),
    erased=st.booleans(),
    deleted=st.booleans(),
    offer_open=st.booleans(),
    taken_elsewhere=st.booleans(),
    sender=st.sampled_from(Sender),
    decided=st.booleans(),
    decided_before_us=st.booleans(),
    told=st.booleans(),
    let_go=st.booleans(),
    writing=st.sampled_from(Writing),
    unreachable=st.none() | st.just("no address is known"),
    number_known=st.booleans(),
    interviewed=st.booleans(),
    interview_ahead=st.booleans(),
    asked=st.booleans(),
    called_for=st.none() | st.just("today 13:00"),
    kept_until_on=st.none() | st.just(_DAY),
    leave_out=st.booleans(),
    second_choice_until_on=st.none() | st.just(_DAY),
    mail_anyway=st.booleans(),
)


@given(applicants)
def test_everybody_falls_into_one_part_with_a_reason(facts: Applicant) -> None:
    placement = place(facts)

    assert placement.part in Part
    assert placement.reason.strip()


@given(applicants)
def test_no_letter_goes_where_none_may(facts: Applicant) -> None:
    if place(facts).part is not Part.MAIL:
        return

    assert not facts.erased
    assert not facts.deleted
    assert not facts.offer_open
    assert not facts.taken_elsewhere
    assert facts.unreachable is None
    assert not facts.interview_ahead
    assert facts.sender is Sender.KEEPWORD
    assert facts.stage not in (Stage.HIRED, Stage.OFFER, Stage.WITHDRAWN)
    assert facts.mail_anyway or not (facts.interviewed or facts.asked or facts.called_for)
    assert not (facts.stage is Stage.REJECTED and (facts.told or facts.let_go))


@given(applicants)
def test_nobody_is_decided_about_whom_a_person_left_out(facts: Applicant) -> None:
    if facts.leave_out:
        assert place(facts).part is Part.LEFT_OUT


@given(st.lists(st.builds(Placement, st.sampled_from(Part), st.just("x")), max_size=4))
def test_one_person_is_told_in_one_way(placements: list[Placement]) -> None:
    agreed = agree(placements)

    ways = {p.part for p in agreed} & {Part.MAIL, Part.CALL_FIRST, Part.SECOND_CHOICE}
    assert len(ways) <= 1
    assert len(agreed) == len(placements)
    for before, after in zip(placements, agreed, strict=True):
        if before.part in (Part.TOLD_ALREADY, Part.LEFT_OUT):
            assert after == before
