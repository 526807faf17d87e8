"""Takes good payloads apart: each of their values replaced, or some of their members damaged."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

Place = tuple[str | int, ...]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["2026-03-02T09:00:00Z", "rejected", "hired", "scheduled", "complete"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def places(value: object, path: Place = ()) -> list[Place]:
    """The path of every member and item, at any depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, each in items:
        found.append((*path, key))
        if isinstance(each, dict | list):
            found += places(each, (*path, key))
    return found


def leaves(body: bytes) -> list[Place]:
    """The path of every text and number of a body."""
    root = json.loads(body)
    return [
        place
        for place in places(root)
        if isinstance(_at(root, place), str | int) and not isinstance(_at(root, place), bool)
    ]


def with_leaf(body: bytes, place: Place, value: object) -> bytes:
    """A body with one value replaced."""
    root = json.loads(body)
    _at(root, place[:-1])[place[-1]] = value
    return json.dumps(root).encode()


@st.composite
def damaged(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """A good payload with up to three members replaced or removed."""
    payload = copy.deepcopy(json.loads(draw(st.sampled_from(originals))))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(payload) or [("x",)]))
        holder = _at(payload, path[:-1])
        if draw(st.booleans()) and isinstance(holder, dict):
            holder.pop(path[-1], None)
        else:
            holder[path[-1]] = draw(ANYTHING)
    return json.dumps(payload).encode()


def _at(root: Any, place: Place) -> Any:
    for key in place:
        root = root[key]
    return root
