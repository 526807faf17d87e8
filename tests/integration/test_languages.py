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
from tests.every_path import every_path
from tests.harness import Employer, make_employer
from tests.hostile_text import Page, fill, mark_of
from tests.signing_in import PASSWORD, client_of, person
from tests.whole_world import WholeWorld

OTHERS = sorted(LANGUAGES.keys() - {"en"})
_NAMED = re.compile(r"%\((\w+)\)[sd]")

_ENGLISH = re.compile(
    r"\b(the|of|to|is|are|was|not|and|with|for|by|from|who|what|nobody|letters?|ago|today|yesterday"
    r"|tomorrow|you|it|this|that|waits|left|read|days?|hours?|due|late|said|has)\b",
    re.IGNORECASE,
)
STAYS_ENGLISH = re.compile(r"^X-Sent-By$|^\d+ business (hour|day)s?$")
"""What a German page says in English, and may: the name of a header, and a length of time in a
field, as it is typed there."""

_MARKED = re.compile(r'<(\w+)\b[^>]* lang="en"[^>]*>.*?</\1>', re.DOTALL)
"""What says of itself that it is English: letters, stored reasons, a vendor's own menus."""


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
        words = [message.string] if isinstance(message.string, str) else [*(message.string or ())]
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


PAUSED = "while mail is paused"


def test_a_german_page_says_nothing_in_english(new_database: Any, tmp_path: Path) -> None:
    employer = make_employer(new_database("sqlite", started=True), tmp_path)
    world = WholeWorld(employer)
    with employer.session() as session:
        # What people wrote stays as they wrote it: it is made to be none of the words looked for.
        fill(session, mark_of)
    found: dict[str, set[str]] = {}
    late: set[str] = set()
    paths = [
        (endpoint, path) for endpoint, path in every_path(world) if endpoint.startswith("pages.")
    ]
    for endpoint, path in [*paths, (PAUSED, "/outbox")]:
        if endpoint == PAUSED:
            world.pause_mail()
        german, english = (_read_by(world, path, language) for language in ("de", "en"))
        late |= {text for text in german if "zu spät" in text}
        for text in german & english:
            if _ENGLISH.search(text) and not STAYS_ENGLISH.search(text):
                found.setdefault(text, set()).add(endpoint)
    with employer.app.app_context():
        db.engine.dispose()

    assert found == {}
    # A span in words stands inside a sentence: half of it was English once.
    assert any("Arbeitstag" in text for text in late)
    assert not [text for text in late if "working" in text]


_READ = frozenset({"title", "aria-label", "placeholder", "alt", "label", "summary"})


def _read_by(world: WholeWorld, path: str, language: str) -> set[str]:
    """Return every text of a page that a person reads, or is read to them."""
    answer = world.looked_at(path, language)
    assert answer.status_code == 200, path
    if "html" not in answer.content_type:
        return set()
    page = Page(_MARKED.sub("", answer.get_data(as_text=True)))
    said = [*page.texts, *(value for _tag, name, value in page.values if name in _READ)]
    return {" ".join(text.split()) for text in said}
