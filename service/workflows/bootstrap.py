"""Gives a database what Keepword needs to start: a calendar, the default policies, the letters."""

from __future__ import annotations

from sqlalchemy import select

from service.domain.default_policies import DEFAULT_POLICIES
from service.models import Calendar, CalendarVersion, Policy
from service.workflows.policies import add_policy
from service.workflows.template_versions import register_shipped
from service.workflows.work import Work

_OFFICE_HOURS = [["09:00", "17:00"]]


def bootstrap(work: Work) -> None:
    """Add what is missing and leave everything else alone; run any number of times."""
    if work.session.scalars(select(Calendar.id).where(Calendar.is_default)).first() is None:
        calendar = Calendar(name="company", is_default=True, created_at=work.now)
        work.session.add(calendar)
        work.session.flush()
        work.session.add(
            CalendarVersion(
                calendar_id=calendar.id,
                version=1,
                document={
                    "name": "company",
                    "time_zone": work.office.time_zone,
                    "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), _OFFICE_HOURS),
                },
                created_at=work.now,
            )
        )
    # Only a database that never had a policy gets the defaults: a deleted one stays deleted.
    if work.session.scalars(select(Policy.id)).first() is None:
        for name, terms in DEFAULT_POLICIES.items():
            add_policy(work, name, terms)
    register_shipped(work)
