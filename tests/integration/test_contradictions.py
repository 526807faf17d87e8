"""What we said a moment ago is not denied: the world changes between holding and sending."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from service.domain.changes import Stage
from service.models import Application, Connection, Decision, Job, Message
from service.workflows.decide import move_here, reject, reopen_here, withdraw_decision
from service.workflows.last_look import objection_to, objections_to
from service.workflows.waking import REJECTION_HOLD
from service.workflows.work import Work
from tests.harness import Employer, add_application
from tests.integration.watching import letter, message_of, run_dispatch

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def decide(work: Work, application: Application) -> Decision:
    return reject(
        work,
        application,
        reason="Another person had more of what the work needs",
        decided_by_id=None,
        decided_at=work.now,
        source="keepword",
    )


def write_rejection(
    work: Work,
    application: Application,
    key: str,
    kind: str = "rejection-interview",
    *also: tuple[Application, Decision | None],
) -> Message:
    decision = decide(work, application)
    return letter(work, application, key, kind, {}, decision=decision, also=also)


def reopen(work: Work, application: Application) -> None:
    """Take the decision back and consider the person again."""
    found = work.session.query(Decision).filter_by(application_id=application.id).one()
    withdraw_decision(work, application, found)
    reopen_here(work, application, Stage.INTERVIEW)


def second_application(work: Work, first: Application, title: str = "Data Engineer") -> Application:
    """Another application of the same person."""
    other = add_application(
        work, stage="interview", job=Job(title=title, status="open", created_at=work.now)
    )
    other.candidate = first.candidate
    work.session.flush()
    return other


class Held:
    """A rejection after an interview that is held for an hour."""

    def __init__(self, employer: Employer) -> None:
        self.employer = employer
        with employer.work() as work:
            application = add_application(work, stage="interview")
            application.interviewed_at = work.now - 20 * DAY
            self.application_id = application.id
            self.id = write_rejection(work, application, "rejection:1").id
        employer.clock.advance(10 * MINUTE)

    @contextmanager
    def meanwhile(self) -> Iterator[tuple[Work, Application]]:
        with self.employer.work() as work:
            yield work, work.session.get_one(Application, self.application_id)

    def goes(self) -> tuple[str, str]:
        """Let the hold end; return the letter's state and what is said of it."""
        self.employer.clock.advance(REJECTION_HOLD)
        run_dispatch(self.employer)
        message = message_of(self.employer, self.id)
        return message.state, message.reason or ""


def _invited(work: Work, application: Application) -> None:
    known = set(work.office.templates["interview-scheduling"].variables) - _GIVEN
    values = dict.fromkeys(sorted(known), "Tuesday 3 March")
    values["scheduling_link"] = "https://example.com/times"
    sent = letter(work, application, f"invitation:{application.id}", "interview-scheduling", values)
    sent.state, sent.accepted_at, sent.due_at = "delivered", work.now, None


_GIVEN = {"greeting_name", "job_title", "company_name", "sender_name", "sender_email"}


def test_nobody_who_was_just_moved_on_is_rejected(employer: Employer) -> None:
    held = Held(employer)
    with held.meanwhile() as (work, application):
        application.stage = "screening"
        move_here(work, application, Stage.ASSESSMENT)
        application.stage = "rejected"
    state, reason = held.goes()

    assert state == "blocked"
    assert "was moved on or invited" in reason


def test_nobody_who_was_just_invited_is_rejected(employer: Employer) -> None:
    held = Held(employer)
    with held.meanwhile() as (work, application):
        _invited(work, application)
    state, reason = held.goes()

    assert state == "blocked"
    assert "was moved on or invited" in reason


def test_an_invitation_that_led_to_the_interview_denies_nothing(employer: Employer) -> None:
    held = Held(employer)
    with held.meanwhile() as (work, application):
        _invited(work, application)
        application.interviewed_at = work.now + MINUTE

    assert held.goes() == ("accepted", "")


def test_an_invitation_of_long_ago_denies_nothing(employer: Employer) -> None:
    held = Held(employer)
    with held.meanwhile() as (work, application):
        _invited(work, application)
        for message in work.session.query(Message).filter_by(kind="interview-scheduling"):
            message.accepted_at = work.now - 6 * DAY

    assert held.goes() == ("accepted", "")


def test_the_last_sign_that_they_are_through_is_the_one_that_rings(employer: Employer) -> None:
    held = Held(employer)
    with held.meanwhile() as (work, application):
        _invited(work, application)
        for message in work.session.query(Message).filter_by(kind="interview-scheduling"):
            message.accepted_at = work.now - 6 * DAY
        application.stage = "screening"
        move_here(work, application, Stage.ASSESSMENT)
        application.stage = "rejected"
    state, reason = held.goes()

    assert state == "blocked"
    assert "was moved on or invited" in reason


def test_a_rejection_does_not_follow_one_under_an_older_decision(employer: Employer) -> None:
    first = Held(employer)
    assert first.goes() == ("accepted", "")
    with first.meanwhile() as (work, application):
        reopen(work, application)
        second = write_rejection(work, application, "rejection:2").id
    employer.clock.advance(2 * HOUR)
    run_dispatch(employer)

    stopped = message_of(employer, second)
    assert stopped.state == "blocked"
    assert "told this decision already" in (stopped.reason or "")


def test_a_rejection_may_follow_one_that_was_denied_in_between(employer: Employer) -> None:
    first = Held(employer)
    first.goes()
    with first.meanwhile() as (work, application):
        reopen(work, application)
        letter(work, application, "holding:1")
    employer.clock.advance(MINUTE)
    run_dispatch(employer)
    with first.meanwhile() as (work, application):
        second = write_rejection(work, application, "rejection:2").id
    employer.clock.advance(2 * HOUR)
    run_dispatch(employer)

    assert message_of(employer, second).state == "accepted"


def test_nobody_is_told_that_they_are_considered_after_their_rejection(employer: Employer) -> None:
    held = Held(employer)
    held.goes()
    with held.meanwhile() as (work, application):
        hope = letter(work, application, "holding:1").id
        thanks = letter(work, application, "acknowledgement:1", "acknowledgement", {}).id
    run_dispatch(employer)

    assert message_of(employer, thanks).state == "accepted"
    stopped = message_of(employer, hope)
    assert stopped.state == "blocked"
    assert "withdraw the decision first" in (stopped.reason or "")


def test_two_applications_of_one_person_are_not_rejected_by_two_letters_a_day(
    employer: Employer,
) -> None:
    held = Held(employer)
    with held.meanwhile() as (work, application):
        other = second_application(work, application)
        second = write_rejection(work, other, "rejection:2").id
    assert held.goes() == ("accepted", "")
    employer.clock.advance(10 * MINUTE)
    run_dispatch(employer)

    stopped = message_of(employer, second)
    assert stopped.state == "blocked"
    assert "put them together" in (stopped.reason or "")


def test_two_letters_of_one_batch_that_contradict_each_other_do_not_both_go(
    employer: Employer,
) -> None:
    with employer.work() as work:
        application = add_application(work, stage="interview")
        other = second_application(work, application)
        first = write_rejection(work, application, "rejection:1").id
        second = write_rejection(work, other, "rejection:2").id
    employer.clock.advance(REJECTION_HOLD)
    run_dispatch(employer)

    states = sorted(message_of(employer, id_).state for id_ in (first, second))
    assert states == ["accepted", "blocked"]


@pytest.mark.parametrize("state", ["sending", "uncertain", "complained"])
def test_a_letter_that_may_have_arrived_has_told_the_decision(
    employer: Employer, state: str
) -> None:
    with employer.work() as work:
        application = add_application(work, stage="interview")
        first = write_rejection(work, application, "rejection:1")
        decision = work.session.get_one(Decision, first.decision_id)
        again = letter(work, application, "rejection:2", first.kind, {}, decision=decision)
        first.state, first.first_tried_at = state, work.now - MINUTE
        work.session.flush()
        found = objection_to(work, again)

    assert found is not None
    assert found.rule == "two_final_letters"


def test_of_two_letters_of_one_request_only_the_older_goes(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work, stage="interview")
        other = second_application(work, application)
        both = [
            write_rejection(work, each, f"rejection:{each.id}") for each in (application, other)
        ]
        # Against the order of their ids, and against the order in which they are handed over.
        younger, older = sorted(both, key=lambda message: message.id)
        older.created_at = work.now - MINUTE
        stopped = objections_to(work, [younger, older])

    assert {id_: why.rule for id_, why in stopped.items()} == {younger.id: "final_elsewhere"}


def test_no_letter_of_hope_goes_with_the_rejection_in_one_request(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work, stage="interview")
        rejection = write_rejection(work, application, "rejection:1")
        rejection.created_at = work.now - MINUTE
        hope = letter(work, application, "hope:1")
        stopped = objections_to(work, [hope, rejection])

    rules = {id_: why.rule for id_, why in stopped.items()}
    assert rules == {hope.id: "considered_after_rejection"}


@pytest.mark.parametrize("states", [("claimed", "claimed"), ("ready", "claimed")])
def test_of_two_workers_only_the_one_with_the_older_letter_sends(
    employer: Employer, states: tuple[str, str]
) -> None:
    """Each has, or is about to take, one of two final letters to one person, and neither has sent.

    Whoever has the younger may look before the older is taken.
    """
    with employer.work() as work:
        application = add_application(work, stage="interview")
        older = write_rejection(work, application, "rejection:1")
        employer.clock.advance(MINUTE)
    with employer.work() as work:
        application = work.session.get_one(Application, application.id)
        decision = work.session.get_one(Decision, older.decision_id)
        younger = letter(work, application, "rejection:2", older.kind, {}, decision=decision)
        for id_, state in zip((older.id, younger.id), states, strict=True):
            found = work.session.get_one(Message, id_)
            found.state, found.due_at = state, work.now
    with employer.work() as work:
        objections = [
            objection_to(work, work.session.get_one(Message, id_)) for id_ in (older.id, younger.id)
        ]

    assert objections[0] is None
    assert objections[1] is not None
    assert objections[1].rule == "two_final_letters"


@pytest.mark.parametrize(
    ("stage", "days", "offer", "state"),
    [
        ("hired", 0, None, "blocked"),
        ("offer", 0, None, "blocked"),
        ("interview", 0, "offer-1", "blocked"),
        ("hired", 91, None, "accepted"),
    ],
)
def test_nobody_who_was_taken_elsewhere_while_the_letter_was_held_is_rejected_unseen(
    employer: Employer, stage: str, days: int, offer: str | None, state: str
) -> None:
    held = Held(employer)
    with held.meanwhile() as (work, application):
        other = second_application(work, application)
        other.stage, other.stage_at, other.open_offer = stage, work.now - days * DAY, offer
    found, reason = held.goes()

    assert found == state
    assert ("on another application" in reason) == (state == "blocked")


def _ats(work: Work, application: Application, rejections_by: str | None) -> None:
    connection = Connection(
        name="greenhouse",
        vendor="greenhouse",
        secrets=[],
        stage_map={},
        rejections_by=rejections_by,
        created_at=work.now,
    )
    work.session.add(connection)
    work.session.flush()
    application.connection_id, application.external_id = connection.id, "1"


@pytest.mark.parametrize(
    ("rejections_by", "state", "words"),
    [
        ("ats", "blocked", "the ATS sends the rejections"),
        (None, "blocked", "nobody has said whether Keepword or the ATS"),
        ("keepword", "accepted", ""),
    ],
)
def test_a_rejection_is_sent_by_keepword_or_by_the_ats_and_never_by_both(
    employer: Employer, rejections_by: str | None, state: str, words: str
) -> None:
    held = Held(employer)
    with held.meanwhile() as (work, application):
        _ats(work, application, rejections_by)
    found, reason = held.goes()

    assert found == state
    assert words in reason


def test_a_wording_that_is_not_approved_any_more_is_not_sent(employer: Employer) -> None:
    held = Held(employer)
    with held.meanwhile() as (work, _):
        work.session.get_one(Message, held.id).template_version = "an older wording"
    state, reason = held.goes()

    assert state == "blocked"
    assert "not approved any more" in reason


Change = Callable[[Work, Application], None]


def _offered(_work: Work, application: Application) -> None:
    application.open_offer = "offer-1"


def _decision_withdrawn(work: Work, application: Application) -> None:
    found = work.session.query(Decision).filter_by(application_id=application.id).one()
    found.withdrawn_at = work.now


def _job_filled(_work: Work, application: Application) -> None:
    application.job.status = "filled"


def _gone_on(work: Work, application: Application) -> None:
    application.stage, application.closed_at = "rejected", work.now


@pytest.mark.parametrize(
    ("decided", "change", "words"),
    [
        (True, _offered, "about Data Engineer: an offer is open"),
        (True, _decision_withdrawn, "about Data Engineer: no decision stands"),
        (False, _gone_on, "about Data Engineer: the letter says that this application goes on"),
        (False, _job_filled, "about Data Engineer: the letter says that this application goes on"),
        (False, _offered, None),
    ],
)
def test_a_letter_about_several_jobs_goes_only_if_it_is_true_of_all(
    employer: Employer, decided: bool, change: Change, words: str | None
) -> None:
    with employer.work() as work:
        application = add_application(work, stage="interview")
        other = second_application(work, application)
        also = (other, decide(work, other) if decided else None)
        message_id = write_rejection(work, application, "r:1", "rejection-interview", also).id
    employer.clock.advance(10 * MINUTE)
    with employer.work() as work:
        change(work, work.session.get_one(Application, other.id))
    employer.clock.advance(REJECTION_HOLD)
    run_dispatch(employer)

    message = message_of(employer, message_id)
    if words is None:
        assert message.state == "accepted"
    else:
        assert message.state == "blocked"
        assert words in (message.reason or "")


def test_a_letter_for_several_jobs_is_the_final_one_of_each(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work, stage="interview")
        other = second_application(work, application)
        also = (other, decide(work, other))
        write_rejection(work, application, "r:1", "rejection-interview", also)
    employer.clock.advance(REJECTION_HOLD)
    run_dispatch(employer)
    with employer.work() as work:
        found = work.session.get_one(Application, other.id)
        again = letter(work, found, "r:2", "rejection-interview", {}, decision=also[1]).id
    employer.clock.advance(2 * HOUR)
    run_dispatch(employer)

    stopped = message_of(employer, again)
    assert stopped.state == "blocked"
    assert "told this decision already" in (stopped.reason or "")


def test_the_last_look_asks_as_much_of_the_database_for_many_letters_as_for_few(
    employer: Employer,
) -> None:
    with employer.work() as work:
        ids = []
        for number in range(40):
            application = add_application(work, stage="interview")
            ids.append(write_rejection(work, application, f"rejection:{number}").id)

    def statements(count: int) -> int:
        seen: list[str] = []
        with employer.work() as work:
            messages = work.session.query(Message).filter(Message.id.in_(ids[:count])).all()
            connection = work.session.connection()

            def note(*about: object) -> None:
                seen.append(str(about[2]))

            event.listen(connection, "before_cursor_execute", note)
            assert objections_to(work, messages) == {}
            event.remove(connection, "before_cursor_execute", note)
        return len(seen)

    assert statements(40) == statements(2)
