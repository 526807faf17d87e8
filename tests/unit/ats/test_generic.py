"""The generic endpoint's events: the documentation's examples, and each way to get one wrong."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.ats.base import Incoming
from service.ats.generic import EVENT_TYPES, Generic
from service.ats.payload import PayloadError
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationRef,
    ApplicationUpdated,
    Applied,
    CandidateErased,
    CandidateFacts,
    CandidatesMerged,
    CandidateUpdated,
    Hired,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    JobDeleted,
    JobFacts,
    JobStatus,
    JobUpdated,
    Moved,
    OfferMade,
    OfferWithdrawn,
    Person,
    Rejected,
    Stage,
    Translation,
    Unhired,
    Unrejected,
    Withdrawn,
)

RECEIVED_AT = datetime(2027, 1, 1, tzinfo=UTC)
PAGE = Path(__file__).resolve().parents[3] / "docs" / "generic-events.md"
EXAMPLES = re.findall(r"^```json\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)

IVO = Person("U-9", "Ivo Lind", "ivo.lind@example.org")
REF = ApplicationRef("A-1001")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


EXPECTED = {
    "application.applied": Applied(
        ApplicationRef(
            "A-1001",
            CandidateFacts(
                "C-77", "Mira", "Okafor", ("mira.okafor@example.com",), ("+49 30 5550 1234",),
                True, "Europe/Berlin", "de",
            ),
            JobFacts("J-12", "Bookbinder", JobStatus.OPEN, IVO),
            Person("U-3", "Tess Marlow", "tess.marlow@example.org"),
            applied_at=at("2026-03-02T09:14:31Z"),
            ats_stage="New applications",
        ),
        at("2026-03-02T09:14:31Z"),
        Stage.APPLIED,
    ),
    "application.moved": Moved(
        ApplicationRef("A-1001", ats_stage="Telephone call with HR"),
        at("2026-03-04T13:02:10Z"),
        Stage.SCREENING,
    ),
    "application.rejected": Rejected(
        REF, at("2026-03-20T10:00:00Z"), "Another candidate has more experience with gilding",
        Person("U-9", "Ivo Lind"),
    ),
    "application.unrejected": Unrejected(REF, at("2026-03-20T10:20:00Z"), Stage.INTERVIEW),
    "application.hired": Hired(REF, at("2026-04-01T08:00:00Z")),
    "application.unhired": Unhired(REF, at("2026-04-02T08:00:00Z"), Stage.OFFER),
    "application.withdrawn": Withdrawn(REF, at("2026-03-18T12:00:00Z"), "Moves to another town"),
    "application.updated": ApplicationUpdated(
        ApplicationRef("A-1001", owner=Person("U-4", "Pia Brandt")), at("2026-03-05T07:45:00Z")
    ),
    "application.deleted": ApplicationDeleted("A-1001", at("2026-05-01T00:00:00Z")),
    "interview.booked": InterviewBooked(
        REF, at("2026-03-06T11:00:00Z"), "I-5",
        at("2026-03-10T09:00:00Z"), at("2026-03-10T10:00:00Z"),
    ),
    "interview.done": InterviewDone(
        REF, at("2026-03-10T10:05:00Z"), "I-5", at("2026-03-10T10:00:00Z")
    ),
    "interview.cancelled": InterviewCancelled(at("2026-03-09T16:00:00Z"), "I-5", REF),
    "offer.made": OfferMade("A-1001", at("2026-03-25T13:00:00Z"), "O-2", sent=True),
    "offer.withdrawn": OfferWithdrawn("A-1001", at("2026-03-28T09:30:00Z"), "O-2"),
    "candidate.updated": CandidateUpdated(
        CandidateFacts(
            "C-77", emails=("mira@example.com", "mira.okafor@example.com"), can_email=True
        ),
        at("2026-03-07T08:00:00Z"),
        Person("U-3"),
    ),
    "candidate.merged": CandidatesMerged("C-81", "C-77", at("2026-03-08T08:00:00Z")),
    "candidate.erased": CandidateErased("C-77", at("2026-09-30T00:00:00Z"), ("A-1001",)),
    "job.updated": JobUpdated(
        JobFacts("J-12", "Bookbinder", JobStatus.FILLED, IVO), at("2026-04-01T08:01:00Z")
    ),
    "job.deleted": JobDeleted("J-12", at("2026-06-01T00:00:00Z")),
}  # fmt: skip


def translate(event: dict[str, object]) -> Translation:
    return Generic().translate(json.dumps(event).encode(), {}, RECEIVED_AT)


def event(kind: str, data: dict[str, object]) -> dict[str, object]:
    return {"type": kind, "at": "2026-03-02T09:00:00Z", "data": data}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: json.loads(text)["type"])
def test_each_documented_example_means_what_the_page_says(example) -> None:
    translated = Generic().translate(example.encode(), {}, RECEIVED_AT)

    kind = json.loads(example)["type"]
    expected = (EXPECTED[kind],) if kind != "ping" else ()
    assert translated.changes == expected
    assert translated.warnings == ()


def test_every_event_type_is_documented_once() -> None:
    documented = [json.loads(example)["type"] for example in EXAMPLES]

    assert sorted(documented) == sorted([*EVENT_TYPES, "ping"])


@pytest.mark.parametrize(
    ("kind", "data", "pointer"),
    [
        ("application.applied", {}, "/data/application"),
        ("application.applied", {"application": []}, "/data/application"),
        ("application.applied", {"application": {"id": 1}}, "/data/application/candidate"),
        ("application.applied", {"application": {"id": 1, "candidate": {}}},
         "/data/application/job"),
        ("application.applied", {"application": {"id": 1, "candidate": {}, "job": {"id": 1}}},
         "/data/application/candidate/id"),
        ("application.moved", {"application": {"id": 1}}, "/data/application/stage"),
        ("application.moved", {"application": {"stage": "offer"}}, "/data/application/id"),
        ("application.moved", {"application": {"id": True, "stage": "offer"}},
         "/data/application/id"),
        ("application.moved", {"application": {"id": 1, "stage": "limbo"}},
         "/data/application/stage"),
        ("application.moved", {"application": {"id": 1, "stage": "rejected"}},
         "/data/application/stage"),
        ("application.moved", {"application": {"id": 1, "stage": 3}}, "/data/application/stage"),
        ("application.rejected", {"application": {"id": 1}, "by": {}}, "/data/by"),
        ("application.rejected", {"application": {"id": 1}, "reason": 5}, "/data/reason"),
        ("application.updated", {"application": {"id": 1, "owner": "Tess"}},
         "/data/application/owner"),
        ("application.updated", {"application": {"id": 1, "owner": {"email": "tess"}}},
         "/data/application/owner/email"),
        ("interview.booked", {"application": {"id": 1}}, "/data/interview"),
        ("interview.booked", {"application": {"id": 1}, "interview": {}}, "/data/interview/id"),
        ("interview.booked", {"application": {"id": 1}, "interview":
         {"id": 1, "starts_at": "2026-03-10T09:00:00"}}, "/data/interview/starts_at"),
        ("interview.booked", {"application": {"id": 1}, "interview":
         {"id": 1, "starts_at": "2026-03-10T09:00:00Z", "ends_at": "2026-03-10T08:00:00Z"}},
         "/data/interview/ends_at"),
        ("interview.done", {"application": {"id": 1}, "interview":
         {"id": 1, "ended_at": "2031-03-10T09:00:00Z"}}, "/data/interview/ended_at"),
        ("offer.made", {"application": {"id": 1}, "offer": {"id": 1}}, "/data/offer/sent"),
        ("offer.made", {"application": {"id": 1}, "offer": {"id": 1, "sent": "yes"}},
         "/data/offer/sent"),
        ("candidate.updated", {"candidate": {"id": 1, "emails": "a@example.com"}},
         "/data/candidate/emails"),
        ("candidate.updated", {"candidate": {"id": 1, "emails": ["a@example.com", "nobody"]}},
         "/data/candidate/emails/1"),
        ("candidate.updated", {"candidate": {"id": 1, "emails": [5]}},
         "/data/candidate/emails/0"),
        ("candidate.updated", {"candidate": {"id": 1, "can_email": "no"}},
         "/data/candidate/can_email"),
        ("candidate.updated", {"candidate": {"id": 1, "time_zone": "Europe/Atlantis"}},
         "/data/candidate/time_zone"),
        ("candidate.updated", {"candidate": {"id": 1, "time_zone": "../etc/passwd"}},
         "/data/candidate/time_zone"),
        ("candidate.updated", {"candidate": {"id": 1, "time_zone": "Europe"}},
         "/data/candidate/time_zone"),
        ("candidate.updated", {"candidate": {"id": 1, "locale": "very german"}},
         "/data/candidate/locale"),
        ("candidate.merged", {"candidate": {"id": 1}, "into": {"id": "1"}}, "/data/into"),
        ("candidate.erased", {"candidate": {"id": 1}, "applications": [{}]},
         "/data/applications/0/id"),
        ("job.updated", {"job": {"id": 1, "status": "paused"}}, "/data/job/status"),
    ],
)  # fmt: skip
def test_a_fault_is_refused_with_its_place(kind, data, pointer) -> None:
    with pytest.raises(PayloadError) as refused:
        translate(event(kind, data))

    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"type": None}, "/type"),
        ({"type": 5}, "/type"),
        ({"at": None}, "/at"),
        ({"at": "2026-03-02"}, "/at"),
        ({"at": "2026-03-02T09:00:00"}, "/at"),
        ({"at": "2031-03-02T09:00:00Z"}, "/at"),
        ({"data": None}, "/data"),
        ({"data": []}, "/data"),
    ],
)
def test_the_envelope_is_checked_too(change, pointer) -> None:
    whole = event("application.deleted", {"application": {"id": 1}})

    with pytest.raises(PayloadError) as refused:
        translate(whole | change)
    assert refused.value.pointer == pointer


def test_an_unknown_member_is_warned_of_and_does_no_harm() -> None:
    data = {"application": {"id": 1, "stage": "offer", "stagge": "x"}, "note": 1}

    translated = translate(event("application.moved", data) | {"extra": {}})
    assert len(translated.changes) == 1
    assert translated.warnings == (
        "/extra: unknown, ignored",
        "/data/note: unknown, ignored",
        "/data/application/stagge: unknown, ignored",
    )


def test_our_own_stage_wins_over_a_guess() -> None:
    data = {"application": {"id": 1, "stage": "assessment", "ats_stage": "Interview"}}

    (moved,) = translate(event("application.moved", data)).changes
    assert isinstance(moved, Moved)
    assert moved.stage is Stage.ASSESSMENT


def test_a_stage_name_that_maps_to_none_of_ours_is_said_so_and_not_taken_for_applied() -> None:
    data = {
        "application": {
            "id": 1, "ats_stage": "Phase Blue", "candidate": {"id": 2}, "job": {"id": 3}
        }
    }  # fmt: skip
    then = at("2026-03-02T09:00:00Z")
    # That they applied is what happened then.
    ref = ApplicationRef(
        "1", CandidateFacts("2"), JobFacts("3"), applied_at=then, ats_stage="Phase Blue"
    )

    translated = translate(event("application.applied", data))
    assert translated.changes == (Applied(ref, then), Moved(ref, then, None))


def test_the_identity_is_the_signed_webhook_id() -> None:
    incoming = Incoming.of([("Webhook-Id", "evt-5")], b"{}", RECEIVED_AT)

    assert Generic().identity(incoming) == "evt-5"
