"""Sits down at the settings as a person does: opens a page, fills its form, presses a button."""

from __future__ import annotations

import html as entities
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.harness import Employer
from tests.reading_pages import words_of
from tests.signing_in import PASSWORD, client_of, person, token_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is the same on every database."""

HOSTILE = "<script>alert(1)</script><b title='x\" onload=alert(2)'>{{7*7}}"
"""A text that would run, close a tag or be worked out where it was not taken for text."""


def administrator(employer: Employer) -> FlaskClient:
    """Return the browser of an administrator; they can sign in."""
    who = person(employer, "administrator", name="Ada Lindqvist", password=PASSWORD)
    return client_of(employer, who)


def shown(client: FlaskClient, path: str, status: int = 200) -> str:
    """Return a page's HTML."""
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.get_data(as_text=True)


def read(client: FlaskClient, path: str, status: int = 200) -> str:
    """Return a page as a person reads it."""
    return words_of(shown(client, path, status))


def send(client: FlaskClient, path: str, seen: str, **fields: Any) -> TestResponse:
    """Send a form to ``path`` with the token of the page it stands on."""
    return client.post(path, data={"token": token_in(shown(client, seen)), **fields})


def said(answer: TestResponse) -> str:
    """Return what the page after an action says was done."""
    assert answer.status_code == 303, words_of(answer.get_data(as_text=True))
    return parse_qs(urlsplit(answer.headers["Location"]).query)["said"][0]


def taken_literally(page: str, text: str = HOSTILE) -> bool:
    """Tell whether a text stands in a page as text, and nowhere as markup."""
    return text not in page and entities.escape(text, quote=False)[:20] in page
