"""Keeps the link of a letter that opens an account out of its row: it is put in when it leaves.

The row says where the link stands and holds it sealed, so whoever reads the outbox, its pages or
the database finds none that works. Only the envelope that goes to the transport has it.
"""

from __future__ import annotations

from html import escape

from service.models import Message
from service.secret_box import SecretBox

PLACE = "shown-only-in-the-mail"
"""What stands in the row in the place of a link's secret."""

SEALED = "sealed_link"
"""Under which name a row keeps it."""


def without_secret(url: str) -> str:
    """Return a link as its row may say it: its last part is the secret."""
    return f"{url.rpartition('/')[0]}/{PLACE}"


def sealed(box: SecretBox, url: str) -> dict[str, str]:
    """Return what a row keeps of a link, among its values."""
    return {SEALED: box.seal(url)}


def parts_to_send(box: SecretBox, message: Message) -> tuple[str, str]:
    """Return a letter's text and HTML with its link put in, where it has one.

    Raises ``SealedSecretError`` where no key of ours opens it.
    """
    kept = message.values.get(SEALED)
    if not isinstance(kept, str):
        return message.text, message.html
    url = box.open(kept)
    shown = without_secret(url)
    return message.text.replace(shown, url), message.html.replace(escape(shown), escape(url))
