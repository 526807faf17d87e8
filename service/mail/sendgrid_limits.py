"""Checks one letter against SendGrid's documented limits, before any request exists.

What passes here SendGrid has no formal reason to refuse; every reason says what is wrong and
names nobody. Limits without another source stand in Twilio's "Mail Send limitations".
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass

# The package ships no types; only its check for keys is used here.
from sendgrid.helpers.mail.exceptions import ApiKeyIncludedException
from sendgrid.helpers.mail.validators import ValidateApiKey

from service.mail.addresses import (
    BadAddressError,
    checked_address,
    display_name,
    has_unsafe_characters,
)
from service.mail.base import Envelope

MESSAGE_ID_ARG = "kw_mid"
"""The custom argument that carries ``Envelope.message_id`` out and, in every event, back."""

ATTEMPT_ARG = "kw_att"
"""The custom argument that carries ``Envelope.attempt``, for telling resent mail apart."""

BATCH_ID_ARG = "kw_bid"
"""The custom argument that carries our id of the request: one event proves all its letters."""

MAX_RECIPIENTS = 1_000
"""Recipients, and personalizations, in one request."""

MAX_CUSTOM_ARGS_BYTES = 10_000
"""Per personalization, global ones included; errors.md in sendgrid/docs."""

MAX_SUBSTITUTIONS_BYTES = 10_000
"""Per personalization; the Mail Send reference."""

MAX_BODY_BYTES = 30_000_000
"""SendGrid refuses mail of 30 MB and more."""

_KEYS = ValidateApiKey()


class UnsendableError(ValueError):
    """A mail that SendGrid would refuse; the text says why and names nobody."""


@dataclass(frozen=True)
class Party:
    """An address as it goes on the wire and the name beside it, which may be empty."""

    address: str
    name: str


@dataclass(frozen=True)
class Parties:
    """Who one letter is from, whom it goes to and whom an answer reaches."""

    sender: Party
    recipient: Party
    reply: Party | None


def check_letter(envelope: Envelope) -> Parties:
    """Check everything but the request's own size; raise ``UnsendableError`` for the first fault.

    The caller need not check an address again: what is returned is what is sent.
    """
    _check_texts(envelope)
    sender = _house_party("sender", envelope.from_address, envelope.from_name)
    reply = None
    if envelope.reply_to_address is not None:
        reply = _house_party("reply", envelope.reply_to_address, envelope.reply_to_name or "")
    if not envelope.message_id or has_unsafe_characters(envelope.message_id):
        raise UnsendableError("the message has no usable id of its own")
    return Parties(sender, _party("recipient", envelope.to_address, envelope.to_name), reply)


def custom_args(envelope: Envelope, batch_id: str) -> dict[str, str]:
    """Return our opaque ids, which SendGrid stores for long as "not PII" and sends back."""
    if not batch_id or has_unsafe_characters(batch_id):
        raise UnsendableError("the request has no usable id of its own")
    arguments = {
        MESSAGE_ID_ARG: envelope.message_id,
        ATTEMPT_ARG: str(envelope.attempt),
        BATCH_ID_ARG: batch_id,
    }
    if json_bytes(arguments) >= MAX_CUSTOM_ARGS_BYTES:
        raise UnsendableError(f"the custom arguments exceed {MAX_CUSTOM_ARGS_BYTES} bytes")
    return arguments


def json_bytes(value: object) -> int:
    """Return how many bytes a value takes in a request's body, or a few more."""
    return len(json.dumps(value, ensure_ascii=False).encode())


def check_size(body: bytes) -> bytes:
    """Return the body of a request; ``UnsendableError`` where SendGrid would not take it whole."""
    if len(body) >= MAX_BODY_BYTES:
        raise UnsendableError(f"the mail is {len(body)} bytes; {MAX_BODY_BYTES} is the limit")
    return body


def _check_texts(envelope: Envelope) -> None:
    if not envelope.subject.strip():
        raise UnsendableError("the subject is empty")
    if has_unsafe_characters(envelope.subject):
        raise UnsendableError("the subject holds a control character or a line break")
    for part, text in (("text", envelope.text), ("HTML", envelope.html)):
        if not text.strip():
            raise UnsendableError(f"the {part} part is empty")
        if "\0" in text:
            raise UnsendableError(f"the {part} part holds a NUL character")
        try:
            text.encode()
        except UnicodeEncodeError:
            # The error quotes the whole letter, so its chain ends here.
            raise UnsendableError(f"the {part} part holds half a character") from None
        try:
            _KEYS.validate_message_text(text)
        except ApiKeyIncludedException:
            raise UnsendableError("the text begins with what looks like a SendGrid key") from None


def _party(role: str, address: str, name: str) -> Party:
    try:
        return Party(checked_address(address), display_name(name))
    except BadAddressError as fault:
        raise UnsendableError(f"{role}: {fault}") from None


@functools.lru_cache(maxsize=64)
def _house_party(role: str, address: str, name: str) -> Party:
    """The same for the employer's own addresses, which stand in thousands of letters."""
    return _party(role, address, name)
