"""Every resource of the API, in the order the reference shows them."""

from __future__ import annotations

from service.api import (
    applications,
    calendars,
    candidates,
    connections,
    contacts,
    decisions,
    deliveries,
    jobs,
    messages,
    overdue,
    policies,
    promise_actions,
    promises,
    users,
)
from service.api.operation import Resource

RESOURCES: tuple[Resource, ...] = tuple(
    each.resource
    for each in (
        overdue,
        promises,
        promise_actions,
        contacts,
        candidates,
        jobs,
        applications,
        decisions,
        messages,
        policies,
        calendars,
        connections,
        deliveries,
        users,
    )
)
