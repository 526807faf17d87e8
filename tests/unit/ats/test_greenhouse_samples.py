"""Greenhouse's own documented payloads, each with the very changes that it must give."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from service.ats.greenhouse import Greenhouse
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationRef,
    ApplicationUpdated,
    Applied,
    CandidateFacts,
    CandidateUpdated,
    Change,
    JobFacts,
    JobStatus,
    JobUpdated,
    Moved,
    OfferWithdrawn,
    Person,
    Rejected,
    Stage,
    Unhired,
)

RECEIVED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def candidate(id_: str, first: str, last: str, email: str, phone: str) -> CandidateFacts:
    return CandidateFacts(id_, first, last, (email,), (phone,), can_email=True)


ALICIA = Person("3128", "Alicia Flopple", "alicia.flopple.3128@example.com")
PORTER = candidate("265788", "Hector", "Porter", "hector.porter.265788@example.com", "330-281-8004")
DESIGNER = JobFacts("371417", "Designer", JobStatus.OPEN)
SPRING_2013 = at("2013-03-22T00:00:00Z")

EXPECTED: dict[str, Change | None] = {
    "application_updated": ApplicationUpdated(
        ApplicationRef(
            "22202940",
            candidate(
                "13857579", "Hank", "Von Diablo", "hank.von diablo.13857579@example.com",
                "330-281-8004",
            ),
            applied_at=at("2015-12-03T06:31:26Z"),
            ats_stage="Application Review",
        ),
        at("2015-12-03T06:31:26Z"),
    ),
    "candidate_stage_change": Moved(
        ApplicationRef(
            "265277",
            candidate(
                "265772", "Giuseppe", "Hurley", "giuseppe.hurley@example.com", "330-281-8004"
            ),
            JobFacts("3485", "Designer", JobStatus.OPEN),
            ALICIA,
            ALICIA,
            SPRING_2013,
            "Assessment",
        ),
        at("2015-02-09T16:38:36Z"),
        Stage.ASSESSMENT,
    ),
    "delete_application": ApplicationDeleted("46194062", None),
    "job_created": JobUpdated(
        JobFacts("371417", "Software Engineer", JobStatus.OPEN, Person("1234")),
        at("2016-10-20T18:16:32Z"),
    ),
    "new_candidate_application": Applied(
        ApplicationRef(
            "71980812",
            CandidateFacts(
                "60304594", "Jane", "Smith", ("person@example.com", "person@work.com"),
                ("555-555-5555",), can_email=True,
            ),
            JobFacts("274075", "Data Scientist", JobStatus.OPEN, Person("92913")),
            Person("92121", "Betty Smith", "employee@test.com"),
            Person("92427", "Bonnie Bonnet", "user@example.com"),
            at("2017-10-27T14:44:43Z"),
            "Preliminary Phone Screen",
        ),
        at("2017-10-27T14:44:43Z"),
        Stage.SCREENING,
    ),
    "new_prospect_application": None,
    "offer_updated": OfferWithdrawn("234556", at("2013-03-25T00:00:00Z"), "12345/v2"),
    "reject_candidate": Rejected(
        ApplicationRef(
            "265293", PORTER, DESIGNER, applied_at=SPRING_2013, ats_stage="Offer"
        ),
        at("2015-02-11T15:50:41Z"),
        "Too Junior",
    ),
    "unhire_candidate": Unhired(
        ApplicationRef(
            "265293", PORTER, DESIGNER, applied_at=SPRING_2013, ats_stage="Application Review"
        ),
        at("2015-03-18T20:28:09Z"),
        Stage.APPLIED,
    ),
    "update_candidate": CandidateUpdated(
        CandidateFacts(
            "15696179", "Ronald", "Ronnie", ("123456email@email.com",), ("911",)
        ),
        None,
        Person("169779", "Hank Hollandaise", "hank.hollandaise.169779@example.com"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("action", sorted(EXPECTED))
def test_a_documented_payload_gives_exactly_these_changes(samples, action) -> None:
    translated = Greenhouse().translate(samples(f"greenhouse/{action}.json"), {}, RECEIVED_AT)

    expected = EXPECTED[action]
    assert translated.changes == (() if expected is None else (expected,))
    assert (translated.ignored is None) == (expected is not None)
    assert translated.warnings == ()


def test_every_documented_payload_is_expected_here(sample_names) -> None:
    unexpected = set(sample_names("greenhouse")) - EXPECTED.keys()

    assert unexpected == set()


@pytest.mark.parametrize("action", sorted(EXPECTED))
def test_a_documented_payload_is_read_the_same_with_ids_as_texts(samples, action) -> None:
    """Some connectors turn ids into texts on the way."""
    payload = json.loads(samples(f"greenhouse/{action}.json"))
    as_texts = json.dumps(_with_text_ids(payload)).encode()

    translated = Greenhouse().translate(as_texts, {}, RECEIVED_AT)
    expected = EXPECTED[action]
    assert translated.changes == (() if expected is None else (expected,))


def _with_text_ids(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: str(each) if type(each) is int else _with_text_ids(each)
            for key, each in value.items()
        }
    return [_with_text_ids(each) for each in value] if isinstance(value, list) else value
