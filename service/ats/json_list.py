"""Reads an API's answer that is a JSON list, by the same rules as an object."""

from __future__ import annotations

import json

from service.ats.asking import Answer
from service.ats.body import load_object
from service.ats.payload import JsonObject, PayloadError


def objects_of(answer: Answer) -> tuple[JsonObject, ...]:
    """The objects in the list that a body is. ``PayloadError`` where it is none, or an error's."""
    if not 200 <= answer.status < 300:
        raise PayloadError("", f"the vendor's API answered {answer.status}")
    wrapped = load_object(b'{"list":' + answer.body + b"}", strict=False)
    if set(wrapped.members) != {"list"} or not isinstance(wrapped.members["list"], list):
        raise PayloadError("", "expected a list")
    return wrapped.children("list") or ()


def as_record(found: JsonObject) -> bytes:
    """A record by itself, as it is stored: the same facts are always the same bytes."""
    return json.dumps(found.members, sort_keys=True).encode()
