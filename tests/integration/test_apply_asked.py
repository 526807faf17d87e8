"""What a source says when it is asked, and what it says late, undoes nothing that is newer."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from service.domain.changes import (
    Applied,
    CandidateErased,
    CandidatesMerged,
    Hired,
    InterviewBooked,
    InterviewCancelled,
    Moved,
    Person,
    Rejected,
    Stage,
    Stands,
    Withdrawn,
)
from service.domain.closing_terms import Outcome
from service.models import Application, Candidate, Decision, Interview, Job, Message, User
from service.workflows.close_job import close_job
from service.workflows.closing_plan import ClosingWish
from service.workflows.decide import move_here, reject
from service.workflows.erase import erase_candidate
from service.workflows.people import lock_person
from service.workflows.undo_closing import undo_closing
from tests.harness import Employer, add_user
from tests.integration.ats_reports import HOUR, NOW, T0, end_of, ref_of, report


@pytest.fixture
def friday(employer: Employer) -> Employer:
    """An employer some days after the invented candidate applied."""
    employer.clock.move_to(NOW)
    return employer


def test_an_open_state_takes_back_an_older_closing_of_the_source_itself(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0), Rejected(ref_of(), T0 + HOUR))
    report(friday, Stands(ref_of(), T0 + 2 * HOUR, Stage.INTERVIEW))

    assert end_of(friday)["stage"] == "interview"
    assert end_of(friday)["decisions"] == []


def test_a_decision_made_here_outlives_a_source_that_still_has_it_open(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0))
    with friday.work() as work:
        application = work.session.scalars(select(Application)).one()
        reject(
            work,
            application,
            reason="the position was filled",
            decided_by_id=None,
            decided_at=work.now,
            source="api",
        )
    friday.clock.advance(HOUR)
    done = report(friday, Stands(ref_of(), friday.now, Stage.SCREENING))

    assert end_of(friday)["stage"] == "rejected"
    assert end_of(friday)["decisions"] == ["the position was filled"]
    assert "closed here" in done.notes[0]


@pytest.mark.parametrize("stage", [Stage.WITHDRAWN, Stage.HIRED])
def test_a_closing_made_here_outlives_a_source_that_still_has_it_open(
    friday: Employer, stage: Stage
) -> None:
    report(friday, Applied(ref_of(), T0))
    _close_here(friday, stage)
    friday.clock.advance(HOUR)
    report(friday, Stands(ref_of(), friday.now, Stage.SCREENING))

    assert end_of(friday)["stage"] == stage


@pytest.mark.parametrize(
    ("label", "stage", "ends"),
    [
        ("Phone screen", Stage.SCREENING, "rejected"),
        (None, Stage.SCREENING, "rejected"),
        ("Second screen", Stage.SCREENING, "screening"),
        ("Onsite", Stage.INTERVIEW, "interview"),
        (None, Stage.INTERVIEW, "interview"),
    ],
)
def test_only_a_move_there_after_a_closing_here_counts_as_news(
    friday: Employer, label: str | None, stage: Stage, ends: str
) -> None:
    """Some sources tell where an application stands whenever anything about it changes."""
    report(friday, Moved(ref_of(ats_stage="Phone screen"), T0, Stage.SCREENING))
    _close_here(friday, Stage.REJECTED)
    friday.clock.advance(HOUR)
    report(friday, Moved(ref_of(ats_stage=label), friday.now, stage))

    assert end_of(friday)["stage"] == ends
    assert len(end_of(friday)["decisions"]) == (ends == "rejected")


@pytest.mark.parametrize(
    ("label", "stage", "after", "ends"),
    [
        ("Phone screen", Stage.SCREENING, HOUR, "rejected"),
        (None, Stage.INTERVIEW, HOUR, "rejected"),
        ("To be told", None, HOUR, "rejected"),
        ("Onsite", Stage.INTERVIEW, -HOUR, "rejected"),
        ("Second screen", Stage.SCREENING, HOUR, "screening"),
        ("Onsite", Stage.INTERVIEW, HOUR, "interview"),
    ],
)
def test_whom_a_source_that_is_asked_has_moved_since_gets_no_letter_of_before(
    friday: Employer, label: str | None, stage: Stage | None, after: timedelta, ends: str
) -> None:
    """Most sources tell no event, but how an application stands whenever it was touched."""
    report(friday, Stands(ref_of(ats_stage="Phone screen"), T0, Stage.SCREENING))
    with friday.work() as work:
        wish = ClosingWish(Outcome.FILLED, add_user(work).id)
        close_job(work, work.session.scalars(select(Job.id)).one(), wish)
    report(friday, Stands(ref_of(ats_stage=label), friday.now + after, stage))

    assert end_of(friday)["stage"] == ends
    with friday.session() as session:
        letter = session.scalars(select(Message).where(Message.decision_id.is_not(None))).one()
        assert letter.state == ("held" if ends == "rejected" else "cancelled")


def _close_here(employer: Employer, stage: Stage) -> None:
    with employer.work() as work:
        application = work.session.scalars(select(Application)).one()
        if stage is Stage.REJECTED:
            reject(
                work,
                application,
                reason="the position was filled",
                decided_by_id=None,
                decided_at=work.now,
                source="api",
            )
        else:
            move_here(work, application, stage)


@pytest.mark.parametrize("earlier", [True, False])
def test_a_source_that_closed_it_too_and_opens_it_again_is_believed(
    friday: Employer, *, earlier: bool
) -> None:
    """There it was archived and taken back out: no letter may tell this person that it is over."""
    report(friday, Stands(ref_of(), T0, Stage.SCREENING))
    _close_here(friday, Stage.REJECTED)
    # The source's clock may be behind, or somebody was quicker there.
    report(friday, Rejected(ref_of(), friday.now + (-HOUR if earlier else HOUR)))
    assert end_of(friday)["decisions"] == ["the position was filled"]
    friday.clock.advance(2 * HOUR)
    report(friday, Stands(ref_of(), friday.now, Stage.SCREENING))

    assert end_of(friday)["stage"] == "screening"
    assert end_of(friday)["decisions"] == []


def test_what_the_source_closed_too_is_not_opened_by_taking_back_a_closing_here(
    friday: Employer,
) -> None:
    report(friday, Stands(ref_of(), T0, Stage.SCREENING))
    with friday.work() as work:
        wish = ClosingWish(Outcome.FILLED, add_user(work).id)
        closing_id = close_job(work, work.session.scalars(select(Job.id)).one(), wish).closing.id
    friday.clock.advance(HOUR / 6)
    there = Rejected(ref_of(), friday.now)
    report(friday, there)
    friday.clock.advance(HOUR / 6)
    with friday.work() as work:
        undone = undo_closing(work, closing_id, None)
        assert (undone.letters_cancelled, undone.reopened) == (1, [])
        assert "rejected in the ATS too" in undone.stays[0][1]
    report(friday, there)

    assert end_of(friday)["stage"] == "rejected"
    assert end_of(friday)["owed"] == ["To be told the decision"]


def test_an_old_closing_told_again_does_not_count_as_the_sources_word_on_ours(
    friday: Employer,
) -> None:
    old = Rejected(ref_of(), T0 + HOUR)
    report(friday, Applied(ref_of(), T0), old, Moved(ref_of(), T0 + 2 * HOUR, Stage.INTERVIEW))
    _close_here(friday, Stage.REJECTED)
    report(friday, old)
    friday.clock.advance(HOUR)
    report(friday, Stands(ref_of(), friday.now, Stage.INTERVIEW))

    assert end_of(friday)["decisions"] == ["the position was filled"]


def test_who_was_reopened_here_follows_the_source_again(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0))
    _close_here(friday, Stage.WITHDRAWN)
    friday.clock.advance(HOUR)
    _close_here(friday, Stage.SCREENING)
    friday.clock.advance(HOUR)
    report(friday, Withdrawn(ref_of(), friday.now))
    friday.clock.advance(HOUR)
    report(friday, Stands(ref_of(), friday.now, Stage.OFFER))

    assert end_of(friday)["stage"] == "offer"


def test_of_several_people_in_one_delivery_one_who_was_erased_is_enough(friday: Employer) -> None:
    erased, other = ref_of("a1", "c1"), ref_of("a2", "c2")
    report(friday, Applied(erased, T0), Applied(other, T0))
    report(friday, CandidateErased("c1", T0 + HOUR))

    assert report(friday, Stands(erased, T0, None), Stands(other, T0, None)).erased
    assert not report(friday, Stands(other, T0, None)).erased


def test_applications_that_went_with_a_person_are_gone_whosever_they_are_here(
    friday: Employer,
) -> None:
    report(friday, Applied(ref_of("a1", "c1"), T0), Applied(ref_of("a2", "c1"), T0))
    report(friday, CandidateErased("c9", T0 + HOUR, ("a1", "unknown")))
    with friday.session() as session:
        found = session.scalars(select(Application).order_by(Application.external_id)).all()
        assert [each.deleted_at for each in found] == [T0 + HOUR, None]
        assert found[0].candidate.erased_at is None
    assert end_of(friday, "a1")["owed"] == []

    report(friday, CandidatesMerged("c2", "c1", T0 + HOUR))
    report(friday, CandidateErased("c2", T0 + 2 * HOUR, ("a2",)))
    # The empty rest of a merge takes nobody's application with it.
    assert end_of(friday, "a2")["owed"] != []


def test_an_erasure_at_the_moment_of_a_new_application_wins(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0))
    with friday.work() as applying:
        if applying.session.get_bind().dialect.name == "sqlite":
            pytest.skip("SQLite lets one transaction write at a time")
        read = applying.session.scalars(select(Candidate)).one()
        with friday.work() as erasing:
            erase_candidate(
                erasing, erasing.session.scalars(select(Candidate)).one(), "they asked for it"
            )
        assert read.erased_at is None
        assert lock_person(applying, read).erased_at is not None


def test_at_one_instant_a_closing_stands_whatever_is_asked_when(friday: Employer) -> None:
    facts = (Stands(ref_of(), T0 + HOUR, Stage.OFFER), Hired(ref_of(), T0 + HOUR))
    report(friday, Applied(ref_of(), T0), *facts)
    report(friday, Applied(ref_of("a2", "c2"), T0), *(
        type(fact)(**{**vars(fact), "application": ref_of("a2", "c2")}) for fact in reversed(facts)
    ))  # fmt: skip

    assert end_of(friday, "a1")["stage"] == end_of(friday, "a2")["stage"] == "hired"


def test_who_is_reopened_under_an_unknown_label_stands_where_they_stood(friday: Employer) -> None:
    def facts(number: int) -> list[Moved | Rejected | Stands]:
        ref = ref_of(f"a{number}", f"c{number}")
        unknown = ref_of(f"a{number}", f"c{number}", ats_stage="Llama")
        return [
            Moved(ref, T0 + HOUR, Stage.INTERVIEW),
            Rejected(ref, T0 + 2 * HOUR),
            Stands(unknown, T0 + 3 * HOUR, None),
        ]

    for number, order in enumerate(permutations(range(3))):
        ref = ref_of(f"a{number}", f"c{number}")
        report(friday, Applied(ref, T0), *(facts(number)[place] for place in order))
    ends = [end_of(friday, f"a{number}") for number in range(6)]

    assert {(end["stage"], end["stage_at"], end["unmapped"]) for end in ends} == {
        ("interview", T0 + HOUR, True)
    }


def test_an_older_word_names_the_owner_where_nobody_else_did(friday: Employer) -> None:
    owner = Person(name="Maria", email="maria@example.com")
    report(
        friday,
        Moved(ref_of(), T0 + HOUR, Stage.INTERVIEW),
        Applied(ref_of(owner=owner), T0),
    )

    with friday.session() as session:
        application = session.scalars(select(Application)).one()
        assert application.owner_id == session.scalars(select(User.id)).one()


def test_bookings_and_a_cancelling_end_alike_in_any_order(friday: Employer) -> None:
    def told(number: int) -> list[InterviewBooked | InterviewCancelled]:
        ref = ref_of(f"a{number}", f"c{number}")
        return [
            InterviewBooked(ref, T0 + HOUR, "i", NOW + HOUR, NOW + 2 * HOUR),
            InterviewCancelled(T0 + 2 * HOUR, "i", ref),
            InterviewBooked(ref, T0 + 3 * HOUR, "i", NOW + 5 * HOUR, NOW + 6 * HOUR),
        ]

    for number, order in enumerate(permutations(range(3))):
        ref = ref_of(f"a{number}", f"c{number}")
        report(friday, Applied(ref, T0), *(told(number)[place] for place in order))

    with friday.session() as session:
        ends = set(session.execute(select(Interview.starts_at, Interview.cancelled_at)).all())
    assert ends == {(NOW + 5 * HOUR, None)}


def test_at_one_instant_a_cancelling_stands(friday: Employer) -> None:
    for number, order in enumerate(((0, 1), (1, 0))):
        ref = ref_of(f"a{number}", f"c{number}")
        both = (InterviewBooked(ref, T0, "i", NOW, None), InterviewCancelled(T0, "i", ref))
        report(friday, Applied(ref, T0), *(both[place] for place in order))

    with friday.session() as session:
        assert session.scalars(select(Interview.cancelled_at)).all() == [T0, T0]


def test_a_merge_told_before_either_record_is_known_is_remembered(friday: Employer) -> None:
    report(friday, CandidatesMerged("c1", "c2", None))
    report(friday, Applied(ref_of("a1", "c1"), T0), Applied(ref_of("a2", "c2"), T0))

    with friday.session() as session:
        people = session.scalars(select(func.count(Application.candidate_id.distinct()))).one()
        assert people == 1


@pytest.mark.parametrize("known", [(), ("c1",), ("c2",), ("c1", "c2")])
def test_removing_what_a_merge_left_over_erases_nobody(
    friday: Employer, known: tuple[str, ...]
) -> None:
    for candidate in known:
        report(friday, Applied(ref_of(f"of {candidate}", candidate), T0))
    report(friday, CandidatesMerged("c1", "c2", None), CandidateErased("c1", None))
    report(friday, Applied(ref_of("later", "c2"), T0))

    with friday.session() as session:
        person = session.scalars(
            select(Candidate)
            .join(Application, Application.candidate_id == Candidate.id)
            .where(Application.external_id == "later")
        ).one()
        assert person.erased_at is None
        assert person.first_name == "Ada"


def test_erasing_the_record_that_stayed_erases_the_whole_person(friday: Employer) -> None:
    report(friday, Applied(ref_of("a1", "c1"), T0), Applied(ref_of("a2", "c2"), T0))
    report(friday, CandidatesMerged("c1", "c2", None), CandidateErased("c2", None))

    with friday.session() as session:
        assert session.scalars(select(Candidate.first_name)).all() == [None, None]
        assert session.scalars(select(Decision.id)).all() == []
