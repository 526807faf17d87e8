"""Builds the JSON body of SendGrid's ``POST /v3/mail/send`` for one letter, as it was rendered.

Tracking is off, and only opaque ids of ours go into ``custom_args``. What a body for many shares
with it (the frame, one recipient's part) is built here too, so that the two cannot differ.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    MailSettings,
    MimeType,
    OpenTracking,
    Personalization,
    ReplyTo,
    SandBoxMode,
    Subject,
    SubscriptionTracking,
    Substitution,
    To,
    TrackingSettings,
)
from sendgrid.helpers.mail.exceptions import ApiKeyIncludedException

from service.mail.addresses import BadAddressError, checked_address
from service.mail.base import Envelope
from service.mail.sendgrid_limits import (
    ATTEMPT_ARG,
    BATCH_ID_ARG,
    MAX_BODY_BYTES,
    MESSAGE_ID_ARG,
    Parties,
    Party,
    UnsendableError,
    check_letter,
    check_size,
    custom_args,
)

__all__ = [
    "ATTEMPT_ARG",
    "AUTOMATIC_HEADERS",
    "BATCH_ID_ARG",
    "MAX_BODY_BYTES",
    "MESSAGE_ID_ARG",
    "UnsendableError",
    "finished",
    "frame",
    "holds_unsubscribe_tag",
    "personalization",
    "probe_body",
    "request_body",
    "without_tags",
]

AUTOMATIC_HEADERS = {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
}
"""Set on mail no person wrote, so that out-of-office machines do not answer it; RFC 3834."""

# SendGrid replaces its own unsubscribe tags wherever they stand, so a candidate's text could
# grow a link. The word joiner is invisible and breaks the tag.
_ASM_TAG = "<%asm_"
_BROKEN_ASM_TAG = "<\u2060%asm_"


def request_body(envelope: Envelope, batch_id: str) -> bytes:
    """Return the request's JSON in UTF-8; raise ``UnsendableError`` where a limit is broken."""
    parties = check_letter(envelope)
    mail = frame(
        parties,
        without_tags(envelope.subject),
        without_tags(envelope.text),
        without_tags(envelope.html),
        automatic=envelope.automatic,
    )
    mail.add_personalization(personalization(parties.recipient, custom_args(envelope, batch_id)))
    return check_size(finished(mail))


def probe_body(address: str) -> bytes:
    """Return a request that SendGrid judges and, its sandbox being on, never sends.

    It is from and to the employer's own ``address``. Raises ``ValueError`` where none can be.
    """
    try:
        employer = Party(checked_address(address), "")
    except BadAddressError as fault:
        raise ValueError(f"the sender of test requests: {fault}") from None
    text = "A test of the connection, never sent"
    mail = frame(Parties(employer, employer, None), text, text, f"<p>{text}</p>", automatic=True)
    mail.add_personalization(personalization(employer, {}))
    mail.mail_settings = MailSettings(sandbox_mode=SandBoxMode(enable=True))
    return finished(mail)


def frame(parties: Parties, subject: str, text: str, html: str, *, automatic: bool) -> Any:
    """Return a ``Mail`` with all that a request says once, and no recipient yet."""
    mail = Mail()
    mail.from_email = _filled(From(), parties.sender)
    if parties.reply is not None:
        mail.reply_to = _filled(ReplyTo(), parties.reply)
    mail.subject = Subject(subject)
    try:
        mail.add_content(Content(MimeType.text, text))
        mail.add_content(Content(MimeType.html, html))
    except ApiKeyIncludedException:
        raise UnsendableError("the text begins with what looks like a SendGrid key") from None
    # What is left out would follow the account's default.
    mail.tracking_settings = TrackingSettings(
        click_tracking=ClickTracking(enable=False, enable_text=False),
        open_tracking=OpenTracking(enable=False),
        subscription_tracking=SubscriptionTracking(enable=False),
        ganalytics=Ganalytics(enable=False),
    )
    if automatic:
        for name, value in AUTOMATIC_HEADERS.items():
            mail.add_header(Header(name, value))
    return mail


def personalization(
    recipient: Party, arguments: Mapping[str, str], substitutions: Mapping[str, str] | None = None
) -> Any:
    """Return one recipient's part of a request."""
    part = Personalization()
    part.add_to(_filled(To(), recipient))
    for name, value in arguments.items():
        part.add_custom_arg(CustomArg(name, value))
    for tag, value in (substitutions or {}).items():
        part.add_substitution(Substitution(tag, value))
    return part


def finished(mail: Any) -> bytes:
    """Return a ``Mail`` as it goes on the wire."""
    return json.dumps(mail.get(), ensure_ascii=False, separators=(",", ":")).encode()


def without_tags(text: str) -> str:
    """Return ``text`` with SendGrid's unsubscribe tags broken, so that they stay text."""
    return text.replace(_ASM_TAG, _BROKEN_ASM_TAG)


def holds_unsubscribe_tag(text: str) -> bool:
    """Say whether ``without_tags`` would change ``text``."""
    return _ASM_TAG in text


def _filled(into: Email, party: Party) -> Email:
    """Fill an empty helper object field by field.

    Given both at once, the helper parses "Name <address>" out of an address without a name, and
    one person's mail could go to another.
    """
    into.email = party.address
    into.name = party.name or None
    return into
