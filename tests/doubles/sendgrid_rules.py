"""Judges a Mail Send request by SendGrid's published schema and its documented limits.

It is strict where the documents disagree, so that what passes here passes there.
"""

from __future__ import annotations

import copy
import functools
import json
import time
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA_PATH = (
    Path(__file__).resolve().parents[2] / "../shared/data/sendgrid/tsg_mail_v3.json"
).resolve()

MAX_RECIPIENTS = 1_000
MAX_PERSONALIZATION_BYTES = 10_000
MAX_ADDRESS_CHARS = 320
MAX_CATEGORIES = 10
MAX_CATEGORY_CHARS = 255
MAX_BODY_BYTES = 30_000_000
MAX_SCHEDULE_SECONDS = 72 * 3_600

RESERVED_HEADERS = frozenset(
    {
        "x-sg-id",
        "x-sg-eid",
        "received",
        "dkim-signature",
        "content-type",
        "content-transfer-encoding",
        "to",
        "from",
        "subject",
        "reply-to",
        "cc",
        "bcc",
    }
)

_KNOWN_FIELDS = frozenset(
    {
        "personalizations",
        "from",
        "reply_to",
        "reply_to_list",
        "subject",
        "content",
        "attachments",
        "template_id",
        "headers",
        "categories",
        "custom_args",
        "send_at",
        "batch_id",
        "asm",
        "ip_pool_name",
        "mail_settings",
        "tracking_settings",
    }
)
_PERSONALIZED_FIELDS = frozenset({"from", "subject", "headers", "custom_args", "send_at"})
_KNOWN_PERSONALIZATION_FIELDS = _PERSONALIZED_FIELDS | {
    "to",
    "cc",
    "bcc",
    "substitutions",
    "dynamic_template_data",
}

Fault = tuple[str, str]
"""The field at fault, as SendGrid writes it (``personalizations.3.to.0.email``), and why."""


@functools.cache
def published_schema() -> Mapping[str, Any] | None:
    """Return the request schema with its components, or ``None`` where it is not at hand."""
    if not SCHEMA_PATH.exists():
        return None
    document = json.loads(SCHEMA_PATH.read_text("utf-8"))
    request = document["components"]["requestBodies"]["PostMailSend"]
    schema = copy.deepcopy(request["content"]["application/json"]["schema"])
    # Published as a string, which contradicts the prose beside it and every client library.
    schema["properties"]["custom_args"] = {"type": "object"}
    return {**schema, "components": document["components"]}


def faults_in(body: object) -> list[Fault]:
    """Return everything that is wrong with a decoded request; empty where it is sound."""
    schema = published_schema()
    if schema is not None:
        validator = jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.FormatChecker(formats=["email"])
        )
        found = [
            (".".join(str(step) for step in error.absolute_path), error.message)
            for error in validator.iter_errors(body)
        ]
        if found:
            return found
    return limit_faults(body)


def limit_faults(body: object) -> list[Fault]:
    """Return what breaks the documented limits, which the schema leaves open."""
    if not isinstance(body, dict):
        return [("", "the body is not an object")]
    try:
        return list(_limits(body))
    except (AttributeError, TypeError, KeyError, ValueError) as fault:
        return [("", f"the body has the wrong shape ({type(fault).__name__})")]


def _limits(body: dict[str, Any]) -> Iterator[Fault]:
    for field in body.keys() - _KNOWN_FIELDS:
        yield field, "is not a field of Mail Send"
    personalizations = body["personalizations"]
    if not 1 <= len(personalizations) <= MAX_RECIPIENTS:
        yield "personalizations", f"holds 1 to {MAX_RECIPIENTS} items"
    yield from _party("from", body["from"])
    if "reply_to" in body:
        yield from _party("reply_to", body["reply_to"])
        if "reply_to_list" in body:
            yield "reply_to_list", "excludes reply_to"
    yield from _headers("headers", body.get("headers", {}))
    yield from _line("subject", body.get("subject", ""))
    yield from _content(body)
    yield from _send_at("send_at", body)
    yield from _categories(body.get("categories", []))
    seen: set[str] = set()
    for index, one in enumerate(personalizations):
        yield from _personalization(f"personalizations.{index}", one, body, seen)
    if len(seen) > MAX_RECIPIENTS:
        yield "personalizations", f"the recipients exceed {MAX_RECIPIENTS}"


def _personalization(
    at: str, one: dict[str, Any], body: dict[str, Any], seen: set[str]
) -> Iterator[Fault]:
    for field in one.keys() - _KNOWN_PERSONALIZATION_FIELDS:
        yield f"{at}.{field}", "is not a field of a personalization"
    if not one["to"]:
        yield f"{at}.to", "holds at least one recipient"
    for kind in ("to", "cc", "bcc"):
        for number, party in enumerate(one.get(kind, [])):
            where = f"{at}.{kind}.{number}"
            yield from _party(where, party, recipient=True)
            folded = party["email"].casefold()
            if folded in seen:
                yield f"{where}.email", "each address once in a request"
            seen.add(folded)
    if "from" in one:
        yield from _party(f"{at}.from", one["from"])
    if not (one.get("subject") or body.get("subject") or body.get("template_id")):
        yield f"{at}.subject", "a subject is required"
    yield from _line(f"{at}.subject", one.get("subject", ""))
    yield from _headers(f"{at}.headers", one.get("headers", {}))
    yield from _send_at(f"{at}.send_at", one)
    yield from _strings(f"{at}.substitutions", one.get("substitutions"))
    for field, holder in (("custom_args", one), ("custom_args", body)):
        yield from _strings(f"{at}.{field}", holder.get(field))
        if holder.get(field) == {}:
            yield f"{at}.{field}", "is not empty where it is given"
    merged = {**body.get("custom_args", {}), **one.get("custom_args", {})}
    for field, value in (("custom_args", merged), ("substitutions", one.get("substitutions", {}))):
        if len(json.dumps(value, ensure_ascii=False).encode()) > MAX_PERSONALIZATION_BYTES:
            yield f"{at}.{field}", f"exceeds {MAX_PERSONALIZATION_BYTES} bytes"


def _party(at: str, party: dict[str, Any], *, recipient: bool = False) -> Iterator[Fault]:
    address, name = party["email"], party.get("name", "")
    if not address.isascii() or any(char.isspace() for char in address):
        yield f"{at}.email", "is not an ASCII address"
    local, _, domain = address.rpartition("@")
    if not local or not domain or len(address) > MAX_ADDRESS_CHARS:
        yield f"{at}.email", "is not a valid address"
    if recipient and (";" in name or "," in name):
        yield f"{at}.name", "holds neither ; nor ,"
    if len(name) > MAX_ADDRESS_CHARS:
        yield f"{at}.name", f"is longer than {MAX_ADDRESS_CHARS} characters"
    yield from _line(f"{at}.name", name)


def _line(at: str, text: str) -> Iterator[Fault]:
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text):
        yield at, "holds a control character or a line break"


def _headers(at: str, headers: dict[str, Any]) -> Iterator[Fault]:
    yield from _strings(at, headers)
    for name, value in headers.items():
        if name.casefold() in RESERVED_HEADERS:
            yield f"{at}.{name}", "is reserved"
        if not name.isascii() or " " in name or not name:
            yield f"{at}.{name}", "is not a header name"
        yield from _line(f"{at}.{name}", name + str(value))


def _strings(at: str, values: dict[str, Any] | None) -> Iterator[Fault]:
    for name, value in (values or {}).items():
        if not isinstance(value, str):
            yield f"{at}.{name}", "is not a string"


def _categories(categories: list[str]) -> Iterator[Fault]:
    if len(categories) > MAX_CATEGORIES or len(set(categories)) < len(categories):
        yield "categories", f"are at most {MAX_CATEGORIES}, each once"
    for category in categories:
        if not category.isascii() or len(category) > MAX_CATEGORY_CHARS:
            yield "categories", f"are ASCII and at most {MAX_CATEGORY_CHARS} characters"


def _content(body: dict[str, Any]) -> Iterator[Fault]:
    kinds = [part["type"] for part in body.get("content", [])]
    if not kinds and "template_id" not in body:
        yield "content", "is required without a template"
    if "text/plain" in kinds and kinds[0] != "text/plain":
        yield "content", "text/plain comes first"
    if not all(part["value"] for part in body.get("content", [])):
        yield "content", "is not empty"


def _send_at(at: str, holder: dict[str, Any]) -> Iterator[Fault]:
    if "send_at" in holder and holder["send_at"] > time.time() + MAX_SCHEDULE_SECONDS:
        yield at, "is more than 72 hours ahead"
