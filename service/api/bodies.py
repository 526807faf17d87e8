"""Reads JSON bodies strictly, so that nothing reaches a view that a database could not store.

Duplicate keys, NUL, half characters, numbers beyond 64 bits and deep nesting end here.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any, NoReturn

import marshmallow as ma
from flask import Request
from webargs import core
from webargs.flaskparser import FlaskParser

from service.api.problems import ProblemError, escaped

DEEPEST = 16
"""Levels of nesting; the deepest document we take, a policy, has five."""

_LARGEST = 2**63 - 1


class StrictParser(FlaskParser):
    """Takes JSON alone and refuses what JSON allows but nobody means."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - webargs declares it so
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": ma.RAISE,
    }

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        """Read the parameters; refuse (422) one that is sent twice: of two values one is lost."""
        twice = [name for name, values in req.args.lists() if len(values) > 1]
        if twice:
            text = "Send each parameter once: it takes one value."
            raise ProblemError(
                422, "invalid", text, [(f"?{escaped(each)}", text) for each in twice]
            )
        return super().load_querystring(req, schema)

    def _raw_load_json(self, req: Request) -> Any:
        if req.mimetype != "application/json":
            raise ProblemError(
                415, "not-json", "Send JSON, with the header Content-Type: application/json."
            )
        body = req.get_data(cache=True)
        return read_json(body) if body.strip() else core.missing


def read_json(body: bytes) -> Any:
    """Return what a JSON text says; ``ProblemError`` (400 or 422) where it cannot be taken."""
    try:
        document = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_number,
        )
    except RecursionError:
        raise _unreadable("The JSON is nested too deeply.") from None
    except (ValueError, UnicodeDecodeError):
        raise _unreadable("The body is no JSON text in UTF-8.") from None
    _check(document)
    return document


def refuse_body(req: Request) -> None:
    """Refuse (422) a body where an operation takes none: its wishes, such as `dry_run`, would be
    passed over in silence.
    """
    if req.get_data(cache=True).strip() not in (b"", b"{}"):
        text = "This takes no body, and nothing was done: leave it out."
        raise ProblemError(422, "invalid", text, [("", text)])


def refuse_parameters(req: Request) -> None:
    """Refuse (422) parameters where an operation takes none, for the same reason."""
    if req.args:
        text = "This takes no parameters, and nothing was done: leave it out."
        pointers = [f"?{escaped(name)}" for name in req.args]
        raise ProblemError(422, "invalid", text, [(each, text) for each in pointers])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _unreadable("An object in the body names the same key twice.")
    return found


def _no_number(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _unreadable(detail: str) -> ProblemError:
    return ProblemError(400, "unreadable-json", detail)


def _check(document: Any) -> None:
    waiting: list[tuple[Any, str, int]] = [(document, "", 1)]
    while waiting:
        value, pointer, depth = waiting.pop()
        if depth > DEEPEST:
            raise _unreadable(f"The JSON is nested deeper than {DEEPEST} levels.")
        if isinstance(value, dict):
            for key in value:
                _check_text(key, pointer)
            waiting += [
                (each, f"{pointer}/{escaped(key)}", depth + 1) for key, each in value.items()
            ]
        elif isinstance(value, list):
            waiting += [(each, f"{pointer}/{index}", depth + 1) for index, each in enumerate(value)]
        elif isinstance(value, str):
            _check_text(value, pointer)
        elif isinstance(value, int | float) and abs(value) > _LARGEST:
            text = "The number is too large."
            raise ProblemError(422, "invalid", text, [(pointer, text)])


def _check_text(text: str, pointer: str) -> None:
    if "\x00" in text or any(unicodedata.category(char) == "Cs" for char in text):
        detail = "The text holds a character that cannot be stored (U+0000 or half a character)."
        raise ProblemError(422, "invalid", detail, [(pointer, detail)])
