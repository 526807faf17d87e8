"""Signing in by the employer's OpenID provider, and every answer that must not be believed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select

from service.auth.leaving import deactivate
from service.db import db
from service.models import OutsideIdentity, User
from tests.doubles.openid_provider import CLIENT_ID, SECRET, OpenIdDouble, openid_provider
from tests.harness import Employer, make_employer
from tests.signing_in import PASSWORD, person

EMAIL = {"email": "maria@example.com", "email_verified": True}


@pytest.fixture
def provider() -> Iterator[OpenIdDouble]:
    with openid_provider() as double:
        yield double


@pytest.fixture
def employer(database_url: str, provider: OpenIdDouble, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword whose employer has an OpenID provider."""
    made = make_employer(
        database_url,
        tmp_path,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=SECRET,
        oidc_name="Example Works",
    )
    person(made, "administrator", email="maria@example.com", password=PASSWORD)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def led_out(client: Any, wanted: str = "") -> tuple[str, str]:
    """Press the button; return the address one is led to, and the state in it."""
    answer = client.get("/sign-in/outside", query_string={"next": wanted} if wanted else {})
    assert answer.status_code == 303
    return answer.location, parse_qs(urlsplit(answer.location).query)["state"][0]


def back(client: Any, state: str, **more: str) -> Any:
    asked = {"code": "a-code", "state": state, **more}
    return client.get("/sign-in/outside/answer", query_string=asked)


def test_a_colleague_comes_in_by_the_verified_address_then_by_the_providers_own_name(
    employer: Employer, provider: OpenIdDouble
) -> None:
    client = employer.app.test_client()
    assert "Sign in with Example Works" in client.get("/sign-in").get_data(as_text=True)
    question, state = led_out(client, "/outbox")
    provider.says(question, employer.now, **EMAIL)
    first = back(client, state)
    other = employer.app.test_client()
    question, state = led_out(other)
    provider.says(question, employer.now, email="renamed@example.com", email_verified=True)
    second = back(other, state)

    assert (first.status_code, first.location) == (303, "/outbox")
    assert (second.status_code, second.location) == (303, "/")
    assert client.get("/account").status_code == other.get("/account").status_code == 200
    with employer.session() as session:
        assert len(session.scalars(select(OutsideIdentity)).all()) == 1
    asked = parse_qs(urlsplit(question).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert 43 <= len(provider.tokens_asked[0]["code_verifier"]) <= 128


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "maria@example.com", "email_verified": False},
        {"email": "maria@example.com"},
        {"email": "nobody@example.com", "email_verified": True},
        {},
        {**EMAIL, "nonce": "another"},
        {**EMAIL, "nonce": None},
        {**EMAIL, "aud": "somebody-else"},
        {**EMAIL, "aud": [CLIENT_ID, "other"], "azp": "other"},
        {**EMAIL, "iss": "https://evil.example.com"},
        {**EMAIL, "exp": 1},
        {**EMAIL, "sub": None},
    ],
)
def test_an_answer_that_is_not_meant_so_signs_nobody_in(
    employer: Employer, provider: OpenIdDouble, claims: dict[str, Any]
) -> None:
    client = employer.app.test_client()
    question, state = led_out(client)
    provider.says(question, employer.now, **claims)
    answer = back(client, state)

    assert answer.status_code in (403, 502)
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize("how", ["another key", "no signature", "the secret", "the public key"])
def test_an_answer_that_the_provider_did_not_sign_signs_nobody_in(
    employer: Employer, provider: OpenIdDouble, how: str
) -> None:
    client = employer.app.test_client()
    question, state = led_out(client)
    provider.says(question, employer.now, **EMAIL)
    if how == "another key":
        provider.signed_with = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    elif how == "no signature":
        provider.header = {"alg": "none"}
    elif how == "the secret":
        provider.header = {"alg": "HS256"}
        provider.signed_with = OctKey.import_key(SECRET)
    else:
        provider.header = {"alg": "HS256", "kid": "one"}
        shown = provider.key.as_dict(private=False)["n"]
        provider.signed_with = OctKey.import_key(str(shown))
    answer = back(client, state)

    assert answer.status_code == 502
    assert client.get("/account").status_code == 303


def test_another_browsers_answer_signs_nobody_in(
    employer: Employer, provider: OpenIdDouble
) -> None:
    attacker, victim = employer.app.test_client(), employer.app.test_client()
    question, state = led_out(attacker)
    provider.says(question, employer.now, **EMAIL)
    led_out(victim)

    assert back(victim, state).status_code == 403
    assert back(employer.app.test_client(), state).status_code == 403
    assert provider.tokens_asked == []


@pytest.mark.parametrize("state", ["", ".", "x.y", "e30." + "0" * 64])
def test_a_made_up_state_is_not_taken(
    employer: Employer, provider: OpenIdDouble, state: str
) -> None:
    client = employer.app.test_client()
    led_out(client)

    assert back(client, state).status_code == 403
    assert provider.tokens_asked == []


def test_an_answer_after_ten_minutes_or_by_another_issuer_is_not_taken(
    employer: Employer, provider: OpenIdDouble
) -> None:
    client = employer.app.test_client()
    question, state = led_out(client)
    provider.says(question, employer.now, **EMAIL)
    mixed_up = back(client, state, iss="https://evil.example.com")
    employer.clock.advance(timedelta(minutes=10))
    late = back(client, state)

    assert (mixed_up.status_code, late.status_code) == (403, 403)


def test_whoever_has_a_colleagues_address_after_them_is_not_taken_for_them(
    employer: Employer, provider: OpenIdDouble
) -> None:
    person(employer, "administrator", name="Ruth", password=PASSWORD)
    answers = []
    for subject in ("person-1", "person-2", "person-1", "person-2"):
        if len(answers) == 3:
            with employer.work() as work:
                maria = work.session.scalars(select(User).where(User.email == EMAIL["email"])).one()
                deactivate(work.session, work.now, maria)
                maria.active = True
        client = employer.app.test_client()
        question, state = led_out(client)
        provider.says(question, employer.now, sub=subject, **EMAIL)
        answers.append(back(client, state).status_code)

    assert answers == [303, 403, 303, 303]


def test_a_deactivated_colleague_does_not_come_in(
    employer: Employer, provider: OpenIdDouble
) -> None:
    person(employer, "administrator", name="Ruth", password=PASSWORD)
    with employer.work() as work:
        maria = work.session.scalars(select(User).where(User.email == EMAIL["email"])).one()
        maria.active = False
    client = employer.app.test_client()
    question, state = led_out(client)
    provider.says(question, employer.now, **EMAIL)

    assert back(client, state).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example.com"},
        {"authorization_endpoint": "http://idp.example.com/ask"},
        {"authorization_endpoint": None},
    ],
)
def test_a_provider_that_is_not_what_it_should_be_is_not_used(
    employer: Employer, provider: OpenIdDouble, change: dict[str, Any]
) -> None:
    provider.metadata |= change

    assert employer.app.test_client().get("/sign-in/outside").status_code == 502


def test_without_a_provider_there_is_no_such_page(new_database: Any, tmp_path: Path) -> None:
    made = make_employer(new_database("sqlite"), tmp_path)
    client = made.app.test_client()
    found = [
        client.get(path).status_code for path in ("/sign-in/outside", "/sign-in/outside/answer")
    ]
    with made.app.app_context():
        db.engine.dispose()

    assert found == [404, 404]
