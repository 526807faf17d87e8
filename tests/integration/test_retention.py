"""What has had its time goes, by small bites; nothing that tells of a person ever does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text, update

from service.app import engine_of
from service.auth.links import Purpose, make_link, was_let_in
from service.clock import JumpGuard
from service.db import Base
from service.domain import retention as rules
from service.domain.retention import what_is_kept
from service.models import (
    Candidate,
    Connection,
    Delivery,
    DeliveryAnswer,
    Heartbeat,
    IdempotentRequest,
    MailEvent,
    PasskeyChallenge,
    Presence,
    SignInAttempt,
    SignInLink,
    SignInSession,
    User,
)
from service.parts import parts
from service.steps import step_named
from service.workflows.connections import add_connection
from service.workflows.heartbeat import beat
from service.workflows.ingest import replay
from service.workflows.replay_many import count_to_replay, replay_all
from service.workflows.retention import AGES, BITE, count_old, retain
from service.workflows.storing import store
from service.workflows.work import Work
from tests.harness import Employer, add_application, make_employer
from tests.integration.test_hot_queries import read_whole
from tests.signing_in import client_of, person
from tests.whole_world import WholeWorld

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture(name="alone")
def _alone(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    """An employer on SQLite: what is asked there cannot differ by database."""
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    yield made
    engine_of(made.app).dispose()


def clear(employer: Employer, **kwargs: Any) -> dict[str, int] | None:
    """Let everything go whose time is over, on a clock that proved steady."""
    with employer.session() as session:
        beat(session, "retention", employer.now - HOUR, {})
        session.commit()
        return retain(session, employer.now, rules.RAW_DAYS, **kwargs)


def delivery(connection: Connection, identity: str, at: datetime, **fields: Any) -> Delivery:
    given = {"state": "done", "done_at": at, "body": b'{"a": 1}', "headers": {"Sent-By": "an ATS"}}
    return Delivery(
        connection_id=connection.id,
        identity=identity,
        received_at=at,
        next_attempt_at=at,
        **{**given, **fields},
    )


def mail_event(identity: str, at: datetime, folded_at: datetime | None) -> MailEvent:
    return MailEvent(
        provider_event_id=identity, kind="delivered", at=at, raw={"event": "delivered"},
        received_at=at, folded_at=folded_at, reason="it said no",
    )  # fmt: skip


class Ages:
    """Of every kind one row that has just had its time and one that has not, by their mark."""

    def __init__(self, work: Work) -> None:
        self.session, self.now = work.session, work.now
        self.user = User(email="maria@example.com", name="Maria", created_at=work.now)
        self.session.add(self.user)
        self.connection = add_connection(
            work, "main", "greenhouse", ["an invented secret"], rejections_by="keepword"
        )
        for kept in what_is_kept():
            assert kept.kept_in is not None
            for mark, at in (
                ("old", work.now - kept.kept_in - SECOND),
                ("new", work.now - kept.kept_in),
            ):
                self.session.add_all(MAKERS[kept.name](self, work, mark, at))
                self.session.flush()

    def delivery(self, _work: Work, mark: str, at: datetime) -> list[Any]:
        made = delivery(self.connection, mark, at)
        ignored = delivery(self.connection, f"{mark} ignored", at, state="ignored")
        failed = delivery(self.connection, f"{mark} failed", at, state="failed")
        waits = delivery(self.connection, f"{mark} waits", at, state="received", done_at=None)
        self.session.add_all([made, ignored, failed, waits])
        self.session.flush()
        return [
            DeliveryAnswer(delivery_id=each.id, ask=f"GET {each.identity}", status=200, headers={},
                           body=b"[]", fetched_at=at)
            for each in (made, failed)
        ]  # fmt: skip

    def mail_event(self, _work: Work, mark: str, at: datetime) -> list[Any]:
        return [mail_event(mark, at, at), mail_event(f"{mark} waits", at, None)]

    def answer(self, _work: Work, mark: str, at: datetime) -> list[Any]:
        return [IdempotentRequest(owner="key", key=mark, fingerprint="", headers={}, body=b"",
                                  created_at=at)]  # fmt: skip

    def signed_in(self, _work: Work, mark: str, at: datetime) -> list[Any]:
        return [SignInSession(digest=mark, user_id=self.user.id, how="password", user_agent="",
                              created_at=at, last_seen_at=at, expires_at=at)]  # fmt: skip

    def link(self, _work: Work, mark: str, at: datetime) -> list[Any]:
        return [SignInLink(digest=mark, purpose="reset", user_id=self.user.id, created_at=at,
                           expires_at=at)]  # fmt: skip

    def attempt(self, _work: Work, mark: str, at: datetime) -> list[Any]:
        return [SignInAttempt(account=mark, address="an address", at=at)]

    def challenge(self, _work: Work, mark: str, at: datetime) -> list[Any]:
        return [PasskeyChallenge(digest=mark, bound_to="a visit", expires_at=at)]

    def looking(self, work: Work, mark: str, at: datetime) -> list[Any]:
        person = add_application(work, email=f"{mark}@example.com").candidate
        person.first_name = mark
        return [Presence(user_id=self.user.id, candidate_id=person.id, seen_at=at)]


MAKERS: dict[str, Callable[[Ages, Work, str, datetime], list[Any]]] = {
    rules.DELIVERIES.name: Ages.delivery,
    rules.MAIL_EVENTS.name: Ages.mail_event,
    rules.ANSWERS.name: Ages.answer,
    rules.SESSIONS.name: Ages.signed_in,
    rules.LINKS.name: Ages.link,
    rules.ATTEMPTS.name: Ages.attempt,
    rules.CHALLENGES.name: Ages.challenge,
    rules.PRESENCE.name: Ages.looking,
}


def test_what_is_a_second_past_its_time_goes_and_nothing_else(employer: Employer) -> None:
    with employer.work() as work:
        Ages(work)
    with employer.session() as session:
        due = {kept.name: number for kept, number in count_old(session, employer.now, 90)}

    gone = clear(employer)

    once = dict.fromkeys(MAKERS, 1) | {rules.DELIVERIES.name: 2}
    assert due == gone == once
    assert clear(employer) == {}
    with employer.session() as session:
        marks = {
            "answers": session.scalars(select(IdempotentRequest.key)).all(),
            "sessions": session.scalars(select(SignInSession.digest)).all(),
            "links": session.scalars(select(SignInLink.digest)).all(),
            "attempts": session.scalars(select(SignInAttempt.account)).all(),
            "challenges": session.scalars(select(PasskeyChallenge.digest)).all(),
            "presence": session.scalars(
                select(Candidate.first_name).join(Presence, Presence.candidate_id == Candidate.id)
            ).all(),
        }
        deliveries = {
            row.identity: (row.body, row.headers, row.emptied_at)
            for row in session.scalars(select(Delivery))
        }
        answers = set(session.scalars(select(DeliveryAnswer.ask)))
        events = {
            row.provider_event_id: (bool(row.raw), row.emptied_at, row.reason)
            for row in session.scalars(select(MailEvent))
        }
    assert set(map(tuple, marks.values())) == {("new",)}
    whole = (b'{"a": 1}', {"Sent-By": "an ATS"}, None)
    empty: tuple[bytes, dict[str, str], datetime] = (b"", {}, employer.now)
    assert {mark for mark, row in deliveries.items() if row == empty} == {"old", "old ignored"}
    assert sum(row == whole for row in deliveries.values()) == 6
    assert answers == {"GET new", "GET old failed", "GET new failed"}
    assert events.pop("old") == (False, employer.now, "it said no")
    assert set(events.values()) == {(True, None, "it said no")}


def test_every_kind_in_the_table_is_one_that_can_go() -> None:
    assert set(AGES) == {kept.name for kept in what_is_kept()}


LET_GO = {
    "delivery", "delivery_answer", "mail_event", "idempotent_request", "sign_in_session",
    "sign_in_link", "sign_in_attempt", "passkey_challenge", "presence", "heartbeat",
}  # fmt: skip


def test_what_tells_of_people_stays_however_old(alone: Employer) -> None:
    WholeWorld(alone)
    with alone.work() as work:
        work.session.execute(update(Delivery).values(done_at=work.now))
        work.session.execute(update(MailEvent).values(folded_at=work.now))
    before = contents(alone)
    alone.clock.advance(timedelta(days=20 * 365))

    gone = clear(alone)

    after = contents(alone)
    assert gone is not None
    assert gone.keys() >= {rules.DELIVERIES.name, rules.MAIL_EVENTS.name, rules.SESSIONS.name}
    assert {name for name in before if before[name] != after[name]} <= LET_GO
    kept = {"timeline", "contact", "promise", "decision", "message", "candidate", "application"}
    assert all(before[name][0] for name in kept)
    # Rows by which something is known again stay; what they said is gone.
    assert [before[name][0] for name in ("delivery", "mail_event")] == [
        after[name][0] for name in ("delivery", "mail_event")
    ]


def contents(employer: Employer) -> dict[str, tuple[int, str]]:
    """Return of each table how many rows it has and what they say, as a digest."""
    found = {}
    with employer.session() as session:
        for name, table in Base.metadata.tables.items():
            rows = sorted(repr(tuple(row)) for row in session.execute(select(table)))
            found[name] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found


def test_an_emptied_delivery_is_known_again_and_refuses_to_be_replayed(employer: Employer) -> None:
    with employer.work() as work:
        ages = Ages(work)
        old = work.session.scalars(select(Delivery).where(Delivery.identity == "old")).one()
        id_, connection_id = old.id, ages.connection.id
    clear(employer)
    with employer.work() as work:
        again = {"of": connection_id, "as_read": connection_version(work, connection_id),
                 "new_id": "dlv_again", "identity": "old", "headers": {}, "body": b"{}",
                 "now": work.now}  # fmt: skip
        assert store(work.session.connection(), again) is False
        picked = (Delivery.identity.in_(["old", "new", "old failed"]),)
        assert vars(count_to_replay(work, picked)) == {"replayed": 2, "erased": 0, "emptied": 1}
        assert vars(replay_all(work, picked)) == {"replayed": 2, "erased": 0, "emptied": 1}
        found = work.session.scalars(select(Delivery).where(Delivery.id == id_)).one()
        with pytest.raises(ValueError, match="kept for its time and is gone"):
            replay(work, found)
        assert (found.state, found.duplicates) == ("done", 1)

    client = client_of(employer, person(employer, "administrator"))
    page = client.get(f"/connections/main/deliveries/{id_}").get_data(as_text=True)
    assert "Its content had its time and is gone" in page
    assert "Work this delivery in again" not in page
    key = {"Authorization": f"Bearer {employer.key('write')}"}
    refused = client.post(f"/api/v1/deliveries/{id_}/replay", headers=key)
    assert (refused.status_code, refused.get_json()["type"].rpartition("/")[2]) == (
        409,
        "delivery-emptied",
    )
    shown = client.get(f"/api/v1/deliveries/{id_}", headers=key).get_json()
    assert (shown["body"], shown["size"], shown["emptied_at"]) == (None, 0, "2026-03-02T09:00:00Z")


def connection_version(work: Work, connection_id: str) -> int:
    return work.session.get_one(Connection, connection_id).version


def test_the_newest_link_tells_for_ever_that_a_colleague_was_let_in(alone: Employer) -> None:
    with alone.work() as work:
        user = User(email="noor@example.com", name="Noor", created_at=work.now)
        work.session.add(user)
        work.session.flush()
        make_link(work.session, work.now, Purpose.INVITATION, user)
        make_link(work.session, work.now, Purpose.INVITATION, user)
        make_link(work.session, work.now, Purpose.FIRST)
    alone.clock.advance(timedelta(days=400))

    assert clear(alone) == {rules.LINKS.name: 2}
    with alone.session() as session:
        assert was_let_in(session, session.get_one(User, user.id))


def test_it_goes_in_bites_stops_when_asked_and_takes_up_what_is_left(employer: Employer) -> None:
    old = employer.now - timedelta(days=2)
    with employer.work() as work:
        work.session.add_all(
            SignInAttempt(account=None, address="an address", at=old) for _ in range(BITE + 3)
        )

    def left() -> int:
        with employer.session() as session:
            return session.scalars(select(func.count()).select_from(SignInAttempt)).one()

    assert clear(employer, most=2) == {rules.ATTEMPTS.name: 2}
    assert clear(employer, stop=lambda: True) == {}
    assert left() == BITE + 1
    # It is not an hour since, but something was left.
    with employer.session() as session:
        assert retain(session, employer.now, 90) == {rules.ATTEMPTS.name: BITE + 1}
        assert retain(session, employer.now, 90) is None
        assert session.get_one(Heartbeat, "retention").data["left"] is False
    assert left() == 0


def test_a_clock_that_jumped_a_year_lets_nothing_go(alone: Employer) -> None:
    with alone.work() as work:
        Ages(work)
    step, tools = step_named("retention"), parts(alone.app).tools

    def turn() -> object:
        with alone.session() as session:
            return step.run(session, tools)

    def beaten() -> datetime:
        with alone.session() as session:
            return session.get_one(Heartbeat, "retention").at

    turn()
    alone.clock.jump_to(alone.now + timedelta(days=365))
    assert turn() is None
    # A process that was started on the wrong clock knows of no jump: it only notes the time.
    tools = replace(tools, jump=JumpGuard(alone.clock))
    assert turn() is None
    assert beaten() == alone.now
    alone.clock.advance(timedelta(minutes=20))
    assert turn() is None
    # Set right again, it begins anew, and an hour of steady time is what it takes.
    alone.clock.jump_to(alone.now - timedelta(days=365))
    tools = replace(tools, jump=JumpGuard(alone.clock))
    assert turn() is None
    assert beaten() == alone.now
    alone.clock.advance(HOUR)
    gone = turn()
    assert isinstance(gone, dict)
    assert gone[rules.DELIVERIES.name] == 2 + 2


def test_nobody_waits_long_tables_are_found_by_an_index(employer: Employer) -> None:
    with employer.work() as work:
        connection = add_connection(
            work, "main", "greenhouse", ["an invented secret"], rejections_by="keepword"
        )
        recent = work.now - timedelta(days=30)
        session = work.session
        session.add_all(delivery(connection, str(n), recent) for n in range(3000))
        session.add_all(mail_event(str(n), recent, recent) for n in range(3000))
        session.add_all([delivery(connection, "old", work.now - timedelta(days=91))])
        session.add_all([mail_event("old", recent, work.now - timedelta(days=91))])
    engine = engine_of(employer.app)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as plain:
            plain.execute(text("VACUUM ANALYZE delivery, mail_event, delivery_answer"))
    sent: dict[str, Any] = {}

    def note(_c: object, _u: object, statement: str, given: Any, _x: object, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            sent.setdefault(statement, given[0] if many else given)

    event.listen(engine, "before_cursor_execute", note)
    assert clear(employer) == {rules.DELIVERIES.name: 1, rules.MAIL_EVENTS.name: 1}
    with employer.session() as session:
        list(count_old(session, employer.now, 90))
    event.remove(engine, "before_cursor_execute", note)

    assert sum("emptied_at" in statement for statement in sent) >= 4
    assert {s for s, given in sent.items() if read_whole(engine, s, given)} == set()
