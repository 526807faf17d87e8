"""The cases that no plan foresees: merged, erased, taken back, forged, sent twice, out of order."""

from __future__ import annotations

from datetime import timedelta

from service.clock import instant_text
from service.demo import generic, greenhouse
from service.demo.company import GENERIC, GREENHOUSE, OPENINGS
from service.demo.diary import Ats, Diary
from service.demo.hands import Hands
from service.demo.people import Applicant
from service.demo.plots import Plots

ODD = 12
"""How many applicants the odd cases need."""


def write_oddities(diary: Diary, ats: Ats, plots: Plots, people: list[Applicant]) -> None:
    """Write each odd case once, with the first applicants of the story."""
    for person in people:
        person.opening = OPENINGS[person.number % 4]
    _taken_back(diary, ats, plots, people[0])
    _merged(diary, ats, plots, people[1], people[2])
    _erased(diary, ats, plots, people[3])
    _hired(diary, ats, plots, people[4])
    _twice(diary, ats, plots, people[5])
    _out_of_order(diary, ats, people[6])
    _never_mailed(diary, ats, plots, people[7])
    _without_address(diary, ats, plots, people[8])
    _asked_before_and_after(diary, plots, people[9])
    _decided_by_mistake(diary, plots, people[10])
    _refused(diary, plots, people[11])
    _not_ours(diary, ats)


def _taken_back(diary: Diary, ats: Ats, plots: Plots, person: Applicant) -> None:
    """Rejected by a slip in Greenhouse; the letter is in its hold when that is taken back."""
    at = diary.hours_later(plots.arrives(person), 12, 20)
    by = person.opening.recruiter
    ats.rejected(person, at, person.opening.manager, "Meant for somebody else")
    diary.office(
        at + timedelta(minutes=10),
        lambda desk: Hands(desk, person, by).write("rejection-application"),
    )
    ats.unrejected(person, at + timedelta(minutes=30), "applied")


def _merged(diary: Diary, ats: Ats, plots: Plots, gone: Applicant, stays: Applicant) -> None:
    """One person applied twice under two records; Greenhouse merges them."""
    gone.opening, stays.opening = OPENINGS[0], OPENINGS[2]
    gone.first_name, gone.last_name = stays.first_name, stays.last_name
    plots.arrives(gone)
    at = diary.hours_later(plots.arrives(stays), 20, 30)
    payload = {
        "person": {
            "id": gone.candidate,
            "type": "Candidate",
            "new_candidate_id": stays.candidate,
        }
    }
    ats.raw(GREENHOUSE, at, greenhouse.body("merge_candidate", payload))


def _erased(diary: Diary, ats: Ats, plots: Plots, person: Applicant) -> None:
    """Asks to be forgotten; an event that was on its way arrives afterwards."""
    at = diary.hours_later(plots.arrives(person), 30, 40)
    payload = {
        "candidate_id": person.candidate,
        "anonymized_fields": ["full_name", "email_addresses", "phone_numbers"],
    }
    ats.raw(GREENHOUSE, at, greenhouse.body("candidate_anonymized", payload))
    ats.moved(person, at + timedelta(minutes=3), "Phone Screen", "screening")


def _hired(diary: Diary, ats: Ats, plots: Plots, person: Applicant) -> None:
    """Is interviewed, gets an offer and takes it."""
    by = person.opening.recruiter
    moved_at = diary.hours_later(plots.arrives(person), 10, 16)
    ats.moved(person, moved_at, "Onsite Interview", "interview")
    done_at = diary.hours_later(moved_at, 16, 20)
    ats.interviewed(person, done_at)
    word_at = diary.hours_later(done_at, 3, 6)
    diary.office(word_at, lambda desk: Hands(desk, person, by).call("reached", "Good news."))
    offered_at = diary.hours_later(word_at, 4, 8)
    ats.moved(person, offered_at, "Offer", "offer")
    created = greenhouse.offer(person, status="created", at=offered_at)
    ats.raw(GREENHOUSE, offered_at, greenhouse.body("offer_created", created))
    ats.hired(person, diary.hours_later(offered_at, 10, 20))


def _twice(diary: Diary, ats: Ats, plots: Plots, person: Applicant) -> None:
    """Greenhouse times out and posts the same stage change three times."""
    at = diary.hours_later(plots.arrives(person), 9, 20)
    person.stage = "Phone Screen"
    body = greenhouse.body("candidate_stage_change", greenhouse.application(person, at))
    for minutes in (0, 15, 45):
        ats.raw(GREENHOUSE, at + timedelta(minutes=minutes), body)


def _out_of_order(diary: Diary, ats: Ats, person: Applicant) -> None:
    """The interview is told before the screening, and the application last of all."""
    first = diary.later(diary.start_at, "3 business hours")
    person.applied_at = first - timedelta(days=2)
    for minutes, late, label in (
        (0, 26, "Onsite Interview"),
        (9, 2, "Phone Screen"),
        (20, 0, "Application Review"),
    ):
        person.stage = label
        said_at = person.applied_at + timedelta(hours=late)
        action = "candidate_stage_change" if late else "new_candidate_application"
        body = greenhouse.body(action, greenhouse.application(person, said_at))
        ats.raw(GREENHOUSE, first + timedelta(minutes=minutes), body)
    person.stage = "Onsite Interview"


def _never_mailed(diary: Diary, ats: Ats, plots: Plots, person: Applicant) -> None:
    """Must not be mailed, says the ATS; is interviewed, and nobody calls."""
    person.can_email = False
    moved_at = diary.hours_later(plots.arrives(person), 20, 30)
    ats.moved(person, moved_at, "Onsite Interview", "interview")
    ats.interviewed(person, diary.hours_later(moved_at, 12, 18))


def _without_address(diary: Diary, ats: Ats, plots: Plots, person: Applicant) -> None:
    """Gave no address; is told of the decision by nobody."""
    person.email = None
    at = diary.hours_later(plots.arrives(person), 60, 70)
    ats.rejected(person, at, person.opening.manager, "Another focus")


def _asked_before_and_after(diary: Diary, plots: Plots, person: Applicant) -> None:
    """Is promised a call by Friday; asks on the way there, and twice after Friday had passed."""
    by = person.opening.recruiter
    plots.arrives(person)
    near = diary.end_at - timedelta(days=9)
    said_at = diary.later(near - timedelta(days=near.weekday()), "3 business hours")
    within = diary.by_friday(said_at)
    friday = diary.later(said_at, within)
    name, wording = "friday", "A call about the panel date"
    diary.office(
        said_at, lambda desk: Hands(desk, person, by).call("reached", "Spoke about the panel.")
    )
    diary.office(
        said_at + timedelta(minutes=5),
        lambda desk: Hands(desk, person, by).promise(name, "callback", wording, within),
    )
    plots.asks(person, diary.hours_later(said_at, 3, 6), answered=False)
    for hours in (3, 12):
        plots.asks(person, diary.hours_later(friday, hours, hours + 2), answered=False)


def _decided_by_mistake(diary: Diary, plots: Plots, person: Applicant) -> None:
    """Is turned down in Keepword; the decision is withdrawn before the letter leaves its hold."""
    by = person.opening.recruiter
    at = diary.hours_later(plots.arrives(person), 12, 30)
    diary.office(at, lambda desk: Hands(desk, person, by).reject("The wrong list"))
    diary.office(
        at + timedelta(minutes=5),
        lambda desk: Hands(desk, person, by).write("rejection-application"),
    )
    diary.office(
        at + timedelta(minutes=25), lambda desk: Hands(desk, person, by).withdraw_decision()
    )


def _refused(diary: Diary, plots: Plots, person: Applicant) -> None:
    """A promise for a day that has passed, and a contact in the future: both are refused."""
    by = person.opening.recruiter
    at = diary.hours_later(plots.arrives(person), 12, 30)
    diary.office(at, lambda desk: Hands(desk, person, by).promise_in_the_past())
    diary.office(at, lambda desk: Hands(desk, person, by).call_in_the_future())


def _not_ours(diary: Diary, ats: Ats) -> None:
    """Pings, a forged delivery, a broken one, and some that Keepword has no use for."""
    at = diary.start_at + timedelta(minutes=1)
    ats.raw(GREENHOUSE, at, greenhouse.body("ping", {}))
    ats.raw(GENERIC, at, b'{"type": "ping"}')
    forged = generic.event("application.rejected", at, {"application": {"id": 9000}})
    for day in (4, 11):
        later = at + timedelta(days=day)
        ats.raw(GENERIC, later, forged, forged=True, expect=401)
        ats.raw(GREENHOUSE, later, forged, forged=True, expect=401)
        tagged = greenhouse.body("candidate_tagged", {"at": instant_text(later)})
        ats.raw(GREENHOUSE, later, tagged)
        broken = {"application": {"id": 1, "status": "active", "n": day}}
        ats.raw(GREENHOUSE, later, greenhouse.body("new_candidate_application", broken))
