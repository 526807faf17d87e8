"""Every resource of the API, in the order the reference shows them."""

from __future__ import annotations

from service.api import (
    applications,
    calendars,
    candidates,
    closings,
    connection_actions,
    connections,
    contacts,
    decisions,
    deliveries,
    jobs,
    message_actions,
    messages,
    overdue,
    people,
    policies,
    promise_actions,
    promises,
    templates,
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
        people,
        candidates,
        jobs,
        closings,
        applications,
        decisions,
        messages,
        message_actions,
        templates,
        policies,
        calendars,
        connections,
        connection_actions,
        deliveries,
        users,
    )
)
