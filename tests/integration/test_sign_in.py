"""Signing in by password, and what an attacker would try instead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.auth import passwords, sessions
from service.db import db
from service.models import SignInSession, User
from tests.harness import Employer, make_employer
from tests.reading_pages import words_of
from tests.signing_in import PASSWORD, client_of, person, token_of, type_in

COOKIE = "keepword-session"


@pytest.fixture
def alone(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword, where one database says as much as two."""
    made = make_employer(new_database("sqlite"), tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()


@pytest.fixture
def maria(alone: Employer) -> User:
    return administrator(alone)


def administrator(employer: Employer) -> User:
    return person(employer, "administrator", email="maria@example.com", password=PASSWORD)


def is_in(client: Any) -> bool:
    """Tell whether a browser is signed in: nobody else has an account page."""
    return bool(client.get("/account").status_code == 200)


def test_the_right_password_signs_in_and_leads_on(employer: Employer) -> None:
    administrator(employer)
    client = employer.app.test_client()

    before = client.get("/outbox")
    answer = type_in(client, "Maria@Example.com ", PASSWORD, wanted="/outbox")

    assert (before.status_code, before.location) == (303, "/sign-in?next=/outbox")
    assert (answer.status_code, answer.location) == (303, "/outbox")
    assert is_in(client)
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith(COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(
    alone: Employer, maria: User
) -> None:
    client = alone.app.test_client()

    wrong = type_in(client, maria.email, "quiet harbour lamp post")
    unknown = type_in(client, "nobody@example.com", PASSWORD)

    assert wrong.status_code == unknown.status_code == 422
    pattern = wrong.get_data(as_text=True).replace(maria.email, "")
    for answer, typed in ((wrong, maria.email), (unknown, "nobody@example.com")):
        html = answer.get_data(as_text=True)
        assert "The address or the password is not right." in html
        assert words_of(html.replace(typed, "")) == words_of(pattern)
    assert not is_in(client)


def test_an_unknown_account_is_hashed_for_all_the_same(alone: Employer, maria: User) -> None:
    """The hash is what takes the time: as many are worked out for nobody as for somebody."""
    with alone.session() as session:
        user = session.get_one(User, maria.id)
        known = _hashes(lambda: passwords.is_password(session, user, "not the one it is"))
        unknown = _hashes(lambda: passwords.is_password(session, None, "not the one it is"))

    assert known == unknown == 1


def _hashes(act: Any) -> int:
    """Count the verifications that an act makes argon2 work out."""
    import sys

    seen = 0

    def watch(frame: Any, event: str, _arg: Any) -> None:
        nonlocal seen
        named = frame.f_code.co_name == "verify" and "argon2" in frame.f_code.co_filename
        seen += event == "call" and named

    sys.setprofile(watch)
    try:
        act()
    finally:
        sys.setprofile(None)
    return seen


def test_what_no_database_holds_is_nobody_and_nothing(employer: Employer) -> None:
    maria = client_of(employer, administrator(employer))
    nobody = type_in(employer.app.test_client(), "maria\0@example.com", PASSWORD)
    places = ("people/%00", "jobs/%00", "outbox/%00", "closings/%00", "numbers?team=%00")
    found = {place: maria.get(f"/{place}").status_code for place in places}

    assert nobody.status_code in (404, 422)
    assert set(found.values()) == {404}, found


def test_a_session_is_new_at_each_sign_in_and_ends_the_one_before(
    alone: Employer, maria: User
) -> None:
    client = alone.app.test_client()
    # What somebody else put into the browser beforehand is worth nothing afterwards.
    client.set_cookie(COOKIE, "a token that an attacker knows")
    type_in(client, maria.email, PASSWORD)
    first = client.get_cookie(COOKIE).value
    other = alone.app.test_client()
    other.set_cookie(COOKIE, first)
    token = token_of(alone.app.test_client())
    visit = alone.app.test_client()
    token = token_of(visit)
    visit.set_cookie(COOKIE, first)
    answer = visit.post(
        "/sign-in", data={"token": token, "email": maria.email, "password": PASSWORD}
    )
    second = visit.get_cookie(COOKIE).value

    assert answer.status_code == 303
    assert len({first, second, "a token that an attacker knows"}) == 3
    assert not is_in(other)
    assert is_in(visit)


def test_over_https_the_cookie_is_bound_to_the_host_and_secure(
    new_database: Any, tmp_path: Path
) -> None:
    made = make_employer(new_database("sqlite"), tmp_path, base_url="https://keepword.example.com")
    maria = administrator(made)
    client = made.app.test_client()
    base = "https://keepword.example.com"
    html = client.get("/sign-in", base_url=base).get_data(as_text=True)
    token = html.partition('name="token" value="')[2].partition('"')[0]
    answer = client.post(
        "/sign-in",
        base_url=base,
        data={"token": token, "email": maria.email, "password": PASSWORD},
    )
    with made.app.app_context():
        db.engine.dispose()

    cookies = answer.headers.getlist("Set-Cookie")
    assert answer.status_code == 303
    assert all(c.startswith("__Host-keepword-") and "Secure" in c for c in cookies)
    assert all("Domain" not in c for c in cookies)


def test_a_session_ends_when_revoked_idle_or_old(employer: Employer) -> None:
    maria = administrator(employer)
    revoked, idle, old = (client_of(employer, maria, agent) for agent in ("a", "b", "c"))
    assert all(map(is_in, (revoked, idle, old)))
    with employer.work() as work:
        (row,) = work.session.scalars(select(SignInSession).where(SignInSession.user_agent == "a"))
        sessions.end_sessions(work.session, work.now, maria.id, only=row.id)
    assert [is_in(each) for each in (revoked, idle, old)] == [False, True, True]

    for _ in range(14):
        employer.clock.advance(sessions.IDLE - timedelta(minutes=1))
        assert is_in(old)
    assert not is_in(idle)
    employer.clock.advance(timedelta(minutes=15))

    assert not is_in(old)


def test_signing_out_ends_the_session_on_the_server(alone: Employer, maria: User) -> None:
    client = client_of(alone, maria)
    stolen = client.get_cookie(COOKIE).value
    token = token_of(client, "/account")

    answer = client.post("/sign-out", data={"token": token})
    thief = alone.app.test_client()
    thief.set_cookie(COOKIE, stolen)

    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert not is_in(thief)


def test_a_deactivated_person_is_out_at_once_and_stays_out(alone: Employer, maria: User) -> None:
    tomas = person(alone, "recruiter", email="tomas@example.com", password=PASSWORD)
    client = client_of(alone, tomas)
    assert is_in(client)
    with alone.work() as work:
        work.session.get_one(User, tomas.id).active = False

    assert not is_in(client)
    assert type_in(alone.app.test_client(), tomas.email, PASSWORD).status_code == 422


@pytest.mark.parametrize("token", ["", "0" * 64, "ü\u0000"])
def test_a_sign_in_without_our_token_is_not_judged(
    alone: Employer, maria: User, token: str
) -> None:
    client = alone.app.test_client()
    client.get("/sign-in")
    answer = client.post(
        "/sign-in", data={"token": token, "email": maria.email, "password": PASSWORD}
    )

    assert answer.status_code == 403
    assert not is_in(client)


def test_the_token_of_another_browser_is_not_taken(alone: Employer, maria: User) -> None:
    foreign = token_of(alone.app.test_client())
    client = alone.app.test_client()
    client.get("/sign-in")
    form = {"token": foreign, "email": maria.email, "password": PASSWORD}

    assert client.post("/sign-in", data=form).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_another_site_is_not_taken(
    alone: Employer, maria: User, headers: dict[str, str]
) -> None:
    client = alone.app.test_client()
    signed = client_of(alone, maria)
    own = {"token": token_of(signed, "/account")}

    assert type_in(client, maria.email, PASSWORD, **headers).status_code == 403
    assert signed.post("/sign-out", data=own, headers=headers).status_code == 403
    assert is_in(signed)


def test_the_token_of_another_session_changes_nothing(alone: Employer, maria: User) -> None:
    one, two = client_of(alone, maria), client_of(alone, maria)
    foreign = token_of(two, "/account")

    assert one.post("/sign-out", data={"token": foreign}).status_code == 403
    assert one.post("/sign-out").status_code == 403
    assert is_in(one)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example.com/",
        "//evil.example.com/",
        "/\\evil.example.com/",
        "/\t/evil.example.com",
        "javascript:alert(1)",
        "evil.example.com",
        "/outbox\r\nSet-Cookie: a=b",
        "\\\\evil.example.com",
        "",
    ],
)
def test_nobody_is_led_to_another_site_after_signing_in(
    alone: Employer, maria: User, wanted: str
) -> None:
    client = alone.app.test_client()

    assert type_in(client, maria.email, PASSWORD, wanted=wanted).location == "/"
    assert client.get("/sign-in", query_string={"next": wanted}).location == "/"


def test_whoever_asks_by_htmx_is_led_to_sign_in_as_a_whole(alone: Employer, maria: User) -> None:
    answer = alone.app.test_client().get("/outbox", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"
    assert answer.get_data() == b""
