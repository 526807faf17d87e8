"""Mail about people whom somebody may not know of is not theirs to see, to count or to act on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.auth.calendar_feeds import make_feed
from service.db import db
from service.domain.rights import EVERYWHERE, Reach, Role, reach_of
from service.models import Message, MessageAlso, Promise, SendBatch, Team, User
from service.queries.extent import knows_everybody, letters_within
from service.workflows.pausing import pause_mail
from tests.harness import Employer, make_employer
from tests.integration.people_case import applied, in_team
from tests.reading_pages import letter, promise_call
from tests.signing_in import client_of, person, token_of


@pytest.fixture
def alone(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    """One database will do."""
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def teams_of_two(employer: Employer) -> tuple[User, User, str, str]:
    """Return a recruiter of Berlin, one of Lisbon, and an application of each."""
    maria = person(employer, teams=("Berlin",))
    tomas = person(employer, name="Tomas Ruiz", teams=("Lisbon",))
    berlin, _ = applied(employer, first_name="Berta", last_name="Berlin")
    lisbon, _ = applied(employer, first_name="Luis", last_name="Lisbon")
    in_team(employer, "Berlin", berlin)
    in_team(employer, "Lisbon", lisbon)
    return maria, tomas, berlin, lisbon


def test_a_letter_is_within_a_reach_where_one_of_its_applications_is(employer: Employer) -> None:
    maria, tomas, berlin, lisbon = teams_of_two(employer)
    free, _ = applied(employer, first_name="Fay", last_name="Free", waiting_on_id=tomas.id)
    with employer.work() as work:
        wrote = {
            "berlin": letter(work, "held", application_id=berlin).id,
            "lisbon": letter(work, "held", application_id=lisbon).id,
            "free": letter(work, "held", application_id=free).id,
            "both": letter(work, "held", application_id=lisbon).id,
            "to maria": letter(work, "held", user_id=maria.id).id,
            "to nobody": letter(work, "held").id,
        }
        work.session.add(MessageAlso(message_id=wrote["both"], application_id=berlin))
        team_ids = {team.name: team.id for team in work.session.query(Team)}

    def seen(reach: Reach) -> set[str]:
        with employer.session() as session:
            ids = {row.id for row in session.query(Message.id).filter(letters_within(reach))}
            assert knows_everybody(session, reach) == (ids == set(wrote.values()))
        return {name for name, id_ in wrote.items() if id_ in ids}

    in_berlin, both = frozenset({team_ids["Berlin"]}), frozenset(team_ids.values())
    assert seen(EVERYWHERE) == set(wrote)
    assert seen(reach_of(Role.RECRUITER, maria.id, in_berlin)) == {
        "berlin",
        "free",
        "both",
        "to maria",
    }
    assert seen(reach_of(Role.VIEWER, tomas.id, both)) == set(wrote)
    assert seen(reach_of(Role.HIRING_MANAGER, tomas.id, both)) == {"free"}
    # And so the pages say it, on each database.
    client = client_of(employer, maria)
    assert "outbox 4" in client.get("/").get_data(as_text=True)
    outbox = client.get("/outbox").get_data(as_text=True)
    assert [name for name, id_ in wrote.items() if f"/outbox/{id_}" not in outbox] == [
        "lisbon",
        "to nobody",
    ]
    with employer.work() as work:
        work.session.get_one(User, tomas.id).role = Role.HIRING_MANAGER
    home = client_of(employer, tomas).get("/").get_data(as_text=True)
    assert "1 person awaits your answer" in home
    assert "Fay Free" in home


def states(employer: Employer) -> dict[str, str]:
    with employer.session() as session:
        rows = session.query(Message.application_id, Message.dedupe_key, Message.state)
        return {f"{row.application_id}/{row.dedupe_key}": row.state for row in rows}


def test_acts_on_many_letters_leave_those_of_others_alone(alone: Employer) -> None:
    maria, _, berlin, lisbon = teams_of_two(alone)
    with alone.work() as work:
        batch = SendBatch(provider="recording", size=4, created_at=work.now)
        work.session.add(batch)
        work.session.flush()
        for at, about in enumerate((berlin, lisbon) * 2):
            letter(work, "held", application_id=about, dedupe_key=f"held:{at}")
            letter(
                work, "uncertain", application_id=about, batch_id=batch.id, dedupe_key=f"lost:{at}"
            )
        batch_id = batch.id
    client = client_of(alone, maria)
    token = token_of(client, "/outbox")
    page = client.get("/outbox").get_data(as_text=True)
    assert "2 letters of one request may or may not have gone out" in page

    form: dict[str, Any] = {"token": token, "as_of": alone.now.isoformat()}
    client.post("/outbox/cancel", data=form)
    client.post(f"/outbox/requests/{batch_id}/settle", data={"token": token, "outcome": "arrived"})

    calls = {
        "act": "call",
        "how": "reached",
        "who": [f"{lisbon}:1"],
        "step": "preview",
    }
    many = client.post("/queue/act", data={"token": token, **calls})
    assert many.status_code == 200
    assert "there is no such person any more" in many.get_data(as_text=True)
    assert "Luis" not in many.get_data(as_text=True)

    found = states(alone)
    assert {state for key, state in found.items() if key.startswith(berlin)} == {
        "cancelled",
        "delivered",
    }
    assert {state for key, state in found.items() if key.startswith(lisbon)} == {
        "held",
        "uncertain",
    }


def test_a_pause_ends_by_who_made_it_or_by_who_sees_every_team(alone: Employer) -> None:
    maria, tomas, _, _ = teams_of_two(alone)
    ada = person(alone, "administrator", name="Ada Stone")

    def resumed_by(user: User) -> bool:
        with alone.work(f"user:{maria.id}") as work:
            pause_mail(work, "think first")
        client = client_of(alone, user)
        client.post("/outbox/resume", data={"token": token_of(client, "/outbox")})
        return "think first" not in client.get("/outbox").get_data(as_text=True)

    assert not resumed_by(tomas)
    assert resumed_by(maria)
    assert resumed_by(ada)


def test_a_calendar_and_an_undoing_end_where_the_reach_does(alone: Employer) -> None:
    maria = person(alone, teams=("Berlin",))
    application_id, _ = promise_call(alone, by=maria, first_name="Berta", last_name="Berlin")
    in_team(alone, "Berlin", application_id)
    client = client_of(alone, maria)
    with alone.work() as work:
        user = work.session.get_one(User, maria.id)
        secret = make_feed(work.session, work.now, user, names_people=True)
    assert "Berta Berlin" in client.get(f"/calendar/{secret}.ics").get_data(as_text=True)
    path = f"/applications/{application_id}/promise"
    html = client.get(path).get_data(as_text=True)
    hidden = {
        name: html.split(f'name="{name}" value="')[1].split('"')[0]
        for name in ("token", "stamp", "seen")
    }
    made = client.post(
        path,
        data={**hidden, "kind": "callback", "wording": "Another call", "when": "friday"},
    )
    assert made.status_code == 303, made.get_data(as_text=True)
    act = made.headers["Location"].split("undo=")[1].split("&")[0]
    alone.clock.advance(timedelta(minutes=1))

    in_team(alone, "Lisbon", application_id)
    assert "Berta" not in client.get(f"/calendar/{secret}.ics").get_data(as_text=True)
    client.post("/undo", data={"token": hidden["token"], "act": act})
    with alone.session() as session:
        assert session.query(Promise).filter_by(wording="Another call").one().state == "open"

    in_team(alone, "Berlin", application_id)
    client.post("/undo", data={"token": hidden["token"], "act": act})
    with alone.session() as session:
        assert session.query(Promise).filter_by(wording="Another call").one().state == "released"
