"""How much a browser is sent: compressed where it takes that, and little at a first look."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from flask.testing import FlaskClient

from service.db import db
from tests.harness import Employer, make_employer
from tests.reading_pages import promise_call
from tests.signing_in import client_of, person

MOST: Final = 60 * 1024
"""Bytes of a first look at the queue, all its files with it."""

GZIP: Final = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def employer(new_database: Iterator[str], tmp_path: Path) -> Iterator[Employer]:
    made = make_employer(new_database("sqlite", started=True), tmp_path)  # type: ignore[operator]  # a factory
    yield made
    with made.app.app_context():
        db.engine.dispose()


def loaded(client: FlaskClient, path: str) -> dict[str, int]:
    """Load a page as a browser does that was never here; return what each address weighs."""
    page = client.get(path, headers=GZIP, buffered=True)
    assert page.status_code == 200
    assert page.headers["Content-Encoding"] == "gzip"
    html = gzip.decompress(page.data).decode()
    weights = {path: len(page.data)}
    for url in re.findall(r'(?:src|href)="(/static/[^"]+)"', html):
        file = client.get(url, headers=GZIP, buffered=True)
        assert (file.status_code, file.headers["Content-Encoding"]) == (200, "gzip"), url
        weights[url] = len(file.data)
    return weights


def test_a_first_look_at_a_full_queue_is_light(employer: Employer) -> None:
    maria = person(employer)
    for number in range(60):
        promise_call(employer, by=maria, first_name=f"Amara {number}")
    employer.pass_time(days=2)

    weights = loaded(client_of(employer, maria), "/")

    assert len(weights) >= 6
    assert sum(weights.values()) <= MOST, weights


def test_who_takes_no_gzip_is_sent_none_and_every_cache_is_told(employer: Employer) -> None:
    client = client_of(employer, person(employer))

    for path in ("/account", "/static/keepword.css"):
        for headers in ({}, {"Accept-Encoding": "gzip;q=0"}):
            plain = client.get(path, headers=headers, buffered=True)
            assert "Content-Encoding" not in plain.headers
            assert "Accept-Encoding" in plain.headers["Vary"]
        packed = client.get(path, headers=GZIP, buffered=True)
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert gzip.decompress(packed.data) == plain.data


def test_a_file_the_browser_has_is_not_sent_again_however_it_came(employer: Employer) -> None:
    client = client_of(employer, person(employer))

    for headers in ({}, GZIP):
        first = client.get("/static/keepword.css", headers=headers, buffered=True)
        again = client.get(
            "/static/keepword.css",
            headers={**headers, "If-None-Match": first.headers["ETag"]},
            buffered=True,
        )
        assert (again.status_code, again.data) == (304, b"")
    plain = client.get("/static/keepword.css", buffered=True)
    assert plain.headers["ETag"] != first.headers["ETag"]
    part = client.get("/static/keepword.css", headers={**GZIP, "Range": "bytes=0-9"}, buffered=True)
    assert (part.status_code, part.data) == (206, plain.data[:10])


def test_the_length_of_a_page_says_nothing_certain_of_what_is_in_it(employer: Employer) -> None:
    client = client_of(employer, person(employer))
    employer.clock.advance(timedelta(minutes=1))

    lengths = {len(client.get("/account", headers=GZIP, buffered=True).data) for _ in range(12)}

    assert len(lengths) > 3
