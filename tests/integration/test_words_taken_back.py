"""What is owed once the newer of two words turns out to have reached nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from service.domain.policies import Trigger
from service.models import Application, Contact, Promise
from service.workflows.promise_changes import retire
from service.workflows.resettle import take_back
from service.workflows.rule_promises import arm_silence, trigger
from tests.harness import MONDAY, Employer, add_application
from tests.integration.promise_steps import call

DAY = timedelta(days=1)
WORD = "Word after their interview"
SILENCE = "Any word at all"


def owed(employer: Employer) -> dict[str, datetime]:
    with employer.session() as session:
        found = session.scalars(select(Promise).where(Promise.state == "open"))
        return {each.wording: each.start_at for each in found if each.wording in (WORD, SILENCE)}


def interviewed(employer: Employer) -> None:
    """Somebody who was interviewed on Monday, called on Tuesday and again on Wednesday."""
    with employer.work() as work:
        application = add_application(work, stage="interview", interviewed_at=work.now)
        trigger(work, application, Trigger.INTERVIEWED, "i1", work.now)
        arm_silence(work, application)
    for _ in range(2):
        employer.clock.advance(DAY)
        ring(employer)


def ring(employer: Employer) -> None:
    with employer.work() as work:
        call(work, work.session.scalars(select(Application)).one(), work.now)


def take_last_back(employer: Employer) -> None:
    employer.clock.advance(DAY)
    with employer.work() as work:
        last = work.session.scalars(
            select(Contact).where(Contact.taken_back_at.is_(None)).order_by(Contact.at.desc())
        ).first()
        assert last is not None
        take_back(work, work.session.scalars(select(Application)).one(), last, "it bounced")


def test_the_next_word_is_owed_again_as_from_the_one_before(employer: Employer) -> None:
    interviewed(employer)
    assert owed(employer) == {WORD: MONDAY + 2 * DAY, SILENCE: MONDAY + 2 * DAY}
    take_last_back(employer)

    assert owed(employer) == {WORD: MONDAY + DAY, SILENCE: MONDAY + DAY}


@pytest.mark.parametrize("taken_back", [1, 2])
def test_so_it_is_where_the_rules_owed_it_anew_meanwhile(
    employer: Employer, taken_back: int
) -> None:
    interviewed(employer)
    with employer.work() as work:
        application = work.session.scalars(select(Application)).one()
        application.stage = "rejected"
        retire(work, application)
        application.stage = "interview"
        arm_silence(work, application)
        work.session.flush()
    employer.clock.advance(DAY)
    ring(employer)
    for _ in range(taken_back):
        take_last_back(employer)

    assert owed(employer)[SILENCE] == MONDAY + (3 - taken_back) * DAY
