"""Policy documents, and the instants a ladder amounts to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.domain.changes import Stage
from service.domain.default_policies import DEFAULT_POLICIES
from service.domain.durations import parse
from service.domain.ladders import climb, go_on, warn_at
from service.domain.policies import (
    Action,
    Anchor,
    Kind,
    PolicyDocumentError,
    Rung,
    RungAt,
    Terms,
    Trigger,
)
from service.domain.waking_hours import WakingHours
from tests.doubles.calendars import calendar, local

PLAIN = calendar()
DOCUMENT: dict[str, Any] = {
    "trigger": "silence",
    "kind": "status",
    "within": "10 business days",
    "wording": "A letter",
}


def _faults(**changes: Any) -> list[str]:
    with pytest.raises(PolicyDocumentError) as caught:
        Terms.from_document({**DOCUMENT, **changes})
    return [pointer for pointer, _ in caught.value.faults]


@pytest.mark.parametrize("name", DEFAULT_POLICIES)
def test_a_default_policy_survives_the_way_through_its_document(name: str) -> None:
    terms = DEFAULT_POLICIES[name]

    assert Terms.from_document(terms.to_document()) == terms


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"trigger": "rain"}, "/trigger"),
        ({"trigger": None}, "/trigger"),
        ({"kind": ["status"]}, "/kind"),
        ({"keeps": "nobody"}, "/keeps"),
        ({"within": "soon"}, "/within"),
        ({"within": None}, "/within"),
        ({"within": 3}, "/within"),
        ({"within": "by friday"}, "/within"),
        ({"within": "end of day"}, "/within"),
        ({"within": "0 business days"}, "/within"),
        ({"then_every": "0 days"}, "/then_every"),
        ({"then_every": "friday 17:00"}, "/then_every"),
        ({"pause_cap": "0 business hours"}, "/pause_cap"),
        ({"warn_before": "1 business day"}, "/warn_before"),
        ({"warn_before": "never"}, "/warn_before"),
        ({"wording": "  "}, "/wording"),
        ({"wording": 4}, "/wording"),
        ({"voicemail_counts": "yes"}, "/voicemail_counts"),
        ({"before_interview_only": 1}, "/before_interview_only"),
        ({"stages": "applied"}, "/stages"),
        ({"stages": False}, "/stages"),
        ({"stages": ["applied", "limbo"]}, "/stages/1"),
        ({"stages": [["applied"]]}, "/stages/0"),
        ({"ladder": {}}, "/ladder"),
        ({"ladder": [7]}, "/ladder/0"),
        ({"ladder": [{"when": "due"}]}, "/ladder/0"),
        ({"ladder": [{"when": "before", "action": "remind"}]}, "/ladder/0/offset"),
        ({"ladder": [{"when": "due", "action": "send"}]}, "/ladder/0/template"),
        (
            {"ladder": [{"when": "due", "action": "send", "template": "rejection-application"}]},
            "/ladder/0/template",
        ),
        (
            {"ladder": [{"when": "due", "action": "send", "template": "interview-scheduling"}]},
            "/ladder/0/template",
        ),
        (
            {"ladder": [{"when": "after", "action": "flag", "offset": "1 business day"}]},
            "/ladder/0/when",
        ),
        ({"ladder": [{"when": "due", "action": "remind"}]}, "/ladder/0/when"),
        ({"ladder": [{"when": "due", "action": "flag", "loud": True}]}, "/ladder/0/loud"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_every_fault_names_its_place(changes: dict[str, Any], pointer: str) -> None:
    assert _faults(**changes) == [pointer]


def test_all_faults_are_told_at_once() -> None:
    faults = _faults(within="soon", wording="", ladder=[{"when": "due", "action": "dance"}])

    assert faults == ["/within", "/wording", "/ladder/0"]


def test_a_spoken_promise_may_name_a_day() -> None:
    terms = Terms.from_document({**DOCUMENT, "trigger": "spoken", "within": "friday 17:00"})

    assert terms.within == "by friday 17:00"


def test_a_damaged_stored_rung_is_an_error_and_no_guess() -> None:
    with pytest.raises((KeyError, ValueError)):
        RungAt.from_document({"at": "2026-03-02T09:00:00+00:00"})


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        # Two hours before, where there is time enough; else with a quarter of it left.
        ("2 business days", "2026-03-03T15:00"),
        ("8 business hours", "2026-03-02T15:00"),
        ("4 business hours", "2026-03-02T12:00"),
        ("1 business hour", "2026-03-02T09:45"),
    ],
)
def test_a_promise_is_at_risk_at_the_latest_with_a_quarter_left(within: str, expected: str) -> None:
    start = local(PLAIN, "2026-03-02T09:00")
    due_at = PLAIN.add(start, parse(within)).due_at

    assert warn_at(DEFAULT_POLICIES["reply"], start, due_at, PLAIN) == local(PLAIN, expected)


def test_a_promise_without_working_time_is_at_risk_from_the_start_and_not_before() -> None:
    saturday, sunday = local(PLAIN, "2026-03-07T10:00"), local(PLAIN, "2026-03-08T12:00")

    assert warn_at(DEFAULT_POLICIES["reply"], saturday, sunday, PLAIN) == saturday


MONDAY = "2026-03-02T09:00"


@pytest.mark.parametrize(
    ("name", "start", "due", "rungs"),
    [
        ("acknowledgement", MONDAY, "2026-03-03T09:00",
         [("send", MONDAY), ("flag", "2026-03-03T09:00")]),
        ("acknowledgement", "2026-03-07T22:00", "2026-03-10T09:00",
         [("send", "2026-03-07T22:00"), ("flag", "2026-03-10T09:00")]),
        ("status-letter", MONDAY, "2026-03-16T09:00",
         [("send", "2026-03-13T13:00"), ("flag", "2026-03-16T09:00")]),
        ("reply", "2026-03-02T14:00", "2026-03-03T14:00",
         [("remind", "2026-03-03T12:00"), ("flag", "2026-03-03T14:00"),
          ("escalate", "2026-03-04T14:00")]),
        ("word-after-interview", "2026-03-05T11:00", "2026-03-10T11:00",
         [("remind", "2026-03-10T09:00"), ("flag", "2026-03-10T11:00"),
          ("escalate", "2026-03-11T11:00")]),
        ("decision-told", "2026-03-05T16:00", "2026-03-09T16:00",
         [("remind", "2026-03-09T14:00"), ("flag", "2026-03-09T16:00"),
          ("escalate", "2026-03-10T16:00")]),
        ("silence-alarm", MONDAY, "2026-03-23T09:00",
         [("flag", "2026-03-23T09:00"), ("escalate", "2026-03-23T09:00")]),
    ],
)  # fmt: skip
def test_each_default_policy_has_its_deadline_and_rungs(
    name: str, start: str, due: str, rungs: list[tuple[str, str]]
) -> None:
    terms = DEFAULT_POLICIES[name]
    at = local(PLAIN, start)
    due_at = PLAIN.add(at, parse(terms.within)).due_at
    ladder = climb(terms, at, due_at, PLAIN)

    assert due_at == local(PLAIN, due)
    assert [(rung.action, rung.at) for rung in ladder] == [
        (Action(action), local(PLAIN, when)) for action, when in rungs
    ]


def test_a_reminder_keeps_its_own_offset() -> None:
    terms = Terms(
        Trigger.INTERVIEWED, Kind.STATUS, "5 business days", "Word",
        ladder=(Rung(Anchor.BEFORE, Action.REMIND, "1 business day"),
                Rung(Anchor.MADE, Action.REMIND)),
    )  # fmt: skip
    start = local(PLAIN, MONDAY)
    due_at = PLAIN.add(start, parse(terms.within)).due_at

    assert [rung.at for rung in climb(terms, start, due_at, PLAIN)] == [
        start,
        local(PLAIN, "2026-03-06T09:00"),
        local(PLAIN, "2026-03-09T09:00"),
    ]


def test_a_ladder_without_a_flag_gets_one_and_never_two() -> None:
    start = local(PLAIN, MONDAY)
    bare = Terms(Trigger.ENQUIRY, Kind.REPLY, "1 business day", "A reply")
    told = DEFAULT_POLICIES["reply"]
    due_at = start + timedelta(days=1)

    for terms in (bare, told):
        flags = [r for r in climb(terms, start, due_at, PLAIN) if r.action is Action.FLAG]

        assert flags == [RungAt(due_at, Action.FLAG)]


def test_no_rung_lies_before_the_promise_was_made() -> None:
    start = local(PLAIN, MONDAY)
    due_at = PLAIN.add(start, parse("1 business hour")).due_at
    ladder = climb(DEFAULT_POLICIES["status-letter"], start, due_at, PLAIN)

    assert min(rung.at for rung in ladder) == start


def test_a_rung_survives_its_stored_form() -> None:
    rung = RungAt(datetime.fromisoformat("2026-03-02T09:00:00+00:00"), Action.HOLDING, "holding")

    assert RungAt.from_document(rung.to_document()) == rung


@pytest.mark.parametrize("stage", Stage)
def test_a_status_letter_is_for_those_considered_and_not_yet_interviewed(stage: Stage) -> None:
    terms = DEFAULT_POLICIES["status-letter"]
    waiting = {Stage.APPLIED, Stage.SCREENING, Stage.ASSESSMENT, Stage.INTERVIEW}

    assert terms.applies_to(stage, interviewed=False) is (stage in waiting)
    assert not terms.applies_to(stage, interviewed=True)


@pytest.mark.parametrize("stage", Stage)
def test_only_somebody_rejected_is_owed_the_telling_of_it(stage: Stage) -> None:
    terms = DEFAULT_POLICIES["decision-told"]

    assert terms.applies_to(stage, interviewed=True) is (stage is Stage.REJECTED)


@pytest.mark.parametrize("name", ["reply", "spoken"])
def test_an_answer_and_a_word_given_outlive_the_decision(name: str) -> None:
    terms = DEFAULT_POLICIES[name]
    owed = {stage for stage in Stage if terms.applies_to(stage, interviewed=True)}

    assert owed == set(Stage) - {Stage.WITHDRAWN}


TWO_LETTERS = Terms(
    Trigger.SPOKEN, Kind.CALLBACK, "2 business days", "A call",
    ladder=(
        Rung(Anchor.MADE, Action.SEND, template="acknowledgement"),
        Rung(Anchor.BEFORE, Action.REMIND, "2 business hours"),
        Rung(Anchor.BEFORE, Action.SEND, "1 business hour", template="status-update"),
        Rung(Anchor.DUE, Action.HOLDING, template="holding"),
        Rung(Anchor.AFTER, Action.HOLDING, "1 business hour", template="holding"),
    ),
)  # fmt: skip


def test_letters_due_in_somebodys_night_start_in_their_day_before_and_no_task_moves() -> None:
    start, due_at = local(PLAIN, MONDAY), local(PLAIN, "2026-03-04T16:00")
    there = WakingHours(PLAIN, ZoneInfo("Asia/Tokyo"))  # eight hours ahead

    moved = climb(TWO_LETTERS, start, due_at, PLAIN, there)
    plain = climb(TWO_LETTERS, start, due_at, PLAIN)

    evening = local(PLAIN, "2026-03-04T11:30")
    assert [(rung.at, rung.action) for rung in moved] == [
        (start, Action.SEND),
        (evening, Action.SEND),
        (evening, Action.HOLDING),
        (local(PLAIN, "2026-03-04T14:00"), Action.REMIND),
        (due_at, Action.FLAG),
        (local(PLAIN, "2026-03-04T17:00"), Action.HOLDING),
    ]
    assert moved[-1] == plain[-1]


def test_a_letter_with_no_decent_hour_before_it_starts_with_its_promise() -> None:
    start, due_at = local(PLAIN, "2026-03-04T14:00"), local(PLAIN, "2026-03-04T16:00")
    there = WakingHours(PLAIN, ZoneInfo("Asia/Tokyo"))

    letters = [rung.at for rung in climb(TWO_LETTERS, start, due_at, PLAIN, there) if rung.template]

    assert letters[:3] == [start, start, start]


def test_what_a_ladder_did_stays_done_in_whatever_order_it_stands_now() -> None:
    start, due_at = local(PLAIN, MONDAY), local(PLAIN, "2026-03-04T16:00")
    there = WakingHours(PLAIN, ZoneInfo("Asia/Tokyo"))
    old = [rung.to_document() for rung in climb(TWO_LETTERS, start, due_at, PLAIN)]
    new = [rung.to_document() for rung in climb(TWO_LETTERS, start, due_at, PLAIN, there)]

    went_on = go_on(old[:2], new)

    assert [rung["action"] for rung in old[:2]] == ["send", "remind"]
    assert went_on[:2] == old[:2]
    assert went_on[2:] == [rung for rung in new[1:] if rung["action"] != "remind"]
