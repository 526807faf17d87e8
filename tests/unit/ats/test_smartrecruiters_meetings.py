"""What SmartRecruiters' interviews and offers mean, once they were fetched."""

from __future__ import annotations

import pytest

from service.domain.changes import (
    ApplicationRef,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    OfferMade,
    OfferWithdrawn,
    Translation,
)
from tests.doubles import smartrecruiters_bodies as bodies
from tests.unit.ats.smartrecruiters_case import (
    ADAPTER,
    FETCHED_AT,
    RECEIVED_AT,
    at,
    means,
    ref,
)


def test_an_interview_is_booked_for_its_first_to_its_last_slot() -> None:
    slots = (
        ("2026-03-09T15:00:00.000Z", "2026-03-09T16:00:00.000Z"),
        ("2026-03-09T13:00:00.000Z", "2026-03-09T14:00:00.000Z"),
    )
    body = bodies.body(interview_id=bodies.INTERVIEW)

    changes = means("interview.created", body, "", interview=bodies.interview(*slots)).changes
    booked = InterviewBooked(ref(), FETCHED_AT, bodies.INTERVIEW, at("09T13:00"), at("09T16:00"))
    assert booked in changes
    assert not any(isinstance(each, InterviewDone) for each in changes)


def test_an_interview_whose_end_has_passed_took_place() -> None:
    slot = ("2026-03-05T09:00:00.000Z", "2026-03-05T10:00:00.000Z")
    body = bodies.body(id=bodies.INTERVIEW)

    changes = means("interview.updated", body, "", interview=bodies.interview(slot)).changes
    assert InterviewDone(ref(), FETCHED_AT, bodies.INTERVIEW, at("05T10:00")) in changes


def test_nobody_was_met_who_did_not_come() -> None:
    missed = bodies.interview()
    missed["timeslots"] = [
        {"startsOn": "2026-03-05T09:00:00Z", "endsOn": "2026-03-05T10:00:00Z", "noShow": True}
    ]

    body = bodies.body(id=bodies.INTERVIEW)
    changes = means("interview.updated", body, "", interview=missed).changes
    assert not any(isinstance(each, InterviewDone) for each in changes)
    assert InterviewCancelled(FETCHED_AT, bodies.INTERVIEW, ref()) in changes


def test_an_interview_that_is_gone_was_cancelled() -> None:
    body = bodies.body(interview_id=bodies.INTERVIEW)

    changes = means("interview.updated", body, "", interview=None).changes
    assert changes == (InterviewCancelled(None, bodies.INTERVIEW),)


def test_a_cancelled_interview_is_believed_without_asking() -> None:
    body = bodies.body(
        interview_id=bodies.INTERVIEW, candidate_id=bodies.CANDIDATE, job_id=bodies.JOB
    )

    translation = ADAPTER.translate(body, bodies.headers("interview.canceled", ""), RECEIVED_AT)
    about = ApplicationRef(bodies.APPLICATION)
    assert translation == Translation((InterviewCancelled(None, bodies.INTERVIEW, about),))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("SENT", OfferMade(bodies.APPLICATION, at("05T09:00"), bodies.OFFER, sent=True)),
        ("DRAFT", OfferMade(bodies.APPLICATION, at("05T09:00"), bodies.OFFER, sent=False)),
        ("SOMETHING", OfferMade(bodies.APPLICATION, at("05T09:00"), bodies.OFFER, sent=False)),
        ("DECLINED", OfferWithdrawn(bodies.APPLICATION, at("05T09:00"), bodies.OFFER)),
    ],
)
def test_an_offer_stands_until_its_status_says_otherwise(status, expected) -> None:
    body = bodies.body(offer_id=bodies.OFFER)

    assert means("offer.updated", body, "", offer=bodies.offer(status)).changes == (expected,)
