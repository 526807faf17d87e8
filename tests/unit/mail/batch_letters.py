"""Letters of one wording, rendered as templates do it, for the tests of requests for many."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from service.mail.base import Envelope, Skeleton, Slot
from service.mail.sendgrid_batch import batch_body
from tests.doubles.sendgrid_events import AcceptedMail
from tests.doubles.sendgrid_mails import accepted_mails
from tests.doubles.sendgrid_rules import faults_in

Pieces = tuple[str | Slot, ...]

WORDING = Skeleton(
    "rejection:1",
    subject=("Your application for ", Slot("job")),
    text=("Dear ", Slot("name"), ",\n\nthe job ", Slot("job"), " is filled.\n\n", Slot("sender")),
    html=(
        '<p title="',
        Slot("name"),
        '">Dear ',
        Slot("name"),
        ",</p><p>the job ",
        Slot("job"),
        ' is filled.</p><a href="mailto:',
        Slot("sender"),
        '">',
        Slot("sender"),
        "</a>",
    ),
)


def filled(pieces: Pieces, values: dict[str, str]) -> str:
    return "".join(piece if isinstance(piece, str) else values[piece.name] for piece in pieces)


def letter(number: int = 1, *, wording: Skeleton = WORDING, **changes: object) -> Envelope:
    """One person's letter; ``name``, ``job`` and ``sender`` are its values."""
    values = {
        name: str(changes.pop(name, default))
        for name, default in {
            "name": f"Ada{number}",
            "job": "Backend Engineer",
            "sender": "maria@example.org",
        }.items()
    }
    quoted = {name: escape(value) for name, value in values.items()}
    fields: dict[str, object] = {
        "message_id": f"msg_{number}",
        "kind": "rejection",
        "to_address": f"ada{number}@example.com",
        "to_name": f"Ada{number} Example",
        "from_address": "talent@example.org",
        "from_name": "Invented Company",
        "reply_to_address": "maria@example.org",
        "reply_to_name": "Maria",
        "subject": filled(wording.subject, values),
        "text": filled(wording.text, values),
        "html": filled(wording.html, quoted),
        "automatic": False,
        "skeleton": wording,
        "values": values,
    }
    return Envelope(**{**fields, **changes})


def arrived(group: Sequence[Envelope], nonce: str | None = None) -> list[AcceptedMail]:
    """What each recipient of one sound request gets."""
    body = json.loads(
        batch_body(group, "bat_1", lambda: nonce) if nonce else batch_body(group, "bat_1")
    )
    assert faults_in(body) == []
    return accepted_mails("request", body, datetime(2026, 3, 27, tzinfo=UTC))
