"""Turns one envelope into the JSON body of SendGrid's ``POST /v3/mail/send``.

Whatever SendGrid's documented limits would refuse is refused here first, with a reason that names
no person; only opaque ids of ours go into ``custom_args``, which SendGrid stores as "not PII".
"""

from __future__ import annotations

import json
from typing import Any

# The package ships no types; everything taken from it ends in the dict that is built here.
from sendgrid.helpers.mail import (
    ClickTracking,
    Content,
    CustomArg,
    Email,
    From,
    Ganalytics,
    Header,
    Mail,
    MimeType,
    OpenTracking,
    Personalization,
    ReplyTo,
    Subject,
    SubscriptionTracking,
    To,
    TrackingSettings,
)
from sendgrid.helpers.mail.exceptions import ApiKeyIncludedException

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

MAX_CUSTOM_ARGS_BYTES = 10_000
"""Per personalization, global ones included; errors.md in sendgrid/docs."""

MAX_BODY_BYTES = 30_000_000
"""SendGrid refuses mail of 30 MB and more; the Mail Send reference."""

AUTOMATIC_HEADERS = {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
}
"""Set on mail no person wrote, so that out-of-office machines do not answer it; RFC 3834."""

# SendGrid replaces its own unsubscribe tags wherever they stand, so a candidate's text could
# grow a link. The word joiner is invisible and breaks the tag.
_ASM_TAG = "<%asm_"
_BROKEN_ASM_TAG = "<\u2060%asm_"


class UnsendableError(ValueError):
    """A mail that SendGrid would refuse; the text says why and names nobody."""


def request_body(envelope: Envelope) -> bytes:
    """Return the request's JSON in UTF-8; raise ``UnsendableError`` where a limit is broken."""
    _check_texts(envelope)
    mail = Mail()
    mail.from_email = _party(From(), "sender", envelope.from_address, envelope.from_name)
    if envelope.reply_to_address is not None:
        mail.reply_to = _party(
            ReplyTo(), "reply", envelope.reply_to_address, envelope.reply_to_name or ""
        )
    mail.add_personalization(_personalization(envelope))
    mail.subject = Subject(_without_tags(envelope.subject))
    try:
        mail.add_content(Content(MimeType.text, _without_tags(envelope.text)))
        mail.add_content(Content(MimeType.html, _without_tags(envelope.html)))
    except ApiKeyIncludedException:
        raise UnsendableError("the text begins with what looks like a SendGrid key") from None
    mail.tracking_settings = _no_tracking()
    if envelope.automatic:
        for name, value in AUTOMATIC_HEADERS.items():
            mail.add_header(Header(name, value))
    body = json.dumps(mail.get(), ensure_ascii=False, separators=(",", ":")).encode()
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


def _party(into: Email, role: str, address: str, name: str) -> Email:
    """Fill an empty helper object field by field.

    Given both at once, the helper parses "Name <address>" out of an address without a name, and
    one person's mail could go to another.
    """
    try:
        into.email = checked_address(address)
    except BadAddressError as fault:
        raise UnsendableError(f"{role}: {fault}") from None
    into.name = display_name(name) or None
    return into


def _personalization(envelope: Envelope) -> Personalization:
    personalization = Personalization()
    personalization.add_to(_party(To(), "recipient", envelope.to_address, envelope.to_name))
    arguments = {MESSAGE_ID_ARG: envelope.message_id, ATTEMPT_ARG: str(envelope.attempt)}
    if not envelope.message_id or has_unsafe_characters(envelope.message_id):
        raise UnsendableError("the message has no usable id of its own")
    if len(json.dumps(arguments).encode()) > MAX_CUSTOM_ARGS_BYTES:
        raise UnsendableError(f"the custom arguments exceed {MAX_CUSTOM_ARGS_BYTES} bytes")
    for name, value in arguments.items():
        personalization.add_custom_arg(CustomArg(name, value))
    return personalization


def _no_tracking() -> Any:
    """Switch every kind of tracking off; what is left out would follow the account's default."""
    return TrackingSettings(
        click_tracking=ClickTracking(enable=False, enable_text=False),
        open_tracking=OpenTracking(enable=False),
        subscription_tracking=SubscriptionTracking(enable=False),
        ganalytics=Ganalytics(enable=False),
    )


def _without_tags(text: str) -> str:
    return text.replace(_ASM_TAG, _BROKEN_ASM_TAG)
