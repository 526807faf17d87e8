"""Ashby's deliveries about one person end alike in any order and any number."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ats.ashby import Ashby
from service.ats.ashby_api import application_info, offer_info
from service.ats.asking import Answer, Ask
from service.domain.changes import Stage
from tests.doubles import ashby_bodies as ashby
from tests.harness import Employer
from tests.integration.ats_orders import ORDERS, Told, any_order_ends_alike, at, tell

ASK = application_info("a-1")
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def told(action: str, when: datetime, data: object, now: object = None) -> Told:
    """``now`` is what Ashby said of the application when this came, where it was asked then."""
    answers: dict[Ask, Answer] = {ASK: ashby.answer(now)} if now else {}
    return Told(ashby.body(action, data, f"w-{action}"), when, answers=answers)


def state(when: datetime, **changes: object) -> dict[str, Any]:
    applied: dict[str, object] = {"createdAt": iso(at(8)), "updatedAt": iso(when)}
    return ashby.application(**{**applied, **changes})


def rejected(when: datetime, kind: str = "RejectedByOrg") -> dict[str, Any]:
    return ashby.archived(kind, createdAt=iso(at(8)), updatedAt=iso(when), archivedAt=iso(when))


REVIEW = ashby.stage("Application Review", "PreInterviewScreen")
OFFER = ashby.stage("Offer", "Offer")
HIRED = ashby.stage("Hired", "Hired")


def about(application: dict[str, Any]) -> dict[str, Any]:
    return {"application": application}


def interview(status: str, when: datetime) -> dict[str, Any]:
    events = [{"startTime": iso(at(9)), "endTime": iso(at(10))}]
    return ashby.schedule(status, updatedAt=iso(when), interviewEvents=events)


BARE = state(at(11), job=..., hiringTeam=...)
STORY = [
    told("applicationSubmit", at(8), about(state(at(8), currentInterviewStage=REVIEW))),
    told("interviewScheduleCreate", at(8, 30), interview("Scheduled", at(8, 30)),
         state(at(8), currentInterviewStage=REVIEW)),
    told("candidateStageChange", at(9), about(state(at(9)))),
    told("interviewScheduleUpdate", at(10, 30), interview("Complete", at(10, 30))),
    told("applicationUpdate", at(11), about(BARE), state(at(11))),
    told("applicationUpdate", at(12), about(rejected(at(12)))),
    told("candidateStageChange", at(13), about(state(at(13)))),
    told("offerUpdate", at(14), ashby.offer("Pending", "WaitingOnCandidateResponse")),
    told("candidateStageChange", at(14), about(state(at(14), currentInterviewStage=OFFER))),
    *(told(action, at(15), about(state(at(15), status="Hired", currentInterviewStage=HIRED)))
      for action in ("candidateStageChange", "applicationUpdate", "candidateHire")),
]  # fmt: skip
AT_LAST = state(at(15), status="Hired", currentInterviewStage=HIRED)
ACCEPTED = ashby.offer("Accepted", "CandidateAccepted")["offer"]
PRESENT = {ASK: ashby.answer(AT_LAST), offer_info("o-1"): ashby.answer(ACCEPTED)}


@SQLITE
@given(data=st.data())
@settings(ORDERS)
def test_a_hire_after_a_rejection_taken_back_ends_alike_in_any_order(
    employer: Employer, data: st.DataObject
) -> None:
    end = any_order_ends_alike(employer, Ashby(), STORY, data, PRESENT)

    application = end["applications"]["a-1"]
    assert application["stage"] == Stage.HIRED
    assert application["decisions"] == []
    assert application["interviewed"]


@SQLITE
@given(data=st.data())
@settings(ORDERS)
def test_any_beginning_of_the_story_ends_alike(employer: Employer, data: st.DataObject) -> None:
    story = [each for each in STORY if b"interviewSchedule" not in each.body]
    before_the_hire = [each for each in story[:-3] if b"offer" not in each.body]
    answers = {ASK: ashby.answer(state(at(11)))}

    any_order_ends_alike(employer, Ashby(), before_the_hire, data, answers, at_least=2)


@SQLITE
@given(data=st.data())
@settings(ORDERS)
def test_a_rejection_ends_alike_with_what_a_poll_found(
    employer: Employer, data: st.DataObject
) -> None:
    record = ashby.answer([rejected(at(12))])
    (found,) = Ashby.poller.read(
        Ashby.poller.first(at(7), {})[0],
        record,
        at(7),
    ).found
    story = [*STORY[:3], STORY[5], Told(found.record, at(14), found=found.kind)]

    end = any_order_ends_alike(
        employer, Ashby(), story, data, {ASK: ashby.answer(rejected(at(12)))}
    )
    assert end["applications"]["a-1"]["stage"] == Stage.REJECTED
    assert end["applications"]["a-1"]["decisions"] == ["Other offer"]


@SQLITE
@given(data=st.data())
@settings(ORDERS)
def test_an_erased_person_stays_erased_in_any_order(
    employer: Employer, data: st.DataObject
) -> None:
    story = [*STORY[:3], told("candidateDelete", at(12), {"candidate": {"id": "c-1"}})]
    gone = {ASK: ashby.refused("application_not_found")}
    last = data.draw(st.permutations(range(3)))
    order = data.draw(st.permutations([*range(4)]))

    end = tell(employer, Ashby(), [*(story[n] for n in order), *(story[n] for n in last)], gone)
    (person,) = end["people"].values()
    assert person["erased"]
    assert (person["name"], person["emails"], person["phones"]) == ((None, None), [], [])
    assert all(each["owed"] == [] for each in end["applications"].values())


def test_one_hire_told_three_times_under_one_action_id_is_one_hire(employer: Employer) -> None:
    employer.clock.move_to(at(16))
    end = tell(employer, Ashby(), [STORY[0], *STORY[-3:]], PRESENT)

    application = end["applications"]["a-1"]
    assert (application["stage"], application["closed"]) == (Stage.HIRED, True)
    assert application["stage_at"] == at(15)
    assert application["owed"] == []


def test_an_older_event_never_reopens_what_was_closed(employer: Employer) -> None:
    employer.clock.move_to(at(16))
    closed = told("applicationUpdate", at(12), about(rejected(at(12))))

    end = tell(employer, Ashby(), [STORY[0], closed, STORY[2], STORY[4], STORY[0]], PRESENT)
    assert end["applications"]["a-1"]["stage"] == Stage.REJECTED
    assert end["applications"]["a-1"]["stage_at"] == at(12)


def test_an_archiving_that_says_not_who_decided_leaves_a_to_do_and_no_decision(
    employer: Employer,
) -> None:
    employer.clock.move_to(at(16))
    unclear = told("applicationUpdate", at(12), about(rejected(at(12), "Other")))

    end = tell(employer, Ashby(), [STORY[0], STORY[2], unclear])["applications"]["a-1"]
    assert (end["stage"], end["unmapped"], end["decisions"]) == (Stage.INTERVIEW, True, [])
    assert end["ats_stage"] == "Archived: Other offer"


def test_a_lead_is_nobody_here_until_they_apply(employer: Employer) -> None:
    employer.clock.move_to(at(16))
    lead = told("applicationUpdate", at(8), about(state(at(8), status="Lead")))
    sourced = rejected(at(9)) | {"source": {"sourceType": {"title": "Sourced"}}}
    ended = told("applicationUpdate", at(9), about(sourced))

    end = tell(employer, Ashby(), [lead, ended])
    assert end["applications"] == {}
    later = tell(employer, Ashby(), [lead, STORY[2]])
    assert later["applications"]["a-1"]["stage"] == Stage.INTERVIEW


def test_two_records_of_one_person_become_one(employer: Employer) -> None:
    employer.clock.move_to(at(16))
    other = state(at(9), id="a-2", candidate=ashby.CANDIDATE | {"id": "c-2"})
    merge = {"deletedCandidate": {"id": "c-2"}, "mergedCandidate": {"id": "c-1"}}
    story = [
        STORY[0],
        told("applicationSubmit", at(9), about(other)),
        told("candidateMerge", at(10), merge),
    ]

    end = tell(employer, Ashby(), story)
    assert {each: end["applications"][each]["whose"] for each in ("a-1", "a-2")} == {
        "a-1": ["c-1", "c-2"],
        "a-2": ["c-1", "c-2"],
    }


def test_the_day_after_is_still_the_same_story(employer: Employer) -> None:
    """A replay much later changes nothing."""
    employer.clock.move_to(at(16) + timedelta(days=1))
    once = tell(employer, Ashby(), STORY, PRESENT)

    assert tell(employer, Ashby(), [*STORY, *reversed(STORY)], PRESENT) == once
