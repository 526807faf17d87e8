"""What becomes of an applicant: silence, a no on paper, a call and a promise, an interview.

Colleagues act in working time alone; the ATS and the applicants at any hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.demo.diary import Ats, Diary
from service.demo.hands import Hands
from service.demo.people import Applicant

_PAPER = ("Not enough experience", "Another focus", "No permit for this place of work")
_AFTER_INTERVIEW = ("Another candidate fitted better", "The panel was not convinced")
_QUESTIONS = (
    "Wanted to know where things stand.",
    "Asked whether the documents arrived.",
    "Asked when the interview will be.",
    "Still hoping to hear.",
)
_WORDS = (
    ("callback", "A call about the next step", "by friday"),
    ("callback", "A call with the salary range", "1 business day"),
    ("scheduling", "A date for the panel", "2 business days"),
    ("callback", "A call about the team", "6 business hours"),
    ("status", "An email saying where things stand", "3 business days"),
)


@dataclass(frozen=True)
class Plots:
    """Writes one applicant's three weeks into the diary, by one of several plots."""

    diary: Diary
    ats: Ats

    def arrives(self, person: Applicant) -> datetime:
        """Apply; return when Keepword hears of it."""
        diary = self.diary
        at = max(person.applied_at + timedelta(seconds=20), diary.start_at + timedelta(minutes=5))
        self.ats.applied(person, at)
        return at

    def silent(self, person: Applicant) -> None:
        """Apply and wait: the rules alone write. Some ask."""
        at = self.arrives(person)
        if self.diary.chance.random() < 0.1:
            self.asks(person, self.diary.hours_later(at, 16, 60))

    def paper_rejected(self, person: Applicant) -> None:
        """Be turned down on paper, in the ATS or in Keepword, and mostly be told."""
        diary, chance = self.diary, self.diary.chance
        at = diary.hours_later(self.arrives(person), 6, 40)
        by = person.opening.recruiter
        reason = chance.choice(_PAPER)
        if chance.random() < 0.8:
            self.ats.rejected(person, at, by, reason)
        else:
            diary.office(at, lambda desk: Hands(desk, person, by).reject(reason))
        self.told(person, at, "rejection-application")

    def withdrawn(self, person: Applicant) -> None:
        """Take another offer."""
        self.ats.withdrew(person, self.diary.hours_later(self.arrives(person), 8, 50))

    def screened(self, person: Applicant) -> datetime:
        """Be called once; on that call, perhaps, be promised something. Return the call."""
        diary, chance = self.diary, self.diary.chance
        by = person.opening.recruiter
        moved_at = diary.hours_later(self.arrives(person), 8, 24)
        self.ats.moved(person, moved_at, "Phone Screen", "screening")
        call_at = diary.hours_later(moved_at, 1, 12)
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            diary.office(call_at, lambda desk: Hands(desk, person, by).call("no_answer"))
            call_at = diary.hours_later(call_at, 1, 5)
        note = "Spoke about the role and the team."
        diary.office(call_at, lambda desk: Hands(desk, person, by).call("reached", note))
        if chance.random() < 0.6:
            self.promised(person, call_at)
        return call_at

    def interviewed(self, person: Applicant) -> None:
        """Come to an interview; then hear in time, late, or nothing at all."""
        diary, chance = self.diary, self.diary.chance
        by = person.opening.recruiter
        call_at = self.screened(person)
        moved_at = diary.hours_later(call_at, 2, 10)
        self.ats.moved(person, moved_at, "Onsite Interview", "interview")
        if person.email:
            reply_by = diary.later(moved_at, "2 business days")
            diary.office(
                diary.hours_later(moved_at, 0.2, 2),
                lambda desk: Hands(desk, person, by).invite(reply_by),
            )
        starts_at = diary.hours_later(moved_at, 9, 30)
        self.ats.booked(person, diary.hours_later(moved_at, 3, 7), starts_at)
        done_at = diary.later(starts_at, "1 business hour")
        self.ats.interviewed(person, done_at)
        fate = chance.random()
        if fate < 0.35:
            # Nobody says anything; some ask, more than once.
            for hours in (20, 38, 46)[: chance.choice((0, 1, 2, 3))]:
                self.asks(person, diary.hours_later(done_at, hours, hours + 4), answered=False)
            return
        least, most = (3, 20) if fate < 0.8 else (27, 44)
        word_at = diary.hours_later(done_at, least, most)
        note = "Told them the panel meets next week."
        diary.office(word_at, lambda desk: Hands(desk, person, by).call("reached", note))
        if fate < 0.6:
            self.decided(person, diary.hours_later(word_at, 4, 30))
        elif fate < 0.75:
            self.promised(person, word_at, ("decision", "The panel's decision", "3 business days"))

    def decided(self, person: Applicant, at: datetime) -> None:
        """Be turned down after an interview by the hiring manager, and be told."""
        reason = self.diary.chance.choice(_AFTER_INTERVIEW)
        self.ats.rejected(person, at, person.opening.manager, reason)
        self.told(person, at, "rejection-interview")

    def told(self, person: Applicant, at: datetime, letter: str) -> None:
        """Write the letter after a decision: mostly in time, sometimes late, sometimes never."""
        diary, luck = self.diary, self.diary.chance.random()
        by = person.opening.recruiter
        if luck > 0.9:
            return
        least, most = (1, 11) if luck < 0.8 else (17, 30)
        tell_at = diary.hours_later(at, least, most)
        if person.email is None:
            note = "Told the decision on the phone."
            diary.office(tell_at, lambda desk: Hands(desk, person, by).tell_decision(note))
            return
        diary.office(tell_at, lambda desk: Hands(desk, person, by).write(letter))

    def promised(
        self, person: Applicant, at: datetime, word: tuple[str, str, str] | None = None
    ) -> None:
        """Be promised something on a call, and see what the word is worth."""
        diary, chance = self.diary, self.diary.chance
        by = person.opening.recruiter
        kind, wording, within = word or chance.choice(_WORDS)
        said_at = at + timedelta(minutes=4)
        within = diary.by_friday(said_at) if within == "by friday" else within
        due_at = diary.later(said_at, within)
        name = f"{person.number}/{len(diary.acts)}"
        diary.office(
            said_at, lambda desk: Hands(desk, person, by).promise(name, kind, wording, within)
        )
        room = self.diary.calendar.working_time(said_at, due_at) / timedelta(hours=1)
        fate = chance.random()
        if fate < 0.52:
            kept_at = diary.hours_later(said_at, 0.4 * room, 0.95 * room)
        elif fate < 0.66:
            kept_at = diary.hours_later(due_at, 0.5, 12)
            if chance.random() < 0.5:
                self.asks(person, diary.hours_later(due_at, 0.1, 0.4), answered=False)
        elif fate < 0.82:
            # Broken: some ask before the day, more after it.
            if chance.random() < 0.3:
                self.asks(
                    person, diary.hours_later(said_at, 0.3 * room, 0.8 * room), answered=False
                )
            for hours in (2, 10)[: chance.choice((0, 1, 2))]:
                self.asks(person, diary.hours_later(due_at, hours, hours + 3), answered=False)
            return
        elif fate < 0.93:
            told = chance.random() < 0.6
            moved_at = diary.hours_later(said_at, 0.5 * room, 0.9 * room)
            diary.office(
                moved_at,
                lambda desk: Hands(desk, person, by).reschedule(name, "2 business days", told=told),
            )
            kept_at = diary.hours_later(moved_at, 6, 20)
        else:
            let_go_at = diary.hours_later(said_at, 0.3 * room, 0.9 * room)
            reason = "They rang us first; it was all said then."
            diary.office(let_go_at, lambda desk: Hands(desk, person, by).release(name, reason))
            return
        diary.office(kept_at, lambda desk: Hands(desk, person, by).call("reached", keeps=(name,)))

    def asks(self, person: Applicant, at: datetime, *, answered: bool | None = None) -> None:
        """Ring or write to ask; be answered in time, late, or not at all."""
        diary, chance = self.diary, self.diary.chance
        by = person.opening.recruiter
        channel, question = chance.choice(("phone", "email", "email")), chance.choice(_QUESTIONS)
        diary.office(at, lambda desk: Hands(desk, person, by).enquiry(channel, question))
        luck = chance.random() if answered is None else float(answered is False)
        if luck < 0.85:
            least, most = (0.5, 7) if luck < 0.65 else (9, 16)
            reply_at = diary.hours_later(at, least, most)
            diary.office(reply_at, lambda desk: Hands(desk, person, by).call("reached", question))
