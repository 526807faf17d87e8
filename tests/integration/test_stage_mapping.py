"""Stage names of the employer's own: what each is taken for, and who follows when that is said."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from service.domain.changes import (
    ApplicationUpdated,
    Applied,
    CandidateErased,
    Moved,
    Rejected,
    Stage,
    Stands,
)
from service.models import Application, Connection, TimelineEntry
from service.queries.stage_labels import Known, guessed_map, stage_labels, unmapped_labels
from service.workflows.connections import BadConnectionError
from service.workflows.decide import move_here
from service.workflows.promise_changes import lock_application
from service.workflows.stage_mapping import map_labels, set_stage_map
from service.workflows.work import Work
from tests.harness import Employer
from tests.integration.ats_reports import HOUR, NOW, T0, ref_of, report, standing_of

ODD = "Culture Add"


@pytest.fixture
def friday(employer: Employer) -> Employer:
    """An employer on the Friday that the reports speak of."""
    employer.clock.move_to(NOW)
    return employer


def connection_of(work: Work) -> Connection:
    return work.session.scalars(select(Connection)).one()


def application_of(work: Work, external_id: str = "a1") -> Application:
    return work.session.scalars(
        select(Application).where(Application.external_id == external_id)
    ).one()


def odd(at: object = T0 + HOUR, external_id: str = "a1", label: str = ODD) -> Moved:
    person = external_id.replace("a", "c")
    return Moved(ref_of(external_id, person, ats_stage=label), at, None)


def labels_of(employer: Employer) -> dict[str, tuple[str | None, str]]:
    with employer.work() as work:
        return {
            each.label: (each.stage, each.known)
            for each in stage_labels(work.session, connection_of(work))
        }


def test_a_label_is_a_to_do_until_somebody_says_what_it_means(friday: Employer) -> None:
    report(friday, Applied(ref_of(ats_stage="Phone Screen"), T0, Stage.SCREENING))
    report(friday, Applied(ref_of("a2", "c2"), T0), odd(external_id="a2"))

    before = labels_of(friday)
    with friday.work() as work:
        connection = connection_of(work)
        to_do = unmapped_labels(work.session)
        done = map_labels(work, connection, {ODD: "interview"})
        left = unmapped_labels(work.session)

        assert to_do == {connection.id: 1}
        assert (done.labels, done.moved, left) == (1, 1, {})
    assert before == {"Phone Screen": ("screening", "guessed"), ODD: (None, "unknown")}
    assert list(before) == [ODD, "Phone Screen"]
    assert labels_of(friday)[ODD] == ("interview", "confirmed")
    with friday.work() as work:
        found = standing_of(work, "a2")
        assert (found["stage"], found["stage_at"]) == ("interview", T0 + HOUR)
        assert found["unmapped"] is False
        told = work.session.scalars(
            select(TimelineEntry).where(
                TimelineEntry.application_id == application_of(work, "a2").id,
                TimelineEntry.kind == "stage",
            )
        ).one()
        assert (told.at, told.actor) == (T0 + HOUR, "user:test")
        assert told.data == {"before": "applied", "stage": "interview"}


def test_mapped_first_or_last_ends_alike(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0), odd())
    with friday.work() as work:
        map_labels(work, connection_of(work), {ODD: "offer"})
    report(friday, Applied(ref_of("a2", "c2"), T0), odd(external_id="a2"))

    with friday.work() as work:
        assert standing_of(work, "a1") == standing_of(work, "a2")
        assert standing_of(work, "a1")["stage"] == "offer"


def test_what_came_after_the_label_stays(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0), odd())
    with friday.work() as work:
        application = lock_application(work, application_of(work).id)
        assert application is not None
        move_here(work, application, Stage.OFFER)
    with friday.work() as work:
        done = map_labels(work, connection_of(work), {ODD: "screening"})
        assert done.moved == 0
        assert (application_of(work).stage, application_of(work).unmapped) == ("offer", False)


def test_a_correction_may_lead_back(friday: Employer) -> None:
    report(friday, Applied(ref_of(ats_stage="Offer Talk"), T0, Stage.OFFER))

    with friday.work() as work:
        done = map_labels(work, connection_of(work), {"Offer Talk": "screening"})
        assert done.moved == 1
        assert (application_of(work).stage, application_of(work).stage_at) == ("screening", T0)


def test_a_label_closes_nothing_and_opens_nothing(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0), odd(), Rejected(ref_of(), T0 + 2 * HOUR, "no"))
    report(friday, Applied(ref_of("a2", "c2"), T0), odd(external_id="a2"))
    report(friday, CandidateErased("c2", T0 + 2 * HOUR))

    with friday.work() as work:
        connection = connection_of(work)
        done = map_labels(work, connection, {ODD: "interview"})
        assert done.moved == 0
        assert application_of(work).stage == "rejected"
        assert unmapped_labels(work.session) == {}
        for stage in ("rejected", "hired", "withdrawn", "moon"):
            with pytest.raises(BadConnectionError) as refused:
                map_labels(work, connection, {"A/B~C": stage})
            assert refused.value.pointer == "/stage_map/A~1B~0C"
        assert connection.stage_map == {ODD: "interview"}


def test_a_meaning_that_is_taken_back_moves_nobody_and_is_a_to_do_again(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0), odd())
    with friday.work() as work:
        map_labels(work, connection_of(work), {ODD: "interview"})
        map_labels(work, connection_of(work), {ODD: None})

        assert (application_of(work).stage, application_of(work).unmapped) == ("interview", True)
        assert set(unmapped_labels(work.session).values()) == {1}


def test_guesses_are_confirmed_and_then_the_employers_own(friday: Employer) -> None:
    report(friday, Applied(ref_of(ats_stage="Phone Screen"), T0, Stage.SCREENING))
    # The vendor's own type said so; its name would not.
    report(friday, Applied(ref_of("a2", "c2"), T0), Moved(
        ref_of("a2", ats_stage="Bar Raiser"), T0 + HOUR, Stage.INTERVIEW
    ))  # fmt: skip
    report(friday, Applied(ref_of("a3", "c3"), T0), odd(external_id="a3"))

    with friday.work() as work:
        connection = connection_of(work)
        labels = {each.label: each for each in stage_labels(work.session, connection)}
        done = map_labels(work, connection, guessed_map(labels.values()))

        assert labels["Phone Screen"].why == "its name says so"
        assert labels["Bar Raiser"].why == "Greenhouse files it so"
        assert (done.labels, done.moved) == (2, 0)
        assert connection.stage_map == {"Phone Screen": "screening", "Bar Raiser": "interview"}
        after = {each.label: each.known for each in stage_labels(work.session, connection)}
        assert after == {
            "Phone Screen": Known.CONFIRMED,
            "Bar Raiser": Known.CONFIRMED,
            ODD: Known.UNKNOWN,
        }


def test_a_map_of_too_many_or_too_long_labels_is_refused(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0))
    with friday.work() as work:
        for stage_map in (
            {f"label {number}": "offer" for number in range(501)},
            {"x" * 201: "offer"},
            {" ": "offer"},
        ):
            with pytest.raises(BadConnectionError):
                set_stage_map(work, connection_of(work), stage_map)


def test_a_connection_counts_its_own_labels_alone_and_over_its_index(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0), odd())
    with friday.work() as work:
        other = unmapped_labels(work.session, "cnn_another")
        assert other == {}
        if work.session.get_bind().dialect.name == "sqlite":
            plan = work.session.execute(
                text(
                    "EXPLAIN QUERY PLAN SELECT connection_id, count(DISTINCT ats_stage) "
                    "FROM application WHERE application.unmapped = 1 GROUP BY connection_id"
                )
            ).all()
            assert "ix_application_unmapped" in str(plan)


def test_labels_end_alike_in_any_order(friday: Employer) -> None:
    later = T0 + timedelta(hours=3)
    facts: list[Any] = [
        odd(),
        Moved(ref_of(ats_stage="Phone Screen"), T0 + 2 * HOUR, Stage.SCREENING),
        Stands(ref_of(ats_stage="Another Odd One"), later, None),
        ApplicationUpdated(ref_of(ats_stage="Phone Screen"), T0 + 2 * HOUR),
    ]
    ends = []
    for number, order in enumerate(itertools.permutations(facts)):
        name = f"p{number}"
        for fact in order:
            ref = ref_of(name, f"c{number}", ats_stage=fact.application.ats_stage)
            report(friday, type(fact)(**{**vars(fact), "application": ref}))
        with friday.work() as work:
            application = application_of(work, name)
            ends.append(
                (application.ats_stage, application.ats_stage_at, application.unmapped,
                 application.stage, application.stage_at)
            )  # fmt: skip

    expected = ("Another Odd One", later, True, "screening", T0 + 2 * HOUR)
    assert set(ends) == {expected}


def test_who_missed_a_change_follows_with_the_next_one(friday: Employer) -> None:
    report(friday, Applied(ref_of(), T0), odd())
    with friday.work() as work:
        # As a delivery leaves it that was worked in while the map was being changed.
        connection_of(work).stage_map = {ODD: "interview"}

    with friday.work() as work:
        assert set(unmapped_labels(work.session).values()) == {1}
        done = map_labels(work, connection_of(work), {})
        assert (done.labels, done.moved) == (0, 1)
        assert unmapped_labels(work.session) == {}
