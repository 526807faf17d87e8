"""The calendars in the settings: their year, the box to try them, and saving with eyes open."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from service.models import Calendar, Promise
from service.workflows.calendars import add_calendar, current_document, edit_calendar
from tests.harness import Employer
from tests.integration.promise_steps import owe_reply
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
from tests.reading_pages import words_of
from tests.signing_in import client_of, person

WEEKDAYS = {f"hours-{day}": "09:00-17:00" for day in ("mon", "tue", "wed", "thu", "fri")}
COMPANY = {"name": "company", "time_zone": "UTC", **WEEKDAYS, "version": "1"}
BERLIN = {
    "name": "berlin",
    "time_zone": "Europe/Berlin",
    "hours": {"mon": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]},
    "holidays": {"country": "DE", "subdivision": "BE"},
    "days": {"2026-12-24": [["09:00", "12:00"]], "2026-12-21": []},
}


def company(employer: Employer) -> str:
    with employer.session() as session:
        row = session.scalars(select(Calendar).where(Calendar.is_default)).one()
        return f"/settings/calendars/{row.id}"


def version(employer: Employer) -> int:
    with employer.session() as session:
        return session.scalars(select(Calendar.version).where(Calendar.is_default)).one()


def due(employer: Employer, promise_id: str) -> datetime:
    with employer.session() as session:
        return session.get_one(Promise, promise_id).due_at


@SQLITE
def test_the_year_names_holidays_and_days_of_its_own(employer: Employer) -> None:
    with employer.work() as work:
        path = f"/settings/calendars/{add_calendar(work, BERLIN).id}"
    text = read(administrator(employer), f"{path}?year=2026")
    assert "holidays of DE-BE" in text
    assert "Fri 25 Christmas Day" in text
    assert "Thu 24 open 09:00–12:00" in text
    assert "Mon 21 closed by the company" in text
    html = shown(administrator(employer), f"{path}?year=2026")
    assert html.count('<td class="holiday">') >= 9
    assert '<td class="own">24</td>' in html
    assert '<td class="off">21</td>' in html


@SQLITE
def test_a_length_of_time_is_tried_and_explained(employer: Employer) -> None:
    path, client = company(employer), administrator(employer)
    text = read(client, f"{path}?within=4+business+hours&from=Friday+16:30")
    assert "Fri 6 Mar 16:30 → Mon 9 Mar 12:30" in text
    assert "Fri 6 Mar 16:30–17:00: 30 min counted, 3 h 30 min left" in text
    named = read(client, f"{path}?within=1+business+day&from=2026-03-27T16:30")
    assert "→ Mon 30 Mar 16:30" in named


@SQLITE
def test_what_cannot_be_read_is_said_beside_its_field(employer: Employer) -> None:
    path, client = company(employer), administrator(employer)
    assert "does not say which hours count" in read(client, f"{path}?within=4+hours")
    for odd in ("soon", "0001-01-01+10:00", "9999-12-31+23:59", "friday"):
        text = read(client, f"{path}?within=1+business+day&from={odd}")
        assert "Name a day and a time" in text, odd


def test_saving_first_shows_what_moves_and_changes_nothing(employer: Employer) -> None:
    promise_id = owe_reply(employer)
    path, client = company(employer), administrator(employer)
    wish = COMPANY | {"days": "2026-03-03 closed"}
    trial = send(client, f"{path}/edit", f"{path}/edit", **wish)
    text = words_of(trial.get_data(as_text=True))
    assert trial.status_code == 200
    assert "1 promise of a rule moves." in text
    assert "Amara Okafor" in text
    assert "Tue 3 Mar 09:00" in text
    assert "Wed 4 Mar 09:00" in text
    assert version(employer) == 1
    assert due(employer, promise_id) == datetime(2026, 3, 3, 9, tzinfo=UTC)

    saved = send(client, f"{path}/edit", f"{path}/edit", **wish, step="save")
    assert said(saved) == "The calendar is saved, and 1 promise moved."
    assert version(employer) == 2
    assert due(employer, promise_id) == datetime(2026, 3, 4, 9, tzinfo=UTC)


@SQLITE
def test_going_back_keeps_what_was_typed(employer: Employer) -> None:
    path, client = company(employer), administrator(employer)
    wish = COMPANY | {"hours-sat": "10:00-14:00", "step": "back"}
    answer = send(client, f"{path}/edit", f"{path}/edit", **wish)
    assert 'name="hours-sat" value="10:00-14:00"' in answer.get_data(as_text=True)
    assert version(employer) == 1


def test_a_stale_form_shows_theirs_and_keeps_the_wish(employer: Employer) -> None:
    path, client = company(employer), administrator(employer)
    with employer.work() as work:
        row = work.calendar_row()
        theirs: dict[str, Any] = {"days": {"2026-03-05": []}}
        edit_calendar(work, row, {**current_document(work, row), **theirs})
    wish = COMPANY | {"hours-sat": "10:00-14:00", "step": "save"}
    answer = send(client, f"{path}/edit", f"{path}/edit", **wish)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Somebody else changed this calendar meanwhile." in words_of(html)
    assert "2026-03-05 closed" in html
    assert 'name="hours-sat" value="10:00-14:00"' in html
    assert 'name="version" value="2"' in html
    assert version(employer) == 2


@SQLITE
def test_faults_stand_beside_their_fields(employer: Employer) -> None:
    path, client = company(employer), administrator(employer)
    for field, typed, text in (
        ("hours-mon", "nine to five", "are no opening hours"),
        ("hours-mon", "09:00-25:00", "No such time"),
        ("days", "Christmas", "names no day"),
        ("days", "2026-02-30 closed", "No such date"),
        ("days", "2026-12-24 closed\n2026-12-24 closed", "stands there twice"),
        ("country", "Atlantis", "is no known country"),
        ("time_zone", "Europe/Atlantis", "is no known time zone"),
        ("name", " ", "Give the calendar a name"),
    ):
        answer = send(client, f"{path}/edit", f"{path}/edit", **(COMPANY | {field: typed}))
        html = answer.get_data(as_text=True)
        assert answer.status_code == 422, field
        assert f'id="{field}-fault"' in html, (field, typed)
        assert text in words_of(html), (field, typed)
    closed = COMPANY | dict.fromkeys(WEEKDAYS, "")
    answer = send(client, f"{path}/edit", f"{path}/edit", **closed)
    assert answer.status_code == 422
    assert version(employer) == 1


@SQLITE
def test_a_calendar_is_added_and_made_the_companys(employer: Employer) -> None:
    client = administrator(employer)
    new = "/settings/calendars/new"
    wish = {"name": "Vienna", "time_zone": "Europe/Vienna", "country": "at", **WEEKDAYS}
    added = send(client, new, new, **wish)
    assert said(added) == "The calendar is added."
    again = send(client, new, new, **wish)
    assert again.status_code == 422
    assert "exists already" in words_of(again.get_data(as_text=True))
    path = added.headers["Location"].partition("?")[0]
    assert "measured in this calendar" in said(send(client, f"{path}/default", path))
    with employer.session() as session:
        names = session.scalars(select(Calendar.name).where(Calendar.is_default)).all()
    assert names == ["Vienna"]


@SQLITE
def test_nothing_to_change_is_said_so(employer: Employer) -> None:
    path, client = company(employer), administrator(employer)
    answer = send(client, f"{path}/edit", f"{path}/edit", **COMPANY)
    assert said(answer) == "Nothing was changed: it says so already."


@SQLITE
def test_a_name_is_shown_as_it_was_typed(employer: Employer) -> None:
    with employer.work() as work:
        path = f"/settings/calendars/{add_calendar(work, BERLIN | {'name': HOSTILE}).id}"
    client = administrator(employer)
    for page in ("/settings/calendars", path, f"{path}/edit"):
        assert taken_literally(shown(client, page)), page


@SQLITE
def test_who_may_not_change_a_calendar_only_looks(employer: Employer) -> None:
    path = company(employer)
    administrator(employer)
    for role in ("recruiter", "viewer"):
        client = client_of(employer, person(employer, role))
        assert "Change the calendar" not in read(client, path)
        assert client.get(f"{path}/edit").status_code == 404
        assert client.get("/settings/calendars/new").status_code == 404
        assert client.post(f"{path}/edit", data=COMPANY).status_code == 403
        assert client.post(f"{path}/default").status_code == 403
    client = client_of(employer, person(employer, "hiring_manager"))
    assert client.get("/settings/calendars").status_code == 404
    assert client.get(path).status_code == 404
    assert version(employer) == 1


@SQLITE
def test_there_is_no_calendar_of_an_unknown_id(employer: Employer) -> None:
    client = administrator(employer)
    assert client.get("/settings/calendars/cal_none").status_code == 404
    assert client.get("/settings/calendars/cal_none/edit").status_code == 404
    seen = "/settings/calendars/new"
    assert send(client, "/settings/calendars/cal_none/edit", seen, **COMPANY).status_code == 404
