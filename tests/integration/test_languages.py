"""The pages' languages: every text has its words, and who reads decides which they are."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo

from service.dashboard.language import LANGUAGES
from service.dashboard.translating import (
    catalog_of,
    compiled,
    missing_in,
    said_on_pages,
    shipped,
)
from service.db import db
from tests.harness import Employer, make_employer
from tests.signing_in import PASSWORD, client_of, person

OTHERS = sorted(LANGUAGES.keys() - {"en"})
_NAMED = re.compile(r"%\((\w+)\)[sd]")


@pytest.fixture
def alone(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword, where one database says as much as two."""
    made = make_employer(new_database("sqlite"), tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_pages_has_its_words(language: str) -> None:
    assert len(said_on_pages()) > 50
    assert sorted(str(message) for message, _ in missing_in(language)) == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_translated_that_no_page_says(language: str) -> None:
    said = said_on_pages()
    known = {m.id if isinstance(m.id, str) else tuple(m.id) for m in catalog_of(language) if m.id}

    assert known - said.keys() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_names_what_the_text_names(language: str) -> None:
    for message in catalog_of(language):
        texts = [message.id] if isinstance(message.id, str) else list(message.id)
        words = [message.string] if isinstance(message.string, str) else list(message.string)
        named = set(_NAMED.findall(" ".join(texts)))

        assert set(_NAMED.findall(" ".join(words))) == named, texts


@pytest.mark.parametrize("language", OTHERS)
def test_the_shipped_catalog_is_made_of_these_words(language: str) -> None:
    assert _words(shipped(language).read_bytes()) == _words(compiled(language)), (
        "run: python -m service.dashboard.translating compile"
    )


def _words(catalog: bytes) -> dict[object, object]:
    """Read a catalog, but not which version of a tool wrote it."""
    return {m.id if isinstance(m.id, str) else tuple(m.id): m.string for m in _read(catalog)}


def _read(catalog: bytes) -> Iterator[Message]:
    return (message for message in read_mo(io.BytesIO(catalog)) if message.id)


@pytest.mark.parametrize(
    ("asked", "own", "spoken"),
    [
        ("", None, "en"),
        ("de", None, "de"),
        ("de-AT,de;q=0.9,en;q=0.5", None, "de"),
        ("fr,en;q=0.5", None, "en"),
        ("fr", None, "en"),
        ("en", "de", "de"),
        ("de", "en", "en"),
        ("de", "xx", "de"),
        ("*;q=oops", None, "en"),
    ],
)
def test_a_person_chooses_before_their_browser_does(
    alone: Employer, asked: str, own: str | None, spoken: str
) -> None:
    maria = person(alone, "administrator", password=PASSWORD, locale=own)
    html = client_of(alone, maria).get("/account", headers={"Accept-Language": asked})
    text = html.get_data(as_text=True)

    assert f'<html lang="{spoken}">' in text
    assert ("Abmelden" in text) == (spoken == "de")
