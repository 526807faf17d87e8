"""What Lever tells of an opportunity's interviews: booked, called off, and held by the clock.

Lever says when an interview is, and never that it was: one whose end has passed, and which nobody
called off, counts as held. A promise too many is seen and released, a missing one is silence.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from service.ats import lever_api as lever
from service.ats import lever_payloads as read
from service.ats.lever_api import Known
from service.ats.payload import JsonObject
from service.domain.changes import (
    ApplicationRef,
    Change,
    InterviewBooked,
    InterviewCancelled,
    InterviewDone,
)

_LONGEST = 24 * 60
"""Minutes; Lever gives an interview's length in them."""


def interviews(
    ref: ApplicationRef, known: Known, until: datetime, *, closed: bool
) -> tuple[list[Change], frozenset[str]]:
    """The changes, and the ids of the interviews that there are.

    ``until``: what ends later has not been held; for a closed application that is when it closed.
    """
    changes: list[Change] = []
    seen: set[str] = set()
    for each in known.things(lever.interviews(ref.external_id)):
        id_ = each.id("id")
        if id_ is None:
            each.warn("id", "is missing; the interview is left out")
            continue
        seen.add(id_)
        changes += _changes(each, id_, ref, until, closed=closed)
    return changes, frozenset(seen)


def deleted(
    ref: ApplicationRef, known: Known, interview_id: str, at: datetime | None
) -> list[Change]:
    """The cancellation of an interview that is not among an opportunity's, if Lever has it not."""
    answer = known.answer(lever.interview(ref.external_id, interview_id))
    return [InterviewCancelled(at, interview_id, ref)] if answer and answer.gone else []


def _changes(
    interview: JsonObject, id_: str, ref: ApplicationRef, until: datetime, *, closed: bool
) -> list[Change]:
    cancelled_at = read.instant(interview, "canceledAt")
    if cancelled_at is not None:
        return [InterviewCancelled(cancelled_at, id_, ref)]
    starts_at = read.instant(interview, "date")
    if starts_at is None:
        return []
    minutes = interview.members.get("duration")
    length = minutes if isinstance(minutes, int) and 0 < minutes <= _LONGEST else 0
    ends_at = starts_at + timedelta(minutes=length)
    held = ends_at <= until
    if closed and not held:
        return []
    created_at = read.instant(interview, "createdAt")
    changes: list[Change] = [InterviewBooked(ref, created_at, id_, starts_at, ends_at)]
    return [*changes, InterviewDone(ref, ends_at, id_, ends_at)] if held else changes
