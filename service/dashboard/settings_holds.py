"""Shows when letters may reach a person and how long they can be taken back, as the code has it.

Nothing here can be set: what is shown is read from the rules themselves, so it cannot drift.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from flask import Response
from flask_babel import gettext as _

from service.dashboard.letters import kind_words
from service.dashboard.settings import settings_page
from service.dashboard.site import blueprint, needs
from service.dashboard.wording import moment_words
from service.db import db
from service.domain.business_time import Calendar
from service.domain.calendars import CalendarSpec
from service.domain.contacts import DECISION_LETTERS
from service.domain.rights import Right
from service.domain.waking_hours import ANY_HOUR, WakingHours
from service.parts import Parts, parts
from service.queries.moved_promises import all_calendars
from service.workflows.calendars import compile_document, current_document
from service.workflows.waking import REJECTION_HOLD

_TUESDAY: Final = date(2026, 3, 3)
_FRIDAY: Final = date(2026, 3, 6)
_WEEK: Final = tuple(((540, 1020),) if day < 5 else () for day in range(7))


@dataclass(frozen=True)
class Hours:
    """The span of one day in which letters go, as clocks; "" and "" where none does."""

    opens: str
    closes: str


@dataclass(frozen=True)
class Example:
    """When letters written this minute would go, by the company's calendar."""

    zone: str
    news: str
    decision: str


@blueprint.get("/settings/holds")
@needs(Right.SEE_SETTINGS)
def settings_holds() -> Response:
    """Show the holds and the quiet hours."""
    running = parts()
    return settings_page(
        running,
        "settings_holds.html",
        minutes=int(REJECTION_HOLD / timedelta(minutes=1)),
        usual=decent_hours(_TUESDAY, final=False),
        eve=decent_hours(_FRIDAY, final=True),
        at_once=", ".join(kind_words(kind) for kind in sorted(ANY_HOUR)),
        held=", ".join(kind_words(kind) for kind in sorted(DECISION_LETTERS)),
        example=_example(running),
    )


@lru_cache(maxsize=8)
def decent_hours(day: date, *, final: bool) -> Hours:
    """Return when letters go on a day of a plain week, found by asking the rule minute by minute.

    ``final`` asks for letters that end an application.
    """
    calendar = Calendar(CalendarSpec("plain", ZoneInfo("UTC"), _WEEK))
    hours = WakingHours(calendar, ZoneInfo("UTC"))
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    minutes = [midnight + timedelta(minutes=each) for each in range(1440)]
    open_at = [at for at in minutes if hours.next_at(at, final=final) == at]
    if not open_at:
        return Hours("", "")
    return Hours(f"{open_at[0]:%H:%M}", f"{open_at[-1] + timedelta(minutes=1):%H:%M}")


def _example(running: Parts) -> Example | None:
    rows = [row for row in all_calendars(db.session()) if row.is_default]
    if not rows:
        return None
    now, work = running.now(), running.work(actor="page", source="page")
    calendar = compile_document(work, current_document(work, rows[0]))
    hours, zone = WakingHours(calendar, calendar.time_zone), calendar.time_zone
    goes = hours.next_at(now)
    news = _("at once") if goes == now else moment_words(goes, zone)
    return Example(
        zone.key, news, moment_words(hours.next_at(now + REJECTION_HOLD, final=True), zone)
    )
