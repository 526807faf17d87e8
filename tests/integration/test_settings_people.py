"""The colleagues in the settings: invited, changed, away, deactivated, and put into teams."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError

from service.app import engine_of
from service.auth.keys import caller_with, make_key
from service.auth.leaving import LastAdministratorError, deactivate
from service.dashboard.settings_person_deeds import change_who_they_are
from service.models import Job, Message, Team, TeamMember, User, UserAbsence
from service.workflows.absences import who_stands_in
from service.workflows.colleagues import Profile
from service.workflows.work import Work
from tests.harness import Employer, add_application
from tests.integration.people_case import in_team
from tests.integration.settings_desk import (
    HOSTILE,
    SQLITE,
    administrator,
    read,
    said,
    send,
    shown,
    taken_literally,
)
from tests.reading_pages import promise_call, words_of
from tests.signing_in import PASSWORD, client_of, person

NEW = "/settings/people/new"
JONAS = {"name": "Jonas Weber", "email": "jonas@example.com", "role": "recruiter"}


def user(employer: Employer, user_id: str) -> User:
    with employer.session() as session:
        return session.get_one(User, user_id)


def stamp(client: FlaskClient, path: str) -> str:
    return re.findall(r'name="stamp" value="([0-9a-f]+)"', shown(client, path))[0]


@SQLITE
def test_a_colleague_is_invited_by_mail(employer: Employer) -> None:
    client = administrator(employer)
    assert said(send(client, NEW, NEW, **JONAS, invite="yes")) == "Jonas Weber is added."
    with employer.session() as session:
        letter = session.scalars(select(Message)).one()
    assert (letter.kind, letter.to_address) == ("sign-in-invitation", "jonas@example.com")
    assert "cannot sign in yet" in read(client, "/settings/people")


@SQLITE
def test_faults_stand_beside_their_fields(employer: Employer) -> None:
    client = administrator(employer)
    said(send(client, NEW, NEW, **JONAS))
    for field, typed in (
        ("email", "nobody"),
        ("email", "JONAS@example.com"),
        ("name", " "),
        ("role", "king"),
        ("time_zone", "Europe/Atlantis"),
        ("manager_id", "usr_none"),
        ("team_ids", "tea_none"),
    ):
        wish = JONAS | {"email": "other@example.com"} | {field: typed}
        answer = send(client, NEW, NEW, **wish)
        assert answer.status_code == 422, field
        text = answer.get_data(as_text=True)
        assert "Nothing was changed yet." in words_of(text), field
        assert f'id="{field}-fault"' in text or field == "team_ids", field
    with employer.session() as session:
        assert len(session.scalars(select(User)).all()) == 2


def test_a_colleague_is_changed(employer: Employer) -> None:
    boss, jonas = person(employer, name="Priya Shah"), person(employer, name="Jonas Weber")
    client, path = administrator(employer), f"/settings/people/{jonas.id}"
    said(send(client, "/settings/teams", "/settings/teams", name="Berlin"))
    with employer.session() as session:
        team = session.scalars(select(Team)).one()
    wish = {
        "name": "Jonas W.",
        "role": "viewer",
        "time_zone": "Europe/Berlin",
        "manager_id": boss.id,
        "team_ids": team.id,
    }
    assert said(send(client, path, path, **wish, stamp=stamp(client, path))) == "Saved."
    now = user(employer, jonas.id)
    assert (now.name, now.role, now.time_zone) == ("Jonas W.", "viewer", "Europe/Berlin")
    assert now.manager_id == boss.id
    with employer.session() as session:
        assert session.scalars(select(TeamMember.user_id)).all() == [jonas.id]
    assert "Berlin" in read(client, "/settings/people")


def test_a_stale_form_keeps_the_wish(employer: Employer) -> None:
    jonas = person(employer, name="Jonas Weber")
    client, path = administrator(employer), f"/settings/people/{jonas.id}"
    old = stamp(client, path)
    said(send(client, path, path, name="Theirs", role="viewer", stamp=old))
    answer = send(client, path, path, name="Mine", role="recruiter", stamp=old)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Somebody else changed this colleague meanwhile." in words_of(html)
    assert 'name="name" value="Mine"' in html
    assert "Theirs" in words_of(html)
    assert user(employer, jonas.id).name == "Theirs"


@SQLITE
def test_nobody_is_their_own_manager(employer: Employer) -> None:
    jonas = person(employer, name="Jonas Weber")
    client, path = administrator(employer), f"/settings/people/{jonas.id}"
    wish = {"name": "Jonas", "role": "recruiter", "manager_id": jonas.id}
    answer = send(client, path, path, **wish, stamp=stamp(client, path))
    assert answer.status_code == 422
    assert user(employer, jonas.id).manager_id is None


@SQLITE
def test_the_last_administrator_stays_one(employer: Employer) -> None:
    client = administrator(employer)
    with employer.session() as session:
        ada = session.scalars(select(User)).one()
    path = f"/settings/people/{ada.id}"
    wish = {"name": "Ada", "role": "viewer", "stamp": stamp(client, path)}
    assert "Nobody else can sign in as administrator" in said(send(client, path, path, **wish))
    gone = send(client, f"{path}/deactivate", path)
    assert "Nobody else can sign in as administrator" in said(gone)
    assert user(employer, ada.id).active
    assert user(employer, ada.id).role == "administrator"


def _demote(work: Work, user: User) -> None:
    change_who_they_are(work, user, Profile(user.name, "viewer", "", None, frozenset()))


def _let_go(work: Work, user: User) -> None:
    deactivate(work.session, work.now, user)


@pytest.mark.parametrize("end", [_let_go, _demote])
def test_two_administrators_cannot_end_each_other_at_once(
    employer: Employer, end: Callable[[Work, User], None]
) -> None:
    if engine_of(employer.app).dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: the second comes after the first")
    ada = person(employer, "administrator", name="Ada", password=PASSWORD)
    bea = person(employer, "administrator", name="Bea", password=PASSWORD)

    with employer.work() as first:
        end(first, first.session.get_one(User, ada.id))
        with employer.work() as second:
            second.session.execute(sql("SET LOCAL lock_timeout = '200ms'"))
            # Bea's row is nobody's: without waiting it would still find Ada an administrator.
            with pytest.raises(OperationalError):
                end(second, second.session.get_one(User, bea.id))
            second.session.rollback()
    with employer.work() as third:
        with pytest.raises(LastAdministratorError):
            end(third, third.session.get_one(User, bea.id))
        third.session.rollback()

    assert (user(employer, bea.id).active, user(employer, bea.id).role) == (True, "administrator")


@SQLITE
def test_promises_are_counted_where_the_reader_may_know_of_them(employer: Employer) -> None:
    jonas = person(employer, name="Jonas Weber", teams=("Berlin",))
    tomas = person(employer, name="Tomas Ruiz", teams=("Lisbon",))
    application_id, _ = promise_call(employer, by=jonas)
    in_team(employer, "Berlin", application_id)

    assert "1 open promise" in read(client_of(employer, jonas), "/settings/people")
    assert "open promise" not in read(client_of(employer, tomas), "/settings/people")
    assert "1 open promise" in read(administrator(employer), "/settings/people")


def test_who_is_deactivated_is_out_at_once_and_may_come_back(employer: Employer) -> None:
    client, jonas = administrator(employer), person(employer, name="Jonas Weber")
    theirs, path = client_of(employer, jonas), f"/settings/people/{jonas.id}"
    with employer.work() as work:
        _, secret = make_key(work.session, work.now, "his", ["read"], user_id=jonas.id)
    promise_call(employer, by=jonas)
    assert "1 open promise" in read(client, path)
    assert theirs.get("/settings").status_code == 200
    assert "signed out everywhere" in said(send(client, f"{path}/deactivate", path))
    assert theirs.get("/settings").status_code == 303
    with employer.session() as session:
        assert caller_with(session, employer.now, secret) is None
    letter = send(client, f"{path}/letter", path)
    assert "let them in again first" in said(letter)
    assert said(send(client, f"{path}/activate", path)) == "They may sign in again."
    assert "in the outbox" in said(send(client, f"{path}/letter", path))


def test_an_absence_has_a_substitute(employer: Employer) -> None:
    jonas, lucia = person(employer, name="Jonas Weber"), person(employer, name="Lucía Fernández")
    client, path = administrator(employer), f"/settings/people/{jonas.id}"
    days = {"from_on": "2026-03-02", "until_on": "2026-03-06", "substitute_id": lucia.id}
    noted = send(client, f"{path}/absences", path, **days)
    assert "whoever stands in" in said(noted)
    with employer.work() as work:
        row = work.session.get_one(User, jonas.id)
        here = who_stands_in(work, row, date(2026, 3, 4))
        assert here is not None
        assert here.id == lucia.id
    assert "Lucía Fernández stands in" in read(client, "/settings/people")
    again = send(client, f"{path}/absences", path, **days)
    assert "away on some of these days already" in said(again)
    with employer.session() as session:
        absence = session.scalars(select(UserAbsence)).one()
    out = f"{path}/absences/{absence.id}/remove"
    assert said(send(client, out, path)) == "The absence is taken out."
    assert "gone already" in said(send(client, out, path))


@SQLITE
def test_an_absence_that_cannot_be_is_refused(employer: Employer) -> None:
    jonas, client = person(employer, name="Jonas Weber"), administrator(employer)
    path = f"/settings/people/{jonas.id}"
    good = {"from_on": "2026-03-02", "until_on": "2026-03-06", "substitute_id": ""}
    for change, text in (
        ({"until_on": "2026-03-01"}, "lies before the first"),
        ({"until_on": "2036-03-01"}, "longer than three years"),
        ({"from_on": "Monday"}, "Name the first and the last day"),
        ({"substitute_id": jonas.id}, "Nobody stands in for themselves"),
        ({"substitute_id": "usr_none"}, "Choose a colleague who is here"),
    ):
        assert text in said(send(client, f"{path}/absences", path, **(good | change))), text
    with employer.session() as session:
        assert session.scalars(select(UserAbsence)).all() == []


def test_a_team_has_its_jobs_and_is_not_dissolved_with_them(employer: Employer) -> None:
    with employer.work() as work:
        job_id = add_application(work).job_id
    client, here = administrator(employer), "/settings/teams"
    said(send(client, here, here, name="Berlin"))
    again = send(client, here, here, name="Berlin")
    assert again.status_code == 422
    with employer.session() as session:
        team = session.scalars(select(Team)).one()
    given = send(client, f"{here}/jobs", here, job=job_id, was="", team=team.id)
    assert said(given) == "1 job belongs to another team now."
    stale = send(client, f"{here}/jobs", here, job=job_id, was="tea_none", team="")
    assert said(stale) == "Nothing was changed."
    with employer.session() as session:
        assert session.get_one(Job, job_id).team_id == team.id
    assert "still has jobs" in said(send(client, f"{here}/{team.id}/remove", here))
    stale = send(client, f"{here}/{team.id}/rename", here, was="Bremen", name="Bonn")
    assert "renamed this team meanwhile" in said(stale)
    assert "renamed." in said(
        send(client, f"{here}/{team.id}/rename", here, was="Berlin", name="Bonn")
    )
    said(send(client, f"{here}/jobs", here, job=job_id, was=team.id, team=""))
    assert "dissolved" in said(send(client, f"{here}/{team.id}/remove", here))


@SQLITE
def test_names_are_shown_as_they_were_typed(employer: Employer) -> None:
    odd = person(employer, name=HOSTILE, teams=(HOSTILE,))
    client = administrator(employer)
    pages = ("/settings/people", f"/settings/people/{odd.id}", "/settings/teams", NEW)
    for page in pages:
        assert taken_literally(shown(client, page)), page


@SQLITE
def test_who_may_not_change_colleagues_only_sees_who_is_here(employer: Employer) -> None:
    jonas = person(employer, name="Jonas Weber")
    administrator(employer)
    path = f"/settings/people/{jonas.id}"
    for role in ("recruiter", "viewer"):
        client = client_of(employer, person(employer, role))
        assert "Jonas Weber" in read(client, "/settings/people")
        for page in (path, NEW, "/settings/teams", "/settings/keys"):
            assert client.get(page).status_code == 404, page
        posts = (path, NEW, f"{path}/deactivate", f"{path}/activate", f"{path}/letter")
        for page in (*posts, f"{path}/absences", "/settings/teams", "/settings/teams/jobs"):
            assert client.post(page, data=JONAS).status_code == 403, page
    client = client_of(employer, person(employer, "hiring_manager"))
    assert client.get("/settings/people").status_code == 404
    assert user(employer, jonas.id).active
