"""The diary of the three weeks: who does what when, in working time, before any of it is played.

Nothing is written after the end or before the beginning; the order of one instant is the order
of writing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from service.clock import instant_text
from service.demo import generic, greenhouse
from service.demo.company import GREENHOUSE, Colleague
from service.demo.desk import Desk
from service.demo.people import Applicant
from service.domain.business_time import Calendar
from service.domain.durations import parse

Deed = Callable[[Desk], None]


@dataclass(order=True, frozen=True)
class Act:
    """One thing that somebody does at an instant. ``office`` tells the API from a webhook."""

    at: datetime
    place: int
    office: bool = field(compare=False)
    do: Deed = field(compare=False)


@dataclass
class Diary:
    """Collects the acts. ``start_at`` and ``end_at`` bound the time that is played."""

    start_at: datetime
    end_at: datetime
    calendar: Calendar
    chance: Random
    acts: list[Act] = field(default_factory=list)

    def within(self, at: datetime) -> bool:
        """Tell whether an instant is played at all."""
        return self.start_at <= at < self.end_at

    def later(self, at: datetime, span: str) -> datetime:
        """Return the instant a working span later, such as ``3 business hours``."""
        return self.calendar.add(at, parse(span), trace=False).due_at

    def hours_later(self, at: datetime, least: float, most: float) -> datetime:
        """Return an instant some working hours later, at random between two bounds."""
        minutes = int(60 * self.chance.uniform(least, most))
        return self.later(at, f"{max(1, minutes)} business minutes")

    def by_friday(self, at: datetime) -> str:
        """Return "by Friday" as said at an instant: by Thursday where that Friday is a holiday."""
        friday = self.later(at, "by friday 17:00")
        working = self.calendar.is_working_day(friday.astimezone(self.calendar.time_zone).date())
        return "by friday 17:00" if working else "by thursday 17:00"

    def webhook(self, at: datetime, do: Deed) -> None:
        """Write down that an ATS posts something."""
        self._add(at, do, office=False)

    def office(self, at: datetime, do: Deed) -> None:
        """Write down that a colleague does something in Keepword."""
        self._add(at, do, office=True)

    def _add(self, at: datetime, do: Deed, *, office: bool) -> None:
        if self.within(at):
            self.acts.append(Act(at, len(self.acts), office, do))


@dataclass(frozen=True)
class Ats:
    """Tells the diary what each applicant's ATS posts. One method a fact, for both vendors."""

    diary: Diary

    def applied(self, person: Applicant, at: datetime) -> None:
        """Somebody applied; ``at`` is when the ATS says so."""
        if _uses_greenhouse(person):
            self._post(
                person,
                at,
                greenhouse.body(
                    "new_candidate_application", greenhouse.application(person, person.applied_at)
                ),
            )
        else:
            self._post(
                person,
                at,
                generic.event("application.applied", person.applied_at, generic.applied(person)),
            )

    def moved(self, person: Applicant, at: datetime, label: str, stage: str) -> None:
        """The application stands at another stage; ``stage`` is the same in our words."""
        person.stage, person.steps = label, []
        if _uses_greenhouse(person):
            payload = greenhouse.application(person, at)
            self._post(person, at, greenhouse.body("candidate_stage_change", payload))
        else:
            data = generic.about(person, stage=stage)
            self._post(person, at, generic.event("application.moved", at, data))

    def booked(self, person: Applicant, at: datetime, starts_at: datetime) -> None:
        """An interview is booked."""
        person.steps = [_step(person, "scheduled")]
        if _uses_greenhouse(person):
            payload = greenhouse.application(person, at)
            self._post(person, at, greenhouse.body("application_updated", payload))
        else:
            interview = {"id": 60 + person.number, "starts_at": instant_text(starts_at)}
            data = generic.about(person, interview=interview)
            self._post(person, at, generic.event("interview.booked", at, data))

    def interviewed(self, person: Applicant, at: datetime) -> None:
        """The interview was held and is over."""
        person.steps = [_step(person, "awaiting_feedback")]
        if _uses_greenhouse(person):
            payload = greenhouse.application(person, at)
            self._post(person, at, greenhouse.body("application_updated", payload))
        else:
            interview = {"id": 60 + person.number, "ended_at": instant_text(at)}
            data = generic.about(person, interview=interview)
            self._post(person, at, generic.event("interview.done", at, data))

    def rejected(self, person: Applicant, at: datetime, by: Colleague, reason: str) -> None:
        """Somebody decided against the applicant in the ATS."""
        if _uses_greenhouse(person):
            payload = greenhouse.rejection(person, at, by, reason)
            self._post(person, at, greenhouse.body("reject_candidate", payload))
        else:
            data = generic.about(person, reason=reason, by=generic.staff(by))
            self._post(person, at, generic.event("application.rejected", at, data))

    def unrejected(self, person: Applicant, at: datetime, stage: str) -> None:
        """The rejection was taken back."""
        if _uses_greenhouse(person):
            payload = greenhouse.application(person, at)
            self._post(person, at, greenhouse.body("unreject_candidate", payload))
        else:
            data = generic.about(person, stage=stage)
            self._post(person, at, generic.event("application.unrejected", at, data))

    def withdrew(self, person: Applicant, at: datetime) -> None:
        """The applicant withdrew (in Greenhouse: "they rejected us")."""
        if not _uses_greenhouse(person):
            data = generic.about(person, reason="Took another offer")
            self._post(person, at, generic.event("application.withdrawn", at, data))
            return
        left = {
            "id": 2,
            "name": "Took another offer",
            "type": {"id": 3, "name": "They rejected us"},
        }
        payload = greenhouse.application(
            person,
            at,
            status="rejected",
            rejected_at=instant_text(at),
            rejection_reason=left,
        )
        self._post(person, at, greenhouse.body("reject_candidate", payload))

    def hired(self, person: Applicant, at: datetime) -> None:
        """The offer was accepted."""
        if not _uses_greenhouse(person):
            data = generic.about(person)
            self._post(person, at, generic.event("application.hired", at, data))
            return
        accepted = greenhouse.offer(person, status="accepted", at=at)
        payload = greenhouse.application(person, at, status="hired", offer=accepted)
        self._post(person, at, greenhouse.body("hire_candidate", payload))

    def raw(self, connection: str, at: datetime, body: bytes, **how: object) -> None:
        """Post exactly this; ``how`` goes to ``Desk.deliver``."""
        self.diary.webhook(at, lambda desk: desk.deliver(connection, body, **how))  # type: ignore[arg-type]  # passed on as given

    def _post(self, person: Applicant, at: datetime, body: bytes) -> None:
        connection = person.opening.connection
        identity = f"event-{person.application}-{int(at.timestamp())}-{len(self.diary.acts)}"
        self.diary.webhook(at, lambda desk: desk.deliver(connection, body, identity=identity))


def _uses_greenhouse(person: Applicant) -> bool:
    return person.opening.connection == GREENHOUSE


def _step(person: Applicant, status: str) -> dict[str, object]:
    return {"id": 60 + person.number, "name": "Onsite Interview", "status": status}
