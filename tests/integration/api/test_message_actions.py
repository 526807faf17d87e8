"""Taking letters back, letting them go and settling them over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.models import Job, JobClosing, Message, SendBatch
from tests.harness import Employer, add_application
from tests.integration.api.conftest import Api, Cast, refusal
from tests.reading_pages import letter


def some(employer: Employer, cast: Cast, *states: str, **fields: Any) -> list[str]:
    """Return the ids of new letters to the candidate, one in each of these states."""
    with employer.work() as work:
        return [
            letter(work, state, application_id=cast.application, **fields).id for state in states
        ]


def states(employer: Employer, ids: list[str]) -> list[str]:
    with employer.session() as session:
        return [session.get_one(Message, id_).state for id_ in ids]


def test_named_letters_are_cancelled_and_what_had_left_is_told(
    employer: Employer, api: Api, cast: Cast
) -> None:
    ids = some(employer, cast, "held", "ready", "cancelled", "delivered", "held")

    done = api.made("/messages/cancel", {"message_ids": ids[:4], "reason": "the wrong job"})

    assert (done["cancelled"], done["cancelled_before"], done["dry_run"]) == (2, 1, False)
    assert done["too_late"] == [{"message_id": ids[3], "state": "delivered"}]
    assert states(employer, ids) == ["cancelled", "cancelled", "cancelled", "delivered", "held"]
    assert api.get(f"/messages/{ids[0]}")["reason"] == "the wrong job"


def test_a_dry_run_says_the_same_and_changes_nothing(
    employer: Employer, api: Api, cast: Cast
) -> None:
    ids = some(employer, cast, "held", "delivered")

    done = api.made("/messages/cancel", {"message_ids": ids, "reason": "x", "dry_run": True})

    assert (done["cancelled"], len(done["too_late"]), done["dry_run"]) == (1, 1, True)
    assert states(employer, ids) == ["held", "delivered"]


@pytest.mark.parametrize(
    ("state", "left"),
    [
        ("held", ["cancelled", "ready", "blocked", "accepted"]),
        ("all-unsent", ["cancelled", "cancelled", "cancelled", "accepted"]),
    ],
)
def test_all_that_is_held_or_all_that_has_not_left_is_cancelled(
    employer: Employer, api: Api, cast: Cast, state: str, left: list[str]
) -> None:
    ids = some(employer, cast, "held", "ready", "blocked", "accepted")

    api.made("/messages/cancel", {"state": state, "reason": "a wrong wording"})

    assert states(employer, ids) == left


def a_closing(employer: Employer) -> str:
    with employer.work() as work:
        job = Job(title="Site Engineer", status="closed", created_at=work.now)
        work.session.add(job)
        work.session.flush()
        closing = JobClosing(
            job_id=job.id, outcome="filled", job_status_before="open", created_at=work.now
        )
        work.session.add(closing)
        work.session.flush()
        return closing.id


def test_a_closings_letters_are_cancelled_together(
    employer: Employer, api: Api, cast: Cast
) -> None:
    closing_id = a_closing(employer)
    own = some(employer, cast, "held", "held", "accepted", closing_id=closing_id)
    others = some(employer, cast, "held")

    done = api.made("/messages/cancel", {"closing_id": closing_id, "reason": "reopened"})

    assert done["cancelled"] == 2
    assert done["too_late"] == [{"message_id": own[2], "state": "accepted"}]
    assert states(employer, others) == ["held"]
    listed = api.get(f"/messages?closing_id={closing_id}")["items"]
    assert {item["id"] for item in listed} == set(own)


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({}, (422, "invalid", [""])),
        ({"state": "held", "closing_id": "clo_1"}, (422, "invalid", [""])),
        ({"state": "sent"}, (422, "invalid", ["/state"])),
        ({"message_ids": []}, (422, "invalid", ["/message_ids"])),
        ({"message_ids": ["msg_none"]}, (422, "unknown-reference", ["/message_ids/0"])),
        ({"closing_id": "clo_none"}, (422, "unknown-reference", ["/closing_id"])),
    ],
    ids=str,
)
def test_a_cancellation_says_exactly_what_it_means(
    api: Api, body: dict[str, Any], refused: tuple[int, str, list[str]]
) -> None:
    assert refusal(api.post("/messages/cancel", {"reason": "x", **body})) == refused


def test_one_letter_in_doubt_is_settled_either_way(
    employer: Employer, api: Api, cast: Cast
) -> None:
    arrived, again = some(
        employer, cast, "uncertain", "uncertain", first_tried_at=employer.now - timedelta(hours=1)
    )

    told = api.made(f"/messages/{arrived}/settle", {"outcome": "arrived", "why": "she answered"})
    sent = api.made(f"/messages/{again}/settle", {"outcome": "send-again", "why": "she has none"})
    late = api.post(f"/messages/{arrived}/settle", {"outcome": "send-again", "why": "x"})

    assert (told["state"], told["delivered_at"]) == ("delivered", "2026-03-02T08:00:00Z")
    assert sent["state"] == "ready"
    assert refusal(late) == (409, "nothing-to-settle", [])


def test_a_request_is_settled_whole(employer: Employer, api: Api, cast: Cast) -> None:
    with employer.work() as work:
        batch = SendBatch(provider="sendgrid", size=3, created_at=work.now)
        work.session.add(batch)
        work.session.flush()
        ids = [
            letter(
                work,
                state,
                application_id=add_application(work).id,
                batch_id=batch.id,
                first_tried_at=work.now,
            ).id
            for state in ("uncertain", "uncertain", "bounced")
        ]
        batch_id = batch.id
    body = {"batch_id": batch_id, "outcome": "arrived", "why": "two have answered"}

    settled = api.made("/messages/settle", body)

    assert settled == {"batch_id": batch_id, "outcome": "arrived", "settled": 2}
    assert states(employer, ids) == ["delivered", "delivered", "bounced"]
    assert api.made("/messages/settle", body)["settled"] == 0
    assert len(api.get(f"/messages?batch_id={batch_id}")["items"]) == 3
    unknown = api.post("/messages/settle", {**body, "batch_id": "bat_none"})
    assert refusal(unknown) == (422, "unknown-reference", ["/batch_id"])


def test_a_stopped_letter_is_released_once_and_no_other_is(
    employer: Employer, api: Api, cast: Cast
) -> None:
    written = api.made(
        "/messages",
        {
            "application_id": cast.application,
            "kind": "status-update",
            "values": {"next_word_by": "2026-03-13"},
        },
    )
    with employer.work() as work:
        found = work.session.get_one(Message, written["id"])
        found.state, found.due_at, found.reason = "blocked", None, "she wrote meanwhile"

    released = api.made(f"/messages/{written['id']}/release", {"why": "she asked for it"})
    again = api.post(f"/messages/{written['id']}/release", {"why": "she asked for it"})

    assert released["state"] == "ready"
    assert refusal(again) == (409, "not-stopped", [])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("settle", {"outcome": "arrived", "why": "x"}),
        ("release", {"why": "x"}),
        ("cancel", {"reason": "x"}),
    ],
)
def test_an_action_on_an_unknown_or_changed_letter_is_refused(
    employer: Employer, api: Api, cast: Cast, path: str, body: dict[str, Any]
) -> None:
    (id_,) = some(employer, cast, "held")

    assert refusal(api.post(f"/messages/msg_none/{path}", body))[0] == 404
    changed = api.post(f"/messages/{id_}/{path}", body, If_Match='"77"')
    assert refusal(changed) == (412, "changed-meanwhile", [])
    assert states(employer, [id_]) == ["held"]


def test_a_reading_key_may_do_none_of_it(employer: Employer, cast: Cast) -> None:
    reader = Api(employer, employer.key("read"))
    (id_,) = some(employer, cast, "held")

    for path, body in (
        ("/messages/cancel", {"state": "held", "reason": "x"}),
        ("/messages/settle", {"batch_id": "bat_1", "outcome": "arrived", "why": "x"}),
        (f"/messages/{id_}/settle", {"outcome": "arrived", "why": "x"}),
        (f"/messages/{id_}/release", {"why": "x"}),
        (f"/messages/{id_}/cancel", {"reason": "x"}),
    ):
        assert refusal(reader.post(path, body)) == (403, "scope-missing", [])


def test_the_channel_says_who_paused_it_and_until_when_it_rests(
    employer: Employer, api: Api, cast: Cast
) -> None:
    paused = api.made("/mail-channel", {"paused": True, "reason": "a wrong letter"})

    assert (paused["paused_by"], paused["retry_at"]) == (f"user:{cast.maria}", None)
