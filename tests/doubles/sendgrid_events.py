"""Makes and signs webhook events shaped as SendGrid's.

The shapes follow the published event schemas, with the custom arguments flattened into the top
level as the webhook does it.
"""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"

# What SendGrid adds per kind. Addresses of machines are from the documentation ranges.
_EXTRA: Mapping[str, Mapping[str, Any]] = {
    "processed": {"smtp-id": "<5515.1f8a@geopod-ismtpd-1>"},
    "deferred": {
        "smtp-id": "<5515.1f8a@geopod-ismtpd-1>",
        "response": "451 4.7.1 try again later",
        "attempt": "1",
        "ip": "192.0.2.25",
    },
    "delivered": {
        "smtp-id": "<5515.1f8a@geopod-ismtpd-1>",
        "response": "250 2.0.0 OK queued",
        "ip": "192.0.2.25",
        "tls": 1,
    },
    "bounce": {
        "smtp-id": "<5515.1f8a@geopod-ismtpd-1>",
        "reason": "550 5.1.1 the mailbox does not exist",
        "status": "5.1.1",
        "type": "bounce",
        "bounce_classification": "Invalid Address",
        "ip": "192.0.2.25",
        "tls": 1,
    },
    "blocked": {
        "smtp-id": "<5515.1f8a@geopod-ismtpd-1>",
        "reason": "554 5.7.1 refused for its reputation",
        "status": "5.7.1",
        "type": "blocked",
        "bounce_classification": "Reputation",
        "ip": "192.0.2.25",
        "tls": 1,
    },
    "dropped": {
        "smtp-id": "<5515.1f8a@geopod-ismtpd-1>",
        "reason": "Bounced Address",
    },
    "open": {"useragent": "Mozilla/5.0", "ip": "198.51.100.7"},
    "click": {"useragent": "Mozilla/5.0", "ip": "198.51.100.7", "url": "https://example.com/"},
    "group_unsubscribe": {"useragent": "Mozilla/5.0", "ip": "198.51.100.7", "asm_group_id": 7},
    "unsubscribe": {"date": "2026-03-27"},
}


@dataclass(frozen=True)
class AcceptedMail:
    """One recipient's mail out of an accepted request, with its substitutions applied."""

    request_id: str
    """What ``X-Message-Id`` said."""
    index: int
    """Its place among the request's personalizations."""
    to_address: str
    to_name: str
    from_address: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    custom_args: Mapping[str, str]
    body: Mapping[str, Any] = field(repr=False)
    """The whole request, decoded."""
    from_name: str = ""
    reply_to_address: str | None = None
    reply_to_name: str = ""
    accepted_at: datetime = datetime(2026, 3, 27, 16, 0, tzinfo=UTC)
    """When the double took it, by the clock it was given."""

    @property
    def sg_message_id(self) -> str:
        """The id its events carry: the request's, then the machine, then the recipient."""
        return f"{self.request_id}.recvd-85abf8d92c-3qfgp-2-7890E356-43C.{self.index}"


class EventSigner:
    """Makes events and signs them with a key pair of its own."""

    def __init__(self) -> None:
        self.key_pair = ec.generate_private_key(ec.SECP256R1())
        self._numbers = itertools.count(1)
        self._nonce = secrets.token_hex(4)

    @property
    def public_key(self) -> str:
        """The public key as SendGrid's settings page shows it: base64 SPKI."""
        spki = self.key_pair.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(spki).decode()

    def event(
        self, message: AcceptedMail, name: str, *, at: datetime | int, **extra: Any
    ) -> dict[str, Any]:
        """Return one event; ``blocked`` makes the bounce of that type, ``extra`` overrides."""
        own = _EXTRA.get(name, {})
        return {
            **message.custom_args,
            "email": message.to_address,
            "timestamp": at if isinstance(at, int) else int(at.timestamp()),
            "event": "bounce" if name == "blocked" else name,
            "sg_event_id": f"ev-{self._nonce}-{next(self._numbers)}",
            "sg_message_id": message.sg_message_id,
            **own,
            **extra,
        }

    def sign(self, body: bytes, timestamp: int | str) -> dict[str, str]:
        """Return the two headers over exactly these bytes."""
        signed = str(timestamp).encode() + body
        signature = self.key_pair.sign(signed, ec.ECDSA(hashes.SHA256()))
        return {
            SIGNATURE_HEADER: base64.b64encode(signature).decode(),
            TIMESTAMP_HEADER: str(timestamp),
        }

    def signed(
        self, events: Sequence[Mapping[str, Any]], *, timestamp: int | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """Return the body and the headers of one POST of the webhook."""
        # SendGrid's bodies end so, and the signature covers it.
        body = json.dumps(list(events)).encode() + b"\r\n"
        at = int(time.time()) if timestamp is None else timestamp
        return body, {"Content-Type": "application/json", **self.sign(body, at)}

    def post_events(
        self, url: str, events: Sequence[Mapping[str, Any]], *, timestamp: int | None = None
    ) -> int:
        """Post the events as one signed batch and return the status it was answered with."""
        body, signed = self.signed(events, timestamp=timestamp)
        parts = urlsplit(url)
        # http.client, because it asks no proxy.
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=30)
        try:
            connection.request("POST", parts.path or "/", body, signed)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()
