"""A calendar as a form: each day's hours in a line, own days a line each, faults by field.

What was typed is kept as it was typed until it can be read; nothing is mended silently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from flask_babel import gettext as _

from service.dashboard.saying import words
from service.domain.calendars import DAY_KEYS, CalendarDocumentError

_SHIFT: Final = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(?:-|–|—|to)\s*(\d{1,2})(?::(\d{2}))?")
_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\s*:?\s*(.*)")
_CLOSED: Final = frozenset({"", "closed", "-", "–"})
MOST_DAYS: Final = 1000
"""Own days that one form takes."""


@dataclass
class CalendarForm:
    """What stands in the fields, and what is wrong by field."""

    name: str = ""
    time_zone: str = ""
    country: str = ""
    subdivision: str = ""
    hours: dict[str, str] = field(default_factory=dict)
    days: str = ""
    faults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> CalendarForm:
        """Return the form that shows a stored calendar."""
        region = document.get("holidays") or {}
        days = document.get("days") or {}
        return cls(
            document["name"],
            document["time_zone"],
            region.get("country") or "",
            region.get("subdivision") or "",
            {key: shifts_text(document["hours"].get(key, [])) for key in DAY_KEYS},
            "\n".join(f"{day} {shifts_text(days[day]) or 'closed'}" for day in sorted(days)),
        )

    @classmethod
    def typed(cls, form: Mapping[str, str]) -> CalendarForm:
        """Return the form as somebody filled it in."""
        return cls(
            form.get("name", ""),
            form.get("time_zone", "").strip(),
            _country(form.get("country", "").strip()),
            form.get("subdivision", "").strip(),
            {key: form.get(f"hours-{key}", "") for key in DAY_KEYS},
            form.get("days", ""),
        )

    def document(self) -> dict[str, Any] | None:
        """Return the calendar that was meant, or ``None`` with the faults noted."""
        hours = {key: self._shifts(f"hours-{key}", text) for key, text in self.hours.items()}
        days = self._days()
        if self.faults:
            return None
        region = {"country": self.country, "subdivision": self.subdivision or None}
        return {
            "name": " ".join(self.name.split()),
            "time_zone": self.time_zone,
            "hours": hours,
            "holidays": region if self.country else None,
            "days": days,
        }

    def blame(self, error: CalendarDocumentError) -> None:
        """Note what the calendar itself says is wrong, beside the field."""
        for pointer, text in error.faults:
            path = pointer.strip("/").split("/")
            name = {"holidays": path[-1], "hours": "-".join(path[:2])}.get(path[0], path[0])
            name = "hours-mon" if name == "hours" else "country" if name == "holidays" else name
            self.faults.setdefault(name, words(text))

    def _shifts(self, name: str, text: str) -> list[list[str]]:
        plain = " ".join(text.lower().split())
        if plain in _CLOSED:
            return []
        shifts = []
        for piece in re.split(r"[,;]", plain):
            found = _SHIFT.fullmatch(piece.strip())
            if found is None:
                self.faults[name] = _(
                    "“%(text)s” are no opening hours. Write them as in "
                    "“09:00–12:30, 13:30–17:00”; leave a closed day empty.",
                    text=piece.strip()[:40],
                )
                return []
            opens, opens_at, closes, closes_at = found.groups()
            shifts.append(
                [f"{int(opens):02d}:{opens_at or '00'}", f"{int(closes):02d}:{closes_at or '00'}"]
            )
        return shifts

    def _days(self) -> dict[str, list[list[str]]]:
        days: dict[str, list[list[str]]] = {}
        lines = [line.strip() for line in self.days.splitlines() if line.strip()]
        if len(lines) > MOST_DAYS:
            self.faults["days"] = _("At most %(n)s days can be named.", n=MOST_DAYS)
            return days
        for line in lines:
            found = _DAY.fullmatch(line)
            if found is None:
                self.faults["days"] = _(
                    "“%(text)s” names no day. Write the date first: “2026-12-24 09:00–12:00” or "
                    "“2026-12-31 closed”.",
                    text=line[:40],
                )
            elif found[1] in days:
                self.faults["days"] = _("%(day)s stands there twice.", day=found[1])
            else:
                days[found[1]] = self._shifts("days", found[2])
        return days


def _country(typed: str) -> str:
    """Return a code of two letters as it is written; anything else stays as it was typed."""
    return typed.upper() if len(typed) == 2 else typed


def shifts_text(shifts: list[list[str]]) -> str:
    """Return shifts as one line: ``09:00–12:30, 13:30–17:00``; "" where it is closed."""
    return ", ".join(f"{opens}–{closes}" for opens, closes in shifts)
