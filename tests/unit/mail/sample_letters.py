"""Invented values for every kind of letter, and the shipped templates loaded once."""

from __future__ import annotations

from collections.abc import Mapping

from service.mail.compiling import load_templates
from service.mail.templates import Rendered
from service.mail.variables import KINDS, OPTIONAL
from service.resources import resource_folder

FOLDER = resource_folder("templates/email")
TEMPLATES = load_templates(FOLDER)


def values_for(kind: str, **changes: object) -> dict[str, object]:
    known: Mapping[str, object] = {
        "greeting_name": "Amara",
        "job_title": "Backend Engineer",
        "company_name": "Example Studio",
        "sender_name": "Maria Keller",
        "sender_email": "maria@example.com",
        "promised_what": "a call about the panel date",
        "promised_for": "Friday 20 November",
        "next_step": "The panel meets on Wednesday 25 November.",
        "next_word_by": "Friday 27 November",
        "scheduling_link": "https://example.com/schedule?x=1&y=2",
        "reply_by": "Thursday 26 November",
        "overdue_count": "2",
        "due_soon_count": "0",
        "page_url": "http://127.0.0.1:8000/queue",
        "help_email": "noreply@example.com",
        "sign_in_url": "http://127.0.0.1:8000/welcome/an-invented-link",
        "valid_until": "Friday 27 November, 09:00 (Europe/Berlin)",
        "still_open": "Your application for Support Lead goes on",
        "items": [
            {"line": "Call Amara Okafor", "detail": "2 working days late"},
            {"line": "Write to Jonas Weber", "detail": "6 hours late"},
        ],
    }
    return {name: known[name] for name in KINDS[kind] | OPTIONAL[kind]} | changes


def render(kind: str, **changes: object) -> Rendered:
    return TEMPLATES[kind].render(values_for(kind, **changes))
