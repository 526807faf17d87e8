"""Who tells people that they were rejected: Keepword or their ATS, and never both."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from service.domain.changes import Applied, Rejected, Stage
from service.domain.promises import PromiseError
from service.models import Application, Connection, Decision, Message, Promise, TimelineEntry
from service.workflows.composing import Letter
from service.workflows.connections import (
    BadConnectionError,
    add_connection,
    set_rejections_by,
)
from service.workflows.decide import reject
from service.workflows.enqueue import enqueue_letter
from service.workflows.messages import Wish, preview_letter, write_letter
from service.workflows.work import Work
from tests.harness import Employer, add_application
from tests.integration.ats_reports import HOUR, NOW, T0, ref_of, report

LETTER = Wish("rejection-application", {})


@pytest.fixture(autouse=True)
def friday(employer: Employer) -> None:
    employer.clock.move_to(NOW)


def _ats(employer: Employer, answer: str | None) -> None:
    """An ATS through which somebody applied."""
    report(employer, Applied(ref_of(), T0, Stage.APPLIED))
    with employer.work() as work:
        work.session.scalars(select(Connection)).one().rejections_by = answer


def _one(work: Work) -> Application:
    return work.session.scalars(select(Application)).one()


def _decide(work: Work, application: Application) -> Decision:
    return reject(
        work, application, reason=None, decided_by_id=None, decided_at=work.now, source="api"
    )


def _owed(work: Work) -> list[str]:
    return list(work.session.scalars(select(Promise.wording).where(Promise.state == "open")))


def _said(work: Work) -> list[str]:
    """What the timeline says of the decision's telling."""
    return list(
        work.session.scalars(
            select(TimelineEntry.kind).where(TimelineEntry.kind == "ats_tells_decision")
        )
    )


def test_keepword_tells_where_it_was_said_to(employer: Employer) -> None:
    _ats(employer, "keepword")
    report(employer, Rejected(ref_of(), NOW - HOUR))

    with employer.work() as work:
        assert _owed(work) == ["To be told the decision"]
        assert _said(work) == []
        assert write_letter(work, _one(work), LETTER).state == "held"


def test_what_the_ats_tells_is_owed_by_nobody_here(employer: Employer) -> None:
    _ats(employer, "ats")
    for _ in range(2):
        report(employer, Rejected(ref_of(), NOW - HOUR))

    with employer.work() as work:
        assert _owed(work) == []
        assert _said(work) == ["ats_tells_decision"]
        with pytest.raises(PromiseError, match="test sends the rejections") as refused:
            write_letter(work, _one(work), LETTER)
        assert refused.value.code == "ats-sends-rejections"
        assert work.session.scalars(select(Message.id)).all() == []
    employer.clock.move_to(NOW + timedelta(days=30))
    employer.turn()
    assert [mail for mail in employer.transport.sent if mail.kind != "acknowledgement"] == []


def test_a_decision_made_here_is_owed_until_the_ats_knows_of_it(employer: Employer) -> None:
    _ats(employer, "ats")
    with employer.work() as work:
        _decide(work, _one(work))

        assert _owed(work) == ["To be told the decision"]
        assert _said(work) == []
    employer.clock.advance(2 * HOUR)
    # Their clock goes wrong: by it they were quicker than we.
    report(employer, Rejected(ref_of(), NOW - HOUR))

    with employer.work() as work:
        assert _one(work).stage == Stage.REJECTED
        assert _owed(work) == []
        assert _said(work) == ["ats_tells_decision"]


def test_nothing_is_sent_until_somebody_says_who_tells(employer: Employer) -> None:
    _ats(employer, None)
    report(employer, Rejected(ref_of(), NOW - HOUR))

    with employer.work() as work:
        assert _owed(work) == ["To be told the decision"]
        with pytest.raises(PromiseError, match="keepword connection rejections test") as refused:
            write_letter(work, _one(work), LETTER)
        assert refused.value.code == "who-sends-rejections-unanswered"
        preview = preview_letter(work, _one(work), LETTER)
        assert preview.objection is not None
        assert preview.objection.startswith("nobody has said who sends")


def test_every_other_letter_is_keepwords(employer: Employer) -> None:
    _ats(employer, "ats")
    with employer.work() as work:
        told = write_letter(work, _one(work), Wish("status-update", {"next_word_by": "2026-03-13"}))

        assert told.state == "ready"


def test_one_letter_about_several_applications_is_refused_for_any_that_it_rejects(
    employer: Employer,
) -> None:
    _ats(employer, "ats")
    with employer.work() as work:
        other = _one(work)
        theirs = _decide(work, other)
        own = add_application(work)
        letter = Letter("position-filled", "test:1", {}, decision=_decide(work, own))

        with pytest.raises(PromiseError) as refused:
            enqueue_letter(work, own, replace(letter, also=((other, theirs),)))
        assert refused.value.code == "ats-sends-rejections"
        # One that it only names goes on.
        assert enqueue_letter(work, own, replace(letter, also=((other, None),))).state == "held"


def test_the_answer_has_no_default_and_two_values(employer: Employer) -> None:
    with employer.work() as work:
        with pytest.raises(TypeError):
            add_connection(work, "a", "greenhouse", ["s"])  # type: ignore[call-arg]  # left out
        with pytest.raises(BadConnectionError, match="keepword or ats; never both") as refused:
            add_connection(work, "a", "greenhouse", ["s"], rejections_by="both")
        assert refused.value.pointer == "/rejections_by"
        row = add_connection(work, "a", "greenhouse", ["s"], rejections_by="ats")
        set_rejections_by(row, "keepword")

        assert row.rejections_by == "keepword"
