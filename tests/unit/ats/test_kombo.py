"""Kombo's hints: what they make us ask, and what the records mean."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.ats.asking import Answer, Answers, Ask, LogEntry, Needs
from service.ats.base import Incoming, PayloadError, SignatureError
from service.ats.kombo import MOST_PAGES, Kombo
from service.domain.changes import (
    ApplicationDeleted,
    ApplicationUpdated,
    Applied,
    CandidateErased,
    CandidateUpdated,
    Change,
    Hired,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
    JobDeleted,
    JobStatus,
    JobUpdated,
    Moved,
    Rejected,
    Stage,
    Stands,
    Translation,
    Withdrawn,
)
from service.signing import hex_signature
from tests.doubles import kombo_bodies as kombo

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CHANGED = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
SECRET = "an invented secret"
ADAPTER = Kombo()


def answers(known: Mapping[Ask, bytes], status: int = 200) -> Answers:
    return Answers({ask.key: Answer(status, body, NOW) for ask, body in known.items()})


def means(*records: dict[str, Any], path: str = "/applications") -> Translation:
    """What a webhook means after which the list holds these records."""
    models = {"/applications": "ats_applications", "/candidates": "ats_candidates"}
    body = kombo.changed(models.get(path, "ats_jobs"))
    known = {kombo.list_of(path): kombo.page(*records), kombo.JOBS: kombo.page(kombo.JOB)}
    found = ADAPTER.translate(body, {}, NOW, answers(known))
    assert isinstance(found, Translation)
    return found


def standing(**more: Any) -> list[Change]:
    """What an application means, without its having been applied for."""
    changes = means(kombo.application(**more)).changes
    return [each for each in changes if not isinstance(each, Applied)]


def incoming(body: bytes, signature: str) -> Incoming:
    return Incoming.of([("X-Kombo-Signature", signature)], body, NOW)


def test_the_signature_is_base64url_of_the_raw_body_without_padding() -> None:
    body = kombo.changed("ats_applications")
    digest = bytes.fromhex(hex_signature(body, SECRET))
    written = base64.urlsafe_b64encode(digest).decode()

    assert ADAPTER.sign(body, SECRET, NOW, "x")["X-Kombo-Signature"] == written.rstrip("=")
    for other in (written.rstrip("="), written, base64.b64encode(digest).decode(), digest.hex()):
        ADAPTER.verify(incoming(body, other), ["old", SECRET], NOW)


def test_a_second_spelling_of_a_signature_is_refused() -> None:
    body = kombo.changed("ats_applications")
    right = ADAPTER.sign(body, SECRET, NOW, "x")["X-Kombo-Signature"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # The last character carries two bits of nothing: a lenient decoder would take four of them.
    same_bits = right[:-1] + alphabet[alphabet.index(right[-1]) | 1]

    with pytest.raises(SignatureError):
        ADAPTER.verify(incoming(body, same_bits), [SECRET], NOW)
    with pytest.raises(SignatureError):
        ADAPTER.verify(incoming(body, right + "=="), [SECRET], NOW)


def test_a_delivery_is_known_by_its_signed_id() -> None:
    first = incoming(kombo.changed("ats_applications"), "x")
    again = incoming(kombo.changed("ats_applications", sent="later"), "y")
    other = incoming(kombo.changed("ats_applications", id="another"), "z")

    assert ADAPTER.identity(first) == ADAPTER.identity(again) != ADAPTER.identity(other)
    assert ADAPTER.identity(incoming(b"{}", "x")).startswith("sha256:")


def test_a_change_makes_us_ask_what_changed_in_the_hour_before() -> None:
    found = ADAPTER.translate(kombo.changed("ats_applications"), {}, NOW)

    assert found == Needs((kombo.list_of("/applications"),))


def test_each_changed_model_is_asked_for_in_its_list() -> None:
    body = kombo.changed("ats_applications", "ats_interviews", "ats_candidates", "ats_jobs")
    found = ADAPTER.translate(body, {}, NOW)

    assert isinstance(found, Needs)
    assert [ask.path for ask in found.asks] == ["/applications", "/candidates", "/jobs"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (kombo.changed("ats_tags"), "none of the models"),
        (kombo.changed(), "none of the models"),
        (kombo.changed("ats_applications", type="sync-finished"), "a sync of Kombo's own"),
        (
            kombo.changed(data={"integration_category": "HRIS", "changed_models": []}),
            "about no ATS",
        ),
    ],
)
def test_what_concerns_us_not_is_ignored_by_name(body: bytes, why: str) -> None:
    found = ADAPTER.translate(body, {}, NOW)

    assert isinstance(found, Translation)
    assert why in (found.ignored or "")


def test_the_documented_sample_makes_us_ask(samples) -> None:
    found = ADAPTER.translate(samples("kombo/data-changed.json"), {}, NOW)

    assert found == Needs((kombo.list_of("/applications"),))


def test_an_open_application_is_told_whole() -> None:
    changes = means(kombo.application()).changes

    assert [type(each) for each in changes] == [Applied, Stands]
    stands = changes[1]
    assert isinstance(stands, Stands)
    assert (stands.at, stands.stage) == (CHANGED, Stage.SCREENING)
    ref = stands.application
    assert (ref.external_id, ref.ats_stage) == ("a1", "Phone Screen")
    assert ref.candidate is not None
    assert ref.candidate.emails == ("ada@example.com", "ada@work.example.com")
    assert ref.job is not None
    assert (ref.job.title, ref.job.status) == ("Backend Engineer", JobStatus.OPEN)
    assert ref.job.hiring_manager is not None
    assert ref.job.hiring_manager.email == "noor@example.com"
    assert ref.owner is not None
    assert (ref.owner.name, ref.owner.email) == ("Maria Keller", "maria@example.com")


def test_somebody_found_long_after_they_applied_has_not_just_applied() -> None:
    changes = means(kombo.application(remote_created_at="2026-01-05T09:00:00Z")).changes

    assert [type(each) for each in changes] == [Stands]


def test_a_rejection_needs_the_time_of_one() -> None:
    (change,) = standing(
        outcome="DECLINED", rejected_at="2026-03-02T08:00:00Z", rejection_reason_name="Skills"
    )
    assert isinstance(change, Rejected)
    assert (change.at, change.reason) == (CHANGED, "Skills")
    assert change.decided_at == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    found = means(kombo.application(outcome="DECLINED"))
    assert [type(each) for each in found.changes] == [Applied, ApplicationUpdated]
    assert any("rejected_at" in warning for warning in found.warnings)


def test_a_decline_of_the_candidates_own_is_a_withdrawal() -> None:
    (change,) = standing(
        outcome="DECLINED",
        rejected_at="2026-03-02T08:00:00Z",
        rejection_reason_name="Candidate withdrew",
    )

    assert isinstance(change, Withdrawn)


def test_hired_and_unknown_outcomes() -> None:
    (hired,) = standing(outcome="HIRED")
    (moved,) = standing(outcome=None)

    assert isinstance(hired, Hired)
    # That it is open is none of what was said, so it takes no closing back.
    assert isinstance(moved, Moved)


def test_a_deleted_application_and_a_deleted_candidate() -> None:
    gone = "2026-03-02T08:10:00Z"
    (application,) = means(kombo.application(remote_deleted_at=gone)).changes
    (candidate,) = means({**kombo.CANDIDATE, "remote_deleted_at": gone}, path="/candidates").changes
    (job,) = means({**kombo.JOB, "remote_deleted_at": gone}, path="/jobs").changes

    assert application == ApplicationDeleted("a1", CHANGED)
    assert isinstance(candidate, CandidateErased)
    assert isinstance(job, JobDeleted)


def test_a_candidate_and_a_job_by_themselves() -> None:
    (candidate,) = means(kombo.CANDIDATE, path="/candidates").changes
    (job,) = means({**kombo.JOB, "status": "CLOSED"}, path="/jobs").changes

    assert isinstance(candidate, CandidateUpdated)
    assert isinstance(job, JobUpdated)
    assert job.job.status is JobStatus.CLOSED


def test_interviews_are_booked_held_or_cancelled() -> None:
    def interview(id_: str, start: str, **more: Any) -> dict[str, Any]:
        return {"id": id_, "title": "On-site", "starting_at": start, **more}

    changes = standing(
        interviews=[
            interview("i1", "2026-03-02T07:00:00Z", ending_at="2026-03-02T08:00:00Z"),
            interview("i2", "2026-03-04T07:00:00Z"),
            interview("i3", "2026-03-04T07:00:00Z", canceled=True),
            interview("i4", "2026-03-02T07:00:00Z", title="Take-home test"),
            {"id": "i5", "title": "On-site"},
        ]
    )[1:]

    assert [type(each) for each in changes] == [InterviewDone, InterviewBooked, InterviewCancelled]
    done = changes[0]
    assert isinstance(done, InterviewDone)
    assert done.ended_at == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_pages_are_followed_and_one_delivery_reads_so_many() -> None:
    body, known = kombo.changed("ats_applications"), {kombo.JOBS: kombo.page(kombo.JOB)}
    ask = kombo.list_of("/applications")
    for number in range(MOST_PAGES):
        assert ADAPTER.translate(body, {}, NOW, answers(known)) == Needs((ask,))
        following = f"cursor{number}"
        known[ask] = kombo.page(kombo.application(id=f"a{number}"), cursor=following)
        ask = kombo.list_of("/applications", following)
    found = ADAPTER.translate(body, {}, NOW, answers(known))

    assert isinstance(found, Translation)
    assert len([each for each in found.changes if isinstance(each, Stands)]) == MOST_PAGES
    assert any("the next sync reads it" in warning for warning in found.warnings)


def test_a_page_that_leads_to_itself_is_refused() -> None:
    first, second = kombo.list_of("/applications"), kombo.list_of("/applications", "c")
    known = {first: kombo.page(cursor="c"), second: kombo.page(cursor="c")}

    with pytest.raises(PayloadError, match="the page it stands on"):
        ADAPTER.translate(kombo.changed("ats_applications"), {}, NOW, answers(known))


def test_a_broken_record_keeps_no_other_from_being_told() -> None:
    found = means({"id": None}, kombo.application(id="a2"))

    assert [type(each) for each in found.changes] == [Applied, Stands]
    assert any("/id" in warning for warning in found.warnings)


def test_an_older_record_says_so_by_kombos_own_clock() -> None:
    (older,) = standing(changed_at="2026-03-02T07:00:00Z")
    assert isinstance(older, Stands)
    assert older.at == CHANGED - timedelta(hours=1, minutes=30)


def test_the_poller_reads_lists_and_their_records_mean_the_same() -> None:
    poller, since = ADAPTER.poller, NOW - timedelta(hours=1)
    assert poller is not None
    asks = poller.first(since, {})
    assert asks == tuple(kombo.list_of(path) for path in ("/jobs", "/candidates", "/applications"))
    page = Answer(200, kombo.page(kombo.application(), cursor="c"), NOW)
    listing = poller.read(asks[2], page, since)
    assert listing.next == kombo.list_of("/applications", "c")
    (found,) = listing.found
    needs = ADAPTER.translate_found(found.kind, found.record, NOW)
    assert needs == Needs((kombo.JOBS,))
    known = answers({kombo.JOBS: kombo.page(kombo.JOB)})

    told = ADAPTER.translate_found(found.kind, found.record, NOW, known)
    assert isinstance(told, Translation)
    assert told.changes == means(kombo.application()).changes
    changed = Answer(200, kombo.page(kombo.application(outcome="HIRED")), NOW)
    assert poller.read(asks[2], changed, since).found[0].identity != found.identity


def test_a_note_is_plain_text_on_the_application() -> None:
    entry = LogEntry("pfe_1", "c1", "a1", NOW, "A word was kept", "By phone", None, None, None)
    notes = ADAPTER.write_back
    assert notes is not None
    ask = notes.request(entry, {})

    assert (ask.method, ask.path) == ("POST", "/applications/a1/notes")
    written = json.loads(ask.json or "")
    assert written["content_type"] == "PLAIN_TEXT"
    assert "By phone" in written["content"]
    error = {"status": "error", "error": {"code": "REMOTE.NOT_FOUND", "message": "Ada Byron"}}
    refused = notes.refusal(Answer(400, json.dumps(error).encode(), NOW))
    assert refused == "Kombo refused the note (HTTP 400, REMOTE.NOT_FOUND)"


def test_the_key_and_the_integration_are_in_the_headers() -> None:
    api = ADAPTER.api
    assert api is not None
    headers = api.headers({"api_key": "k", "integration_id": "lever:1"}, None)

    assert headers["Authorization"] == "Bearer k"
    assert headers["X-Integration-Id"] == "lever:1"
    assert api.base_url({}) == "https://api.kombo.dev/v1/ats"
