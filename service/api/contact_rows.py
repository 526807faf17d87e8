"""A recorded contact as it is shown, with what it kept and what stays open."""

from __future__ import annotations

from typing import Any

from service.api.operation import Call
from service.api.promise_rows import shown
from service.models import Promise
from service.workflows.contacts import Logged


def logged(call: Call, done: Logged) -> dict[str, Any]:
    """Return a contact, the promises it kept, and why each other stays open."""
    return {
        "contact": done.contact,
        "kept": [shown(call, promise) for promise in done.kept],
        "not_kept": [
            {"promise": shown(call, promise), "why": why} for promise, why in done.not_kept
        ],
    }


def split(call: Call, done: Logged, meant: Promise) -> dict[str, Any]:
    """Return the same from the view of the one promise it was meant for."""
    rest = logged(call, done)
    also = [each for each in rest.pop("kept") if each["id"] != meant.id]
    others = [each for each in rest["not_kept"] if each["promise"]["id"] != meant.id]
    return {**rest, "also_kept": also, "not_kept": others}
