"""Letters, decisions and the pause switch over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.harness import Employer
from tests.integration.api.conftest import Api, Cast, a_call, refusal


def _status(cast: Cast, **fields: Any) -> dict[str, Any]:
    return {
        "application_id": cast.application,
        "kind": "status-update",
        "values": {"next_word_by": "2026-03-13"},
        **fields,
    }


def _rejection(cast: Cast) -> dict[str, Any]:
    return {"application_id": cast.application, "kind": "rejection-interview"}


def test_what_the_preview_shows_is_what_is_sent(employer: Employer, api: Api, cast: Cast) -> None:
    preview = api.made("/messages/preview", _status(cast))
    assert api.get("/messages")["items"] == []
    assert preview["objection"] is None

    message = api.made("/messages", _status(cast))
    employer.turn()

    for part in ("subject", "text", "html"):
        assert preview[part] == message[part]
    (envelope,) = employer.transport.sent
    assert (envelope.subject, envelope.text) == (preview["subject"], preview["text"])
    assert api.get(f"/messages/{message['id']}")["state"] == "accepted"


def test_a_letter_with_a_blank_or_unknown_variable_is_refused(api: Api, cast: Cast) -> None:
    missing = api.post("/messages", _status(cast, values={}))
    unknown = api.post(
        "/messages", _status(cast, values={"next_word_by": "2026-03-13", "salary": "1"})
    )

    assert refusal(missing) == (422, "letter-not-renderable", ["/values/next_word_by"])
    assert refusal(unknown) == (422, "letter-not-renderable", ["/values/salary"])
    assert api.get("/messages")["items"] == []


def test_a_letters_date_is_a_day_that_lies_ahead(api: Api, cast: Cast) -> None:
    words = api.post("/messages", _status(cast, values={"next_word_by": "Friday 13 March"}))
    past = api.post("/messages/preview", _status(cast, values={"next_word_by": "2026-03-01"}))
    far = api.post("/messages", _status(cast, values={"next_word_by": "2206-03-13"}))

    at = ["/values/next_word_by"]
    assert refusal(words) == (422, "letter-date-not-understood", at)
    assert refusal(past) == (422, "letter-date-in-the-past", at)
    assert refusal(far) == (422, "letter-date-too-far", at)
    assert "by Friday 13 March" in api.made("/messages", _status(cast))["text"]


def test_a_letter_at_night_waits_unless_a_person_wants_it_gone(
    employer: Employer, api: Api, cast: Cast
) -> None:
    employer.clock.advance(timedelta(hours=12))

    waits = api.made("/messages", _status(cast))
    goes = api.made("/messages", _status(cast, urgent=True))

    assert (waits["state"], waits["hold_until"]) == ("held", "2026-03-03T08:00:00Z")
    assert waits["reason"] == "waits for the person's morning: Tue 3 Mar 08:00"
    assert (goes["state"], goes["hold_until"]) == ("ready", None)


def test_no_rejection_is_written_without_a_decision(api: Api, cast: Cast) -> None:
    refused = api.post("/messages", _rejection(cast))
    preview = api.made("/messages/preview", _rejection(cast))

    assert refusal(refused) == (422, "no-decision", ["/decision_id"])
    assert preview["objection"].startswith("a rejection needs a recorded decision")


def test_a_decision_is_told_by_one_letter_that_waits_an_hour(
    employer: Employer, api: Api, cast: Cast
) -> None:
    decision = api.made("/decisions", {"application_id": cast.application, "reason": "experience"})
    assert (decision["decided_by_id"], decision["source"]) == (cast.maria, "api")

    message = api.made("/messages", _rejection(cast))
    second = api.post("/messages", _rejection(cast))

    assert (message["state"], message["hold_until"]) == ("held", "2026-03-02T10:00:00Z")
    assert message["decision_id"] == decision["id"]
    assert refusal(second) == (409, "written-already", [])


def test_after_a_cancelled_letter_another_may_tell_the_decision(api: Api, cast: Cast) -> None:
    api.made("/decisions", {"application_id": cast.application})
    first = api.made("/messages", _rejection(cast))

    cancelled = api.made(f"/messages/{first['id']}/cancel", {"reason": "a wrong word"})
    again = api.post("/messages", _rejection(cast))
    twice = api.made(f"/messages/{first['id']}/cancel", {"reason": "again"})

    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "a wrong word")
    assert again.status_code == 201
    # It never left, so "already sent" would be untrue; and nothing changes.
    assert (twice["state"], twice["reason"]) == ("cancelled", "a wrong word")
    assert twice["version"] == cancelled["version"]


def test_a_withdrawn_decision_stops_its_letter_and_reopens_the_application(
    api: Api, cast: Cast
) -> None:
    decision = api.made("/decisions", {"application_id": cast.application})
    message = api.made("/messages", _rejection(cast))

    api.made(f"/decisions/{decision['id']}/withdraw", {"stage": "interview"})

    assert api.get(f"/messages/{message['id']}")["state"] == "cancelled"
    assert api.get(f"/applications/{cast.application}")["stage"] == "interview"
    again = api.post(f"/decisions/{decision['id']}/withdraw", {"stage": "interview"})
    assert refusal(again) == (409, "decision-withdrawn", [])
    kinds = {promise["kind"] for promise in api.get("/promises?state=open")["items"]}
    assert "decision" not in kinds


def test_a_decision_is_a_persons(employer: Employer, api: Api, cast: Cast) -> None:
    nobody = Api(employer, employer.key("write"))

    response = nobody.post("/decisions", {"application_id": cast.application})

    assert refusal(response) == (422, "invalid", ["/decided_by_id"])


def test_a_letter_meant_for_a_settled_promise_is_refused(api: Api, cast: Cast) -> None:
    promise = api.made("/promises", a_call(cast))
    api.made(f"/promises/{promise['id']}/release", {"reason": "x"})

    response = api.post("/messages", _status(cast, promise_id=promise["id"]))

    assert refusal(response) == (409, "promise-not-open", [])


def test_paused_mail_waits(employer: Employer, api: Api, cast: Cast) -> None:
    paused = api.made("/mail-channel", {"paused": True, "reason": "a wrong letter"})
    message = api.made("/messages", _status(cast))
    employer.turn()

    assert (paused["paused"], paused["reason"]) == (True, "a wrong letter")
    assert api.get(f"/messages/{message['id']}")["state"] == "ready"
    assert api.get("/mail-channel") == paused

    api.made("/mail-channel", {"paused": False})
    employer.pass_time(minutes=1)

    assert api.get(f"/messages/{message['id']}")["state"] == "accepted"
