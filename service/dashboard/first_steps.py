"""The first steps, for whoever opens a Keepword that knows nobody yet: an empty page is no guide.

They are offered to those who may take them, and gone once anybody has applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from service.dashboard.site import may
from service.domain.rights import Right
from service.queries.queue_next import anybody_applied


@dataclass(frozen=True)
class Step:
    """One thing to do, where, and what comes of it."""

    label: Any
    url: str
    why: Any


def first_steps(session: Session) -> list[Step]:
    """Return what to set up, in its order; nothing where that was done or is not theirs to do."""
    if not may(Right.SETTINGS) or anybody_applied(session):
        return []
    return [
        Step(
            _("Say when you work"),
            url_for("pages.settings_calendars"),
            _("The time zone, the hours and the public holidays that every date is measured in."),
        ),
        Step(
            _("Read the letters"),
            url_for("pages.settings_letters"),
            _("What goes out in your name; change a wording and approve it."),
        ),
        Step(
            _("Connect your ATS"),
            url_for("pages.connections"),
            _("From then on everybody who applies is here by themselves."),
        ),
        Step(
            _("Bring your sheet"),
            url_for("pages.sheet_new"),
            _("People from a spreadsheet, shown to you before anybody is imported."),
        ),
        Step(
            _("Add a person"),
            url_for("pages.new_person"),
            _("Without an ATS, or to see how it goes with one person."),
        ),
    ]
