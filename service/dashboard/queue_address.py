"""The addresses of the queue: of a view of it, and of the place where a further page begins."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask import url_for

from service.queries.queue import Tab
from service.queries.queue_belonging import Narrowed
from service.queries.queue_order import instant_key

_PLACE = re.compile(r"([0-4][0-5])-([0-9]{20})-([0-9A-Za-z_]{1,64})")


def address(tab: Tab, wish: Narrowed, after: str = "", **more: str) -> str:
    """Return the address of a view of the queue."""
    given: dict[str, Any] = {
        "tab": tab.value,
        "job": wish.job,
        "owner": wish.owner,
        "stage": wish.stage,
        "kind": wish.kind,
        "q": wish.text,
        "after": after,
        **more,
    }
    return url_for("pages.waiting", **{name: value for name, value in given.items() if value})


def link_of(place: tuple[str, str]) -> str:
    """Return where the next page begins, as text of an address: rank and stage, instant, who."""
    key, candidate_id = place
    digits = "".join(char for char in key[2:] if char.isdigit())
    return f"{key[:2]}-{digits}-{candidate_id}"


def place_of(text: str) -> tuple[str, str] | None:
    """Return where a page begins, or ``None`` where the text names no place."""
    found = _PLACE.fullmatch(text)
    if found is None or not text.isascii():
        return None
    try:
        at = datetime.strptime(found[2], "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        return None
    return found[1] + instant_key(at), found[3]
