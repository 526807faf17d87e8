"""The demo's stand-in for SendGrid: takes each mail, and tells later what became of it.

What becomes of a mail follows from the seed, the address, the kind of letter and how many such
letters went there before, so that every run with one seed ends alike whatever ids were drawn.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.clock import Clock
from service.mail.base import (
    Accepted,
    Envelope,
    NotFound,
    Refused,
    RetryLater,
    SendAnswer,
    Sorted,
    Sought,
    Uncertain,
)
from service.mail.event_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER
from service.mail.sendgrid_body import MESSAGE_ID_ARG

Event = dict[str, object]

_BOUNCED = {
    "type": "bounce",
    "status": "5.1.1",
    "reason": "550 5.1.1 the mailbox does not exist",
    "bounce_classification": "Invalid Address",
}
_BLOCKED = {"type": "blocked", "status": "4.7.1", "reason": "451 4.7.1 greylisted too long"}
_DEFERRED = {"response": "452 4.2.2 the mailbox is full, try later", "attempt": "1"}


class DemoMail:
    """A transport that accepts mail and keeps the events it will cause until they are due."""

    name = "sendgrid"

    def __init__(
        self, seed: int, staff_domain: str, outages: Iterable[tuple[datetime, datetime]] = ()
    ) -> None:
        self._seed = seed
        self._staff_domain = staff_domain
        self._outages = tuple(outages)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._clock: Clock | None = None
        self._sent: Counter[tuple[str, str]] = Counter()
        self._numbers = itertools.count(1)
        self._coming: list[tuple[datetime, int, Event]] = []

    @property
    def public_key(self) -> str:
        """Return the verification key as SendGrid's settings page shows it: base64 SPKI."""
        spki = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(spki).decode()

    def use_clock(self, clock: Clock) -> None:
        """Tell the time by this clock from now on."""
        self._clock = clock

    def sort(self, envelopes: Sequence[Envelope]) -> Sorted:
        """Let every letter go singly, so that each has its own fate."""
        return Sorted(tuple((envelope,) for envelope in envelopes))

    def probe(self) -> SendAnswer:
        """Say whether the provider is up."""
        return self._outage() or Accepted(None)

    def look_up(self, sought: Sought) -> NotFound:
        """Find nothing: what was lost on its way comes to light by its events."""
        del sought
        return NotFound()

    def send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
        """Answer as SendGrid would, and remember the events to come."""
        (envelope,) = group
        del batch_id
        return self._outage() or self._send(envelope)

    def _outage(self) -> RetryLater | None:
        if self._clock is None:
            raise RuntimeError("the demo's mail needs a clock before it can send")
        now = self._clock.now()
        if any(start <= now < end for start, end in self._outages):
            return RetryLater("the provider is not available")
        return None

    def _send(self, envelope: Envelope) -> SendAnswer:
        if self._clock is None:
            raise RuntimeError("the demo's mail needs a clock before it can send")
        now = self._clock.now()
        sent = self._sent[envelope.to_address, envelope.kind]
        self._sent[envelope.to_address, envelope.kind] += 1
        fate = _share(self._seed, envelope.to_address)
        luck = _share(self._seed, envelope.to_address, envelope.kind, sent)
        number = next(self._numbers)
        request_id = f"demo{number:06}"
        if envelope.to_address.endswith(self._staff_domain):
            # A company's own mailboxes take everything.
            fate = luck = 0.5
        if 0.900 <= luck < 0.903:
            return Refused("400 the provider refused the letter's content")
        at = now + timedelta(seconds=2 + 40 * luck)
        self._plan(envelope, f"{request_id}.recvd-demo-1.0", at, fate, luck)
        if 0.903 <= luck < 0.908:
            return Uncertain("the answer was lost on its way")
        return Accepted(request_id)

    def _plan(
        self, envelope: Envelope, provider_id: str, at: datetime, fate: float, luck: float
    ) -> None:
        """Decide what becomes of one mail. ``fate`` is the address's, ``luck`` this mail's."""

        def tell(name: str, after: timedelta, **more: object) -> None:
            number = next(self._numbers)
            event: Event = {
                "email": envelope.to_address,
                "timestamp": int((at + after).timestamp()),
                "event": name,
                "sg_event_id": f"demo-event-{number}",
                "sg_message_id": provider_id,
                MESSAGE_ID_ARG: envelope.message_id,
                **more,
            }
            heapq.heappush(self._coming, (at + after, number, event))

        soon = timedelta(minutes=1 + 3 * luck)
        if fate >= 0.995:
            tell("dropped", timedelta(seconds=1), reason="Invalid")
            return
        tell("processed", timedelta(0))
        if 0.965 <= fate < 0.995:
            tell("bounce", soon, **_BOUNCED)
        elif luck < 0.015:
            tell("bounce", timedelta(hours=3), **_BLOCKED)
        elif luck < 0.045:
            tell("deferred", soon, **_DEFERRED)
            tell("delivered", timedelta(hours=4), response="250 OK")
        elif luck < 0.085:
            # Taken by the mailbox's first server, refused by the one behind it.
            tell("delivered", soon, response="250 OK")
            tell("bounce", timedelta(hours=2 + 200 * (luck - 0.045)), **_BOUNCED)
        else:
            tell("delivered", soon, response="250 OK")
            if luck > 0.9:
                tell("open", timedelta(hours=2), useragent="Mozilla/5.0")
            if 0.85 < luck < 0.853:
                tell("spamreport", timedelta(hours=6))

    def events_until(self, at: datetime) -> list[Event]:
        """Return the events that have happened by an instant and were not yet told."""
        found: list[Event] = []
        while self._coming and self._coming[0][0] <= at:
            found.append(heapq.heappop(self._coming)[2])
        return found

    def signed(self, events: list[Event], at: datetime) -> tuple[bytes, dict[str, str]]:
        """Return a batch's body and headers as SendGrid posts and signs it."""
        # SendGrid's bodies end so, and the signature covers it.
        body = json.dumps(events).encode() + b"\r\n"
        timestamp = str(int(at.timestamp()))
        signature = self._key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return body, {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: base64.b64encode(signature).decode(),
            TIMESTAMP_HEADER: timestamp,
        }


def _share(*parts: object) -> float:
    """Return a number in [0, 1) that these parts alone decide."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
