"""Acting from the queue: each form does what it says, can be undone, and loses nobody's work."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from service.domain.contacts import Channel, Outcome
from service.models import Application, Contact, Decision, Message, Promise, Team, User
from service.workflows.contacts import log_contact
from service.workflows.promise_changes import pause
from tests.harness import Employer
from tests.reading_pages import promise_call, words_of
from tests.signing_in import client_of, person

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@dataclass
class Desk:
    """A recruiter at work: one browser, and a person who waits."""

    employer: Employer
    client: FlaskClient
    user: User
    application_id: str
    promise_id: str

    def form(self, path: str) -> dict[str, str]:
        """Open a form; return what it hides."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        html = answer.get_data(as_text=True)
        post = html[html.index('method="post"', html.index("<main")) :]
        return dict(_HIDDEN.findall(post))

    def press(self, path: str, **fields: Any) -> TestResponse:
        """Open a form, fill it in and send it."""
        return self.client.post(path, data={**self.form(path), **fields})

    def said(self, answer: TestResponse) -> str:
        """Follow an answer; return the line that says what was done."""
        assert answer.status_code == 303, words_of(answer.get_data(as_text=True))
        html = self.client.get(answer.headers["Location"]).get_data(as_text=True)
        line = re.search(r'<p class="said \w+" role="status">(.*?)</p>', html, re.DOTALL)
        assert line is not None, html
        return words_of(line[1])

    def undo(self, answer: TestResponse) -> str:
        """Press the undo that an answer offers."""
        html = self.client.get(answer.headers["Location"]).get_data(as_text=True)
        offered = re.search(r'<form class="undo".*?</form>', html, re.DOTALL)
        assert offered is not None, "no undo is offered"
        return self.said(self.client.post("/undo", data=dict(_HIDDEN.findall(offered[0]))))

    def promise(self, promise_id: str | None = None) -> Promise:
        with self.employer.session() as session:
            return session.get_one(Promise, promise_id or self.promise_id)

    def letters(self) -> list[Message]:
        """Return the letters to candidates."""
        return [each for each in self.all(Message) if each.application_id is not None]

    def all(self, kind: Any) -> list[Any]:
        with self.employer.session() as session:
            return list(session.scalars(select(kind)))

    @property
    def about(self) -> str:
        return f"/applications/{self.application_id}"

    @property
    def owed(self) -> str:
        return f"/promises/{self.promise_id}"


@pytest.fixture
def desk(employer: Employer) -> Desk:
    maria = person(employer)
    ids = promise_call(employer, by=maria)
    employer.clock.advance(timedelta(hours=3))
    employer.turn()
    return Desk(employer, client_of(employer, maria), maria, *ids)


def test_a_call_that_reached_them_keeps_the_promise_and_undo_opens_it_again(desk: Desk) -> None:
    answer = desk.press(f"{desk.about}/call", how="phone:reached", note="She\nwas glad", meant="")

    assert desk.said(answer) == (
        "✓ Logged. It keeps a promise to Amara Okafor: a call about the panel date."
    )
    assert desk.promise().state == "kept_late"
    (contact,) = desk.all(Contact)
    assert (contact.note, contact.by_user_id) == ("She\nwas glad", desk.user.id)

    assert desk.undo(answer) == "✓ Taken back for 1 person."
    assert desk.promise().state == "open"
    assert desk.all(Contact)[0].taken_back_reason == "taken back at once by who did it"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("phone:no_answer", "nobody answered the call"),
        ("voicemail:left_message", "a voicemail does not count"),
    ],
)
def test_a_call_that_keeps_nothing_is_logged_and_says_why(desk: Desk, how: str, why: str) -> None:
    said = desk.said(desk.press(f"{desk.about}/call", how=how))

    assert "Logged for Amara Okafor. It keeps no promise" in said
    assert why in said
    assert desk.promise().state == "open"
    assert len(desk.all(Contact)) == 1


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"how": "email:delivered"}, "Say what came of it."),
        ({"how": "phone:reached", "at": "yesterday"}, "Give a date and a time."),
        ({"how": "phone:reached", "at": "0001-01-01T00:00"}, "Give a date and a time."),
        ({"how": "phone:reached", "at": "2026-03-02T18:00"}, "cannot lie in the future"),
        ({"how": "phone:reached", "note": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_what_cannot_be_logged_comes_back_filled_in(
    desk: Desk, fields: dict[str, str], fault: str
) -> None:
    answer = desk.press(f"{desk.about}/call", **{"note": "kept words", **fields})

    assert answer.status_code == 422
    page = words_of(answer.get_data(as_text=True))
    assert fault in page
    assert fields.get("note", "kept words") in answer.get_data(as_text=True)
    assert desk.all(Contact) == []


def test_a_stale_form_changes_nothing_and_shows_what_changed(desk: Desk) -> None:
    form = desk.form(f"{desk.about}/call")
    with desk.employer.work("keepword") as work:
        application = work.session.get_one(Application, desk.application_id)
        log_contact(work, application, channel=Channel.PHONE, outcome=Outcome.REACHED, at=work.now)
    answer = desk.client.post(
        f"{desk.about}/call", data={**form, "how": "phone:reached", "note": "my own words"}
    )
    html = answer.get_data(as_text=True)

    assert answer.status_code == 409
    assert "Somebody changed this while you were here." in words_of(html)
    assert "today 12:00: Keepword logged a contact" in words_of(html)
    assert "my own words" in html
    assert len(desk.all(Contact)) == 1

    # Their choice: they press it again, and then it is done.
    post = html[html.index('method="post"', html.index("<main")) :]
    again = {**dict(_HIDDEN.findall(post)), "how": "phone:reached", "note": "my own words"}
    assert desk.client.post(f"{desk.about}/call", data=again).status_code == 303
    assert len(desk.all(Contact)) == 2


def test_the_checkers_flag_does_not_make_a_form_stale(employer: Employer) -> None:
    maria = person(employer)
    ids = promise_call(employer, by=maria)
    desk = Desk(employer, client_of(employer, maria), maria, *ids)
    form = desk.form(f"{desk.about}/call")
    employer.pass_time(hours=3)
    answer = desk.client.post(f"{desk.about}/call", data={**form, "how": "phone:reached"})

    assert answer.status_code == 303


def test_a_date_is_moved_with_a_note_and_undo_takes_both_back(desk: Desk) -> None:
    shown = desk.press(f"{desk.owed}/move", when="tomorrow", telling="note", preview="yes")
    assert shown.status_code == 200
    assert "Tuesday 3 March" in words_of(shown.get_data(as_text=True))
    assert desk.letters() == []
    assert desk.promise().state == "open"

    answer = desk.press(f"{desk.owed}/move", when="tomorrow", telling="note")

    assert "Moved to tomorrow 17:00. A note to Amara Okafor is on its way." in desk.said(answer)
    (note,) = desk.letters()
    assert (note.kind, note.state) == ("holding", "held")
    old = desk.promise()
    new = desk.promise(old.replaced_by_id)
    assert (old.state, new.candidate_told, new.first_due_at) == ("replaced", True, old.due_at)

    assert "Taken back for 1 person. 1 letter is cancelled." in desk.undo(answer)
    assert desk.promise().state == "open"
    assert desk.promise().replaced_by_id is None
    assert desk.promise(new.id).state == "replaced"
    assert desk.letters()[0].state == "cancelled"


def test_a_note_that_has_left_cannot_be_taken_back_and_undo_says_so(desk: Desk) -> None:
    answer = desk.press(f"{desk.owed}/move", when="tomorrow", telling="note")
    desk.employer.pass_time(minutes=2)

    assert "Too late for 1 letter: it is sent already." in desk.undo(answer)


def test_moving_in_silence_is_said_and_counted(desk: Desk) -> None:
    answer = desk.press(f"{desk.owed}/move", when="own", within="2 business days", telling="silent")

    assert "without a word to Amara Okafor. Such moves are counted." in desk.said(answer)
    assert desk.promise(desk.promise().replaced_by_id).candidate_told is False
    assert desk.letters() == []


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"telling": "note"}, "Choose when, or say it in your own words."),
        ({"when": "never", "telling": "note"}, "Choose when."),
        ({"when": "own", "within": "soon", "telling": "note"}, "is no duration"),
        ({"when": "tomorrow"}, "Say how the candidate hears of it."),
    ],
)
def test_a_move_that_says_too_little_is_asked_again(
    desk: Desk, fields: dict[str, str], fault: str
) -> None:
    answer = desk.press(f"{desk.owed}/move", **{"telling": "", **fields})

    assert answer.status_code == 422
    assert fault in words_of(answer.get_data(as_text=True))
    assert desk.promise().state == "open"


def test_a_promise_is_released_with_a_reason_and_opened_again(desk: Desk) -> None:
    nothing = desk.press(f"{desk.owed}/release", why="   ")
    assert nothing.status_code == 422

    answer = desk.press(f"{desk.owed}/release", why="Asked by her to wait")
    assert "Released for Amara Okafor: a call about the panel date." in desk.said(answer)
    assert (desk.promise().state, desk.promise().close_reason) == (
        "released",
        "Asked by her to wait",
    )

    desk.undo(answer)
    assert desk.promise().state == "open"
    assert desk.promise().breached_at == desk.promise().due_at


def test_a_promise_is_made_with_a_quick_choice_that_shows_its_deadline(desk: Desk) -> None:
    html = desk.client.get(f"{desk.about}/promise").get_data(as_text=True)
    page = words_of(html)
    assert "in an hour · today 13:00" in page
    assert "end of the day · today 17:00" in page
    assert "tomorrow · tomorrow 17:00" in page
    assert "Friday · Fri 17:00" in page
    assert "1 h counted, 0 left" in page

    answer = desk.press(f"{desk.about}/promise", kind="callback", wording="A call", when="friday")
    assert "Promised to Amara Okafor: a call, by Fri 17:00." in desk.said(answer)
    made = next(each for each in desk.all(Promise) if each.wording == "A call")
    assert (made.promised_by_id, made.owner_id) == (desk.user.id, desk.user.id)

    desk.undo(answer)
    assert desk.promise(made.id).state == "released"


def test_a_letter_goes_as_it_was_shown_after_a_minute(desk: Desk) -> None:
    fields = {"kind": "status-update", "next_word_by": "2026-03-06"}
    form = desk.form(f"{desk.about}/write?promise={desk.promise_id}")
    shown = desk.client.post(f"{desk.about}/write", data={**form, **fields})
    html = shown.get_data(as_text=True)

    assert shown.status_code == 200
    assert "Friday 6 March" in words_of(html)
    assert desk.letters() == []

    post = html[html.rindex('<form class="entry"') :]
    again = {**dict(_HIDDEN.findall(post)), **fields}
    other = desk.client.post(f"{desk.about}/write", data={**again, "next_word_by": "2026-03-05"})
    assert other.status_code == 200
    assert "Thursday 5 March" in words_of(other.get_data(as_text=True))
    assert desk.letters() == []

    answer = desk.client.post(f"{desk.about}/write", data=again)
    assert "Written to Amara Okafor. It leaves" in desk.said(answer)
    (letter,) = desk.letters()
    assert letter.promise_id == desk.promise_id
    assert letter.by_user_id == desk.user.id
    with desk.employer.session() as session:
        text = session.get_one(Message, letter.id).text
    assert text.strip() in html.replace("&#39;", "'").replace("&amp;", "&")
    assert "1 letter is cancelled." in desk.undo(answer)


def test_a_rejection_is_written_only_after_a_decision(desk: Desk) -> None:
    form = desk.form(f"{desk.about}/write?kind=rejection-interview")
    refused = desk.client.post(f"{desk.about}/write", data={**form, "digest": "x"})
    assert "a rejection needs a recorded decision" in words_of(refused.get_data(as_text=True))
    assert "Send this letter" not in refused.get_data(as_text=True)

    answer = desk.press(f"{desk.about}/decide", decided_by=desk.user.id, why="Second of two")
    assert "Recorded. Amara Okafor is now owed the news" in desk.said(answer)
    with desk.employer.session() as session:
        assert session.get_one(Application, desk.application_id).stage == "rejected"

    desk.undo(answer)
    with desk.employer.session() as session:
        assert session.get_one(Application, desk.application_id).stage == "interview"
    assert desk.all(Decision)[0].withdrawn_at is not None


def test_a_decision_that_was_told_meanwhile_is_not_taken_back(desk: Desk) -> None:
    answer = desk.press(f"{desk.about}/decide", decided_by=desk.user.id, why="Second of two")
    (owed,) = (each.id for each in desk.all(Promise) if each.kind == "decision")
    desk.employer.clock.advance(timedelta(minutes=5))
    with desk.employer.work("user:another") as work:
        log_contact(
            work,
            work.session.get_one(Application, desk.application_id),
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            at=work.now,
            meant_for=frozenset({owed}),
        )

    assert "they have been told since" in desk.undo(answer)
    with desk.employer.session() as session:
        assert session.get_one(Application, desk.application_id).stage == "rejected"
    assert desk.all(Decision)[0].withdrawn_at is None


def test_who_is_out_of_reach_is_not_there_for_any_form(employer: Employer) -> None:
    ids = promise_call(employer)
    berlin = person(employer, teams=("Berlin",))
    with employer.work() as work:
        other = Team(name="Oslo", created_at=work.now)
        work.session.add(other)
        work.session.flush()
        work.session.get_one(Application, ids[0]).job.team_id = other.id
    desk = Desk(employer, client_of(employer, berlin), berlin, *ids)
    paths = [f"{desk.about}/{each}" for each in ("call", "write", "promise", "decide")]
    paths += [f"{desk.owed}/{each}" for each in ("move", "release")]
    token = {
        "token": re.search(
            r'name="token" value="(\w+)"', desk.client.get("/account").get_data(as_text=True)
        )[1]
    }
    for path in [*paths, "/applications/app_none/call", "/promises/%00/move"]:
        assert desk.client.get(path).status_code == 404, path
        assert desk.client.post(path, data=token).status_code == 404, path


def test_who_may_only_look_is_not_offered_the_forms(desk: Desk) -> None:
    viewer = person(desk.employer, "viewer", name="Vera Look")
    client = client_of(desk.employer, viewer)
    html = client.get("/").get_data(as_text=True)

    assert "Amara Okafor" in html
    assert "Log the call" not in html
    assert "data-main" not in html
    assert client.get(f"{desk.about}/call").status_code == 404
    token = re.search(r'name="token" value="(\w+)"', html)
    assert token is not None
    data = {"token": token[1], "who": "x", "act": "write"}
    for path in (f"{desk.about}/call", "/queue/act", "/undo"):
        assert client.post(path, data=data).status_code == 403


def test_nobody_undoes_what_another_did(desk: Desk) -> None:
    answer = desk.press(f"{desk.owed}/release", why="As agreed")
    act = parse_qs(urlsplit(answer.headers["Location"]).query)["undo"][0]
    other = person(desk.employer, name="Priya Shah")
    theirs = Desk(desk.employer, client_of(desk.employer, other), other, desk.application_id,
                  desk.promise_id)  # fmt: skip
    form = theirs.form(f"{theirs.about}/call")
    said = theirs.said(theirs.client.post("/undo", data={**form, "act": act}))

    assert "There is nothing to take back." in said
    assert desk.promise().state == "released"


@pytest.mark.parametrize(
    "act", ["", "x", "1-2", "1-2-3-nonsense", "9" * 40, "1-2-999999999999999999"]
)
def test_an_undo_that_names_nothing_does_nothing(desk: Desk, act: str) -> None:
    form = desk.form(f"{desk.about}/call")
    answer = desk.client.post("/undo", data={**form, "act": act})

    assert answer.status_code == 303
    with desk.employer.session() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 0


def test_an_undo_comes_too_late_after_half_an_hour(desk: Desk) -> None:
    answer = desk.press(f"{desk.owed}/release", why="As agreed")
    act = parse_qs(urlsplit(answer.headers["Location"]).query)["undo"][0]
    desk.employer.clock.advance(timedelta(minutes=31))
    form = desk.form(f"{desk.about}/call")
    said = desk.said(desk.client.post("/undo", data={**form, "act": act}))

    assert "too long ago" in said
    assert desk.promise().state == "released"


def test_one_goes_back_to_ones_own_pages_only(desk: Desk) -> None:
    form = desk.form(f"{desk.about}/call?back=https://elsewhere.example.com/")
    answer = desk.client.post(
        f"{desk.about}/call",
        data={**form, "back": "//elsewhere.example.com", "how": "phone:reached"},
    )

    assert answer.headers["Location"].startswith("/?")


def test_a_choice_that_says_a_day_it_does_not_end_on_is_neither_offered_nor_taken(
    desk: Desk,
) -> None:
    """After hours "end of the day" would be tomorrow's, before a closed day "tomorrow" is not."""
    path = f"{desk.about}/promise"
    form = desk.form(path)
    assert 'value="end of day"' in desk.client.get(path).get_data(as_text=True)
    desk.employer.clock.move_to(desk.employer.now.replace(hour=18))
    late = desk.client.get(path).get_data(as_text=True)
    assert 'value="end of day"' not in late
    assert 'value="tomorrow"' in late

    answer = desk.client.post(path, data={**form, "kind": "callback", "when": "end of day"})

    assert answer.status_code == 422
    assert "This has passed meanwhile: choose anew." in words_of(answer.get_data(as_text=True))
    assert len(desk.all(Promise)) == 1


def test_a_call_logged_later_as_it_was_shown_keeps_what_was_promised_in_that_minute(
    desk: Desk,
) -> None:
    desk.employer.clock.advance(timedelta(seconds=20))
    desk.said(desk.press(f"{desk.about}/promise", kind="feedback", when="1 business hour"))
    desk.employer.clock.advance(timedelta(seconds=20))
    path = f"{desk.about}/call"
    form = desk.form(path)
    shown = re.search(
        r'name="at" value="([^"]+)" max="2026-03-02T23:59"',
        desk.client.get(path).get_data(as_text=True),
    )
    assert shown is not None
    desk.employer.clock.advance(timedelta(minutes=5))
    made = [each.id for each in desk.all(Promise) if each.kind == "feedback"]
    fields = {"how": "phone:reached", "at": shown[1], "meant": [desk.promise_id, *made]}

    assert "It keeps a promise" in desk.said(desk.client.post(path, data={**form, **fields}))
    assert [desk.promise(id_).state for id_ in (desk.promise_id, *made)] == ["kept_late", "kept"]


def test_what_was_paused_is_not_opened_as_if_its_clock_had_run(desk: Desk) -> None:
    with desk.employer.work() as work:
        promise = work.session.get_one(Promise, desk.promise_id)
        promise.due_at += timedelta(days=1)
        promise.origin = "policy"
        pause(work, promise, "papers are awaited")
    answer = desk.press(f"{desk.owed}/release", why="As agreed")
    desk.employer.clock.advance(timedelta(minutes=1))

    assert "Not taken back: it was paused, and waited for them: promise it anew." in desk.undo(
        answer
    )
    assert desk.promise().state == "released"
