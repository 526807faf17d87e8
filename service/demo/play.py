"""Puts the demo together: a fresh database, the running service, the story, and what it left.

Everything is the product's own but the clock and whatever carries the mail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from flask import Flask

from service.app import create_app, session_of
from service.clock import FakeClock
from service.config import Config
from service.db import db
from service.demo.company import COMPANY, MAIL_FROM, ZONE, calendar_document, found_company
from service.demo.desk import Desk
from service.demo.diary import Act
from service.demo.hands import name_hiring_managers
from service.demo.mail import DemoMail
from service.demo.replay import Replay
from service.demo.server import serving
from service.demo.story import SPAN, TURNS, write_story
from service.domain.business_time import Calendar
from service.parts import parts
from service.public_holidays import holidays_for
from service.workflows.migrate import upgrade
from service.workflows.work import Work

FIXED_END = datetime(2026, 4, 10, 14, 0, tzinfo=UTC)
"""A Friday, 16:00 in Berlin: the three weeks before it hold Easter and the change of the clocks.

Played where nobody looks at the page afterwards, so that the figures are the same on every day.
"""

MAIL_OUTAGE = (timedelta(days=9, hours=17), timedelta(days=9, hours=20))
"""When, counted from the start, the provider answers 503 to everything."""


@dataclass(frozen=True)
class Played:
    """What a run leaves: the application on its database, the instant it ended at, the faults."""

    app: Flask
    end_at: datetime
    answers: dict[str, int]
    surprises: list[str]


def demo_config(home: Path, *, event_key: str = "") -> Config:
    """Return the configuration of the demo's database below ``home``."""
    return Config(
        home=home,
        database_url=f"sqlite:///{home.absolute()}/keepword.db",
        secret_key="",
        company=COMPANY,
        time_zone=ZONE,
        mail_from=MAIL_FROM,
        mail_from_name=COMPANY,
        sendgrid_event_public_key=event_key,
        log_level="WARNING",
    )


def play(
    home: Path,
    end_at: datetime,
    *,
    seed: int,
    scale: float = 1.0,
    progress: Callable[[float], None] = lambda _: None,
) -> Played:
    """Play three weeks that end at ``end_at`` (a full hour) into a new database below ``home``."""
    start_at = end_at - SPAN
    clock = FakeClock(start_at)
    outage = (start_at + MAIL_OUTAGE[0], start_at + MAIL_OUTAGE[1])
    mail = DemoMail(seed, MAIL_FROM.partition("@")[2], [outage])
    mail.use_clock(clock)
    app = create_app(demo_config(home, event_key=mail.public_key), clock=clock, transport=mail)
    with app.app_context():
        upgrade(db.engine)
    document = calendar_document(start_at.date())
    with session_of(app) as session:
        founded = found_company(Work(session, start_at, parts(app).office), document)
        session.commit()
    calendar = Calendar.from_document(document, holidays_for)
    story = write_story(calendar, start_at, end_at, seed=seed, scale=scale)
    user_ids = dict(founded.user_ids)
    name_at = calendar.next_opening(start_at + timedelta(hours=2))
    naming = Act(name_at, -1, True, lambda desk: name_hiring_managers(desk, user_ids))
    with serving(app) as base_url:
        desk = Desk(base_url, clock, founded.keys)
        try:
            chance = Random(seed)  # noqa: S311 - an order of events, not a secret
            Replay(app, clock, mail, desk, chance, progress).play([*story.acts, naming], TURNS)
        finally:
            desk.close()
    return Played(app, end_at, dict(desk.answers), desk.surprises)


def last_full_hour(now: datetime) -> datetime:
    """Return the hour that began last: the story ends there when its page is shown afterwards."""
    return now.replace(minute=0, second=0, microsecond=0)
