"""Ashby: what is signed, what makes two deliveries the same, and the vendor's own samples."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from service.ats.ashby import Ashby
from service.ats.ashby_actions import HANDLERS
from service.ats.asking import Answers, Needs
from service.ats.base import Incoming, PayloadError, SignatureError
from service.domain.changes import Hired, JobFacts, JobUpdated, OfferMade, Translation
from tests.doubles import ashby_bodies as ashby
from tests.doubles.ashby_bodies import RECEIVED_AT, body

SECRET = "an invented secret"


def incoming(raw: bytes, signature: str | None) -> Incoming:
    headers = [("Ashby-Signature", signature)] if signature is not None else []
    return Incoming.of(headers, raw, RECEIVED_AT)


def signed(raw: bytes, secret: str = SECRET) -> str:
    """Ashby's documented form, made without our own code."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def test_the_documented_signature_over_the_raw_body_passes() -> None:
    raw = '{ "action":"ping",\r\n "data":{"x":"é\\u003c"} }'.encode()

    Ashby().verify(incoming(raw, signed(raw)), ["another", SECRET], RECEIVED_AT)


def test_our_own_deliveries_are_signed_as_documented() -> None:
    raw = body("ping", {})

    sent = Ashby().sign(Ashby().signed_body(raw, SECRET, RECEIVED_AT, "w-1"), SECRET,
                        RECEIVED_AT, "w-1")  # fmt: skip
    assert sent["Ashby-Signature"] == signed(raw)


@pytest.mark.parametrize("position", range(len(body("ping", {"a": 1}))))
def test_a_changed_byte_anywhere_in_the_body_is_refused(position) -> None:
    raw = body("ping", {"a": 1})
    forged = bytearray(raw)
    forged[position] ^= 1

    with pytest.raises(SignatureError):
        Ashby().verify(incoming(bytes(forged), signed(raw)), [SECRET], RECEIVED_AT)


@pytest.mark.parametrize(
    "signature",
    [None, "", "sha256=", "sha256 " + "0" * 64, "sha1=" + "0" * 40, "0" * 64,
     "sha256=" + "0" * 63, "sha256=" + "0" * 65, "sha512=" + "0" * 128],
)  # fmt: skip
def test_what_is_unsigned_or_signed_otherwise_is_refused(signature) -> None:
    with pytest.raises(SignatureError):
        Ashby().verify(incoming(body("ping", {}), signature), [SECRET], RECEIVED_AT)


def identity(raw: bytes) -> str:
    return Ashby().identity(incoming(raw, None))


def test_the_three_tellings_of_one_hire_share_an_action_id_and_are_three_deliveries() -> None:
    data = {"application": ashby.application(status="Hired")}
    three = ["candidateHire", "candidateStageChange", "applicationUpdate"]

    assert len({identity(body(action, data, "w-7")) for action in three}) == 3
    assert all(identity(body(action, data, "w-7")).startswith("w-7/") for action in three)


def test_a_delivery_repeated_is_the_same() -> None:
    raw = body("candidateHire", {"application": ashby.application()})

    assert identity(raw) == identity(bytes(raw))


def test_one_bulk_action_about_many_applications_loses_none_of_them() -> None:
    many = [body("applicationUpdate", {"application": ashby.application(id=f"a-{n}")}, "w-1")
            for n in range(5)]  # fmt: skip

    assert len({identity(each) for each in many}) == 5


def test_an_odd_action_id_makes_no_odd_identity() -> None:
    odd = json.dumps({"webhookActionId": "x" * 400 + "\r\n", "action": ["ping"]}).encode()

    assert identity(odd).startswith("sha256:")


def test_every_sample_of_the_vendor_is_understood(samples, sample_names) -> None:
    for name in sample_names("ashby"):
        reading = Ashby().translate(samples(f"ashby/{name}.json"), {}, RECEIVED_AT)

        assert isinstance(reading, Needs) or reading.changes or reading.ignored


def sample(samples, name: str) -> Translation | Needs:
    return Ashby().translate(samples(f"ashby/{name}.json"), {}, RECEIVED_AT)


@pytest.mark.parametrize("name", ["applicationUpdate", "candidateStageChange"])
def test_the_samples_of_a_hired_application_are_hires(samples, name) -> None:
    reading = sample(samples, name)

    assert isinstance(reading, Translation)
    (hired,) = reading.changes
    assert isinstance(hired, Hired)
    assert hired.application.candidate is not None
    assert hired.application.candidate.first_name == "James"
    assert hired.application.job is not None
    assert hired.application.job.title == "First Designer"


def test_the_sample_of_an_application_applies_and_is_hired(samples) -> None:
    reading = sample(samples, "applicationSubmit")

    assert isinstance(reading, Translation)
    assert [type(each).__name__ for each in reading.changes] == ["Applied", "Hired"]


def test_the_samples_of_interviews_and_pings_are_ignored_by_name(samples) -> None:
    wanted, ping = sample(samples, "interviewScheduleCreate"), sample(samples, "ping")

    assert isinstance(wanted, Translation)
    assert wanted.ignored == "an interview is wanted and has no date yet"
    assert isinstance(ping, Translation)
    assert ping.ignored is not None
    assert "ping" in ping.ignored


def test_the_sample_of_an_offer_asks_for_its_application(samples) -> None:
    raw = samples("ashby/offerCreate.json")
    reading = Ashby().translate(raw, {}, RECEIVED_AT)

    assert isinstance(reading, Needs)
    known = Answers()
    for ask in reading.asks:
        known.add(ask, ashby.refused("no_such_thing"))
    told = Ashby().translate(raw, {}, RECEIVED_AT, known)
    assert isinstance(told, Translation)
    (made,) = told.changes
    assert isinstance(made, OfferMade)
    assert made.sent


def test_the_sample_of_a_draft_job_states_no_status(samples) -> None:
    reading = sample(samples, "jobUpdate")

    assert isinstance(reading, Translation)
    (stated,) = reading.changes
    assert isinstance(stated, JobUpdated)
    assert isinstance(stated.job, JobFacts)
    assert stated.job.status is None
    assert stated.job.hiring_manager is not None


@pytest.mark.parametrize("action", sorted(HANDLERS))
def test_every_action_needs_its_data(action) -> None:
    with pytest.raises(PayloadError, match="/data"):
        Ashby().translate(json.dumps({"action": action}).encode(), {}, RECEIVED_AT)


@pytest.mark.parametrize("action", ["jobPostingUpdate", "openingCreate", "surveySubmit", "x-new"])
def test_other_actions_are_ignored_with_a_word(action) -> None:
    assert ashby.translate(action, {}).ignored
