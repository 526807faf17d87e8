"""Closing a job: every application falls into one part, whatever is known of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
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
    encouraged=st.booleans(),
    asked=st.booleans(),
    called_for=st.none() | st.just("today 13:00"),
    kept_until_on=st.none() | st.just(_DAY),
    leave_out=st.booleans(),
    second_choice_until_on=st.none() | st.just(_DAY),
    mail_anyway=st.booleans(),
)


_WAITING = Applicant(Stage.SCREENING)
_DECIDED = Applicant(Stage.REJECTED, decided=True)
_SECOND = replace(_WAITING, second_choice_until_on=_DAY)
_UNREACHABLE = {"unreachable": "no address is known"}


@pytest.mark.parametrize(
    ("facts", "known", "part", "words"),
    [
        (_WAITING, {}, Part.MAIL, "not interviewed"),
        (_WAITING, {"told": True}, Part.MAIL, "not interviewed"),
        (_WAITING, {"let_go": True}, Part.MAIL, "not interviewed"),
        (_WAITING, {"erased": True, "leave_out": True}, Part.LEFT_OUT, "erased"),
        (_WAITING, {"deleted": True}, Part.LEFT_OUT, "deleted"),
        (_WAITING, {"stage": Stage.HIRED}, Part.LEFT_OUT, "hired"),
        (_WAITING, {"stage": Stage.HIRED, "leave_out": True}, Part.LEFT_OUT, "by choice"),
        (_WAITING, {"stage": Stage.OFFER}, Part.LEFT_OUT, "an offer is open"),
        (_WAITING, {"offer_open": True}, Part.LEFT_OUT, "an offer is open"),
        (_WAITING, {"stage": Stage.WITHDRAWN}, Part.LEFT_OUT, "withdrew"),
        (_WAITING, {"sender": Sender.UNANSWERED}, Part.LEFT_OUT, "nobody has said"),
        (_WAITING, {"sender": Sender.ATS, "taken_elsewhere": True}, Part.LEFT_OUT, "the ATS"),
        (_WAITING, {"taken_elsewhere": True, **_UNREACHABLE}, Part.LEFT_OUT, "on another"),
        (_WAITING, {"interviewed": True, **_UNREACHABLE}, Part.CALL_FIRST, "known): call"),
        (_WAITING, {"number_known": False, **_UNREACHABLE}, Part.CALL_FIRST, "no number"),
        (_WAITING, {"interviewed": True, "interview_ahead": True}, Part.CALL_FIRST, "booked"),
        (_WAITING, {"mail_anyway": True, "interview_ahead": True}, Part.CALL_FIRST, "booked"),
        (_WAITING, {"called_for": "today 13:00"}, Part.CALL_FIRST, "for today 13:00"),
        (_WAITING, {"interviewed": True}, Part.CALL_FIRST, "was interviewed"),
        (_WAITING, {"encouraged": True}, Part.CALL_FIRST, "moved on"),
        (_WAITING, {"asked": True}, Part.CALL_FIRST, "in touch"),
        (_WAITING, {"called_for": "today", "mail_anyway": True}, Part.MAIL, "by choice"),
        (_WAITING, {"interviewed": True, "mail_anyway": True}, Part.MAIL, "by choice"),
        (_WAITING, {"encouraged": True, "mail_anyway": True}, Part.MAIL, "by choice"),
        (_WAITING, {"asked": True, "mail_anyway": True}, Part.MAIL, "by choice"),
        (_WAITING, {"kept_until_on": _DAY}, Part.TOLD_ALREADY, "an earlier closing"),
        (_WAITING, {"kept_until_on": _DAY, "mail_anyway": True}, Part.MAIL, "not interviewed"),
        (_DECIDED, {}, Part.MAIL, "decided earlier"),
        (_DECIDED, {"told": True, "decided_before_us": True}, Part.TOLD_ALREADY, "was told"),
        (_DECIDED, {"writing": Writing.LEFT}, Part.TOLD_ALREADY, "was sent"),
        (_DECIDED, {"writing": Writing.WAITS}, Part.TOLD_ALREADY, "will go"),
        (_DECIDED, {"writing": Writing.KEPT}, Part.TOLD_ALREADY, "captured"),
        (_DECIDED, {"writing": Writing.STOPPED}, Part.LEFT_OUT, "stopped"),
        (_DECIDED, {"let_go": True}, Part.TOLD_ALREADY, "a colleague said"),
        (_DECIDED, {"decided_before_us": True}, Part.LEFT_OUT, "before Keepword"),
        (_DECIDED, {"decided": False}, Part.LEFT_OUT, "no decision is recorded"),
        (_DECIDED, {"second_choice_until_on": _DAY}, Part.LEFT_OUT, "withdraw it to keep them"),
        (_SECOND, {"stage": Stage.REJECTED}, Part.LEFT_OUT, "no decision is recorded"),
        (_SECOND, {"sender": Sender.ATS}, Part.SECOND_CHOICE, "second choice"),
        (_SECOND, {"number_known": False, **_UNREACHABLE}, Part.SECOND_CHOICE, "no number"),
        (_SECOND, {"kept_until_on": _DAY}, Part.TOLD_ALREADY, "told so"),
        (_SECOND, {"kept_until_on": date(2026, 3, 13)}, Part.SECOND_CHOICE, "second choice"),
    ],
)
def test_the_first_thing_that_matters_decides(
    facts: Applicant, known: dict[str, Any], part: Part, words: str
) -> None:
    placement = place(replace(facts, **known))

    assert placement.part is part
    assert words in placement.reason


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
    called = facts.interviewed or facts.encouraged or facts.asked or facts.called_for
    assert facts.mail_anyway or not called
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
