"""The default policies, from an application to its decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from service.domain.contacts import Channel, Outcome
from service.domain.default_policies import DEFAULT_POLICIES
from service.domain.policies import Trigger
from service.mail.base import EventKind, MailEvent
from service.models import Application, Message, Notice, Policy, Promise, TimelineEntry
from service.workflows.applications import add_interview
from service.workflows.calendars import current_document, edit_calendar
from service.workflows.contacts import log_contact
from service.workflows.decide import reject
from service.workflows.fold_events import store_events
from service.workflows.policies import edit_policy
from service.workflows.promise_changes import retire
from service.workflows.rule_promises import arm_silence, trigger
from service.workflows.work import Work
from tests.harness import Employer, add_application, add_user
from tests.integration.promise_steps import call

MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
CROWD = 5


def _applied(work: Work, **fields: object) -> Application:
    application = add_application(work, **fields)
    trigger(work, application, Trigger.APPLIED, "applied", work.now)
    arm_silence(work, application)
    return application


def _deliver(employer: Employer) -> None:
    """Let the provider deliver everything that was accepted."""
    with employer.session() as session:
        sent = session.scalars(select(Message.id).where(Message.state == "accepted")).all()
        store_events(
            session,
            [MailEvent(f"d-{id_}", EventKind.DELIVERED, employer.now, id_, None, None)
             for id_ in sent],
            employer.now,
        )  # fmt: skip
        session.commit()
    employer.turn()


def _sent(employer: Employer) -> list[str]:
    return [mail.kind for mail in employer.transport.sent]


def _open(employer: Employer) -> dict[str, datetime]:
    with employer.session() as session:
        found = session.scalars(select(Promise).where(Promise.state == "open"))
        return {promise.wording: promise.due_at for promise in found}


def _march(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_a_crowd_of_applicants_becomes_letters_and_no_tasks(employer: Employer) -> None:
    with employer.work() as work:
        owner = add_user(work)
        for _ in range(CROWD):
            _applied(work, owner=owner)
    employer.turn()

    assert _sent(employer) == ["acknowledgement"] * CROWD
    _deliver(employer)
    employer.transport.sent.clear()
    employer.move_to(_march(13, 12))

    assert _sent(employer) == []
    employer.move_to(_march(13, 13))

    assert _sent(employer) == ["status-update"] * CROWD
    _deliver(employer)
    # Ten business days on from the letter that was delivered, and so on.
    assert _open(employer)["A letter saying where the application stands"] == _march(27, 13)
    assert _open(employer)["Any word at all"] == _march(13, 13) + timedelta(days=21)
    employer.transport.sent.clear()
    employer.move_to(_march(27, 9))

    assert _sent(employer) == ["status-update"] * CROWD
    with employer.session() as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 0


def test_a_status_letter_stops_once_somebody_was_interviewed(employer: Employer) -> None:
    with employer.work() as work:
        application = _applied(work)
        application.interviewed_at = work.now
        retire(work, application)
    _deliver(employer)
    employer.move_to(_march(20))

    assert "status-update" not in _sent(employer)


def test_word_after_an_interview_is_owed_again_and_again_until_decided(
    employer: Employer,
) -> None:
    word = "Word after their interview"
    with employer.work() as work:
        application = add_application(work, stage="interview", interviewed_at=work.now)
        trigger(work, application, Trigger.INTERVIEWED, "i1", work.now)
        application_id = application.id

    def ring() -> None:
        with employer.work() as work:
            log_contact(
                work,
                work.session.get_one(Application, application_id),
                channel=Channel.PHONE,
                outcome=Outcome.REACHED,
                at=work.now,
            )

    assert _open(employer)[word] == _march(5)
    employer.move_to(_march(4))
    ring()

    assert _open(employer)[word] == _march(11)
    employer.move_to(_march(10))
    ring()

    assert _open(employer)[word] == _march(17)
    with employer.work() as work:
        reject(
            work,
            work.session.get_one(Application, application_id),
            reason="no",
            decided_by_id=None,
            decided_at=work.now,
            source="here",
        )

    assert _open(employer) == {"To be told the decision": _march(12)}


def test_a_rule_that_was_edited_or_switched_off_repeats_as_it_says_now(employer: Employer) -> None:
    word = "Word after their interview"
    with employer.work() as work:
        application = add_application(work, stage="interview", interviewed_at=work.now)
        (made,) = trigger(work, application, Trigger.INTERVIEWED, "i1", work.now)
        policy = work.session.scalars(select(Policy).where(Policy.id == made.policy_id)).one()
        terms = DEFAULT_POLICIES["word-after-interview"]
        edit_policy(work, policy, replace(terms, then_every="2 business days"))
        call(work, application, work.now)
        assert (made.policy_version, made.terms["then_every"]) == (1, "5 business days")
        of, policy_id = application.id, policy.id
    assert _open(employer)[word] == _march(4)

    with employer.work() as work:
        policy = work.session.scalars(select(Policy).where(Policy.id == policy_id)).one()
        policy.active = False
        work.session.flush()
        call(work, work.session.get_one(Application, of), work.now)
    assert word not in _open(employer)


def test_fifteen_business_days_of_silence_are_an_alarm_whatever_the_other_rules(
    employer: Employer,
) -> None:
    with employer.work() as work:
        for policy in work.session.scalars(select(Policy)):
            policy.active = policy.name == "silence-alarm"
        owner = add_user(work)
        _applied(work, owner=owner)
    employer.move_to(_march(23))
    with employer.session() as session:
        assert session.scalars(select(Promise.breached_at)).all() == [None]
    employer.pass_time(seconds=1)
    with employer.session() as session:
        assert session.scalars(select(Promise.breached_at)).all() == [_march(23)]
    assert "staff-digest" in _sent(employer)


def test_editing_a_policy_touches_no_promise_already_made(employer: Employer) -> None:
    with employer.work() as work:
        first = add_application(work)
        (made,) = trigger(work, first, Trigger.ENQUIRY, "one", work.now)
        policy = work.session.scalars(select(Policy).where(Policy.name == "reply")).one()
        edit_policy(work, policy, replace(DEFAULT_POLICIES["reply"], within="3 business days"))
        work.session.flush()
        before = (made.due_at, made.policy_version, made.terms["within"])
        (after,) = trigger(work, add_application(work), Trigger.ENQUIRY, "two", work.now)

        assert (made.due_at, made.policy_version, made.terms["within"]) == before
        assert (after.due_at, after.policy_version) == (_march(5), 2)
        assert made.due_at == _march(3)


def test_a_calendar_that_stays_closed_stops_no_contact_and_no_interview(
    employer: Employer,
) -> None:
    with employer.work() as work:
        company = work.calendar_row()
        last_day = {"hours": {}, "days": {"2026-03-02": [["09:00", "17:00"]]}}
        edit_calendar(work, company, {**current_document(work, company), **last_day})
        application = _applied(work, stage="interview")
        application_id = application.id
    employer.clock.move_to(_march(4))
    with employer.work() as work:
        application = work.session.get_one(Application, application_id)
        add_interview(work, application, held=True, starts_at=None, ended_at=None)
        log_contact(work, application, channel=Channel.PHONE, outcome=Outcome.REACHED, at=work.now)
    with employer.session() as session:
        unpromised = select(TimelineEntry.data).where(TimelineEntry.kind == "promise_not_possible")

        assert session.get_one(Application, application_id).last_contact_at == _march(4)
        assert {data["code"] for data in session.scalars(unpromised)} == {"no-opening"}
