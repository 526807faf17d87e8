"""Lever's hints about one person end alike in any order and any number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ats import lever_api
from service.ats.asking import Answer, Ask
from service.ats.lever import Lever
from service.domain.changes import Stage
from tests.doubles import lever_bodies as lever
from tests.harness import Employer
from tests.integration.ats_orders import ORDERS, Told, any_order_ends_alike, at, tell

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ASK = lever_api.opportunity("o-1")


def said(data: object, when: datetime) -> Answer:
    return Answer(200, json.dumps({"data": data}).encode(), when)


def gone(when: datetime) -> Answer:
    return Answer(404, b"{}", when)


def stage(text: str) -> dict[str, object]:
    return {"id": text.lower(), "text": text}


def state(when: datetime, text: str = "On-site interview", **changes: object) -> dict[str, object]:
    applied = [lever.APPLICATION | {"createdAt": lever.millis(at(8))}]
    members: dict[str, object] = {
        "createdAt": lever.millis(at(8)),
        "updatedAt": lever.millis(when),
        "stage": stage(text),
        "applications": applied,
    }
    return lever.opportunity(**{**members, **changes})


def archived(
    when: datetime, reason: str = "r-1", text: str = "On-site interview"
) -> dict[str, object]:
    return state(when, text, archived=lever.archived(reason, when))


def hint(event: str, when: datetime, then: object, **data: object) -> Told:
    """An event, and what Lever said of the opportunity when it was worked in."""
    body = json.loads(lever.body(event, **data)) | {"triggeredAt": lever.millis(when)}
    return Told(json.dumps(body).encode(), when, answers={ASK: said(then, when)} if then else {})


def lever_says(now: object, when: datetime, *interviews: object) -> Mapping[Ask, Answer]:
    """What Lever has in the end, and all along of what never changed."""
    return {
        ASK: said(now, when),
        lever_api.posting("p-1"): said(lever.POSTING, when),
        lever_api.interviews("o-1"): said(list(interviews), when),
        lever_api.interview("o-1", "i-1"): gone(when),
        lever_api.archive_reason("r-1"): said(
            {"id": "r-1", "text": "Underqualified", "type": "non-hired"}, when
        ),
        lever_api.archive_reason("r-2"): said(
            {"id": "r-2", "text": "Hired", "type": "hired"}, when
        ),
        lever_api.archive_reason("r-3"): said(
            {"id": "r-3", "text": "Duplicate", "type": "non-hired"}, when
        ),
        lever_api.contact("c-1"): gone(when),
    }


NEW = state(at(8), "New applicant")
ONSITE = lever.interview(date=lever.millis(at(9)), createdAt=lever.millis(at(8, 30)))
STORY = [
    hint("applicationCreated", at(8), NEW),
    hint("candidateStageChange", at(9), state(at(9)), toStageId="s-1"),
    hint("interviewCreated", at(9, 30), state(at(9)), interviewId="i-1"),
    hint("candidateArchiveChange", at(12), archived(at(12))),
    hint("candidateArchiveChange", at(13), state(at(13))),
    hint("candidateStageChange", at(14), state(at(14), "Offer")),
    hint("candidateHired", at(15), archived(at(15), "r-2", "Offer")),
    hint("candidateArchiveChange", at(15), archived(at(15), "r-2", "Offer")),
]
HIRED = archived(at(15), "r-2", "Offer")


@SQLITE
@given(data=st.data())
@ORDERS
def test_a_hire_after_a_rejection_taken_back_ends_alike_in_any_order(
    employer: Employer, data: st.DataObject
) -> None:
    end = any_order_ends_alike(employer, Lever(), STORY, data, lever_says(HIRED, at(15), ONSITE))

    application = end["applications"]["o-1"]
    assert application["stage"] == Stage.HIRED
    assert application["decisions"] == []
    assert application["interviewed"]


@SQLITE
@given(data=st.data())
@ORDERS
def test_hints_worked_in_after_the_end_find_the_end_in_any_order(
    employer: Employer, data: st.DataObject
) -> None:
    """After an outage every hint is answered by the same present state."""
    late = [Told(each.body, each.received_at) for each in STORY[:4]]
    present = lever_says(archived(at(12)), at(15), ONSITE)

    end = any_order_ends_alike(employer, Lever(), late, data, present, at_least=1)
    assert end["applications"]["o-1"]["stage"] == Stage.REJECTED
    assert end["applications"]["o-1"]["decisions"] == ["Underqualified"]


@SQLITE
@given(data=st.data())
@ORDERS
def test_any_beginning_ends_alike_with_what_a_poll_found(
    employer: Employer, data: st.DataObject
) -> None:
    found = Told(json.dumps(state(at(13))).encode(), at(13, 30), found="opportunity")
    present = lever_says(state(at(13)), at(14), ONSITE)

    any_order_ends_alike(employer, Lever(), [STORY[0], found, *STORY[1:5]], data, present,
                         at_least=2)  # fmt: skip


@SQLITE
@given(data=st.data())
@ORDERS
def test_an_erased_person_stays_erased_in_any_order(
    employer: Employer, data: st.DataObject
) -> None:
    story = [*STORY[:3], hint("candidateDeleted", at(12), None)]
    present = {**lever_says({}, at(15)), ASK: gone(at(15))}
    last = data.draw(st.permutations(range(3)))
    order = data.draw(st.permutations([*range(4)]))

    end = tell(employer, Lever(), [*(story[n] for n in order), *(story[n] for n in last)], present)
    (person,) = end["people"].values()
    assert person["erased"]
    assert (person["name"], person["emails"], person["phones"]) == ((None, None), [], [])
    assert all(each["owed"] == [] for each in end["applications"].values())


def test_an_answer_from_before_never_reopens_what_was_closed(employer: Employer) -> None:
    employer.clock.move_to(at(16))
    present = lever_says(archived(at(12)), at(15))

    end = tell(employer, Lever(), [STORY[0], STORY[3], STORY[1], STORY[2], STORY[0]], present)
    assert end["applications"]["o-1"]["stage"] == Stage.REJECTED
    assert end["applications"]["o-1"]["stage_at"] == at(12)


def test_an_end_for_housekeeping_leaves_a_to_do_and_no_decision(employer: Employer) -> None:
    employer.clock.move_to(at(16))
    present = lever_says(archived(at(12), "r-3"), at(15))
    duplicate = hint("candidateArchiveChange", at(12), archived(at(12), "r-3"))

    end = tell(employer, Lever(), [STORY[0], STORY[1], duplicate], present)["applications"]["o-1"]
    assert (end["stage"], end["unmapped"], end["decisions"]) == (Stage.INTERVIEW, True, [])
    assert end["ats_stage"] == "Archived: Duplicate"


def test_whoever_may_not_be_contacted_is_known_as_such(employer: Employer) -> None:
    employer.clock.move_to(at(16))
    protection = {"contact": {"allowed": False, "expiresAt": None}}
    forbidden = hint("applicationCreated", at(8), state(at(8), dataProtection=protection))

    end = tell(employer, Lever(), [forbidden], lever_says({}, at(15)))
    assert end["people"]["c-1"]["can_email"] is False


def test_a_posting_found_closed_closes_the_job(employer: Employer) -> None:
    employer.clock.move_to(at(16))
    closed = lever.POSTING | {"state": "closed", "updatedAt": lever.millis(at(14))}
    found = Told(json.dumps(closed).encode(), at(15), found="posting")

    end = tell(employer, Lever(), [STORY[0], found, STORY[0]], lever_says(NEW, at(15)))
    assert end["jobs"] == {"p-1": ("Bookbinder", "closed")}


def test_a_prospect_is_nobody_here_until_they_apply(employer: Employer) -> None:
    employer.clock.move_to(at(16))
    prospect = hint("candidateStageChange", at(8), state(at(8), "Reached out", applications=[]))

    assert tell(employer, Lever(), [prospect], lever_says({}, at(15)))["applications"] == {}


def test_a_replay_much_later_changes_nothing(employer: Employer) -> None:
    employer.clock.move_to(at(16))
    present = lever_says(HIRED, at(15), ONSITE)
    once = tell(employer, Lever(), STORY, present)

    assert tell(employer, Lever(), [*STORY, *reversed(STORY)], present) == once
