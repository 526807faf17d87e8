"""Stands in for SendGrid's Email Logs API: searches and shows what the double accepted.

Requests and answers are held to the published schemas where these are at hand; a query it cannot
read is refused, never guessed at.
"""

from __future__ import annotations

import functools
import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import jsonschema

from tests.doubles.sendgrid_events import AcceptedMail, EventSigner
from tests.doubles.sendgrid_rules import SCHEMA_PATH

LOGS_PATH = "/v3/logs"
MAX_LIMIT = 1_000
DEFAULT_LIMIT = 10

_TEXT = r"\"[^\"\\]*\"|'[^'\\]*'"
_CONDITION = re.compile(rf"(to_email|sg_message_id|subject) = ({_TEXT})")
_TIME = re.compile(r"sg_message_id_created_at (>=|<=|>|<) TIMESTAMP \"([^\"]*)\"")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


class QueryError(ValueError):
    """A search the API would answer with 400."""


@functools.cache
def _published() -> Mapping[str, Any] | None:
    path = SCHEMA_PATH.with_name("tsg_logs_v3.json")
    return json.loads(path.read_text("utf-8"))["components"] if path.exists() else None


def log_faults(name: str, document: object) -> list[str]:
    """Say how a document differs from the published schema of this name; nothing without one."""
    components = _published()
    if components is None:
        return []
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    found = jsonschema.Draft202012Validator(schema).iter_errors(document)
    return [f"{error.json_path}: {error.message}" for error in found]


def search(mails: Iterable[AcceptedMail], request: object) -> dict[str, Any]:
    """Return the messages that a ``POST /v3/logs`` body asks for, newest first."""
    if not isinstance(request, dict) or request.keys() - {"query", "limit", "subusers"}:
        raise QueryError("unknown fields")
    limit = request.get("limit", DEFAULT_LIMIT)
    if not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT:
        raise QueryError("limit is 1 to 1000")
    query = request.get("query", "")
    if not isinstance(query, str):
        raise QueryError("query is a string")
    if faults := log_faults("EmailLogsGetMessagesByFilterRequest", request):
        raise QueryError(faults[0])
    conditions = [_condition(text) for text in query.split(" AND ")] if query else []
    found = [mail for mail in mails if all(holds(mail) for holds in conditions)]
    found.sort(key=lambda mail: mail.accepted_at, reverse=True)
    return {"messages": [_summary(mail) for mail in found[:limit]]}


def details(
    mails: Iterable[AcceptedMail], sg_message_id: str, signer: EventSigner
) -> dict[str, Any] | None:
    """Return one message as ``GET /v3/logs/{sg_message_id}`` shows it, if it is there."""
    for mail in mails:
        if mail.sg_message_id == sg_message_id:
            event = signer.event(mail, "processed", at=mail.accepted_at)
            shown = {name: event[name] for name in event if name not in mail.custom_args}
            return {
                "from_email": mail.from_address,
                "sg_message_id": mail.sg_message_id,
                "subject": mail.subject,
                "to_email": mail.to_address,
                "status": "processed",
                "api_key_id": "invented",
                "client_ip": "192.0.2.25",
                "custom_args": dict(mail.custom_args),
                "events": [{**shown, "custom_args": dict(mail.custom_args)}],
            }
    return None


def _summary(mail: AcceptedMail) -> dict[str, Any]:
    return {
        "from_email": mail.from_address,
        "sg_message_id": mail.sg_message_id,
        "subject": mail.subject,
        "to_email": mail.to_address,
        "reason": "",
        "status": "processed",
        "sg_message_id_created_at": mail.accepted_at.isoformat().replace("+00:00", "Z"),
    }


def _condition(text: str) -> Callable[[AcceptedMail], bool]:
    if found := _CONDITION.fullmatch(text):
        wanted = found[2][1:-1]
        field = {"to_email": "to_address"}.get(found[1], found[1])
        return lambda mail: bool(getattr(mail, field) == wanted)
    if found := _TIME.fullmatch(text):
        compare = _COMPARE[found[1]]
        try:
            at = datetime.fromisoformat(found[2])
        except ValueError:
            raise QueryError("no timestamp") from None
        if at.tzinfo is None:
            raise QueryError("a timestamp without a zone")
        return lambda mail: compare(mail.accepted_at, at)
    raise QueryError("a condition that cannot be read")
