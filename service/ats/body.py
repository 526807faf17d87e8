"""Parses a webhook body as one JSON object that any database can hold and any parser agrees on.

Whatever the bytes, the answer is an object or a ``PayloadError``: no other exception, and no
recursion of ours for a deep body to exhaust. The body's size is limited before it gets here.
"""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn

from service.ats.payload import JsonObject, PayloadError

MAX_DEPTH = 64


class _UnstorableError(PayloadError):
    """A text that no database column takes."""


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def load_object(body: bytes, *, strict: bool) -> JsonObject:
    """Parse ``body`` as one JSON object.

    Refused with ``PayloadError``: invalid UTF-8, anything but one object, NaN and infinities, a
    key given twice, and nesting deeper than ``MAX_DEPTH``. ``strict`` tells how the object treats
    odd optional parts, and texts that no database column takes (NUL characters and lone
    surrogates): refused, or else mended with U+FFFD. What somebody once pasted into a form must
    not keep a vendor's word of their withdrawal from being understood.
    """
    try:
        value: object = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise PayloadError("", f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise PayloadError("", f"not JSON: {error.msg} at {where}") from None
    except RecursionError:
        raise PayloadError("", f"nested deeper than {MAX_DEPTH} levels") from None
    except ValueError:  # an integer of more digits than Python converts
        raise PayloadError("", "a number is too long") from None
    try:
        _check_storable(value)
    except _UnstorableError:
        if strict:
            raise
        value = _mended(value)
        _check_storable(value)
    if not isinstance(value, dict):
        raise PayloadError("", "expected an object")
    return JsonObject(value, "", strict, [])


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        # Which of the two counts is a matter of taste between parsers; forgers live on that.
        raise PayloadError("", "a key is given twice in one object")
    return members


def _no_constant(name: str) -> NoReturn:
    raise PayloadError("", f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise PayloadError("", "a number is too large")
    return number


def _check_storable(root: object) -> None:
    """Walk level by level, not by recursion, so that depth is ours to judge."""
    level: list[object] = [root]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.keys())
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, str):
                _check_text(value)
        if not below:
            return
        level = below
    raise PayloadError("", f"nested deeper than {MAX_DEPTH} levels")


def _check_text(text: str) -> None:
    if "\0" in text:
        raise _UnstorableError("", "a text holds a NUL character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _UnstorableError("", "a text holds half of a surrogate pair") from None


def _mended(value: object) -> object:
    try:
        return _mended_below(value)
    except RecursionError:
        raise PayloadError("", f"nested deeper than {MAX_DEPTH} levels") from None


def _mended_below(value: object) -> object:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mended_below(each) for each in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("\ufffd", key): _mended_below(each) for key, each in value.items()}
    return value
