"""The invented employer of the demo: its people, jobs, calendar and connections.

Everybody here is invented; every address is under example.com.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.auth.keys import make_key
from service.auth.passwords import set_password
from service.models import Calendar, CalendarVersion, User
from service.workflows.bootstrap import bootstrap
from service.workflows.connections import add_connection
from service.workflows.work import Work

COMPANY = "Havelbogen Werkstatt"
ZONE = "Europe/Berlin"
MAIL_FROM = "hiring@havelbogen.example.com"

GREENHOUSE, GENERIC = "greenhouse-main", "workshop-desk"
SECRETS: Mapping[str, str] = {
    GREENHOUSE: "an invented webhook secret of the demo",
    GENERIC: "whsec_aW52ZW50ZWQgc2VjcmV0IG9mIHRoZSBkZW1vISEhIQ==",
}
"""Signing secrets of a database that lives as long as the demo."""


@dataclass(frozen=True)
class Colleague:
    """One of the staff. ``number`` is their id in both ATSs."""

    number: int
    name: str
    role: str

    @property
    def email(self) -> str:
        """Return their address at work."""
        ascii_name = self.name.lower().translate(str.maketrans("ńź", "nz"))
        return f"{ascii_name.replace(' ', '.')}@havelbogen.example.com"


RUTH = Colleague(11, "Ruth Adeyemi", "administrator")
MARIA = Colleague(21, "Maria Keller", "recruiter")
TOMASZ = Colleague(22, "Tomasz Zielinski", "recruiter")
AYLIN = Colleague(23, "Aylin Demir", "recruiter")
PRIYA = Colleague(31, "Priya Subramanian", "hiring_manager")
HENRIK = Colleague(32, "Henrik Lund", "hiring_manager")
STAFF = (RUTH, MARIA, TOMASZ, AYLIN, PRIYA, HENRIK)


@dataclass(frozen=True)
class Opening:
    """One job. ``weight`` is its share of the applications."""

    number: int
    title: str
    connection: str
    recruiter: Colleague
    manager: Colleague
    weight: int


OPENINGS = (
    Opening(701, "Backend Engineer", GREENHOUSE, MARIA, PRIYA, 30),
    Opening(702, "Accountant", GREENHOUSE, TOMASZ, HENRIK, 15),
    Opening(703, "Support Lead", GREENHOUSE, AYLIN, PRIYA, 18),
    Opening(704, "Product Designer", GREENHOUSE, MARIA, PRIYA, 14),
    Opening(705, "Field Technician", GENERIC, TOMASZ, HENRIK, 13),
    Opening(706, "Warehouse Coordinator", GENERIC, AYLIN, HENRIK, 10),
)


def calendar_document(start_on: date) -> dict[str, Any]:
    """Return the company's working time: Berlin's holidays, and one afternoon off in week two."""
    outing = start_on + timedelta(days=10)
    while outing.weekday() > 3:
        outing += timedelta(days=1)
    hours = [["09:00", "17:00"]]
    return {
        "name": "company",
        "time_zone": ZONE,
        "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), hours),
        "holidays": {"country": "DE", "subdivision": "BE"},
        "days": {outing.isoformat(): [["09:00", "13:00"]]},
    }


@dataclass(frozen=True)
class Founded:
    """What the players need: an API key and the user id of each colleague, by name."""

    keys: Mapping[str, str]
    user_ids: Mapping[str, str]


def found_company(work: Work, document: dict[str, Any]) -> Founded:
    """Set the company up in an empty, migrated database, as its administrator would."""
    session = work.session
    calendar = Calendar(name="company", is_default=True, created_at=work.now)
    session.add(calendar)
    session.flush()
    session.add(
        CalendarVersion(calendar_id=calendar.id, version=1, document=document, created_at=work.now)
    )
    bootstrap(work)
    users = {each.name: _hire(session, each, work.now) for each in STAFF}
    for each in STAFF:
        if each is not RUTH:
            users[each.name].manager_id = users[RUTH.name].id
    for name, vendor in ((GREENHOUSE, "greenhouse"), (GENERIC, "generic")):
        add_connection(work, name, vendor, [SECRETS[name]], rejections_by="keepword")
    keys = {
        each.name: make_key(
            session,
            work.now,
            f"{each.name}'s desk",
            ["admin" if each is RUTH else "write"],
            user_id=users[each.name].id,
        )[1]
        for each in STAFF
    }
    session.flush()
    return Founded(keys, {name: user.id for name, user in users.items()})


def let_in(session: Session, now: datetime) -> tuple[tuple[Colleague, ...], str]:
    """Let a recruiter, a hiring manager and the administrator sign in; return whom, and how.

    The password is made for this one demo; its database goes when it ends.
    """
    password = f"invented-{secrets.token_hex(5)}"
    who = (MARIA, PRIYA, RUTH)
    for each in who:
        user = session.scalars(select(User).where(User.email == each.email)).one()
        set_password(session, user, password, now)
    return who, password


def _hire(session: Session, colleague: Colleague, now: datetime) -> User:
    user = User(
        email=colleague.email,
        name=colleague.name,
        role=colleague.role,
        time_zone=ZONE,
        created_at=now,
    )
    session.add(user)
    session.flush()
    return user
