"""What a candidate's record at Recruitee means, and how everybody is read page by page."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from service.ats.asking import Answer, Ask, LogEntry
from service.ats.payload import PayloadError
from service.ats.recruitee import Recruitee
from service.ats.recruitee_api import PAGE, RecruiteeApi, RecruiteeNotes, RecruiteePoller
from service.domain.changes import (
    Applied,
    CandidateUpdated,
    Change,
    Hired,
    Person,
    Rejected,
    Stage,
    Stands,
    Translation,
    Withdrawn,
)
from tests.doubles import recruitee_bodies as recruitee

READ_AT = datetime(2026, 3, 20, 8, 0, tzinfo=UTC)
CREATED_AT = datetime(2026, 3, 2, 9, 14, 31, 341931, tzinfo=UTC)
MOVED_AT = datetime(2026, 3, 5, 12, 0, 0, 178555, tzinfo=UTC)
SINCE = datetime(2026, 3, 5, tzinfo=UTC)
DISQUALIFIED = {"disqualify_kind": "admin", "disqualify_reason": "Wrong skill set"}


def states(*placements: dict[str, object], **changes: object) -> tuple[Change, ...]:
    record = recruitee.record(*placements, **changes)
    reading = Recruitee().translate_found("candidate", record, READ_AT)
    assert isinstance(reading, Translation)
    return reading.changes


def read(body: bytes, ask: Ask | None = None):
    first = RecruiteePoller().first(SINCE, {})[0]
    return RecruiteePoller().read(ask or first, Answer(200, body, READ_AT), SINCE)


def test_an_open_placement_stands_at_its_stage_as_of_its_own_change() -> None:
    stands, facts = states()

    assert isinstance(stands, Stands)
    assert (stands.at, stands.stage) == (MOVED_AT, Stage.SCREENING)
    assert stands.application.external_id == "44/71"
    assert stands.application.ats_stage == "Phone call"
    assert stands.application.applied_at == CREATED_AT
    assert isinstance(facts, CandidateUpdated)
    assert facts.at == CREATED_AT


def test_somebody_who_has_just_applied_is_news() -> None:
    applied, stands, _ = states(recruitee.placement(created_at="2026-03-19T08:00:00Z"))

    assert isinstance(applied, Applied)
    assert isinstance(stands, Stands)


def test_newer_facts_of_the_person_count_as_of_their_own_change() -> None:
    (stands, _) = states(updated_at="2026-03-06T12:00:00Z")

    assert stands.at == datetime(2026, 3, 6, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "at"),
    [(DISQUALIFIED, MOVED_AT),
     ({**DISQUALIFIED, "disqualified_at": "2026-03-04T08:00:00Z", "disqualified": True},
      datetime(2026, 3, 4, 8, 0, tzinfo=UTC))],
)  # fmt: skip
def test_a_disqualified_placement_is_a_rejection_at_its_time(said, at) -> None:
    rejected, facts = states(recruitee.placement(**said))

    assert isinstance(rejected, Rejected)
    assert (rejected.at, rejected.reason) == (at, "Wrong skill set")
    assert isinstance(facts, CandidateUpdated)


def test_a_placement_that_is_expressly_not_disqualified_is_open() -> None:
    (stands, _) = states(recruitee.placement(disqualified=False, disqualify_reason="Once"))

    assert isinstance(stands, Stands)


@pytest.mark.parametrize(
    "said", [{"disqualify_kind": "candidate"}, {"disqualify_reason": "Candidate withdrew"}]
)
def test_a_candidate_who_left_is_not_rejected(said) -> None:
    assert isinstance(states(recruitee.placement(**said))[0], Withdrawn)


def test_a_hire_is_told_by_the_stages_category() -> None:
    at = "2026-03-06T08:00:00Z"
    hired = states(recruitee.placement(stage_id=5, hired_at=at))[0]
    moved_on = states(recruitee.placement(stage_id=3, hired_at=at))[0]

    assert isinstance(hired, Hired)
    assert hired.at == datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
    assert isinstance(moved_on, Stands)


def test_each_placement_is_an_application_of_its_own_and_pools_are_none() -> None:
    pool = recruitee.placement(id=9003, offer_id=72)
    unknown = recruitee.placement(id=9004, offer_id=999)
    there = recruitee.placement(
        id=9002, offer_id=73, offer={"id": 73, "title": "Paper maker"}, **DISQUALIFIED
    )

    here, away, facts = states(recruitee.placement(), there, pool, unknown)
    assert isinstance(here, Stands)
    assert isinstance(away, Rejected)
    assert away.application.external_id == "44/73"
    assert isinstance(facts, CandidateUpdated)


def test_the_owner_is_whoever_was_assigned_or_added_the_candidate() -> None:
    tess = Person("31", "Tess Marlow", "tess.marlow@example.org")
    for how in ({"admin_id": 31}, {"assigned_admins_ids": [31], "admin_id": 30}):
        stands = states(**how)[0]

        assert isinstance(stands, Stands)
        assert stands.application.owner == tess


def test_only_those_who_changed_are_kept_by_any_time_in_their_record() -> None:
    old = "2026-03-01T08:00:00Z"
    same = recruitee.person(
        recruitee.placement(created_at=old, updated_at=old), id=1, created_at=old, updated_at=old
    )
    moved = recruitee.person(
        recruitee.placement(created_at=old), id=2, created_at=old, updated_at=old
    )
    timeless = recruitee.person(
        recruitee.placement(created_at=..., updated_at=...), id=3, created_at=..., updated_at=...
    )

    found = read(recruitee.page(same, moved, timeless)).found
    assert [json.loads(each.record)["candidate"]["id"] for each in found] == [2, 3]


def test_a_record_found_carries_what_its_placements_refer_to_and_no_more() -> None:
    (found,) = read(recruitee.page(recruitee.person(admin_id=31))).found

    references = json.loads(found.record)["references"]
    assert [(each["type"], each["id"]) for each in references] == [
        ("Offer", 71), ("Stage", 2), ("Admin", 31),
    ]  # fmt: skip


def test_what_nobody_reads_makes_no_other_record_and_a_move_does() -> None:
    def identity(*placements: dict[str, object], **changes: object) -> str:
        (found,) = read(recruitee.page(recruitee.person(*placements, **changes))).found
        return found.identity

    assert identity() == identity(my_upcoming_event=True, notes_count=7)
    assert identity() != identity(recruitee.placement(stage_id=3))
    assert identity() != identity(name="Miriam Okafor")


@pytest.mark.parametrize("most", [PAGE, 100, 20])
def test_everybody_is_read_however_few_recruitee_gives_at_once(most) -> None:
    everybody = [
        {"id": number, "name": "Mira", "updated_at": "2026-03-05T12:00:00Z"}
        for number in range(1_203)
    ]
    seen: set[int] = set()
    (ask,) = RecruiteePoller().first(SINCE, {})
    following: Ask | None = ask
    asked = 0
    while following is not None:
        offset = int(dict(following.query)["offset"])
        page = json.dumps({"candidates": everybody[offset : offset + most]}).encode()
        listing = RecruiteePoller().read(following, Answer(200, page, READ_AT), SINCE)
        seen |= {json.loads(each.record)["candidate"]["id"] for each in listing.found}
        following, asked = listing.next, asked + 1

    assert seen == set(range(1_203))
    assert asked <= 1_203 // (most - 5) + 4


def test_a_list_without_an_end_is_refused() -> None:
    people = [recruitee.person(id=number) for number in range(PAGE)]
    far = Ask("/candidates", (("limit", str(PAGE)), ("offset", "500000")))

    with pytest.raises(PayloadError, match="does not end"):
        read(recruitee.page(*people), far)


def test_the_address_is_the_companys_and_the_token_a_bearer_token() -> None:
    api = RecruiteeApi()

    assert api.base_url({"company_id": " 12345 "}) == "https://api.recruitee.com/c/12345"
    assert api.headers({"api_token": "abc"}, None)["Authorization"] == "Bearer abc"


def test_a_note_is_written_on_the_candidate() -> None:
    entry = LogEntry("pfe_1", "44", "44/71", READ_AT, "Promise kept", "We called, as promised.")
    ask = RecruiteeNotes().request(entry, {})

    assert (ask.method, ask.path) == ("POST", "/candidates/44/notes")
    note = json.loads(ask.json or "")["note"]
    assert "We called, as promised." in note["body"]
    assert note["visibility"] == {"level": "public"}


def test_a_refused_note_is_told_in_words() -> None:
    notes = RecruiteeNotes()

    assert notes.refusal(Answer(201, b"", READ_AT)) is None
    assert notes.refusal(Answer(404, b"", READ_AT)) == "Recruitee has no such candidate any more"
    assert notes.refusal(Answer(422, b"", READ_AT + timedelta())) == "Recruitee answered 422"
