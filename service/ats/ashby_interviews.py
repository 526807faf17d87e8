"""What Ashby's interview schedules mean: booked, held, called off, or without a date yet."""

from __future__ import annotations

from datetime import datetime

from service.ats.ashby_states import Reading, around
from service.ats.asking import Needs
from service.ats.meaning import Ignored
from service.ats.payload import JsonObject
from service.domain.changes import Change, InterviewBooked, InterviewCancelled, InterviewDone

# The statuses a schedule goes through (observed by implementers; the OpenAPI names a few).
_LOOKING_FOR_A_DATE = frozenset(
    {
        "NeedsScheduling",
        "WaitingOnCandidateAvailability",
        "WaitingOnCandidateBooking",
        "CandidateAvailabilitySubmitted",
        "Rescheduling",
        "OnHold",
    }
)
_BOOKED = frozenset({"Scheduled"})
_HELD = frozenset({"WaitingOnFeedback", "Complete", "Completed"})
_CALLED_OFF = frozenset({"Cancelled", "Canceled"})


def schedule_created(data: JsonObject, reading: Reading) -> list[Change] | Needs:
    """A new schedule; most have no date when they are made."""
    found = data.required_child("interviewSchedule")
    if found.text("status") in _LOOKING_FOR_A_DATE:
        raise Ignored("an interview is wanted and has no date yet")
    return schedule(found, reading)


def schedule_updated(data: JsonObject, reading: Reading) -> list[Change] | Needs:
    """A schedule that changed."""
    return schedule(data.required_child("interviewSchedule"), reading)


def schedule(found: JsonObject, reading: Reading) -> list[Change] | Needs:
    """One schedule is one interview here, from the start of its first event to its last end."""
    application_id, schedule_id = found.required_id("applicationId"), found.required_id("id")
    status = found.text("status") or ""
    if status not in _LOOKING_FOR_A_DATE | _BOOKED | _HELD | _CALLED_OFF:
        raise Ignored(f"Keepword has no use for an interview that is {status[:40]!r}")
    told = around(application_id, reading)
    if isinstance(told, Needs):
        return told
    ref, state = told
    at = found.instant("updatedAt", past_of=reading.received_at)
    starts_at, ends_at = _span(found)
    if status in _BOOKED:
        return [*state, InterviewBooked(ref, at, schedule_id, starts_at, ends_at)]
    if status in _HELD:
        ended_at = ends_at if ends_at and ends_at <= reading.received_at else at
        booked = InterviewBooked(ref, at, schedule_id, starts_at, ends_at)
        return [*state, booked, InterviewDone(ref, at, schedule_id, ended_at)]
    # Called off, or put back to where a date is looked for: whatever was booked is no more.
    return [*state, InterviewCancelled(at, schedule_id, ref)]


def _span(found: JsonObject) -> tuple[datetime | None, datetime | None]:
    """From the first start to the last end of what the candidate takes part in."""
    starts: list[datetime] = []
    ends: list[datetime] = []
    for event in found.children("interviewEvents") or ():
        kind = event.child("interview")
        if kind is not None and kind.flag("isDebrief"):
            continue  # the team talks about the candidate
        begin, end = event.instant("startTime"), event.instant("endTime")
        starts += [begin] if begin else []
        ends += [end] if end else []
    return min(starts, default=None), max(ends, default=None)
