"""A letter's form: its text and HTML parts with a place for each value, shared by all alike.

A form never changes, and filling it depends on nothing but the form and the values: a letter that
is kept as both is the same letter for ever, whatever becomes of the wording or of the program.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from html import escape


def form_id(text: str, html: str) -> str:
    """Return what names a form: a hash of its parts, so equal forms have one name."""
    return "frm_" + hashlib.sha256(f"{text}\0{html}".encode()).hexdigest()[:24]


def filled_text(form: str, values: Mapping[str, object]) -> str:
    """Put values into a text part: each place is ``%(name)s``, and a percent sign is doubled."""
    return form % values


def filled_html(form: str, values: Mapping[str, object]) -> str:
    """Put values into an HTML part of the same shape, each as text and never as markup."""
    return form % {name: escape(str(value)) for name, value in values.items()}
