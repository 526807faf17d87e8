"""Workable's deliveries: how they are signed, and what each of them means."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from service.ats.asking import Answer, Answers, Ask, Needs
from service.ats.base import Incoming, PayloadError, SignatureError
from service.ats.workable import Workable
from service.ats.workable_api import REASONS, candidate_ask
from service.domain.changes import (
    ApplicationRef,
    Applied,
    CandidateErased,
    CandidateFacts,
    CandidateUpdated,
    Hired,
    JobFacts,
    JobStatus,
    JobUpdated,
    Rejected,
    Stage,
    Stands,
    Translation,
    Withdrawn,
)
from tests.doubles import workable_bodies as workable

RECEIVED_AT = datetime(2026, 3, 20, 8, 0, tzinfo=UTC)
APPLIED_AT = datetime(2026, 3, 2, 9, 14, 31, tzinfo=UTC)
UPDATED_AT = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
CLOSED_AT = datetime(2026, 3, 5, 11, 0, tzinfo=UTC)
SECRET = "an invented account token"
ID = "3f7a9c2e1b"
MIRA = CandidateFacts(ID, "Mira", "Okafor", ("mira@example.com",), ("+44 7700 900001",))
BOOKBINDER = JobFacts("GRO001", "Bookbinder")
CLOSED = {"disqualified": True, "disqualified_at": "2026-03-05T11:00:00Z"}


def ref(label: str | None = "Phone Screen") -> ApplicationRef:
    return ApplicationRef(ID, MIRA, BOOKBINDER, applied_at=APPLIED_AT, ats_stage=label)


def answers(**known: bytes) -> Answers:
    asks: dict[str, Ask] = {"candidate": candidate_ask(ID), "reasons": REASONS}
    found = Answers()
    for name, body in known.items():
        found.add(asks[name], Answer(200, body, RECEIVED_AT))
    return found


def translate(body: bytes, known: Answers | None = None) -> Translation:
    reading = Workable().translate(body, {}, RECEIVED_AT, known or Answers())
    assert isinstance(reading, Translation)
    return reading


def asked(body: bytes, known: Answers | None = None) -> tuple[Ask, ...]:
    reading = Workable().translate(body, {}, RECEIVED_AT, known or Answers())
    assert isinstance(reading, Needs)
    return reading.asks


def verify(body: bytes, signature: str) -> None:
    incoming = Incoming.of([("X-Workable-Signature", signature)], body, RECEIVED_AT)
    Workable().verify(incoming, [SECRET], RECEIVED_AT)


def digest(body: bytes) -> bytes:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).digest()


def test_a_signature_in_hex_or_in_base64_passes() -> None:
    body = workable.event()

    verify(body, digest(body).hex())
    verify(body, digest(body).hex().upper())
    verify(body, base64.b64encode(digest(body)).decode())


def test_a_base64_signature_has_one_spelling_and_each_changed_character_is_refused() -> None:
    body = workable.event()
    right = base64.b64encode(digest(body)).decode()
    for position, character in enumerate(right):
        wrong = right[:position] + ("A" if character != "A" else "B") + right[position + 1 :]

        with pytest.raises(SignatureError):
            verify(body, wrong)


@pytest.mark.parametrize("written", ["hex", "base64"])
def test_each_changed_byte_of_the_body_is_refused(written) -> None:
    body = workable.event()
    signature = digest(body).hex() if written == "hex" else base64.b64encode(digest(body)).decode()
    for position in range(len(body)):
        forged = bytearray(body)
        forged[position] ^= 1

        with pytest.raises(SignatureError):
            verify(bytes(forged), signature)


def test_a_retry_with_the_same_state_is_the_same_and_with_a_newer_one_is_not() -> None:
    def identity(body: bytes) -> str:
        return Workable().identity(Incoming.of([], body, RECEIVED_AT))

    assert identity(workable.event()) == identity(workable.event())
    assert identity(workable.event()) != identity(workable.event(stage="Offer"))


def test_a_moved_candidate_stands_where_the_payload_says_as_of_its_last_change() -> None:
    moved = translate(workable.event())

    assert moved.changes == (Stands(ref(), UPDATED_AT, Stage.SCREENING),)
    assert moved.warnings == ()


def test_a_created_candidate_has_applied_however_late_that_is_heard() -> None:
    created = translate(workable.event("candidate_created", stage="Applied"))

    assert created.changes == (
        Applied(ref("Applied"), APPLIED_AT),
        Stands(ref("Applied"), UPDATED_AT, Stage.APPLIED),
    )


def test_the_kind_of_a_stage_helps_where_its_name_says_nothing() -> None:
    named = workable.event(stage="Phase Blue", stage_kind="phone-screen")
    unknown = workable.event(stage="Phase Blue")

    assert translate(named).changes == (Stands(ref("Phase Blue"), UPDATED_AT, Stage.SCREENING),)
    assert translate(unknown).changes == (Stands(ref("Phase Blue"), UPDATED_AT, None),)


@pytest.mark.parametrize("how", [{"stage": "Sourced"}, {"stage_kind": "sourced"}])
def test_a_sourced_candidate_has_not_applied(how) -> None:
    (change,) = translate(workable.event("candidate_created", **how)).changes

    assert isinstance(change, Stands)
    assert change.application.prospect


@pytest.mark.parametrize("event", ["candidate_created", "candidate_moved"])
def test_a_sourced_candidate_who_has_gone_on_is_not_thanked_for_applying(event: str) -> None:
    body = json.dumps({"event_type": event, "data": workable.candidate(sourced=True)}).encode()
    lately = Workable().translate(
        body.replace(b"2026-03-05", b"2026-03-03"), {}, APPLIED_AT + timedelta(days=2)
    )

    assert isinstance(lately, Translation)
    assert lately.changes == (Stands(ref(), datetime(2026, 3, 3, 12, tzinfo=UTC), Stage.SCREENING),)


@pytest.mark.parametrize(
    "missing",
    [{"updated_at": ...}, {"disqualified": ...}, {"disqualified": None},
     {"disqualified": True}, {"updated_at": "soon"}, {"updated_at": "2027-01-01T00:00:00Z"}],
)  # fmt: skip
def test_a_payload_that_leaves_the_state_unclear_is_a_hint(missing) -> None:
    body = workable.event(**missing)

    assert asked(body) == (Ask(f"/candidates/{ID}"),)
    fetched = translate(body, answers(candidate=workable.record(stage="Offer")))
    assert fetched.changes == (Stands(ref("Offer"), UPDATED_AT, Stage.OFFER),)


def test_a_fetched_record_without_a_time_counts_as_of_its_fetching() -> None:
    record = workable.record(updated_at=...)
    fetched = translate(workable.event(disqualified=...), answers(candidate=record))

    assert fetched.changes == (Stands(ref(), RECEIVED_AT, Stage.SCREENING),)


def test_a_candidate_who_is_gone_is_ignored_and_nobody_is_rejected() -> None:
    known = Answers()
    known.add(candidate_ask(ID), Answer(404, b"", RECEIVED_AT))

    gone = translate(workable.event(disqualified=...), known)
    assert gone.changes == ()
    assert gone.ignored is not None
    assert "no longer has" in gone.ignored


def test_another_candidates_record_is_refused() -> None:
    with pytest.raises(PayloadError, match="/candidate/id"):
        translate(workable.event(disqualified=...), answers(candidate=workable.record(id="other")))


def test_a_reason_that_the_list_calls_a_rejection_is_one() -> None:
    body = workable.event(**CLOSED, disqualification_reason="Underqualified")

    assert asked(body) == (Ask("/disqualification_reasons"),)
    assert translate(body, answers(reasons=workable.reasons())).changes == (
        Rejected(ref(), CLOSED_AT, "Underqualified"),
        CandidateUpdated(MIRA, UPDATED_AT),
    )


def test_a_reason_that_the_list_calls_a_withdrawal_is_one() -> None:
    body = workable.event(**CLOSED, disqualification_reason="took a break")

    withdrawn = translate(body, answers(reasons=workable.reasons()))
    assert withdrawn.changes[0] == Withdrawn(ref(), CLOSED_AT, "took a break")


@pytest.mark.parametrize("listed", [b'{"disqualification_reasons":[]}', b"[]", b"hello", b"{}"])
@pytest.mark.parametrize(
    ("reason", "change"),
    [("Candidate withdrew", Withdrawn), ("Not a good fit", Rejected)],
)
def test_a_reason_that_is_in_no_list_is_read_by_its_words(listed, reason, change) -> None:
    body = workable.event(**CLOSED, disqualification_reason=reason)

    closed = translate(body, answers(reasons=listed))
    assert isinstance(closed.changes[0], change)
    assert any("its words were read" in warning for warning in closed.warnings)


def test_the_list_may_be_a_bare_one() -> None:
    bare = b'[{"description":"Took a break","candidate_withdrew":true}]'
    body = workable.event(**CLOSED, disqualification_reason="Took a break")

    assert isinstance(translate(body, answers(reasons=bare)).changes[0], Withdrawn)


@pytest.mark.parametrize(("withdrew", "change"), [(True, Withdrawn), (False, Rejected)])
def test_what_workable_says_of_a_withdrawal_itself_wins(withdrew, change) -> None:
    body = workable.event(**CLOSED, withdrew=withdrew, disqualification_reason="Candidate withdrew")

    assert isinstance(translate(body).changes[0], change)


def test_disqualified_without_any_reason_is_the_employers_decision() -> None:
    assert translate(workable.event(**CLOSED)).changes[0] == Rejected(ref(), CLOSED_AT, None)


def test_a_requalified_candidate_stands_open_again() -> None:
    kept = workable.event(disqualification_reason="Underqualified")

    assert translate(kept).changes == (Stands(ref(), UPDATED_AT, Stage.SCREENING),)


@pytest.mark.parametrize(
    "how", [{"stage": "Hired"}, {"stage": "Onboarding"}, {"stage": "Done", "stage_kind": "hired"}]
)
def test_a_hired_candidate_is_hired_though_they_were_moved_since(how) -> None:
    body = workable.event(**how, hired_at="2026-03-05T11:00:00Z")

    hired, facts = translate(body).changes
    assert hired == Hired(ref(how["stage"]), UPDATED_AT)
    assert facts == CandidateUpdated(MIRA, UPDATED_AT)


def test_a_candidate_moved_on_from_hired_is_not_hired() -> None:
    body = workable.event(stage="Interview", hired_at="2026-03-05T11:00:00Z")

    assert translate(body).changes == (Stands(ref("Interview"), UPDATED_AT, Stage.INTERVIEW),)


def test_a_deleted_candidate_is_erased() -> None:
    erased = translate(workable.event("candidate_deleted"))

    fired_at = datetime(2026, 3, 5, 12, 0, 1, tzinfo=UTC)
    assert erased.changes == (CandidateErased(ID, fired_at, (ID,)),)


def test_optional_parts_may_be_absent() -> None:
    bare = workable.event(
        firstname=..., lastname=..., name="Okafor, Mira", email=None, phone=None, job=..., stage=...
    )

    (stands,) = translate(bare).changes
    assert isinstance(stands, Stands)
    assert stands.application.job is None
    assert stands.application.candidate == CandidateFacts(ID, "Mira", "Okafor")


def test_events_about_employees_are_ignored_by_name() -> None:
    ignored = translate(workable.event("employee_created"))

    assert ignored.changes == ()
    assert ignored.ignored is not None
    assert "'employee_created'" in ignored.ignored


def test_a_job_that_was_found_is_open_or_closed_as_it_says() -> None:
    def found(state: str) -> tuple[object, ...]:
        record = b'{"shortcode":"GRO001","title":"Bookbinder","state":"%s"}' % state.encode()
        reading = Workable().translate_found("job", record, RECEIVED_AT)
        assert isinstance(reading, Translation)
        return reading.changes

    for state, status in [
        ("published", JobStatus.OPEN), ("archived", JobStatus.CLOSED), ("draft", None),
    ]:  # fmt: skip
        assert found(state) == (JobUpdated(JobFacts("GRO001", "Bookbinder", status), None),)
