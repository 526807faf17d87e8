"""Invented values for every variable, so that a letter can be looked at before it has a reader.

Nobody in them exists, and every address is one that reaches nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from service.mail.templates import Template, Value

EXAMPLES: Final[Mapping[str, Value]] = MappingProxyType(
    {
        "greeting_name": "Amara",
        "job_title": "Backend Engineer",
        "company_name": "Example Works",
        "sender_name": "Maria Keller",
        "sender_email": "maria.keller@example.com",
        "promised_what": "a call about the panel date",
        "promised_for": "Friday 20 November",
        "next_step": "The panel meets on Wednesday 25 November.",
        "next_word_by": "Friday 27 November",
        "scheduling_link": "https://example.com/interview",
        "reply_by": "Thursday 26 November",
        "still_open": "Your application for Support Lead goes on",
        "overdue_count": "2",
        "due_soon_count": "1",
        "page_url": "https://keepword.example.com/",
        "help_email": "hiring@example.com",
        "sign_in_url": "https://keepword.example.com/welcome/an-invented-link",
        "valid_until": "Friday 27 November, 09:00 (Europe/Berlin)",
        "items": (
            {"line": "Amara Okafor: a call about the panel date", "detail": "2 days late"},
            {"line": "Jonas Weber: a decision", "detail": "6 hours late"},
        ),
    }
)
"""One value for each variable of every kind."""


def example_values(template: Template, *, optional: bool = True) -> dict[str, Value]:
    """Return invented values for all that a wording names, with its optional paragraphs or not."""
    names = template.variables | (template.optional if optional else frozenset())
    return {name: EXAMPLES[name] for name in sorted(names)}
