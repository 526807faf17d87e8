"""The ladder of one promise: when it is at risk, and the instant of every rung.

All of it is computed when a deadline is set, so that the checker only compares instants; a flag
stands at every due instant, whatever the policy says. A deadline does not move for the night: the
letters that are to arrive by it start early enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from service.domain.business_time import Calendar
from service.domain.durations import BusinessHours, ByTime, EndOfDay, parse
from service.domain.policies import Action, Anchor, Rung, RungAt, Terms
from service.domain.waking_hours import ANY_HOUR, WakingHours

# Reminders come at the latest with a quarter of the working time left, so that a promise of
# two hours is not "at risk" from the moment it is made.
_WARN_SHARE = 4
_LETTERS = frozenset({Action.SEND, Action.HOLDING})


def warn_at(terms: Terms, start: datetime, due_at: datetime, calendar: Calendar) -> datetime:
    """Return when a promise becomes at risk: ``warn_before``, or a quarter of its working time.

    Never before ``start``: with no working time left it is at risk from the beginning.
    """
    lead = parse(terms.warn_before)
    minutes = lead.minutes if isinstance(lead, BusinessHours) else 0
    shortest = min(BusinessHours(minutes), _quarter(start, due_at, calendar), key=_minutes)
    return max(start, calendar.subtract(due_at, shortest))


def climb(
    terms: Terms,
    start: datetime,
    due_at: datetime,
    calendar: Calendar,
    waking: WakingHours | None = None,
) -> tuple[RungAt, ...]:
    """Return the ladder of one promise as instants, ascending; none lies before ``start``.

    A flag stands at the due instant whether or not the policy says so: no deadline passes unseen.
    A letter that is to go by then stands at the last hour before its own that is decent by
    ``waking``, or at ``start`` where there is none; one that a promise begins with goes then, and
    one after the due instant waits in the outbox.
    """
    rungs = []
    for rung in terms.ladder:
        if rung.action is Action.FLAG:
            continue
        at = _instant(rung, start, due_at, calendar)
        if waking is not None and at <= due_at and _is_shifted(rung):
            at = max(start, waking.last_at(at))
        rungs.append(RungAt(at, rung.action, rung.template))
    rungs.append(RungAt(due_at, Action.FLAG))
    order = list(Action)
    return tuple(sorted(rungs, key=lambda rung: (rung.at, order.index(rung.action))))


def go_on(
    passed: Sequence[Mapping[str, Any]], ladder: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return a ladder computed anew, in stored form, behind the rungs that were passed already.

    What was done stays done, though the rungs may stand in another order now.
    """
    ahead = list(ladder)
    for gone in passed:
        for rung in ahead:
            if (rung["action"], rung["template"]) == (gone["action"], gone["template"]):
                ahead.remove(rung)
                break
    return [*passed, *ahead]


def _is_shifted(rung: Rung) -> bool:
    by_due = rung.anchor is not Anchor.MADE
    return by_due and rung.action in _LETTERS and rung.template not in ANY_HOUR


def _instant(rung: Rung, start: datetime, due_at: datetime, calendar: Calendar) -> datetime:
    if rung.anchor is Anchor.MADE:
        return start
    if rung.anchor is Anchor.DUE or rung.offset is None:
        return due_at
    offset = parse(rung.offset)
    if rung.anchor is Anchor.AFTER:
        return calendar.add(due_at, offset, trace=False).due_at
    if isinstance(offset, ByTime | EndOfDay):
        raise ValueError("a rung before the due instant needs a length of time")
    at = calendar.subtract(due_at, offset)
    if rung.action is Action.REMIND:
        at = max(at, calendar.subtract(due_at, _quarter(start, due_at, calendar)))
    return max(start, at)


def _quarter(start: datetime, due_at: datetime, calendar: Calendar) -> BusinessHours:
    available = int(calendar.working_time(start, due_at) / timedelta(minutes=1))
    return BusinessHours(available // _WARN_SHARE)


def _minutes(lead: BusinessHours) -> int:
    return lead.minutes
