"""What may stand in a log: what failed and where, and nothing by which a person could be known.

Every line of either form passes through ``scrubbed``: our own code names nobody to begin with, and
what others write loses what looks like an address, a number or a key, and every field whose name
says that it is about a person.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any

from service.telemetry import here

CUT = "…"
"""Stands for what was left out."""

DENIED = frozenset(
    {
        "address",
        "authorization",
        "body",
        "candidate",
        "content",
        "cookie",
        "credentials",
        "data",
        "email",
        "first_name",
        "from",
        "from_address",
        "from_name",
        "headers",
        "html",
        "key",
        "last_name",
        "note",
        "param",
        "parameters",
        "params",
        "password",
        "payload",
        "person",
        "phone",
        "query",
        "raw",
        "recipient",
        "recipients",
        "reply_to",
        "secret",
        "secrets",
        "signature",
        "subject",
        "text",
        "to",
        "to_address",
        "to_name",
        "token",
        "url",
        "user",
        "values",
        "wording",
    }
)
"""Fields of a line that are left out whatever they hold."""

_KEYS = re.compile(
    r"(?i)\b(?:bearer|basic)\s+[\w.~+/=-]{8,}"
    r"|\b(?:SG\.|whsec_|kw_|sk_|pk_|eyJ)[\w.+/=-]{8,}"
    r"|(?<=://)[^\s/@]+:[^\s/@]+(?=@)"
)
_ADDRESS = re.compile(r"[^\s@<>\"'(),;:=]+@[^\s@<>\"'(),;:=]+")
_PHONE = re.compile(r"(?<![\w.:-])(?:\+|00)\d[\d ()/.-]{5,}\d|(?<![\w.:-])0\d{2,5}[ /-]\d{4,}")
_QUERY = re.compile(r"(/[^\s?]*)\?\S*")
_SQL_VALUES = re.compile(r"\[parameters: .*", re.DOTALL)
_OPENING = re.compile(r"/(calendar|welcome|sign-in|reset)/[^\s\[\]]+")
"""Addresses whose last part opens what they lead to."""

Failure = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def scrubbed(said: str) -> str:
    """Return a text without what looks like a person's address or number, a key or a query."""
    said = _QUERY.sub(r"\1", said)
    for pattern in (_SQL_VALUES, _KEYS, _ADDRESS, _PHONE):
        said = pattern.sub(CUT, said)
    return _OPENING.sub(rf"/\1/{CUT}", said)


def place(failure: Failure) -> str:
    """Return the kind of an exception and where it passed through code of ours, without its text.

    A loop that cannot reach its database fails every few seconds, sixty frames deep in libraries:
    of those only the innermost is told.
    """
    kind, _, trace = failure
    frames = traceback.extract_tb(trace)
    kept = [frame for frame in frames[:-1] if "site-packages" not in frame.filename]
    where = "".join(traceback.format_list(kept + frames[-1:]))
    return f"{where}{kind.__name__ if kind else 'no exception'}"


def without_persons(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Leave out of a line what is denied by name or by look (a structlog processor)."""
    return {name: _kept(name, value) for name, value in event.items()}


def json_formatter() -> logging.Formatter:
    """Return what writes one JSON object a line, for whoever collects logs."""
    # Imported here: most commands write no log.
    import structlog

    made: logging.Formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _with_place,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            without_persons,
            _with_trace,
            structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=False),
        ],
    )
    return made


def _with_place(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Tell an exception by its kind and place; its text may quote a candidate."""
    failure = event.pop("exc_info", None)
    if isinstance(failure, tuple):
        event["failure"] = failure[0].__name__ if failure[0] else None
        event["where"] = place(failure)
    # A rendered traceback ends in the error's text; the others repeat what another handler wrote.
    for name in ("exception", "stack_info", "exc_text", "message", "asctime"):
        event.pop(name, None)
    return event


def _with_trace(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Say in which trace it was written, while traces are collected. Nobody is told by the ids."""
    if (place := here()) is not None:
        event["trace_id"], event["span_id"] = place.trace_id, place.span_id
    return event


def _kept(name: str, value: Any) -> Any:
    if name.lower() in DENIED:
        return CUT
    if isinstance(value, Mapping):
        return {inner: _kept(str(inner), each) for inner, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_kept(name, each) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrubbed(str(value))
