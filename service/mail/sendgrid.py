"""Hands one email to SendGrid's Mail Send API and says what is known about it afterwards.

SendGrid has no idempotency key, so an answer that was lost is ``Uncertain``, never a reason to
send again; and neither the key, an address nor a body is ever logged or put into a reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from service.clock import Clock
from service.mail.base import (
    Accepted,
    ChannelDown,
    Envelope,
    Refused,
    RetryLater,
    SendAnswer,
    Uncertain,
)
from service.mail.sendgrid_body import UnsendableError, request_body
from service.mail.single_post import (
    HttpAnswer,
    PerhapsSentError,
    PostClient,
    SurelyNotSentError,
    Timeouts,
)

DEFAULT_BASE_URL = "https://api.sendgrid.com"
"""For global accounts; EU subusers use ``https://api.eu.sendgrid.com``."""

SEND_PATH = "/v3/mail/send"

MAX_WAIT = timedelta(hours=24)
"""The longest wait a 429 may ask for. SendGrid's windows are short; anything longer is a header
in another unit, and would hold mail for years."""

MAX_REASON_CHARS = 500

_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;]+")


class SendGridTransport:
    """A ``Transport`` over one pooled HTTP client; safe to share between threads.

    ``pool`` lets several transports share connections; without it one is made for ``base_url``
    with ``timeouts`` (seconds). Raises ``ValueError`` for a key or a URL that cannot work.
    """

    name = "sendgrid"

    def __init__(
        self,
        api_key: str,
        *,
        clock: Clock,
        base_url: str = DEFAULT_BASE_URL,
        pool: PostClient | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        if not re.fullmatch(r"[!-~]+", api_key):
            # Not shown: it is a secret even when it is mistyped.
            raise ValueError("the SendGrid API key is empty or holds a space or a line break")
        self._clock = clock
        self._pool = pool or PostClient(base_url, clock=clock, timeouts=timeouts)
        self._headers = {
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "keepword",
        }

    def send(self, envelope: Envelope) -> SendAnswer:
        """Post the mail once; see the module's invariant for what each answer means."""
        try:
            body = request_body(envelope)
        except UnsendableError as fault:
            return Refused(str(fault))
        try:
            answer = self._pool.post(SEND_PATH, body, self._headers)
        except SurelyNotSentError as fault:
            return RetryLater(str(fault))
        except PerhapsSentError as fault:
            return Uncertain(str(fault))
        return _judge(answer, _secrets(envelope), self._clock.now())

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()


def _judge(answer: HttpAnswer, secrets: frozenset[str], now: datetime) -> SendAnswer:
    """Turn an answer into what is known.

    202 alone means queued. 200 is SendGrid's sandbox: judged, never sent. Other statuses under
    400 come from something between us and SendGrid. Every 4xx says that nothing was sent; one
    that is not documented pauses the channel, which keeps every mail.
    """
    status = answer.status
    said = _said(answer.body, secrets)
    if status == 202:
        return Accepted(answer.headers.get("x-message-id") or None)
    if status == 200:
        return Refused("SendGrid answered 200: its sandbox mode is on and nothing was sent")
    if status in (400, 413):
        return Refused(f"SendGrid answered {status}: {said}")
    if status == 429:
        return RetryLater("SendGrid answered 429: too many requests", _reset(answer.headers, now))
    if 300 <= status < 500:
        return ChannelDown(f"SendGrid answered {status}: {said}")
    return Uncertain(f"SendGrid answered {status}: it does not say whether the mail was queued")


def _reset(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Read ``X-RateLimit-Reset`` (epoch seconds; not always present), if it makes sense."""
    text = headers.get("x-ratelimit-reset", "").strip()
    if not re.fullmatch(r"[0-9]{1,12}", text):
        return None
    seconds = int(text)
    if not now.timestamp() < seconds <= (now + MAX_WAIT).timestamp():
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _secrets(envelope: Envelope) -> frozenset[str]:
    """Name what SendGrid's messages could quote back of this mail."""
    parts = (
        envelope.to_address,
        envelope.to_name,
        envelope.from_name,
        envelope.reply_to_name,
        envelope.subject,
    )
    return frozenset(part for part in parts if part)


def _said(body: bytes, secrets: frozenset[str]) -> str:
    """Read SendGrid's ``errors[]`` as one line in which nobody is named."""
    try:
        errors = json.loads(body)["errors"]
        found = [_one_error(error) for error in errors]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "no reason given"
    line = "; ".join(text for text in found if text)
    for secret in sorted(secrets, key=len, reverse=True):
        # Whole words only: a name of two letters must not eat the rest of the sentence.
        pattern = rf"(?<!\w){re.escape(secret)}(?!\w)"
        line = re.sub(pattern, "(left out)", line, flags=re.IGNORECASE)
    line = _ADDRESS.sub("(an address)", line)
    line = " ".join("".join(char if char.isprintable() else " " for char in line).split())
    return line[:MAX_REASON_CHARS] or "no reason given"


def _one_error(error: Mapping[str, object]) -> str:
    message, field = error.get("message"), error.get("field")
    text = message if isinstance(message, str) else ""
    return f"{text} ({field})" if isinstance(field, str) and field not in ("", "null") else text
