"""Looks for one letter in SendGrid's Email Logs: what it accepted, kept for 30 days.

Only our own ids in a letter's custom arguments prove anything; an address and a time alone never
do. One search and at most ten single looks are made, and an address stands in no URL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from service.mail.addresses import BadAddressError, checked_address
from service.mail.base import CannotTell, Found, LogAnswer, NotFound, Sought
from service.mail.sendgrid_events import request_id
from service.mail.sendgrid_limits import BATCH_ID_ARG, MESSAGE_ID_ARG
from service.mail.single_post import (
    HttpAnswer,
    PerhapsSentError,
    PostClient,
    SurelyNotSentError,
)

LOGS_PATH = "/v3/logs"

MAX_LOOKS = 10
"""Entries whose custom arguments are read, each by a request of its own."""

MAX_HITS = 100
"""Entries a search may return; the API takes 1 to 1,000 and has no second page."""

BEFORE = timedelta(hours=1)
"""How far SendGrid's clock may be behind ours."""

AFTER = timedelta(hours=24)
"""How long after the hand-over an entry may have been made."""

UNREADABLE = "SendGrid's log could not be read"


def look_up(pool: PostClient, headers: Mapping[str, str], sought: Sought) -> LogAnswer:
    """Search by address and time, then compare our ids, nearest in time first."""
    try:
        query = _query(sought)
    except BadAddressError:
        return CannotTell("SendGrid's log cannot be asked for such an address")
    try:
        body = json.dumps({"query": query, "limit": MAX_HITS}).encode()
        hits = _hits(pool.post(LOGS_PATH, body, headers), sought.sent_at)
        unread = len(hits) > MAX_LOOKS
        before: Found | None = None
        for sg_message_id in hits[:MAX_LOOKS]:
            answer = pool.get(f"{LOGS_PATH}/{quote(sg_message_id, safe='')}", headers)
            if answer.status == 404:
                # Listed but not kept any more, or not yet: it may have been the one.
                unread = True
                continue
            arguments = _arguments(answer)
            if arguments.get(BATCH_ID_ARG) == sought.batch_id:
                return Found(request_id(sg_message_id))
            if arguments.get(MESSAGE_ID_ARG) == sought.message_id:
                before = Found(request_id(sg_message_id), alone=True)
    except (SurelyNotSentError, PerhapsSentError) as fault:
        return CannotTell(f"{UNREADABLE}: {fault}")
    except _UnreadableError as fault:
        return CannotTell(str(fault))
    if before is not None:
        return before
    if unread:
        return CannotTell("SendGrid's log holds mail to this address that could not be read")
    return NotFound()


class _UnreadableError(Exception):
    """An answer that says nothing about the letter; the text names nobody."""


def _query(sought: Sought) -> str:
    address = checked_address(sought.to_address)
    if '"' in address or "\\" in address:
        # How the query language would escape them is not documented.
        raise BadAddressError("the address holds a quotation mark or a backslash")
    return (
        f'to_email = "{address}"'
        f' AND sg_message_id_created_at >= TIMESTAMP "{_instant(sought.sent_at - BEFORE)}"'
        f' AND sg_message_id_created_at <= TIMESTAMP "{_instant(sought.sent_at + AFTER)}"'
    )


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _document(answer: HttpAnswer) -> dict[str, Any]:
    if answer.status != 200:
        raise _UnreadableError(f"{UNREADABLE}: it answered {answer.status}")
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _UnreadableError(f"{UNREADABLE}: its answer is no JSON object")
    return document


def _hits(answer: HttpAnswer, sent_at: datetime) -> list[str]:
    """Return the ids found, those made nearest to the hand-over first."""
    messages = _document(answer).get("messages")
    if not isinstance(messages, list):
        raise _UnreadableError(f"{UNREADABLE}: its answer lists no messages")
    found: list[tuple[float, str]] = []
    for entry in messages:
        sg_message_id = entry.get("sg_message_id") if isinstance(entry, dict) else None
        if not isinstance(sg_message_id, str) or not sg_message_id:
            raise _UnreadableError(f"{UNREADABLE}: an entry of it has no id")
        found.append((_distance(entry.get("sg_message_id_created_at"), sent_at), sg_message_id))
    return [sg_message_id for _, sg_message_id in sorted(found)]


def _distance(created: object, sent_at: datetime) -> float:
    """Seconds between two instants; an unreadable one is the farthest."""
    try:
        at = datetime.fromisoformat(str(created))
    except ValueError:
        return float("inf")
    return abs((at if at.tzinfo else at.replace(tzinfo=UTC)) - sent_at).total_seconds()


def _arguments(answer: HttpAnswer) -> dict[str, Any]:
    arguments = _document(answer).get("custom_args")
    return arguments if isinstance(arguments, dict) else {}
