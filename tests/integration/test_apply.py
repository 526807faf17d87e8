"""What an ATS reports, in any order and any number of times, ends in the same place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from service.domain.changes import (
    ApplicationDeleted,
    Applied,
    CandidateErased,
    CandidateFacts,
    CandidatesMerged,
    CandidateUpdated,
    Change,
    Hired,
    InterviewDone,
    Moved,
    Person,
    Rejected,
    Stage,
    Unhired,
    Unrejected,
    Withdrawn,
)
from service.domain.contacts import Channel, Outcome
from service.models import (
    Application,
    Candidate,
    Connection,
    Decision,
    Interview,
    Job,
    Promise,
    TimelineEntry,
    User,
)
from service.workflows.contacts import log_contact
from tests.harness import Employer
from tests.integration.ats_reports import HOUR, NOW, T0, end_of, ref_of, report


@pytest.fixture
def friday(employer: Employer) -> Employer:
    """An employer some days after the invented candidate applied."""
    employer.clock.move_to(NOW)
    return employer


ACK = "An acknowledgement that the application arrived"
LETTER = "A letter saying where the application stands"
WORD = "Word after their interview"
SILENCE = "Any word at all"
TOLD = "To be told the decision"


def test_each_fact_has_its_effect(friday: Employer) -> None:
    def told(change: Change) -> tuple[str, list[str]]:
        report(friday, change)
        end = end_of(friday)
        return end["stage"], end["owed"]

    ref = ref_of(ats_stage="Anything", owner=Person("9", "Tess", "tess@example.org"))

    assert told(Applied(ref, T0)) == ("applied", [LETTER, ACK, SILENCE])
    assert told(Moved(ref, T0 + HOUR, Stage.SCREENING))[0] == "screening"
    assert told(InterviewDone(ref, T0 + 2 * HOUR, "i1")) == ("screening", [ACK, SILENCE, WORD])
    assert told(Moved(ref, T0 + 3 * HOUR, Stage.OFFER))[0] == "offer"
    assert told(Rejected(ref, T0 + 4 * HOUR, "Position closed")) == ("rejected", [TOLD])
    assert end_of(friday)["decisions"] == ["Position closed"]
    assert told(Unrejected(ref, T0 + 5 * HOUR, Stage.INTERVIEW)) == (
        "interview",
        [ACK, SILENCE, WORD],
    )
    assert end_of(friday)["decisions"] == []
    assert told(Hired(ref, T0 + 6 * HOUR)) == ("hired", [])
    assert told(Unhired(ref, T0 + 7 * HOUR, Stage.OFFER)) == ("offer", [ACK, SILENCE, WORD])
    assert told(Withdrawn(ref, T0 + 8 * HOUR)) == ("withdrawn", [])
    with friday.session() as session:
        assert session.scalars(select(User.email)).all() == ["tess@example.org"]


@pytest.mark.parametrize(("outcome", "owed"), [(Outcome.REACHED, False), (Outcome.NO_ANSWER, True)])
def test_a_call_while_the_application_was_closed_acknowledges_it_too(
    friday: Employer, outcome: Outcome, *, owed: bool
) -> None:
    report(friday, Applied(ref_of(), T0), Rejected(ref_of(), T0 + HOUR))
    with friday.work() as work:
        application = work.session.scalars(select(Application)).one()
        log_contact(work, application, channel=Channel.PHONE, outcome=outcome, at=T0 + 2 * HOUR)
    report(friday, Unrejected(ref_of(), T0 + 3 * HOUR, Stage.SCREENING))

    assert (ACK in end_of(friday)["owed"]) is owed
    assert LETTER in end_of(friday)["owed"]
    with friday.session() as session:
        kept = select(Promise.kept_at).where(Promise.wording == ACK, Promise.state == "kept")
        assert session.scalars(kept).all() == ([] if owed else [T0 + 2 * HOUR])


def test_an_owner_told_late_owes_what_nobody_owed(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0, Stage.SCREENING))
    owner = Person("9", "Tess", "tess@example.org")
    report(friday, CandidateUpdated(CandidateFacts("c1"), T0 + HOUR, owner))

    with friday.session() as session:
        tess = session.scalars(select(User.id).where(User.email == "tess@example.org")).one()
        owned = set(session.scalars(select(Promise.owner_id)))
        told = session.scalars(select(TimelineEntry.data).where(TimelineEntry.kind == "reassigned"))

        assert owned == {tess}
        assert told.all() == [{"owner": tess}]


def test_an_older_event_never_reopens_what_is_closed(friday: Employer) -> None:
    ref = ref_of()
    for closing in (
        Rejected(ref, T0 + 5 * HOUR),
        Hired(ref_of("a2"), T0 + 5 * HOUR),
        Withdrawn(ref_of("a3"), T0 + 5 * HOUR),
    ):
        own = closing.application
        report(friday, Applied(own, T0), closing)
        before = end_of(friday, own.external_id)
        report(
            friday,
            Moved(own, T0 + 4 * HOUR, Stage.OFFER),
            Moved(own, None, Stage.OFFER),
            Unrejected(own, T0 + 3 * HOUR, Stage.SCREENING),
            Applied(own, T0),
        )

        assert end_of(friday, own.external_id) == before


def test_a_label_of_the_employers_own_never_hides_a_withdrawal(friday: Employer) -> None:
    ref = ref_of(ats_stage="Phone chat")
    report(friday, Applied(ref, T0))
    with friday.work() as work:
        work.session.scalars(select(Connection)).one().stage_map = {"Phone chat": "screening"}
    report(friday, Withdrawn(ref, T0 + HOUR))

    assert end_of(friday)["stage"] == "withdrawn"


def test_hiring_after_a_rejection_leaves_no_decision_standing_in_either_order(
    friday: Employer,
) -> None:
    for number, order in enumerate(permutations((Rejected, Hired))):
        ref = ref_of(f"a{number}")
        times = {Rejected: T0 + HOUR, Hired: T0 + 2 * HOUR}
        report(friday, Applied(ref, T0), *(kind(ref, times[kind]) for kind in order))

        assert end_of(friday, f"a{number}")["decisions"] == []
        assert end_of(friday, f"a{number}")["stage"] == "hired"


@pytest.mark.parametrize("closing", [Rejected, Withdrawn])
def test_closing_and_taking_back_at_one_instant_end_alike_in_both_orders(
    friday: Employer, closing: type[Rejected | Withdrawn]
) -> None:
    ends = []
    for number, order in enumerate(permutations((0, 1, 2))):
        ref = ref_of(f"a{number}")
        told: list[Change] = [
            Applied(ref, T0),
            closing(ref, T0 + HOUR),
            Unrejected(ref, T0 + HOUR, Stage.SCREENING),
        ]
        for place in order:
            report(friday, told[place])
        ends.append(end_of(friday, f"a{number}"))

    assert ends[0]["stage"] == "screening"
    assert ends[0]["owed"] == [LETTER, ACK, SILENCE]
    for end in ends:
        assert end == ends[0]


def test_a_reopened_application_with_an_unknown_label_is_a_visible_to_do(
    friday: Employer,
) -> None:
    ref = ref_of(ats_stage="Limbo")
    report(friday, Applied(ref_of(), T0), Rejected(ref, T0 + HOUR))
    done = report(friday, Unrejected(ref, T0 + 2 * HOUR, None))

    assert done.notes
    assert end_of(friday)["unmapped"]


def test_replaying_everything_is_harmless(friday: Employer) -> None:
    ref = ref_of()
    told = [
        Applied(ref, T0),
        Moved(ref, T0 + HOUR, Stage.INTERVIEW),
        InterviewDone(ref, T0 + 2 * HOUR, "i1"),
        Rejected(ref, T0 + 3 * HOUR, "no"),
    ]
    report(friday, *told)
    before = end_of(friday)
    with friday.session() as session:
        count = session.scalar(select(func.count()).select_from(Promise))
    for _ in range(2):
        report(friday, *told)

    assert end_of(friday) == before
    with friday.session() as session:
        assert session.scalar(select(func.count()).select_from(Promise)) == count
        assert session.scalar(select(func.count()).select_from(Decision)) == 1
        assert session.scalar(select(func.count()).select_from(Interview)) == 1
        assert session.scalar(select(func.count()).select_from(Job)) == 1


def test_each_word_given_after_the_interview_counts_though_the_interview_is_told_late(
    friday: Employer,
) -> None:
    report(friday, Applied(ref_of(), T0))
    calls = [T0 + 4 * HOUR, T0 + 6 * HOUR]
    with friday.work() as work:
        application = work.session.scalars(select(Application)).one()
        for at in calls:
            log_contact(work, application, channel=Channel.PHONE, outcome=Outcome.REACHED, at=at)
    report(friday, InterviewDone(ref_of(), T0 + 2 * HOUR, "i1"))
    with friday.session() as session:
        rows = session.scalars(
            select(Promise).where(Promise.wording == WORD).order_by(Promise.due_at)
        ).all()

        assert [(row.state, row.start_at) for row in rows] == [
            ("kept", T0 + 2 * HOUR),
            ("kept", calls[0]),
            ("open", calls[1]),
        ]


def test_word_after_a_second_interview_is_owed_as_soon_as_after_the_first(
    friday: Employer,
) -> None:
    report(friday, Applied(ref_of(), T0), InterviewDone(ref_of(), T0, "i1"))
    with friday.work() as work:
        application = work.session.scalars(select(Application)).one()
        log_contact(work, application, channel=Channel.PHONE, outcome=Outcome.REACHED, at=T0 + HOUR)
    report(friday, InterviewDone(ref_of(), T0 + 3 * HOUR, "i2"))
    with friday.session() as session:
        owed = session.scalars(
            select(Promise.due_at).where(Promise.wording == WORD, Promise.state == "open")
        ).all()

        # Thursday noon and three business days, not Thursday ten and five.
        assert owed == [datetime(2026, 3, 10, 12, tzinfo=UTC)]


def test_an_old_rejection_seen_for_the_first_time_is_history(friday: Employer) -> None:
    long_ago = NOW - timedelta(days=400)
    ref = ref_of(applied_at=long_ago - 48 * HOUR)
    report(friday, Rejected(ref, long_ago, "no"))

    end = end_of(friday)

    assert (end["stage"], end["decisions"], end["owed"]) == ("rejected", ["no"], [])


def test_an_erased_person_is_never_made_again(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0))
    report(friday, CandidateErased("c1", None))
    report(friday, CandidateErased("c2", None))
    for candidate in ("c1", "c2"):
        done = report(friday, Applied(ref_of("late-" + candidate, candidate), T0 + HOUR))

        assert done.erased
        assert done.notes
    report(friday, Moved(ref_of(), T0 + 2 * HOUR, Stage.OFFER))
    with friday.session() as session:
        assert session.scalars(select(Candidate.first_name)).all() == [None, None]
        assert len(session.scalars(select(Application.id)).all()) == 1
        assert session.scalars(select(Promise.state).where(Promise.state == "open")).all() == []


def test_an_application_deleted_before_it_was_known_is_never_made(friday: Employer) -> None:
    report(friday, ApplicationDeleted("a1", T0 + HOUR))
    report(friday, ApplicationDeleted("a1", T0 + HOUR))

    late = report(friday, Applied(ref_of(), T0), Moved(ref_of(), T0, Stage.SCREENING))
    other = report(friday, Applied(ref_of("a2"), T0))

    with friday.work() as work:
        made = work.session.scalars(select(Application.external_id)).all()
    assert made == ["a2"]
    assert late.notes == ["the application was deleted before, so nothing was made"] * 2
    assert other.notes == []


def test_merged_candidates_keep_one_history(friday: Employer) -> None:
    report(friday, Applied(ref_of("a1", "c1"), T0), Applied(ref_of("a2", "c2"), T0))
    with friday.work() as work:
        for person in work.session.scalars(select(Candidate)):
            if person.emails[0].address == "c1@example.com":
                person.emails[0].suppressed_at = work.now
                person.emails[0].suppressed_reason = "mail to this address bounced"
            else:
                person.phones.clear()
    report(friday, CandidatesMerged("c1", "c2", None))
    report(friday, CandidatesMerged("c1", "c2", None))
    with friday.session() as session:
        people = {row.candidate_id for row in session.scalars(select(Application))}

        assert len(people) == 1
        person = session.get_one(Candidate, people.pop())
        assert {(e.address, e.suppressed_at is not None) for e in person.emails} == {
            ("c2@example.com", False),
            ("c1@example.com", True),
        }
        assert [phone.number for phone in person.phones] == ["+1 555"]
    report(friday, Moved(ref_of("a1", "c1"), T0 + HOUR, Stage.OFFER))
    with friday.session() as session:
        assert session.scalar(select(func.count()).select_from(Candidate)) == 2


def test_a_person_merged_into_themselves_stays_as_they_are(friday: Employer) -> None:
    before = report(friday, CandidatesMerged("c9", "c9", None))
    report(friday, Applied(ref_of("a1", "c1"), T0))
    after = report(friday, CandidatesMerged("c1", "c1", None))

    assert before.notes == after.notes
    assert before.notes == ["it merges a person into themselves, so nothing was done"]
    with friday.session() as session:
        assert session.scalars(select(Candidate.first_name)).all() == ["Ada"]


def test_merging_a_tombstone_leaves_the_living_reachable(friday: Employer) -> None:
    report(friday, Applied(ref_of("a2", "c2"), T0), CandidateErased("c1", None))
    report(friday, CandidatesMerged("c1", "c2", None))
    with friday.session() as session:
        application = session.scalars(select(Application)).one()

        assert application.candidate.can_email
