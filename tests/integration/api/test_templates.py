"""The letters over the API: read, drafted, linted, previewed, approved, withdrawn."""

from __future__ import annotations

from typing import Any

import pytest

from service.mail.variables import KINDS
from tests.harness import Employer
from tests.integration.api.conftest import Api, Cast, refusal

KIND = "status-update"


def _shipped(api: Api, kind: str = KIND) -> dict[str, Any]:
    version = api.get(f"/templates/{kind}")["in_force"]
    shown: dict[str, Any] = api.get(f"/template-versions/{version['id']}")
    return shown


def _words(api: Api, addition: str = "It is short.", kind: str = KIND) -> dict[str, str]:
    shipped = _shipped(api, kind)
    return {
        "subject": shipped["subject"],
        "text": f"{shipped['text']}\n\n{addition}",
        "html": f"{shipped['html']}\n<p>{addition}</p>",
        "note": "one sentence more",
    }


def _draft(api: Api, addition: str = "It is short.", kind: str = KIND) -> dict[str, Any]:
    made: dict[str, Any] = api.made(f"/templates/{kind}/versions", _words(api, addition, kind))
    return made


def test_every_kind_is_listed_with_what_it_may_name_and_what_is_in_force(api: Api) -> None:
    first = api.get("/templates?limit=5")
    rest = api.get(f"/templates?limit=200&cursor={first['next']}")
    listed = [*first["items"], *rest["items"]]

    assert [each["kind"] for each in listed] == sorted(KINDS)
    assert rest["next"] is None
    for each in listed:
        assert each["variables"] == sorted(KINDS[each["kind"]])
        assert (each["in_force"]["number"], each["in_force"]["origin"]) == (1, "shipped")
        assert each["newest_draft"] is None
    closed = api.get("/templates/position-closed")
    assert (closed["audience"], closed["optional"]) == ("candidates", ["still_open"])


def test_a_draft_is_read_linted_approved_and_sent(employer: Employer, api: Api, cast: Cast) -> None:
    draft = _draft(api)
    assert (draft["number"], draft["state"], draft["origin"]) == (2, "draft", "edited")
    assert (draft["created_by_id"], draft["note"]) == (cast.maria, "one sentence more")
    assert draft["findings"] == []
    assert api.get(f"/templates/{KIND}")["newest_draft"] == 2
    path = f"/template-versions/{draft['id']}"
    etag = api.send("GET", path).headers["ETag"]

    approved = api.made(f"{path}/approve", {}, If_Match=etag)

    assert (approved["state"], approved["approved_by_id"]) == ("approved", cast.maria)
    kind = api.get(f"/templates/{KIND}")
    assert (kind["in_force"]["id"], kind["newest_draft"]) == (draft["id"], None)
    versions = api.get(f"/templates/{KIND}/versions?limit=1")
    assert [each["number"] for each in versions["items"]] == [2]
    older = api.get(f"/templates/{KIND}/versions?cursor={versions['next']}")
    assert [(each["number"], each["state"]) for each in older["items"]] == [(1, "retired")]
    sent = api.made(
        "/messages",
        {
            "application_id": cast.application,
            "kind": KIND,
            "values": {"next_word_by": "2026-03-13"},
        },
    )
    assert "It is short." in sent["text"]
    stale = api.post(f"{path}/withdraw", {"reason": "it is wrong"}, If_Match=etag)
    assert refusal(stale)[:2] == (412, "changed-meanwhile")


@pytest.mark.parametrize(
    ("part", "words", "pointer", "said"),
    [
        ("html", "<p>x</p><script>alert(1)</script>", "/html", "holds <script>"),
        ("text", "{{salary}}", "/text", "not among this kind's variables"),
        ("text", "{{7*7}}", "/text", "malformed"),
        ("subject", "{{greeting_name", "/subject", "malformed"),
    ],
)
def test_a_draft_that_cannot_be_used_is_refused_with_its_place(
    api: Api, part: str, words: str, pointer: str, said: str
) -> None:
    written = _words(api)

    response = api.post(f"/templates/{KIND}/versions", {**written, part: written[part] + words})

    assert refusal(response) == (422, "letter-at-fault", [pointer])
    assert response.json is not None
    assert said in response.json["detail"]
    assert api.get(f"/templates/{KIND}")["newest_draft"] is None


def test_the_lint_speaks_in_the_draft_and_a_fault_keeps_it_from_being_approved(api: Api) -> None:
    draft = _draft(api, "We will be in touch soon!", "rejection-application")
    found = {(each["rule"], each["severity"]) for each in draft["findings"]}
    assert found == {("promise-without-date", "fault"), ("exclamation-mark", "fault")}

    refused = api.post(f"/template-versions/{draft['id']}/approve", {})

    assert refusal(refused)[:2] == (422, "letter-at-fault")
    assert _shipped(api, "rejection-application")["number"] == 1


def test_the_same_words_are_one_version(api: Api) -> None:
    _draft(api)

    again = api.post(f"/templates/{KIND}/versions", _words(api))

    assert refusal(again)[:2] == (409, "worded-already")


def test_a_withdrawn_version_stops_its_kind_until_another_is_approved(api: Api, cast: Cast) -> None:
    shipped = _shipped(api)
    path = f"/template-versions/{shipped['id']}"
    letter = {
        "application_id": cast.application,
        "kind": KIND,
        "values": {"next_word_by": "2026-03-13"},
    }

    withdrawn = api.made(f"{path}/withdraw", {"reason": "it is wrong"})

    assert withdrawn["state"] == "withdrawn"
    assert (withdrawn["withdrawn_by_id"], withdrawn["withdrawn_because"]) == (
        cast.maria,
        "it is wrong",
    )
    assert api.get(f"/templates/{KIND}")["in_force"] is None
    assert refusal(api.post("/messages", letter))[:2] == (422, "letter-not-renderable")
    assert refusal(api.post(f"{path}/withdraw", {"reason": "it is wrong"}))[:2] == (
        409,
        "version-stands-so-already",
    )
    api.made(f"{path}/approve", {})
    api.made("/messages", letter)
    assert refusal(api.post(f"{path}/approve", {}))[:2] == (409, "version-stands-so-already")


def test_a_version_is_previewed_with_one_persons_data(api: Api, cast: Cast) -> None:
    path = f"/template-versions/{_draft(api)['id']}/preview"

    shown = api.made(
        path,
        {"application_id": cast.application, "values": {"next_word_by": "2026-03-13"}},
    )

    assert shown["text"].startswith("Hello Amara,")
    assert "Friday 13 March" in shown["text"]
    assert "It is short." in shown["html"]
    assert (shown["kind"], shown["application_id"]) == (KIND, cast.application)
    invented = api.made(path, {})
    assert invented["application_id"] is None
    assert "Maria Keller" in invented["text"]
    nobody = api.post(path, {"application_id": "app_00000000000000000000"})
    assert refusal(nobody) == (422, "unknown-reference", ["/application_id"])
    unknown = api.post(path, {"values": {"salary": "1"}})
    assert refusal(unknown) == (422, "letter-not-renderable", ["/values/salary"])
    assert api.get("/messages")["items"] == []


def test_only_an_administrators_key_changes_what_letters_say(
    employer: Employer, api: Api, cast: Cast
) -> None:
    shipped = f"/template-versions/{_shipped(api)['id']}"
    words = _words(api)
    writer = Api(employer, employer.key("write", user_id=cast.maria))

    for path, body in (
        (f"/templates/{KIND}/versions", words),
        (f"{shipped}/approve", {}),
        (f"{shipped}/withdraw", {"reason": "it is wrong"}),
    ):
        assert writer.post(path, body).status_code == 403
    assert writer.get(shipped)["state"] == "approved"
    assert writer.post(f"{shipped}/preview", {}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/templates/farewell", "/templates/farewell/versions", "/template-versions/tpv_0"]
)
def test_what_does_not_exist_is_not_found(api: Api, path: str) -> None:
    assert refusal(api.send("GET", path))[:2] == (404, "not-found")
