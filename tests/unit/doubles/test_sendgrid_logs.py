from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.doubles.sendgrid_events import AcceptedMail, EventSigner
from tests.doubles.sendgrid_logs import QueryError, details, log_faults, search
from tests.doubles.sendgrid_rules import SCHEMA_PATH

AT = datetime(2026, 3, 27, 16, 0, tzinfo=UTC)


def mail(index: int, address: str = "ada@example.com") -> AcceptedMail:
    return AcceptedMail(
        request_id="Xj5LmNkWSOqRbdvOpR34BA",
        index=index,
        to_address=address,
        to_name="Ada",
        from_address="talent@example.org",
        subject="Hello",
        text="Dear Ada",
        html="",
        headers={},
        custom_args={"kw_mid": f"m{index}"},
        body={},
        accepted_at=AT + timedelta(minutes=index),
    )


MAILS = [mail(0), mail(1, "bob@example.com"), mail(2)]


def found(query: str, **more: object) -> list[str]:
    return [
        entry["sg_message_id"][-1] for entry in search(MAILS, {"query": query, **more})["messages"]
    ]


def test_a_search_follows_its_conditions_newest_first() -> None:
    after = 'sg_message_id_created_at > TIMESTAMP "2026-03-27T16:00:00Z"'

    assert found("") == ["2", "1", "0"]
    assert found('to_email = "ada@example.com"') == ["2", "0"]
    assert found("to_email = 'bob@example.com'") == ["1"]
    assert found('to_email = "ADA@example.com"') == []
    assert found(f'to_email = "ada@example.com" AND {after}') == ["2"]
    assert found(after.replace(">", "<=")) == ["0"]
    assert found("", limit=1) == ["2"]


@pytest.mark.parametrize(
    "request_body",
    [
        None,
        [],
        {"query": 7},
        {"query": "x"},
        {"query": 'to_email = "a" OR to_email = "b"'},
        {"query": 'to_email = "a" x" AND subject = "b"'},
        {"query": 'to_email like "a"'},
        {"query": 'sg_message_id_created_at > "2026-03-27T16:00:00Z"'},
        {"query": 'sg_message_id_created_at > TIMESTAMP "2026-03-27T16:00:00"'},
        {"query": 'sg_message_id_created_at > TIMESTAMP "soon"'},
        {"limit": 0},
        {"limit": 1_001},
        {"limit": "10"},
        {"offset": 10},
    ],
)
def test_a_search_it_cannot_read_is_refused(request_body: object) -> None:
    with pytest.raises(QueryError):
        search(MAILS, request_body)


def test_its_answers_have_the_published_fields() -> None:
    if not SCHEMA_PATH.with_name("tsg_logs_v3.json").exists():
        pytest.skip("the published Email Logs schemas are not beside this checkout")
    shown = details(MAILS, MAILS[1].sg_message_id, EventSigner())

    assert log_faults("EmailLogsGetMessagesByFilterResponse", search(MAILS, {})) == []
    assert log_faults("EmailLogsGetMessageByIdResponse", shown) == []
    assert log_faults("EmailLogsGetMessageByIdResponse", {}) != []


def test_one_entry_shows_our_ids_apart_from_the_event() -> None:
    shown = details(MAILS, MAILS[2].sg_message_id, EventSigner())

    assert shown is not None
    assert shown["custom_args"] == {"kw_mid": "m2"}
    assert "kw_mid" not in shown["events"][0]
    assert details(MAILS, "another", EventSigner()) is None
