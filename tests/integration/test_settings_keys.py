"""The keys in the settings: shown once, listed by their start, ended at once."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select

from service.auth.keys import caller_with
from service.models import ApiKey
from tests.harness import Employer
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

PATH = "/settings/keys"


def test_a_key_is_shown_once_and_opens_the_door_until_it_is_revoked(employer: Employer) -> None:
    client = administrator(employer)
    made = send(client, PATH, PATH, name="the careers site", scope="read", days="30")
    html = made.get_data(as_text=True)
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    (secret,) = re.findall(r"kw_[0-9a-f]{40}", html)
    with employer.session() as session:
        row = session.scalars(select(ApiKey)).one()
        caller = caller_with(session, employer.now, secret)
    assert row.expires_at == employer.now + timedelta(days=30)
    assert caller is not None
    assert caller.scopes == {"read"}
    listed = shown(client, PATH)
    assert secret not in listed
    assert row.start in listed

    assert said(send(client, f"{PATH}/{row.id}/revoke", PATH)) == "The key is revoked."
    with employer.session() as session:
        assert caller_with(session, employer.now, secret) is None
    assert said(send(client, f"{PATH}/{row.id}/revoke", PATH)) == "The key was revoked before."


@SQLITE
def test_a_key_acts_in_somebodys_name(employer: Employer) -> None:
    maria, client = person(employer), administrator(employer)
    send(client, PATH, PATH, name="her script", scope="write", user=maria.id)
    with employer.session() as session:
        assert session.scalars(select(ApiKey.user_id)).one() == maria.id
    assert "Maria Keller" in read(client, PATH)


@SQLITE
def test_faults_stand_beside_their_fields(employer: Employer) -> None:
    client = administrator(employer)
    for field, typed in (
        ("name", " "),
        ("scope", "everything"),
        ("days", "0"),
        ("days", "4000"),
        ("days", "soon"),
        ("user", "usr_none"),
    ):
        wish = {"name": "x", "scope": "read"} | {field: typed}
        answer = send(client, PATH, PATH, **wish)
        html = answer.get_data(as_text=True)
        assert answer.status_code == 422, field
        assert f'id="{field}-fault"' in html, field
        assert "Nothing was changed yet." in words_of(html)
    with employer.session() as session:
        assert session.scalars(select(ApiKey)).all() == []


@SQLITE
def test_a_name_is_shown_as_it_was_typed(employer: Employer) -> None:
    client = administrator(employer)
    send(client, PATH, PATH, name=HOSTILE, scope="read")
    assert taken_literally(shown(client, PATH))


@SQLITE
def test_only_administrators_know_of_keys(employer: Employer) -> None:
    client = administrator(employer)
    send(client, PATH, PATH, name="a", scope="read")
    with employer.session() as session:
        key_id = session.scalars(select(ApiKey.id)).one()
    for role in ("recruiter", "viewer", "hiring_manager"):
        other = client_of(employer, person(employer, role))
        assert other.get(PATH).status_code == 404
        assert other.post(PATH, data={"name": "b", "scope": "admin"}).status_code == 403
        assert other.post(f"{PATH}/{key_id}/revoke").status_code == 403
    with employer.session() as session:
        assert session.scalars(select(ApiKey.revoked_at)).all() == [None]


@SQLITE
def test_there_is_no_key_of_an_unknown_id(employer: Employer) -> None:
    assert send(administrator(employer), f"{PATH}/key_none/revoke", PATH).status_code == 404
