"""Says in words from when to when somebody is away, and who stands in."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import format_date
from flask_babel import gettext as _

from service.models import UserAbsence


def days_words(row: UserAbsence) -> str:
    """Return the days of an absence: ``Mon 2 Mar – Fri 6 Mar 2026``."""
    first, last = format_date(row.from_on, "EEE d MMM"), format_date(row.until_on, "EEE d MMM y")
    return last if row.from_on == row.until_on else f"{first} – {last}"


def away_words(row: UserAbsence, names: Mapping[str, str]) -> str:
    """Return the days of an absence and who stands in; ``names`` are those of all colleagues."""
    if row.substitute_id is None:
        return str(_("%(days)s, nobody stands in", days=days_words(row)))
    name = names.get(row.substitute_id, "")
    return str(_("%(days)s, %(name)s stands in", days=days_words(row), name=name))
