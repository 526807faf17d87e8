"""What the tests make of an adapter's requests: well-formed ones, and answers to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from service.ats.asking import Answer, Answers, Ask, Needs
from service.domain.changes import Translation
from tests.unit.ats.cases import NOW

MOST_ROUNDS = 6
"""How often an adapter may ask before a delivery is understood; ingest goes no further."""

HOSTILE = (
    "..",
    "../../admin",
    "a/b?all=1#y",
    "%2e%2e",
    "http://other.example.com/x",
    "\\\\other host",
    "é\u2028",
    "",
    "x" * 300,
)
"""Ids that would lead a request elsewhere."""


def assert_well_formed(ask: Ask) -> None:
    """Whatever it was made of, a request stays on its host and below its base address."""
    assert ask.path.startswith("/"), ask
    assert ask.path.isascii(), ask
    assert ask.path.isprintable(), ask
    assert not set(ask.path) & set("?#\\ "), ask
    assert urlsplit("https://api.example.com" + ask.path).netloc == "api.example.com"
    for segment in ask.path.split("/")[1:]:
        assert segment != "", ask
        assert unquote(segment) not in {".", ".."}, ask
    for name, value in ask.query:
        assert isinstance(name, str)
        assert isinstance(value, str)
    assert ask.method in {"GET", "POST", "PUT", "PATCH"}
    if ask.json is not None:
        json.loads(ask.json)
        ask.json.encode()


def answered(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer, fetched a minute after the delivery came."""
    return Answer(status, body, NOW + timedelta(minutes=1), headers or {})


def understood(
    translate: Callable[[Answers], Translation | Needs], answer: Callable[[Ask], Answer]
) -> Translation:
    """What a hint means once everything it asks is answered; raises what ``translate`` raises."""
    answers = Answers()
    for _ in range(MOST_ROUNDS + 1):
        reading = translate(answers)
        if isinstance(reading, Translation):
            return reading
        assert reading.asks, "it needs something, and asks nothing"
        for ask in reading.asks:
            assert_well_formed(ask)
            assert answers.to(ask) is None, f"asked again: {ask.path}"
            answers.add(ask, answer(ask))
    raise AssertionError(f"it still asks after {MOST_ROUNDS} rounds")
