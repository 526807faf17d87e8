"""An application is of the person that its ATS names, though nobody told of a merge there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy import select

from service.domain.changes import (
    Applied,
    CandidateErased,
    CandidateFacts,
    CandidatesMerged,
    CandidateUpdated,
    Change,
    Stage,
    Stands,
)
from service.models import Application, Candidate
from service.workflows.candidates import add_candidate
from service.workflows.merging import merge_people, take_hold_of_both
from tests.harness import Employer
from tests.integration.ats_reports import HOUR, NOW, T0, end_of, ref_of, report


def test_whom_a_source_names_now_is_who_is_written_to_and_who_is_erased(
    employer: Employer,
) -> None:
    employer.clock.move_to(NOW)
    facts = CandidateFacts("c2", "Ada", "Byron", ("c2@example.com",), can_email=False)
    merged = replace(ref_of("a1"), candidate=facts)
    report(employer, Applied(ref_of("a1", "c1"), T0), Applied(ref_of("a2", "c1"), T0))
    report(employer, Stands(merged, T0 + HOUR, Stage.INTERVIEW))
    # What was told before comes late.
    report(employer, Stands(ref_of("a1", "c1"), T0 + HOUR / 2, Stage.SCREENING))

    with employer.session() as session:
        person = _of(session.scalars(select(Application)).all(), "a1")
        assert person.can_email is False
        assert [each.address for each in person.emails] == ["c2@example.com"]
    report(employer, CandidateUpdated(replace(facts, last_name="King"), T0 + 2 * HOUR))
    # The rest of the merge goes, and with it what still is of it.
    report(employer, CandidateErased("c1", T0 + 2 * HOUR))
    assert (end_of(employer, "a1")["owed"] != [], end_of(employer, "a2")["owed"]) == (True, [])
    with employer.session() as session:
        applications = session.scalars(select(Application)).all()
        assert _of(applications, "a1").last_name == "King"
        assert _of(applications, "a2").erased_at is not None

    # An erased person's application is not revived under another's name.
    report(employer, Stands(ref_of("a2", "c2"), T0 + 3 * HOUR, Stage.INTERVIEW))
    assert end_of(employer, "a2")["owed"] == []
    report(employer, CandidateErased("c2", T0 + 4 * HOUR))
    with employer.session() as session:
        applications = session.scalars(select(Application)).all()
        assert _of(applications, "a1").erased_at is not None
        assert {_of(applications, name).last_name for name in ("a1", "a2")} == {None}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_person_bears_the_name_of_the_record_that_stayed_in_any_order(
    employer: Employer,
) -> None:
    """Else a letter greets them by the name of a record that is gone."""
    employer.clock.move_to(NOW)
    for number, order in enumerate(permutations(range(4))):
        gone, stays = f"old{number}", f"new{number}"
        old = CandidateFacts(gone, "Ada", "Byron", (f"{gone}@example.com",), can_email=True)
        told: list[Change] = [
            Applied(replace(ref_of(f"a{number}", gone), candidate=old), T0),
            CandidateUpdated(replace(old, emails=(f"{gone}@example.org",)), T0 + HOUR),
            CandidatesMerged(gone, stays, T0 + 2 * HOUR),
            Applied(
                replace(
                    ref_of(f"b{number}", stays),
                    candidate=CandidateFacts(
                        stays, "Augusta", "King", (f"{stays}@example.com",), can_email=False
                    ),
                ),
                T0,
            ),
        ]
        report(employer, *(told[each] for each in order))

        with employer.session() as session:
            person = _of(session.scalars(select(Application)).all(), f"a{number}")
            assert (person.first_name, person.last_name) == ("Augusta", "King"), order
            assert person.emails[0].address == f"{stays}@example.com", order
            assert person.can_email is False


def test_of_two_persons_the_one_named_last_counts_in_any_order(employer: Employer) -> None:
    employer.clock.move_to(NOW)
    told = [
        Stands(ref_of("a1", "c1"), T0 + HOUR, Stage.INTERVIEW),
        Stands(ref_of("a1", "c2"), T0 + 2 * HOUR, Stage.INTERVIEW),
    ]
    report(employer, *told)
    report(employer, *(_as(each, "a2") for each in reversed(told)))

    with employer.session() as session:
        found = session.scalars(select(Application)).all()
        assert _of(found, "a1").id == _of(found, "a2").id


def test_a_late_word_takes_nothing_from_whom_a_colleague_merged_somebody_into(
    employer: Employer,
) -> None:
    employer.clock.move_to(NOW)
    late = Stands(ref_of("a1", "c1"), T0 + HOUR, Stage.SCREENING)
    named = Stands(ref_of("a1", "c2"), T0 + 2 * HOUR, Stage.INTERVIEW)
    report(employer, Applied(ref_of("a0", "c1"), T0), named)
    with employer.work() as work:
        gone = _of(work.session.scalars(select(Application)).all(), "a1")
        # Only the record that went is known to the ATS.
        stays = add_candidate(work, {"first_name": "Ada"})
        merge_people(work, *take_hold_of_both(work, gone.id, stays.id))
        kept = stays.id

    report(employer, late)

    with employer.session() as session:
        assert _of(session.scalars(select(Application)).all(), "a1").id == kept


def _as(stands: Stands, external_id: str) -> Stands:
    return replace(stands, application=replace(stands.application, external_id=external_id))


def _of(applications: Sequence[Application], external_id: str) -> Candidate:
    return next(each.candidate for each in applications if each.external_id == external_id)
