"""A candidate asks: an answer is owed, once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from service.domain.contacts import Channel, Outcome
from service.domain.policies import Kind
from service.models import Application, Contact, Promise
from service.workflows.contacts import log_contact
from service.workflows.enquire import Enquired, enquire
from service.workflows.promise_changes import pause
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.work import Work
from tests.harness import Employer, add_application

HOUR = timedelta(hours=1)


def _ask(work: Work, application: Application) -> Enquired:
    return enquire(work, application, channel=Channel.EMAIL, at=work.now, note="Any news?")


def _open(work: Work, application: Application) -> list[str]:
    found = work.session.scalars(
        select(Promise.kind)
        .where(Promise.application_id == application.id, Promise.state == "open")
        .order_by(Promise.kind)
    )
    return list(found)


def test_a_second_enquiry_is_answered_by_the_reply_already_owed(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        first = _ask(work, application)
        employer.clock.advance(2 * HOUR)

        assert first.new
        assert first.promise is not None
        assert first.promise.due_at == work.now + 24 * HOUR
        again = _ask(work, application)

        assert (again.new, again.promise) == (False, first.promise)
        assert again.contact.answers_with_id == first.promise.id
        assert _open(work, application) == ["reply"]


def test_a_promise_given_by_a_person_answers_an_enquiry_until_it_is_due(
    employer: Employer,
) -> None:
    with employer.work() as work:
        application = add_application(work)
        spoken = make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", "2 business hours"))
        asked = _ask(work, application)

        assert (asked.new, asked.promise) == (False, spoken)
        assert not asked.contact.after_broken_promise
        application_id = application.id
    employer.clock.advance(3 * HOUR)
    with employer.work() as work:
        asked = _ask(work, work.session.get_one(Application, application_id))

        assert asked.new
        assert asked.contact.after_broken_promise


def test_a_late_reply_answers_the_next_question_too(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        first, application_id = _ask(work, application).promise, application.id
        assert first is not None
        first_id = first.id
    employer.clock.advance(48 * HOUR)
    with employer.work() as work:
        asked = _ask(work, work.session.get_one(Application, application_id))

        assert not asked.new
        assert asked.promise is not None
        assert asked.promise.id == first_id


def test_a_paused_promise_neither_answers_nor_counts_as_broken(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work, stage="screening")
        waiting = _ask(work, application).promise
        assert waiting is not None
        waiting.policy_id, waiting.cause = None, None  # as if made by another rule
        pause(work, waiting, "their papers")
        application_id = application.id
    employer.clock.advance(48 * HOUR)
    with employer.work() as work:
        asked = _ask(work, work.session.get_one(Application, application_id))

        assert asked.new
        assert not asked.contact.after_broken_promise


def test_only_a_person_answers_an_enquiry(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        promise = _ask(work, application).promise
        assert promise is not None
        inbound = work.session.scalars(select(Contact)).one()

        assert inbound.direction == "in"
        assert promise.state == "open"
        log_contact(work, application, channel=Channel.PHONE, outcome=Outcome.REACHED, at=work.now)

        assert promise.state == "kept"


def test_a_question_after_the_decision_is_owed_an_answer_and_after_withdrawal_none(
    employer: Employer,
) -> None:
    with employer.work() as work:
        rejected = _ask(work, add_application(work, stage="rejected"))
        withdrawn = _ask(work, add_application(work, stage="withdrawn"))

        assert rejected.new
        assert (withdrawn.new, withdrawn.promise) == (False, None)


def test_an_old_enquiry_told_now_is_owed_an_answer_from_now(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        asked = enquire(
            work, application, channel=Channel.EMAIL, at=work.now - 100 * HOUR, note=None
        )

        assert asked.promise is not None
        assert asked.promise.due_at == work.now + 24 * HOUR
