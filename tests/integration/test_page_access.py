"""Who may see the pages, and that a page runs, loads and keeps nothing."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.db import db
from service.models import ApiKey
from tests.harness import Employer, make_employer
from tests.reading_pages import (
    promise_call,
)


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {"Host": "localhost"}, 200),
        ("127.0.0.1", {"Host": "localhost:8000"}, 200),
        ("127.0.0.1", {"Host": "LOCALHOST:8000"}, 200),
        ("127.0.0.1", {"Host": "127.0.0.1:8000"}, 200),
        ("::1", {"Host": "[::1]:8000"}, 200),
        ("::ffff:127.0.0.1", {"Host": "localhost"}, 200),
        ("127.0.0.1", {"Host": "keepword.example.com"}, 401),
        ("127.0.0.1", {"Host": "localhost.example.com"}, 401),
        ("127.0.0.1", {"Host": "127.0.0.1.example.com:8000"}, 401),
        ("127.0.0.1", {"Host": "localhost:8000,example.com"}, 401),
        ("127.0.0.1", {"Host": ""}, 401),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-For": "127.0.0.1"}, 401),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-Host": "localhost"}, 401),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-Proto": "https"}, 401),
        ("127.0.0.1", {"Host": "localhost", "X-Real-IP": "127.0.0.1"}, 401),
        ("127.0.0.1", {"Host": "localhost", "Forwarded": "for=127.0.0.1"}, 401),
        ("127.0.0.1", {"Host": "localhost", "Via": "1.1 proxy"}, 401),
        ("192.0.2.7", {"Host": "localhost"}, 401),
        ("10.0.0.1", {"Host": "127.0.0.1:8000"}, 401),
        ("::ffff:192.0.2.7", {"Host": "localhost"}, 401),
        ("", {"Host": "localhost"}, 401),
    ],
)
def test_without_a_key_the_page_opens_from_this_machine_alone(
    outside: Employer, peer: str, headers: dict[str, str], status: int
) -> None:
    answer = outside.app.test_client().get("/", headers=headers, environ_base={"REMOTE_ADDR": peer})

    assert answer.status_code == status


def test_a_request_in_the_protocol_of_a_proxy_needs_a_key(outside: Employer) -> None:
    answer = outside.app.test_client().get("/", environ_overrides={"SERVER_PROTOCOL": "HTTP/1.0"})

    assert answer.status_code == 401


@pytest.fixture
def outside(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword whose access alone is looked at: one database will do."""
    yield from _employer(new_database, tmp_path)


@pytest.fixture
def locked(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword that always asks for a key."""
    yield from _employer(new_database, tmp_path, pages="key")


@pytest.fixture
def published(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword that colleagues reach by a name."""
    yield from _employer(new_database, tmp_path, base_url="https://keepword.example.com")


def _employer(new_database: Any, home: Path, **config: Any) -> Iterator[Employer]:
    made = make_employer(new_database("sqlite"), home, **config)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def basic(secret: str, user: str = "anybody") -> dict[str, str]:
    token = base64.b64encode(f"{user}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


def test_a_published_keepword_asks_for_a_key_even_on_its_own_machine(published: Employer) -> None:
    assert published.app.test_client().get("/").status_code == 401


@pytest.mark.parametrize("path", ["/", "/outbox", "/outbox/msg_1", "/outbox/msg_1/html"])
def test_every_page_asks_for_a_key_in_plain_words(locked: Employer, path: str) -> None:
    answer = locked.app.test_client().get(path)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Keepword", charset="UTF-8"'
    assert "keepword user first" in answer.get_data(as_text=True)


def test_the_stylesheet_is_no_secret(locked: Employer) -> None:
    answer = locked.app.test_client().get("/static/keepword.css")
    answer.close()

    assert answer.status_code == 200


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
def test_a_key_of_any_scope_opens_the_page_whatever_the_user_name(
    locked: Employer, scope: str
) -> None:
    secret = locked.key(scope)

    assert locked.app.test_client().get("/", headers=basic(secret)).status_code == 200
    assert locked.app.test_client().get("/", headers=basic(secret, "")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        basic("kw_" + "0" * 40),
        basic(""),
        basic("kw_\u00fc\u0000"),
        {"Authorization": "Basic"},
        {"Authorization": "Basic %%%"},
        {"Authorization": "Basic /////w=="},
        {"Authorization": "Bearer kw_x"},
    ],
)
def test_a_wrong_or_broken_key_opens_nothing(locked: Employer, headers: dict[str, str]) -> None:
    assert locked.app.test_client().get("/", headers=headers).status_code == 401


def test_a_revoked_key_opens_nothing(locked: Employer) -> None:
    secret = locked.key("read")
    with locked.work() as work:
        for key in work.session.query(ApiKey):
            key.revoked_at = work.now

    assert locked.app.test_client().get("/", headers=basic(secret)).status_code == 401


def test_a_key_used_for_the_page_counts_as_used(employer: Employer) -> None:
    secret = employer.key("read")
    answer = employer.app.test_client().get(
        "/", headers={**basic(secret), "Host": "keepword.example.com"}
    )
    with employer.session() as session:
        used = [key.last_used_at for key in session.query(ApiKey)]

    assert answer.status_code == 200
    assert used == [employer.now]


def test_a_page_runs_only_its_own_scripts_and_loads_and_keeps_nothing(employer: Employer) -> None:
    promise_call(employer)
    employer.clock.advance(timedelta(hours=2))
    answer = employer.app.test_client().get("/")
    html = answer.get_data(as_text=True)

    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    (nonce,) = re.findall(r"script-src 'nonce-([A-Za-z0-9_-]{20,})';", policy)
    assert "'unsafe-" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    scripts = re.findall(r"<script[^>]*>", html)
    assert scripts
    assert all(f'nonce="{nonce}"' in each and ' src="/static/' in each for each in scripts)
    assert all(' integrity="sha384-' in each for each in scripts)
    assert html.count("</script>") == html.count("></script>")
    for word in (" style=", " onclick", "javascript:", "http://", "https://"):
        assert word not in html


def test_two_answers_have_two_nonces(outside: Employer) -> None:
    client = outside.app.test_client()
    first, second = (client.get("/").headers["Content-Security-Policy"] for _ in range(2))

    assert first != second
