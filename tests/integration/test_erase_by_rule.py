"""By rule nobody goes but who applied for nothing any more, is owed nothing and was left in peace
for as long as the rule says; who goes, goes as if somebody had erased them by hand.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from service.app import engine_of
from service.domain.changes import ApplicationDeleted, Applied, Rejected, Stage, Withdrawn
from service.domain.policies import Kind
from service.models import (
    Application,
    Candidate,
    CandidateSource,
    Contact,
    Decision,
    Delivery,
    DeliveryAnswer,
    Interview,
    Message,
    MessageAlso,
    Promise,
    TimelineEntry,
)
from service.parts import parts
from service.queries.holds import count_held
from service.steps import step_named
from service.workflows.connections import add_connection
from service.workflows.erase_by_rule import Gone, count_due, erase_by_rule, erase_when_steady
from service.workflows.erasure_list import ErasureList
from service.workflows.legal_hold import hold
from service.workflows.people_due import due_among, kept_back
from service.workflows.promise_changes import lock_application
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.work import Work
from tests.harness import MONDAY, Employer, add_application, make_employer
from tests.integration.ats_reports import ref_of, report
from tests.integration.long_tables import lengthen
from tests.integration.test_hot_queries import ROWS, Sent, listen, read_whole
from tests.reading_pages import letter
from tests.signing_in import client_of, person

DAYS = 180
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
LONG = timedelta(days=400)
KEPT = timedelta(days=DAYS)


def ended(work: Work, name: str, stage: str = "rejected") -> Application:
    """Add somebody of whom nothing was heard for a year."""
    then = work.now - LONG
    row = add_application(work, first_name=name, stage=stage, applied_at=then, closed_at=then)
    row.stage_at = then
    row.candidate.created_at = row.created_at = then
    work.session.flush()
    return row


def run(employer: Employer, **more: Any) -> Gone:
    """Erase by a rule of 180 days at the instant it is."""
    with employer.session() as session:
        office = replace(parts(employer.app).office, people_days=DAYS)
        return erase_by_rule(session, office, employer.now, **more)


def names(employer: Employer) -> set[str]:
    """Return who is there."""
    with employer.session() as session:
        return {name for name in session.scalars(select(Candidate.first_name)) if name}


def decided(work: Work, row: Application, **fields: Any) -> Decision:
    at = work.now - LONG
    decision = Decision(
        **{"application_id": row.id, "outcome": "rejected", "source": "page", "decided_at": at,
           "created_at": at, **fields},
    )  # fmt: skip
    work.session.add(decision)
    work.session.flush()
    return decision


def promised(work: Work, row: Application, state: str, **fields: Any) -> None:
    at = work.now - LONG
    work.session.add(
        Promise(
            **{"application_id": row.id, "kind": "callback", "origin": "spoken", "wording": "A",
               "terms": {}, "made_at": at, "start_at": at, "first_due_at": at, "due_at": at,
               "trace": [], "state": state, "ladder": [], **fields}
        )
    )  # fmt: skip
    work.session.flush()


def contact(work: Work, row: Application, at: Any, direction: str = "in") -> None:
    work.session.add(
        Contact(application_id=row.id, direction=direction, channel="email", outcome="received",
                at=at, created_at=at)
    )  # fmt: skip


def told(work: Work, row: Application, kind: str, at: Any, recorded_at: Any = None) -> None:
    work.session.add(
        TimelineEntry(application_id=row.id, at=at, recorded_at=recorded_at or at, kind=kind,
                      actor="keepword", source="test", data={})
    )  # fmt: skip


_numbers = count()


def _also(work: Work, row: Application, state: str) -> None:
    other = ended(work, f"beside-{next(_numbers)}")
    message = letter(work, state, application_id=other.id, created_at=work.now - LONG)
    work.session.add(MessageAlso(message_id=message.id, application_id=row.id))


def _another(work: Work, row: Application) -> None:
    more = add_application(work, first_name="a second one")
    nobody, more.candidate_id = more.candidate, row.candidate_id
    nobody.merged_into_id = row.candidate_id


def _on_hold(work: Work, row: Application) -> None:
    hold(work, row.candidate, "a claim of theirs is before the court")


KEEPING: dict[str, Callable[[Work, Application], object]] = {
    "an open promise": lambda w, a: promised(w, a, "open"),
    "a paused promise": lambda w, a: promised(w, a, "paused"),
    **{
        f"a letter that is {state}": lambda w, a, state=state: letter(
            w, state, application_id=a.id, created_at=w.now - LONG
        )
        for state in (
            "held", "ready", "claimed", "sending", "retry", "blocked", "accepted", "deferred",
            "uncertain",
        )
    },
    "a letter that speaks of it too": lambda w, a: _also(w, a, "held"),
    "a letter that was settled lately": lambda w, a: told(w, a, "letter_bounced", w.now - KEPT),
    "another application": _another,
    "an enquiry": lambda w, a: contact(w, a, w.now - KEPT),
    "a call": lambda w, a: contact(w, a, w.now - KEPT, "out"),
    "a contact noted elsewhere": lambda w, a: setattr(a, "last_contact_at", w.now - KEPT),
    "a later closing": lambda w, a: setattr(a, "closed_at", w.now - KEPT),
    "a hire after all": lambda w, a: setattr(a, "stage_at", w.now - KEPT),
    "an offer that is open": lambda _w, a: setattr(a, "open_offer", "o1"),
    "an interview to come": lambda w, a: w.session.add(
        Interview(application_id=a.id, external_id="i", over_at=w.now + DAY, created_at=w.now)
    ),
    "a decision that nobody told": decided,
    "a legal hold": _on_hold,
    "an application that became known lately": lambda w, a: setattr(a, "created_at", w.now - KEPT),
    "an end of long ago that was told lately": lambda w, a: told(
        w, a, "stage", w.now - LONG, w.now - KEPT
    ),
    "a promise that was let go lately": lambda w, a: told(w, a, "promise_released", w.now - KEPT),
    "being known for less long": lambda w, a: setattr(a.candidate, "created_at", w.now - KEPT),
}  # fmt: skip
"""What keeps somebody who has long been done with, each by itself."""


def _history(work: Work, row: Application) -> None:
    decided(work, row, created_at=work.now - LONG + 31 * DAY)


def _told_by_letter(work: Work, row: Application) -> None:
    decision = decided(work, row)
    letter(work, "captured", kind="rejection-application", application_id=row.id,
           decision_id=decision.id, created_at=work.now - LONG)  # fmt: skip


def _told_by_call(work: Work, row: Application) -> None:
    decided(work, row)
    row.last_contact_at = work.now - LONG


def _told_as_promised(work: Work, row: Application) -> None:
    decided(work, row)
    promised(work, row, "kept", kind="decision", kept_at=work.now - LONG)


def _let_go(work: Work, row: Application) -> None:
    decision = decided(work, row)
    promised(work, row, "released", kind="decision", cause=f"rule:decided:{decision.id}")


def _told_by_the_ats(work: Work, row: Application) -> None:
    decided(work, row)
    row.connection_id = add_connection(
        work, "theirs", "greenhouse", ["an invented secret"], rejections_by="ats"
    ).id


def _deleted(work: Work, row: Application) -> None:
    row.stage, row.closed_at, row.deleted_at = "applied", None, work.now - LONG


GOING: dict[str, Callable[[Work, Application], object]] = {
    "nothing": lambda _w, _a: None,
    "a hire": lambda _w, a: setattr(a, "stage", "hired"),
    "an application deleted while open": _deleted,
    "a letter that arrived": lambda w, a: letter(
        w, "delivered", application_id=a.id, created_at=w.now - LONG
    ),
    "an enquiry before": lambda w, a: contact(w, a, w.now - KEPT - SECOND),
    "a letter settled before": lambda w, a: told(w, a, "letter_bounced", w.now - KEPT - SECOND),
    "another owner lately": lambda w, a: told(w, a, "assigned", w.now),
    "a decision of before Keepword": _history,
    "a decision told by letter": _told_by_letter,
    "a decision told by a call": _told_by_call,
    "a decision told as promised": _told_as_promised,
    "a decision that nobody need tell": _let_go,
    "a decision that the ATS tells": _told_by_the_ats,
    "a decision that was withdrawn": lambda w, a: decided(w, a, withdrawn_at=w.now - LONG),
}
"""What keeps nobody."""


def test_whoever_might_still_be_concerned_stays_and_the_others_go(employer: Employer) -> None:
    with employer.work() as work:
        for what, do in {**KEEPING, **GOING}.items():
            do(work, ended(work, what))
        none = add_application(work, first_name="without an application")
        none.candidate.created_at = work.now - LONG
        work.session.delete(none)
    with employer.session() as session:
        back = list(kept_back(session, employer.now - KEPT))
        firsts = [session.get_one(Candidate, id_).first_name for id_, _why in back]
    beside = {name for name in names(employer) if name.startswith("beside")}

    # Each of these waits for a person, who is told so.
    waits = {
        what for what in KEEPING if what.startswith(("an open p", "a paused", "a letter that "))
    }
    waits -= {"a letter that was settled lately"}
    waits |= {"a decision that nobody told", "an offer that is open", "without an application"}
    assert {*waits, *beside} == set(firsts)
    assert all(len(why) == 1 for _id, why in back)
    with employer.session() as session:
        assert count_due(session, employer.now - KEPT) == len(GOING)
    gone = run(employer)

    left = names(employer)
    expected = {*KEEPING, *beside, "without an application", "a second one"}
    assert left == expected
    assert gone == Gone(len(GOING))
    assert run(employer) == Gone()


def test_who_goes_by_rule_goes_as_by_hand_and_the_story_says_by_which(employer: Employer) -> None:
    with employer.work() as work:
        row = ended(work, "Zebedee")
        contact(work, row, work.now - LONG)
        letter(work, "delivered", application_id=row.id, created_at=work.now - LONG)
        id_, candidate_id = row.id, row.candidate_id

    assert run(employer) == Gone(1)

    page = client_of(employer, person(employer, "administrator")).get(f"/people/{candidate_id}")
    assert "by rule, 180 days after the end" in page.get_data(as_text=True)

    with employer.session() as session:
        gone = session.get_one(Candidate, candidate_id)
        assert (gone.erased_at, gone.first_name, gone.emails) == (employer.now, None, [])
        assert session.scalars(select(Message.subject)).all() == ["(erased)"]
        entry = session.scalars(
            select(TimelineEntry).where(TimelineEntry.kind == "candidate_erased")
        ).one()
        assert (entry.application_id, entry.data) == (id_, {"after_days": DAYS})
        assert (entry.actor, entry.source) == ("keepword", "retention")
    listed = ErasureList(parts(employer.app).config.erasures_path).read()
    assert listed is not None
    assert list(listed.people) == [candidate_id]
    assert len(listed.addresses) == 1


def test_a_worker_killed_between_two_leaves_whole_people_and_the_next_goes_on(
    employer: Employer,
) -> None:
    with employer.work() as work:
        for number in range(3):
            ended(work, f"number {number}")
    asked = iter((False, True))

    assert run(employer, stop=lambda: next(asked)) == Gone(1, whole=False)
    assert len(names(employer)) == 2
    assert run(employer, most=1) == Gone(1, whole=False)
    assert run(employer) == Gone(1)
    assert names(employer) == set()


def _promise(work: Work, id_: str) -> None:
    promise_made = lock_application(work, id_)
    assert promise_made is not None
    promise_made.stage, promise_made.closed_at = "screening", None
    make_spoken(work, promise_made, Spoken(Kind.CALLBACK, "A call", "1 business day"))


def _apply_again(work: Work, id_: str) -> None:
    _another(work, work.session.get_one(Application, id_))


def _hold(work: Work, id_: str) -> None:
    _on_hold(work, work.session.get_one(Application, id_))


@pytest.mark.parametrize("meanwhile", [_promise, _apply_again, _hold])
def test_what_came_between_the_choice_and_the_erasure_keeps_them(
    employer: Employer, meanwhile: Callable[[Work, str], None]
) -> None:
    with employer.work() as work:
        id_ = ended(work, "Zebedee").id

    def between() -> bool:
        with employer.work() as work:
            meanwhile(work, id_)
        return False

    assert run(employer, stop=between) == Gone()
    assert "Zebedee" in names(employer)


def test_a_promise_that_is_made_at_that_very_moment_keeps_them(employer: Employer) -> None:
    if engine_of(employer.app).dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: nobody meets anybody")
    with employer.work() as work:
        id_ = ended(work, "Zebedee").id
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")

    with ThreadPoolExecutor(1) as pool:
        with employer.work() as work, employer.session() as watcher:
            _promise(work, id_)
            work.session.flush()
            doing = pool.submit(run, employer)
            for _ in range(1000):
                if watcher.execute(waits).scalar_one() or doing.done():
                    break
                watcher.rollback()
                threading.Event().wait(0.01)
            assert not doing.done()
        assert doing.result(timeout=30) == Gone()
    assert names(employer) == {"Zebedee"}


def test_whom_somebody_else_is_at_is_left_to_them(employer: Employer) -> None:
    engine = engine_of(employer.app)
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: nobody meets anybody")
    with employer.work() as work:
        first, second = ended(work, "first").candidate_id, ended(work, "second").candidate_id
    with engine.begin() as other:
        other.execute(
            text("SELECT id FROM candidate WHERE id = :id FOR NO KEY UPDATE"), {"id": first}
        )
        assert run(employer) == Gone(1)
    assert names(employer) == {"first"}
    assert second not in names(employer)


WAITING: dict[str, dict[str, Any]] = {
    "news": {},
    "a hint that its vendor has long left unanswered": {"asked_at": MONDAY - DAY},
    "what failed and is tried again": {"attempts": 1},
}


@pytest.mark.parametrize("how", WAITING)
def test_without_a_rule_or_while_news_waits_nobody_goes(employer: Employer, how: str) -> None:
    with employer.work() as work:
        ended(work, "Zebedee")
    with employer.session() as session:
        office = parts(employer.app).office
        assert office.people_days == 0
        assert erase_by_rule(session, office, employer.now) == Gone()
    with employer.work() as work:
        connection = add_connection(
            work, "main", "greenhouse", ["an invented secret"], rejections_by="keepword"
        )
        at = work.now - DAY
        work.session.add(
            Delivery(connection_id=connection.id, identity="1", state="received", headers={},
                     body=b"{}", received_at=at, next_attempt_at=at, **WAITING[how])
        )  # fmt: skip

    assert run(employer) == Gone()
    assert names(employer) == {"Zebedee"}
    with employer.work() as work:
        work.session.scalars(select(Delivery)).one().state = "failed"
    assert run(employer) == Gone(1)


@pytest.mark.parametrize(
    ("body", "gone"),
    [
        ('{"applied again": "%(address)s"}', 0),
        ('{"candidate": {"id": 4711}}', 0),
        # Another number, and the same one of another ATS.
        ('{"candidate": {"id": 47110}}', 1),
        ('{"elsewhere": 4712}', 1),
    ],
)
def test_news_that_failed_and_names_them_keeps_them_and_can_still_be_replayed(
    employer: Employer, body: str, gone: int
) -> None:
    with employer.work() as work:
        kept = ended(work, "Zebedee").candidate
        address = kept.emails[0].address
        kept.created_at -= DAY
        ended(work, "Yorick")
        connection = add_connection(
            work, "main", "greenhouse", ["an invented secret"], rejections_by="keepword"
        )
        other = add_connection(
            work, "other", "greenhouse", ["an invented secret"], rejections_by="keepword"
        )
        for of, external_id in ((connection, "4711"), (other, "4712")):
            work.session.add(
                CandidateSource(candidate_id=kept.id, connection_id=of.id, external_id=external_id)
            )
        told = (body % {"address": address.upper()}).encode()
        work.session.add(
            Delivery(connection_id=connection.id, identity="1", state="failed", headers={},
                     body=told, received_at=work.now, next_attempt_at=work.now, done_at=work.now)
        )  # fmt: skip

    # Whoever waits for that takes nobody's place, however little fits into a turn.
    assert run(employer, most=1 + gone) == Gone(1 + gone)
    assert names(employer) == ({"Zebedee"} if not gone else set())
    with employer.session() as session:
        assert session.scalars(select(Delivery.body)).one() == told
    employer.clock.advance(KEPT + SECOND)
    assert run(employer) == Gone(1 - gone)


@pytest.mark.parametrize("state", ["failed", "received"])
@pytest.mark.parametrize("answered", [False, True])
def test_news_that_has_just_come_keeps_them_too_and_so_does_what_was_answered_about_it(
    employer: Employer, caplog: pytest.LogCaptureFixture, state: str, *, answered: bool
) -> None:
    """A hint names nobody: only what the ATS was asked about it does."""
    with employer.work() as work:
        kept = ended(work, "Zebedee").candidate
        told = b'{"email": "%s"}' % kept.emails[0].address.encode()
        connection = add_connection(
            work, "main", "greenhouse", ["an invented secret"], rejections_by="keepword"
        )
        news = Delivery(
            connection_id=connection.id, identity="1", state=state, headers={},
            body=b"{}" if answered else told, received_at=work.now, next_attempt_at=work.now,
        )  # fmt: skip
        work.session.add(news)
        work.session.flush()
        if answered:
            work.session.add(
                DeliveryAnswer(delivery_id=news.id, ask="GET 1", status=200, headers={}, body=told,
                               fetched_at=work.now)
            )  # fmt: skip

    assert run(employer) == Gone()
    assert names(employer) == {"Zebedee"}
    # Only for what somebody has to replay.
    assert ("replay it first" in caplog.text) == (state == "failed")
    with employer.work() as work:
        work.session.scalars(select(Delivery)).one().state = "done"
    assert run(employer) == Gone(1)


def test_the_loop_does_it_and_a_late_event_brings_nobody_back(
    database_url: str, tmp_path: Path
) -> None:
    employer = make_employer(database_url, tmp_path, people_days=DAYS)
    report(employer, Applied(ref_of(), MONDAY - DAY, Stage.SCREENING))
    report(employer, Withdrawn(ref_of(), MONDAY))
    with employer.work() as work:
        for letter_of in work.session.scalars(select(Message)):
            letter_of.state = "delivered"
    employer.clock.advance(KEPT - DAY)
    turn(employer, 2)
    assert names(employer) == {"Ada"}
    assert metric(employer, "keepword_people_erased_by_rule_total") == 0

    employer.clock.advance(timedelta(days=2))
    turn(employer, 1)
    # After a long silence the clock is only read, and for a day it proves nothing.
    assert names(employer) == {"Ada"}
    turn(employer, 24)
    assert names(employer) == {"Ada"}
    turn(employer, 1)
    assert names(employer) == set()

    assert metric(employer, "keepword_people_erased_by_rule_total") == 1
    assert metric(employer, "keepword_people_due_for_erasure") == 0
    late = report(employer, Applied(ref_of("late", applied_at=MONDAY - DAY), employer.now))
    assert late.erased
    assert names(employer) == set()
    engine_of(employer.app).dispose()


def test_whose_end_of_long_ago_is_told_today_has_the_whole_time_from_today(
    employer: Employer,
) -> None:
    for number in "123":
        ref = ref_of(f"a{number}", f"c{number}", applied_at=MONDAY)
        report(employer, Applied(ref, MONDAY, Stage.SCREENING))
    with employer.work() as work:
        for letter_of in work.session.scalars(select(Message)):
            letter_of.state = "delivered"
    employer.clock.advance(LONG)

    # What the ATS could not tell for months, such as while its connection was broken.
    report(employer, Withdrawn(ref_of("a1", "c1"), MONDAY + DAY))
    report(employer, ApplicationDeleted("a2", MONDAY + DAY))
    report(employer, Rejected(ref_of("a3", "c3"), MONDAY + DAY))
    assert run(employer) == Gone()

    employer.clock.advance(KEPT)
    assert run(employer) == Gone()
    employer.clock.advance(SECOND)
    assert run(employer) == Gone(3)


def test_a_clock_a_year_ahead_or_a_new_figure_erases_nobody_for_a_day(
    database_url: str, tmp_path: Path
) -> None:
    employer = make_employer(database_url, tmp_path, people_days=DAYS)
    with employer.work() as work:
        ended(work, "lately").stage_at = work.now - DAY
    turn(employer, 30)
    right = employer.now
    employer.clock.jump_to(right + LONG)
    # Set right by hand the next morning.
    turn(employer, 18)
    employer.clock.jump_to(right + timedelta(hours=18))
    turn(employer, 30)
    assert names(employer) == {"lately"}

    with employer.work() as work:
        ended(work, "long ago")
    office = replace(parts(employer.app).office, people_days=DAYS + 1)
    with employer.session() as session:
        assert erase_when_steady(session, office, employer.now) == Gone()
        assert erase_when_steady(session, office, employer.now + DAY - SECOND) == Gone()
        assert erase_when_steady(session, office, employer.now + DAY) == Gone(1)
    assert names(employer) == {"lately"}
    engine_of(employer.app).dispose()


def turn(employer: Employer, times: int) -> None:
    """Let an hour pass and the loop run, so many times."""
    for _ in range(times):
        employer.clock.advance(timedelta(hours=1))
        with employer.session() as session:
            step_named("retention").run(session, parts(employer.app).tools)


def metric(employer: Employer, name: str) -> float:
    answer = employer.app.test_client().get("/metrics")
    line = re.search(rf"^{name} (\S+)$", answer.get_data(as_text=True), re.MULTILINE)
    assert line is not None
    return float(line[1])


def test_whose_time_is_over_is_asked_by_an_index_however_many_people_there_are(
    employer: Employer,
) -> None:
    with employer.work() as work:
        connection = add_connection(
            work, "main", "greenhouse", ["an invented secret"], rejections_by="keepword"
        ).id
    lengthen(employer, connection, ROWS)
    engine, sent = engine_of(employer.app), Sent()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as plain:
        if engine.dialect.name == "postgresql":
            plain.execute(text("VACUUM ANALYZE"))
    listen(engine, sent)

    with employer.session() as session:
        count_due(session, employer.now - KEPT)
        list(kept_back(session, employer.now - KEPT))
        due_among(session, ["cnd_1"], employer.now)
        count_held(session)

    asked = {s: read_whole(engine, s, given) for s, given in sent.items()}
    assert len(asked) >= 6
    assert {s for s, whole in asked.items() if whole} == set()
