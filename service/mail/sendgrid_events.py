"""Reads the body of SendGrid's Event Webhook into Keepword's mail events.

One strange element never hides the others: it is skipped with a reason, and an event we do not
know is kept as ``UNKNOWN``. What is kept can always be stored: no NUL, no half characters, no
numbers that JSON or PostgreSQL refuse.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NoReturn

from service.mail.base import EventKind, MailEvent
from service.mail.sendgrid_limits import BATCH_ID_ARG, MESSAGE_ID_ARG

MAX_DEPTH = 32
"""Levels of nesting in one event. SendGrid's have three; Python's own limit is near 1,000."""

MAX_ID_CHARS = 100
"""The length of ``sg_event_id`` by SendGrid's documents; ours are shorter."""

MAX_ADDRESS_CHARS = 320
MAX_REASON_CHARS = 1_000
MAX_NUMBER_CHARS = 30

EARLIEST = 1_230_768_000
"""2009-01-01 in epoch seconds: SendGrid did not exist before."""

LATEST = 4_102_444_800
"""2100-01-01 in epoch seconds: anything later is another unit, such as milliseconds."""

KINDS: Mapping[str, EventKind] = MappingProxyType(
    {
        "processed": EventKind.PROCESSED,
        "deferred": EventKind.DEFERRED,
        "delivered": EventKind.DELIVERED,
        "bounce": EventKind.BOUNCED,
        "dropped": EventKind.DROPPED,
        "cancel_drop": EventKind.DROPPED,
        "spamreport": EventKind.COMPLAINED,
        "unsubscribe": EventKind.UNSUBSCRIBED,
        "group_unsubscribe": EventKind.UNSUBSCRIBED,
        "open": EventKind.OPENED,
        "click": EventKind.CLICKED,
    }
)
"""SendGrid's names in Keepword's words. ``group_resubscribe`` and the account's own events change
nothing about a mail and stay ``UNKNOWN``."""

# A lone surrogate comes from "\ud800" in the JSON; neither it nor U+0000 can be stored as text.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
# What SendGrid appends to a request's X-Message-Id: the machine that took it, and the recipient.
# Older ids contain dots themselves, so the first dot is no border.
_RECIPIENT_SUFFIX = re.compile(r"\.(?:recvd|filter).*", re.DOTALL)


class ParseError(ValueError):
    """A body that holds no list of events; the text names no person."""


@dataclass(frozen=True)
class ParsedEvents:
    """The readable events in the order they came, and why each of the others was left out."""

    events: tuple[MailEvent, ...]
    skipped: tuple[str, ...]


class _SkipError(ValueError):
    """One element that cannot be an event."""


def parse_events(body: bytes) -> ParsedEvents:
    """Read a webhook body: a JSON array in UTF-8, as SendGrid documents it.

    Raises ``ParseError`` where the body as a whole is none. The order of events says nothing:
    SendGrid promises none.
    """
    try:
        document = json.loads(
            body.decode("utf-8"),
            parse_int=_whole_number,
            parse_float=_fraction,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        raise ParseError("the body is not UTF-8") from None
    except RecursionError:
        raise ParseError("the body is nested too deeply") from None
    except ValueError:
        # The error's own text quotes the body.
        raise ParseError("the body is not JSON") from None
    if not isinstance(document, list):
        raise ParseError("the body is not a JSON array")
    events: list[MailEvent] = []
    skipped: list[str] = []
    for index, element in enumerate(document):
        try:
            events.append(_event(element))
        except _SkipError as fault:
            skipped.append(f"element {index}: {fault}")
    return ParsedEvents(tuple(events), tuple(skipped))


def request_id(sg_message_id: str) -> str | None:
    """Return what ``X-Message-Id`` said of the request that a recipient's mail came from."""
    return _RECIPIENT_SUFFIX.sub("", sg_message_id) or None


def _event(element: object) -> MailEvent:
    if not isinstance(element, dict):
        raise _SkipError("not an object")
    raw = _storable_object(element, 1)
    name = raw.get("event")
    if not isinstance(name, str) or not name:
        raise _SkipError("no event name")
    at = _instant(raw.get("timestamp"))
    provider_id = _text(raw, "sg_message_id")
    return MailEvent(
        event_id=_event_id(raw),
        kind=_kind(name, raw),
        at=at,
        message_id=_text(raw, MESSAGE_ID_ARG, MAX_ID_CHARS),
        batch_id=_text(raw, BATCH_ID_ARG, MAX_ID_CHARS),
        provider_id=request_id(provider_id) if provider_id else None,
        address=_text(raw, "email", MAX_ADDRESS_CHARS),
        reason=_reason(name, raw),
        raw=raw,
    )


def _kind(name: str, raw: Mapping[str, object]) -> EventKind:
    kind = KINDS.get(name, EventKind.UNKNOWN)
    # A block is a temporary refusal: SendGrid does not suppress the address for it.
    if kind is EventKind.BOUNCED and raw.get("type") in ("blocked", "block"):
        return EventKind.BLOCKED
    return kind


def _instant(value: object) -> datetime:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _SkipError("no timestamp in seconds")
    if not EARLIEST <= value < LATEST:
        raise _SkipError("a timestamp outside the years 2009 to 2099")
    return datetime.fromtimestamp(value, UTC)


def _event_id(raw: Mapping[str, object]) -> str:
    """Return SendGrid's id, or a hash of what makes the event itself where there is none."""
    given = _text(raw, "sg_event_id", MAX_ID_CHARS)
    if given is not None:
        return given
    identity = [
        raw.get(field)
        for field in (MESSAGE_ID_ARG, "sg_message_id", "event", "type", "timestamp", "email")
    ]
    text = json.dumps(identity, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _reason(name: str, raw: Mapping[str, object]) -> str | None:
    """Return why a mail did not arrive (yet), in the provider's or the mailbox's own words."""
    if name == "delivered":
        return None
    parts = [_text(raw, field) for field in ("status", "reason", "response", "message")]
    line = " ".join(" ".join(part.split()) for part in parts if part)
    return line[:MAX_REASON_CHARS] or None


def _text(raw: Mapping[str, object], field: str, limit: int | None = None) -> str | None:
    """Return a non-empty text field; one over the limit is not what it claims to be."""
    value = raw.get(field)
    if not isinstance(value, str) or not value or (limit is not None and len(value) > limit):
        return None
    return value


def _storable(value: object, depth: int) -> object:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return _storable_object(value, depth + 1)
    if isinstance(value, list):
        _check_depth(depth + 1)
        return [_storable(item, depth + 1) for item in value]
    return value


def _storable_object(value: Mapping[str, object], depth: int) -> dict[str, object]:
    _check_depth(depth)
    return {_UNSTORABLE.sub("\ufffd", key): _storable(item, depth) for key, item in value.items()}


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _SkipError(f"nested deeper than {MAX_DEPTH} levels")


def _number(text: str, convert: Callable[[str], float]) -> float | str:
    """Keep a number that no column could hold as the text it was."""
    if len(text) > MAX_NUMBER_CHARS:
        return text
    value = convert(text)
    return value if math.isfinite(value) else text


def _whole_number(text: str) -> float | str:
    return _number(text, int)


def _fraction(text: str) -> float | str:
    return _number(text, float)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")
