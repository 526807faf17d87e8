"""Recruitee's deliveries: the test, the signature, and what each event means."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from service import signing
from service.ats.asking import Answer, Answers, Ask, Needs
from service.ats.base import HandshakeAnswer, Incoming, PayloadError, SignatureError
from service.ats.recruitee import Recruitee
from service.ats.recruitee_api import candidate_ask
from service.domain.changes import (
    ApplicationRef,
    Applied,
    CandidateErased,
    CandidateFacts,
    Hired,
    JobDeleted,
    JobFacts,
    JobStatus,
    JobUpdated,
    Moved,
    Rejected,
    Stage,
    Stands,
    Translation,
    Unrejected,
    Withdrawn,
)
from tests.doubles import recruitee_bodies as recruitee

RECEIVED_AT = datetime(2026, 3, 20, 8, 0, tzinfo=UTC)
AT = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
SECRET = "an invented webhook secret"
MIRA = CandidateFacts("44", "Mira", "Okafor", ("mira@example.com",), ("+44 7700 900001",))
BOOKBINDER = JobFacts("71", "Bookbinder", JobStatus.OPEN)


def ref(label: str | None = None, applied_at: datetime | None = None) -> ApplicationRef:
    return ApplicationRef("44/71", MIRA, BOOKBINDER, applied_at=applied_at, ats_stage=label)


def translate(body: bytes, known: Answers | None = None) -> Translation:
    reading = Recruitee().translate(body, {}, RECEIVED_AT, known or Answers())
    assert isinstance(reading, Translation)
    return reading


def asked(body: bytes) -> tuple[Ask, ...]:
    reading = Recruitee().translate(body, {}, RECEIVED_AT)
    assert isinstance(reading, Needs)
    return reading.asks


def fetched(status: int, body: bytes) -> Answers:
    known = Answers()
    known.add(candidate_ask("44"), Answer(status, body, RECEIVED_AT))
    return known


def incoming(body: bytes, signature: str | None = None) -> Incoming:
    headers = [] if signature is None else [("X-Recruitee-Signature", signature)]
    return Incoming.of(headers, body, RECEIVED_AT)


def test_the_documented_test_is_answered_unsigned(samples) -> None:
    answer = Recruitee().handshake(incoming(samples("recruitee/test.json")))

    assert answer == HandshakeAnswer(200)


def test_every_documented_payload_is_expected_here(sample_names) -> None:
    assert set(sample_names("recruitee")) == {"test"}


def test_an_example_event_of_the_test_button_is_answered_and_means_nothing() -> None:
    body = json.dumps({"test": True, **json.loads(recruitee.disqualified())}).encode()

    assert Recruitee().handshake(incoming(body)) == HandshakeAnswer(200)
    assert translate(body).changes == ()


@pytest.mark.parametrize("test", [b'"true"', b"1", b"false", b"null", b"[true]"])
def test_only_a_true_test_is_one(test) -> None:
    assert Recruitee().handshake(incoming(b'{"test":' + test + b"}")) is None


def test_each_changed_byte_of_the_body_is_refused() -> None:
    body = recruitee.moved()
    signature = signing.hex_signature(body, SECRET)
    Recruitee().verify(incoming(body, signature), [SECRET], RECEIVED_AT)
    for position in range(len(body)):
        forged = bytearray(body)
        forged[position] ^= 1

        with pytest.raises(SignatureError):
            Recruitee().verify(incoming(bytes(forged), signature), [SECRET], RECEIVED_AT)


def test_the_second_attempt_at_a_delivery_is_the_same_delivery() -> None:
    def identity(body: bytes) -> str:
        return Recruitee().identity(incoming(body))

    first = recruitee.moved()
    second = first.replace(b'"attempt_count": 1', b'"attempt_count": 2')
    assert second != first
    assert identity(second) == identity(first)
    assert identity(recruitee.moved(recruitee.TEAM)) != identity(first)


@pytest.mark.parametrize("name", ["candidate_created", "candidate_assigned"])
def test_somebody_put_into_a_job_has_applied(name) -> None:
    expected = (Applied(ref(applied_at=AT), AT, Stage.APPLIED),)

    assert translate(recruitee.event(name)).changes == expected
    assert translate(recruitee.event(name, offer=..., offers=[recruitee.OFFER])).changes == expected


def test_somebody_without_a_job_has_applied_to_nothing() -> None:
    alone = translate(recruitee.event("candidate_created", offer=...))

    assert alone.changes == ()
    assert alone.ignored is not None
    assert "without a job" in alone.ignored


@pytest.mark.parametrize("name", ["candidate_created", "candidate_assigned", "offer_updated"])
def test_a_talent_pool_is_no_job(name) -> None:
    pooled = translate(recruitee.event(name, offer=recruitee.POOL))

    assert pooled.changes == ()
    assert pooled.ignored is not None
    assert "talent pool" in pooled.ignored


@pytest.mark.parametrize(
    ("to", "stage"),
    [(recruitee.PHONE, Stage.SCREENING), (recruitee.TEAM, Stage.INTERVIEW),
     ({"id": 8, "name": "Phase Blue", "category": "evaluation"}, Stage.ASSESSMENT),
     ({"id": 8, "name": "Phase Blue", "category": "tea"}, None)],
)  # fmt: skip
def test_a_changed_stage_is_read_by_its_name_or_its_category(to, stage) -> None:
    assert translate(recruitee.moved(to)).changes == (Moved(ref(to["name"]), AT, stage),)


def test_the_category_of_hires_means_hired_whatever_its_name() -> None:
    assert translate(recruitee.moved(recruitee.HIRED)).changes == (Hired(ref("Signed"), AT),)


@pytest.mark.parametrize(
    "details",
    [{"disqualify_reason": "Wrong skill set"},
     {"disqualify_reason": {"id": 1, "name": "Wrong skill set"}},
     {"disqualify_reason": "Wrong skill set", "disqualify_kind": "admin"}],
)  # fmt: skip
def test_a_disqualified_candidate_is_rejected_with_the_reason(details) -> None:
    rejected = translate(recruitee.disqualified(details=details))

    assert rejected.changes == (Rejected(ref(), AT, "Wrong skill set"),)


def test_a_disqualified_candidate_needs_no_reason() -> None:
    assert translate(recruitee.disqualified(details=...)).changes == (Rejected(ref(), AT, None),)


@pytest.mark.parametrize(
    "details",
    [{"disqualify_reason": "Candidate withdrew"},
     {"disqualify_reason": "Family", "disqualify_kind": "candidate"},
     {"disqualify_reason": {"name": "Family", "kind": "candidate"}}],
)  # fmt: skip
def test_a_candidate_who_left_is_not_rejected(details) -> None:
    (change,) = translate(recruitee.disqualified(details=details)).changes

    assert isinstance(change, Withdrawn)


def test_a_requalified_candidate_is_taken_back() -> None:
    plain = recruitee.event("candidate_moved", "requalified")
    staged = recruitee.event("candidate_moved", "requalified", {"stage": recruitee.TEAM})

    assert translate(plain).changes == (Unrejected(ref(), AT, None),)
    assert translate(staged).changes == (Unrejected(ref("Meet the team"), AT, Stage.INTERVIEW),)


def test_a_pipeline_change_of_an_unknown_kind_is_ignored_by_name() -> None:
    ignored = translate(recruitee.event("candidate_moved", "tea_served"))

    assert ignored.changes == ()
    assert ignored.ignored is not None
    assert "'tea_served'" in ignored.ignored


def test_a_deleted_candidate_is_erased() -> None:
    assert translate(recruitee.event("candidate_deleted")).changes == (CandidateErased("44", AT),)


@pytest.mark.parametrize("prefix", ["offer", "job"])
def test_a_jobs_events_open_close_and_delete_it(prefix) -> None:
    closed = {**recruitee.OFFER, "status": "closed"}
    draft = {**recruitee.OFFER, "status": "draft"}

    def changes(name: str, offer: dict[str, object]) -> tuple[object, ...]:
        body = recruitee.event(f"{prefix}_{name}", candidate=..., **{"offer": ..., prefix: offer})
        return translate(body).changes

    assert changes("published", draft) == (JobUpdated(BOOKBINDER, AT),)
    assert changes("updated", closed) == (
        JobUpdated(JobFacts("71", "Bookbinder", JobStatus.CLOSED), AT),
    )
    assert changes("unpublished", draft) == (JobUpdated(JobFacts("71", "Bookbinder"), AT),)
    assert changes("deleted", draft) == (JobDeleted("71", AT),)


@pytest.mark.parametrize(
    "hint",
    [recruitee.moved(created_at=...), recruitee.moved(created_at="soon"),
     recruitee.moved(offer=...), recruitee.moved(details=...),
     recruitee.disqualified(offer=...), recruitee.disqualified(created_at=...),
     recruitee.event("candidate_assigned", offer=...),
     recruitee.event("candidate_assigned", created_at=...)],
)  # fmt: skip
def test_an_event_that_lacks_its_time_or_its_job_is_a_hint(hint) -> None:
    assert asked(hint) == (Ask("/candidates/44"),)

    stands = translate(hint, fetched(200, recruitee.record())).changes[0]
    assert isinstance(stands, Stands)
    assert stands.stage is Stage.SCREENING


def test_a_candidate_who_is_gone_is_ignored_and_nobody_is_rejected() -> None:
    gone = translate(recruitee.disqualified(created_at=...), fetched(404, b""))

    assert gone.changes == ()
    assert gone.ignored is not None
    assert "no longer has" in gone.ignored


def test_an_event_without_its_candidate_is_refused() -> None:
    with pytest.raises(PayloadError, match="/payload/candidate"):
        translate(recruitee.moved(candidate=...))


def test_optional_parts_may_be_absent() -> None:
    bare = {"id": 44}
    (moved,) = translate(recruitee.moved(candidate=bare, offer={"id": 71}, company=...)).changes

    assert isinstance(moved, Moved)
    assert moved.application.candidate == CandidateFacts("44")
    assert moved.application.job == JobFacts("71")
