"""The last look before a letter leaves: each rule by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.domain.changes import Stage
from service.domain.contradictions import last_moves_forward, moved_forward
from service.domain.letter_facts import says
from service.domain.safety import LetterFacts, Says, objection

STATUS = LetterFacts(
    kind="status-update",
    automatic=True,
    expected_stage=Stage.SCREENING,
    stage=Stage.SCREENING,
    erased=False,
    deleted=False,
    can_email=True,
    suppressed=None,
    address_current=True,
    decision_stands=False,
    offer_open=False,
    promise_open=True,
    says=Says.CONSIDERED,
)
HOLDING = replace(STATUS, kind="holding", expected_stage=None)
APOLOGY = replace(HOLDING, kind="apology-late")
REJECTION = replace(
    STATUS,
    kind="rejection-interview",
    automatic=False,
    expected_stage=Stage.REJECTED,
    stage=Stage.REJECTED,
    decision_stands=True,
    promise_open=None,
    says=Says.FINAL,
)
GOES_ON = replace(
    REJECTION,
    says=Says.CONSIDERED,
    elsewhere=True,
    expected_stage=None,
    stage=Stage.INTERVIEW,
    decision_stands=False,
)
"""The other application that a rejection names and says goes on."""
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.mark.parametrize("facts", [STATUS, HOLDING, APOLOGY, REJECTION, GOES_ON])
def test_a_letter_that_is_still_true_goes(facts: LetterFacts) -> None:
    assert objection(facts) is None


@pytest.mark.parametrize(
    ("facts", "change", "words"),
    [
        (STATUS, {"erased": True}, "erased"),
        (STATUS, {"deleted": True}, "deleted"),
        (STATUS, {"can_email": False}, "must not be emailed"),
        (STATUS, {"suppressed": "mail to this address bounced"}, "bounced"),
        (STATUS, {"address_current": False}, "no longer has this address"),
        (STATUS, {"stage": Stage.ASSESSMENT}, "assessment"),
        (STATUS, {"stage": Stage.REJECTED}, "no longer true"),
        (STATUS, {"stage": Stage.HIRED, "expected_stage": None}, "no longer true"),
        (STATUS, {"stage": Stage.WITHDRAWN, "expected_stage": None}, "no longer true"),
        (HOLDING, {"stage": Stage.REJECTED}, "no longer true"),
        (HOLDING, {"stage": Stage.HIRED}, "no longer true"),
        (APOLOGY, {"stage": Stage.REJECTED}, "no longer true"),
        (STATUS, {"promise_open": False}, "settled"),
        (REJECTION, {"decision_stands": False}, "no decision"),
        (REJECTION, {"offer_open": True}, "offer"),
        (REJECTION, {"stage": Stage.HIRED, "expected_stage": None}, "hired"),
        (REJECTION, {"stage": Stage.OFFER, "expected_stage": None}, "offer"),
        (REJECTION, {"stage": Stage.SCREENING}, "screening"),
        (REJECTION, {"replied_since": True}, "in touch"),
        (REJECTION, {"interview_ahead": True}, "interview is still booked"),
        (REJECTION, {"told_ago": DAY}, "told this decision already"),
        (REJECTION, {"told_ago": DAY, "considered_ago": 2 * DAY}, "told this decision already"),
        (REJECTION, {"told_ago": DAY, "considered_ago": DAY}, "told this decision already"),
        (REJECTION, {"approved": False}, "not approved any more"),
        (REJECTION, {"from_ats": True}, "nobody has said"),
        (REJECTION, {"from_ats": True, "rejections_by": "ats"}, "the ATS sends"),
        (REJECTION, {"encouraged_ago": 5 * DAY - SECOND}, "moved on or invited"),
        (REJECTION, {"told_elsewhere_ago": DAY - SECOND}, "another of this person's applications"),
        (STATUS, {"told_stands": True}, "still considered"),
        (STATUS, {"approved": False}, "not approved any more"),
        (GOES_ON, {"stage": Stage.REJECTED}, "says that this application goes on"),
        (GOES_ON, {"told_stands": True}, "still considered"),
        (GOES_ON, {"job_open": False}, "its job has been closed"),
    ],
)
def test_each_thing_that_changed_stops_it(
    facts: LetterFacts, change: dict[str, Any], words: str
) -> None:
    why = objection(replace(facts, **change))

    assert why is not None
    assert words in why.text


@pytest.mark.parametrize(
    ("facts", "change", "moot"),
    [
        (STATUS, {"promise_open": False}, True),
        (STATUS, {"stage": Stage.REJECTED}, True),
        (STATUS, {"suppressed": "mail to this address bounced"}, False),
        (REJECTION, {"decision_stands": False}, False),
    ],
)
def test_only_what_went_by_itself_and_was_overtaken_is_moot(
    facts: LetterFacts, change: dict[str, Any], moot: bool
) -> None:
    why = objection(replace(facts, **change))

    assert why is not None
    assert why.moot is moot
    assert not why.can_overrule
    assert objection(replace(facts, **change), frozenset({why.rule})) == why


@pytest.mark.parametrize(
    "facts",
    [
        replace(STATUS, automatic=False, promise_open=False),
        replace(STATUS, kind="acknowledgement", stage=Stage.REJECTED, expected_stage=None),
        replace(HOLDING, automatic=False, stage=Stage.REJECTED),
        replace(REJECTION, promise_open=False),
        replace(STATUS, offer_open=True),
        replace(STATUS, from_ats=True, rejections_by="ats"),
        replace(STATUS, encouraged_ago=SECOND, told_elsewhere_ago=SECOND),
        replace(REJECTION, from_ats=True, rejections_by="keepword"),
        replace(REJECTION, encouraged_ago=5 * DAY),
        replace(REJECTION, told_elsewhere_ago=DAY),
        replace(REJECTION, told_ago=2 * DAY, considered_ago=DAY),
        replace(GOES_ON, offer_open=True, interview_ahead=True),
        replace(STATUS, taken_elsewhere=True, telling_unclear=True, replied_since=True),
        replace(STATUS, interview_ahead=True, told_ago=SECOND, job_open=False),
        replace(STATUS, promise_open=None),
        replace(STATUS, automatic=False, stage=Stage.REJECTED, expected_stage=None),
        replace(STATUS, kind="acknowledgement", says=Says.NEITHER, job_changed=True),
        replace(REJECTION, told_stands=True),
        replace(REJECTION, elsewhere=True, job_open=False),
    ],
    ids=[
        "written by a person",
        "acknowledgement",
        "a person's holding message",
        "rejection",
        "status with offer",
        "status though the ATS rejects",
        "status after good news",
        "rejection that is Keepword's to send",
        "rejection long after good news",
        "rejection long after another one",
        "rejection after a rejection that was denied since",
        "an offer where it goes on",
        "status after what stops a rejection",
        "status after a rejection whose decision fell",
        "status for no promise",
        "a person's status after a rejection",
        "acknowledgement of a former job",
        "rejection beside one that stands",
        "rejection that tells of another job too",
    ],
)
def test_a_rule_stops_only_what_it_is_about(facts: LetterFacts) -> None:
    assert objection(facts) is None


def test_erasure_is_told_before_anything_else() -> None:
    why = objection(replace(REJECTION, erased=True, deleted=True, decision_stands=False))

    assert why is not None
    assert "erased" in why.text


FIRM = {
    "erased": {"erased": True},
    "application_deleted": {"deleted": True},
    "no_mail_wanted": {"can_email": False},
    "suppressed": {"suppressed": "mail to this address bounced"},
    "address_gone": {"address_current": False},
    "no_decision": {"decision_stands": False},
    "rejection_of_the_chosen": {"offer_open": True},
    "ats_sends_rejections": {"from_ats": True},
    "template_withdrawn": {"approved": False},
    "date_passed": {"date_passed": True},
}
SOFT = {
    "stage_moved": {"stage": Stage.SCREENING},
    "job_changed": {"job_changed": True},
    "replied_meanwhile": {"replied_since": True},
    "interview_booked": {"interview_ahead": True},
    "taken_elsewhere": {"taken_elsewhere": True},
    "encouraged_lately": {"encouraged_ago": DAY},
    "final_elsewhere": {"told_elsewhere_ago": SECOND},
    "two_final_letters": {"told_ago": DAY},
}


@pytest.mark.parametrize("rule", FIRM)
def test_a_rule_that_protects_a_person_cannot_be_overruled(rule: str) -> None:
    facts = replace(REJECTION, **FIRM[rule])
    why = objection(facts, frozenset({rule}))

    assert why is not None
    assert (why.rule, why.can_overrule) == (rule, False)


@pytest.mark.parametrize("rule", SOFT)
def test_a_rule_that_asks_for_a_second_look_can_be_overruled(rule: str) -> None:
    facts = replace(REJECTION, **SOFT[rule])
    why = objection(facts)

    assert why is not None
    assert (why.rule, why.can_overrule) == (rule, True)
    assert objection(facts, frozenset({rule})) is None


def test_a_letter_of_hope_after_a_rejection_can_be_overruled() -> None:
    facts = replace(STATUS, told_stands=True)
    why = objection(facts)

    assert why is not None
    assert (why.rule, why.can_overrule) == ("considered_after_rejection", True)
    assert objection(facts, frozenset({why.rule})) is None


def test_overruling_one_rule_leaves_the_others() -> None:
    facts = replace(REJECTION, interview_ahead=True, replied_since=True, erased=True)
    told = [objection(facts), objection(replace(facts, erased=False))]
    told.append(objection(replace(facts, erased=False), frozenset({"interview_booked"})))

    rules = [why.rule for why in told if why is not None]
    assert rules == ["erased", "interview_booked", "replied_meanwhile"]


@pytest.mark.parametrize(
    ("before", "after", "forward"),
    [
        ("applied", "screening", False),
        ("applied", "interview", True),
        ("screening", "assessment", True),
        ("interview", "offer", True),
        ("offer", "interview", False),
        ("interview", "rejected", False),
        ("rejected", "interview", False),
    ],
)
def test_only_a_step_that_the_person_notices_tells_them_that_they_are_through(
    before: str, after: str, forward: bool
) -> None:
    assert moved_forward(before, after) is forward


def test_the_last_step_forward_counts_in_whatever_order_it_was_written_down() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    through, back = {"before": "screening", "stage": "interview"}, {"stage": "rejected"}
    moves = [("a", at, through), ("a", at - DAY, through), ("b", at - DAY, through)]
    moves += [("b", at, through), ("b", at + DAY, {"before": "interview", **back})]

    assert last_moves_forward(moves) == {"a": at, "b": at}


@pytest.mark.parametrize(
    ("kind", "elsewhere", "decided", "meaning"),
    [
        ("rejection-interview", False, True, Says.FINAL),
        ("rejection-interview", False, False, Says.FINAL),
        ("position-filled", True, True, Says.FINAL),
        ("position-filled", True, False, Says.CONSIDERED),
        ("interview-scheduling", False, False, Says.CONSIDERED),
        ("second-choice", False, True, Says.CONSIDERED),
        ("status-update", False, False, Says.CONSIDERED),
        ("holding", False, False, Says.CONSIDERED),
        ("apology-late", False, False, Says.CONSIDERED),
        ("acknowledgement", False, False, Says.NEITHER),
    ],
)
def test_what_a_letter_means_for_an_application(
    kind: str, elsewhere: bool, decided: bool, meaning: Says
) -> None:
    assert says(kind, elsewhere=elsewhere, decided=decided) is meaning
