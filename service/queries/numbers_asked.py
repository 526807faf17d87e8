"""How often candidates had to ask, and how often after a word had been broken."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from service.domain.contacts import Direction
from service.models import Application, Contact
from service.queries.numbers import Scope, week_of


@dataclass(frozen=True)
class Asked:
    """Enquiries of one week: how many, how many after a promise had passed, by how many."""

    enquiries: int = 0
    after_broken: int = 0
    applications: int = 0


@dataclass(frozen=True)
class AskedPer:
    """Enquiries over all weeks, set against the applications that were open at some time then."""

    asked: Asked
    open_applications: int

    @property
    def per_application(self) -> float | None:
        """Enquiries per application; ``None`` where there was none."""
        if not self.open_applications:
            return None
        return self.asked.enquiries / self.open_applications


_COUNTS = (
    func.count(),
    func.sum(case((Contact.after_broken_promise, 1), else_=0)),
    func.count(Contact.application_id.distinct()),
)


def asked_by_week(session: Session, scope: Scope) -> list[Asked]:
    """Return the enquiries of each week."""
    week = week_of(scope, Contact.at).label("week")
    found = session.execute(
        select(week, *_COUNTS)
        .join(Application, Application.id == Contact.application_id)
        .where(*_asked(scope))
        .group_by(week)
    )
    counts = {row[0]: Asked(row[1], int(row[2] or 0), row[3]) for row in found}
    return [counts.get(week, Asked()) for week in range(len(scope.weeks.mondays))]


def asked_in_all(session: Session, scope: Scope) -> AskedPer:
    """Return the enquiries of all weeks, each application counted once."""
    enquiries, after, askers = session.execute(
        select(*_COUNTS)
        .join(Application, Application.id == Contact.application_id)
        .where(*_asked(scope))
    ).one()
    considered = session.scalar(
        select(func.count())
        .select_from(Application)
        .where(
            Application.applied_at < scope.weeks.end,
            or_(
                Application.closed_at.is_(None),
                Application.closed_at >= scope.weeks.begin,
            ),
            Application.deleted_at.is_(None),
            *scope.narrows(),
        )
    )
    return AskedPer(Asked(enquiries, int(after or 0), askers), considered or 0)


def _asked(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    return (
        scope.within(Contact.at),
        Contact.direction == Direction.IN,
        Contact.taken_back_at.is_(None),
        *scope.narrows(),
    )
