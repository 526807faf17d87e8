"""The last look before a letter leaves: each rule by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.domain.changes import Stage
from service.domain.safety import LetterFacts, objection

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
)
REJECTION = replace(
    STATUS,
    kind="rejection-interview",
    automatic=False,
    expected_stage=Stage.REJECTED,
    stage=Stage.REJECTED,
    decision_stands=True,
    promise_open=None,
)


@pytest.mark.parametrize("facts", [STATUS, REJECTION])
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
        (STATUS, {"promise_open": False}, "settled"),
        (REJECTION, {"decision_stands": False}, "no decision"),
        (REJECTION, {"offer_open": True}, "offer"),
        (REJECTION, {"stage": Stage.HIRED, "expected_stage": None}, "hired"),
        (REJECTION, {"stage": Stage.OFFER, "expected_stage": None}, "offer"),
        (REJECTION, {"stage": Stage.SCREENING}, "screening"),
        (REJECTION, {"replied_since": True}, "in touch"),
        (REJECTION, {"interview_ahead": True}, "interview is still booked"),
        (REJECTION, {"told_already": True}, "told this decision already"),
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


@pytest.mark.parametrize(
    "facts",
    [
        replace(STATUS, automatic=False, promise_open=False),
        replace(STATUS, kind="acknowledgement", stage=Stage.REJECTED, expected_stage=None),
        replace(STATUS, kind="holding", stage=Stage.REJECTED, expected_stage=None),
        replace(REJECTION, promise_open=False),
        replace(STATUS, offer_open=True),
    ],
    ids=["written by a person", "acknowledgement", "holding", "rejection", "status with offer"],
)
def test_a_rule_stops_only_what_it_is_about(facts: LetterFacts) -> None:
    assert objection(facts) is None


def test_erasure_is_told_before_anything_else() -> None:
    why = objection(replace(REJECTION, erased=True, deleted=True, decision_stands=False))

    assert why is not None
    assert "erased" in why.text
