"""The rules in the settings: in words, with their versions, and changed for promises to come."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from service.models import Policy, PolicyVersion, Promise
from tests.harness import Employer
from tests.integration.promise_steps import owe_reply
from tests.integration.settings_desk import (
    HOSTILE,
    SQLITE,
    administrator,
    read,
    said,
    send,
    shown,
    taken_literally,
)
from tests.reading_pages import words_of
from tests.signing_in import client_of, person

REPLY: dict[str, Any] = {
    "wording": "A reply to their enquiry",
    "kind": "reply",
    "within": "1 business day",
    "then_every": "",
    "keeps": "person",
    "warn_before": "2 business hours",
    "pause_cap": "10 business days",
    "active": "yes",
    "rung-action": ["remind", "flag", "escalate", ""],
    "rung-when": ["before", "due", "after", "made"],
    "rung-offset": ["2 business hours", "", "1 business day", ""],
    "rung-template": ["", "", "", ""],
    "version": "1-on",
}


def policy(employer: Employer, name: str = "reply") -> tuple[str, Policy]:
    with employer.session() as session:
        row = session.scalars(select(Policy).where(Policy.name == name)).one()
        return f"/settings/policies/{row.id}", row


@SQLITE
def test_every_rule_is_told_in_words(employer: Employer) -> None:
    text = read(administrator(employer), "/settings/policies")
    assert "A reply to their enquiry: within 1 business day, when somebody asks." in text
    assert "2 business hours before it is due: remind the owner" in text
    assert "1 business day after it was due: tell the owner's manager" in text
    assert "touches no promise already made" in text


def test_new_terms_make_a_version_and_leave_promises_alone(employer: Employer) -> None:
    promise_id = owe_reply(employer)
    path, before_row = policy(employer)
    with employer.session() as session:
        before = session.get_one(Promise, promise_id).due_at
    wish = REPLY | {"within": "2 business days"}
    client = administrator(employer)
    done = send(client, path, path, **wish)
    assert "Promises already made keep their terms." in said(done)
    with employer.session() as session:
        assert session.get_one(Promise, promise_id).due_at == before
        row = session.get_one(Policy, before_row.id)
        versions = session.scalars(
            select(PolicyVersion).where(PolicyVersion.policy_id == row.id)
        ).all()
    assert row.version == 2
    assert sorted(each.terms["within"] for each in versions) == [
        "1 business day",
        "2 business days",
    ]
    text = read(client, path)
    assert "Version 2" in text
    assert "Version 1" in text


@SQLITE
def test_the_form_shows_what_the_rule_says_and_saving_it_changes_nothing(
    employer: Employer,
) -> None:
    path, _ = policy(employer)
    done = send(administrator(employer), path, path, **REPLY)
    assert said(done) == "Nothing was changed: it says so already."
    assert policy(employer)[1].version == 1


@SQLITE
def test_faults_stand_beside_their_fields_and_keep_the_wish(employer: Employer) -> None:
    path, _ = policy(employer)
    client = administrator(employer)
    wish = REPLY | {
        "within": "by friday",
        "wording": " ",
        "warn_before": "2 days",
        "rung-offset": ["soon", "", "1 business day", ""],
        "rung-when": ["before", "after", "after", "made"],
    }
    answer = send(client, path, path, **wish)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for field in ("within", "wording", "warn_before", "rung-0", "rung-1"):
        assert f'id="{field}-fault"' in html, field
    assert "Must be a length of time, not a point in time." in words_of(html)
    assert 'name="within" value="by friday"' in html
    assert policy(employer)[1].version == 1


@SQLITE
def test_a_rule_is_switched_off_without_a_new_version(employer: Employer) -> None:
    path, _ = policy(employer)
    client = administrator(employer)
    wish = {key: value for key, value in REPLY.items() if key != "active"}
    said(send(client, path, path, **wish))
    row = policy(employer)[1]
    assert not row.active
    assert row.version == 1
    assert "switched off" in read(client, "/settings/policies")


def test_a_stale_form_keeps_the_wish(employer: Employer) -> None:
    path, _ = policy(employer)
    client = administrator(employer)
    said(send(client, path, path, **(REPLY | {"within": "2 business days"})))
    answer = send(client, path, path, **(REPLY | {"within": "3 business days"}))
    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Somebody else changed this rule meanwhile." in words_of(html)
    assert 'name="within" value="3 business days"' in html
    assert 'name="version" value="2-on"' in html
    assert policy(employer)[1].version == 2


@SQLITE
def test_a_rule_is_added_once(employer: Employer) -> None:
    client, new = administrator(employer), "/settings/policies/new"
    wish = REPLY | {"name": "feedback-told", "trigger": "decided", "kind": "feedback"}
    assert said(send(client, new, new, **wish)) == "The rule is added."
    again = send(client, new, new, **wish)
    assert again.status_code == 422
    assert "exists already" in words_of(again.get_data(as_text=True))
    nameless = send(client, new, new, **(wish | {"name": ""}))
    assert nameless.status_code == 422


@SQLITE
def test_words_are_shown_as_they_were_typed(employer: Employer) -> None:
    path, _ = policy(employer)
    client = administrator(employer)
    said(send(client, path, path, **(REPLY | {"wording": HOSTILE})))
    for page in ("/settings/policies", path):
        assert taken_literally(shown(client, page)), page


@SQLITE
def test_who_may_not_change_a_rule_only_looks(employer: Employer) -> None:
    path, _ = policy(employer)
    administrator(employer)
    for role in ("recruiter", "viewer"):
        client = client_of(employer, person(employer, role))
        text = read(client, path)
        assert "tell the owner's manager" in text
        assert "Change the rule" not in text
        assert client.get("/settings/policies/new").status_code == 404
        assert client.post(path, data=REPLY).status_code == 403
        assert client.post("/settings/policies/new", data=REPLY).status_code == 403
    client = client_of(employer, person(employer, "hiring_manager"))
    assert client.get(path).status_code == 404
    assert policy(employer)[1].version == 1
