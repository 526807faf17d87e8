"""Acting on many at once: every letter is shown, who is left out is named, and undo undoes it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.models import Application, Contact, Message, Promise, User
from tests.harness import Employer
from tests.reading_pages import promise_call, words_of
from tests.signing_in import client_of, person

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_REFS = re.compile(r'name="who" form="many" value="([^"]+)"')


class Round:
    """A recruiter with several people before them."""

    def __init__(self, employer: Employer) -> None:
        self.employer = employer
        self.user: User = person(employer)
        self.client: FlaskClient = client_of(employer, self.user)
        names = ("Amara", "Jonas", "Lucia")
        self.ids = [promise_call(employer, by=self.user, first_name=name) for name in names]
        employer.clock.advance(timedelta(hours=3))
        employer.turn()

    def open(self) -> tuple[str, list[str]]:
        """Open the queue; return its form token and what names its rows."""
        html = self.client.get("/?choose=all").get_data(as_text=True)
        token = re.search(r'name="token" value="(\w+)"', html)
        assert token is not None
        return token[1], _REFS.findall(html)

    def post(self, act: str, refs: list[str], step: str, **fields: Any) -> Any:
        token, _ = self.open()
        data = {"token": token, "act": act, "who": refs, "step": step, **fields}
        return self.client.post("/queue/act", data=data)

    def through(self, act: str, refs: list[str], **fields: Any) -> tuple[str, Any]:
        """Preview and confirm; return the preview as read, and the last answer."""
        shown = self.post(act, refs, "preview", **fields)
        html = shown.get_data(as_text=True)
        assert shown.status_code == 200, words_of(html)
        digest = dict(_HIDDEN.findall(html)).get("digest", "")
        return words_of(html), self.post(act, refs, "confirm", **{**fields, "digest": digest})

    def said(self, answer: Any) -> str:
        assert answer.status_code == 303, words_of(answer.get_data(as_text=True))
        html = self.client.get(answer.headers["Location"]).get_data(as_text=True)
        line = re.search(r'<p class="said \w+" role="status">(.*?)</p>', html, re.DOTALL)
        assert line is not None
        return words_of(line[1])

    def undo(self, answer: Any) -> str:
        html = self.client.get(answer.headers["Location"]).get_data(as_text=True)
        offered = re.search(r'<form class="undo".*?</form>', html, re.DOTALL)
        assert offered is not None
        return self.said(self.client.post("/undo", data=dict(_HIDDEN.findall(offered[0]))))

    def letters(self) -> list[Message]:
        """Return the letters to candidates."""
        return [each for each in self.all(Message) if each.application_id is not None]

    def all(self, kind: Any) -> list[Any]:
        with self.employer.session() as session:
            return list(session.scalars(select(kind)))


@pytest.fixture
def many(employer: Employer) -> Round:
    return Round(employer)


LETTER = {"kind": "status-update", "next_word_by": "2026-03-06"}


def test_every_letter_is_shown_and_who_cannot_be_written_to_is_named(many: Round) -> None:
    with many.employer.work() as work:
        candidate = work.session.get_one(Application, many.ids[1][0]).candidate
        candidate.emails[0].suppressed_at = work.now
    _, refs = many.open()
    page, answer = many.through("write", refs, **LETTER)

    assert "2 letters go out, 1 is left out" in page
    assert "Jonas Okafor because cannot be reached by mail" in page
    assert page.count("Friday 6 March") == 2
    assert "Send 2 letters" in page
    assert "2 letters are written. 1 person was left out." in many.said(answer)
    assert sorted(each.state for each in many.letters()) == ["held", "held"]

    assert "Taken back for 2 people. 2 letters are cancelled." in many.undo(answer)
    assert {each.state for each in many.letters()} == {"cancelled"}


def test_nothing_is_done_by_a_preview(many: Round) -> None:
    _, refs = many.open()
    for act, fields in (
        ("write", LETTER),
        ("move", {"when": "tomorrow", "telling": "note"}),
        ("call", {"how": "reached"}),
        ("release", {"why": "As agreed"}),
        ("assign", {"owner": person(many.employer, name="Priya Shah").id}),
    ):
        answer = many.post(act, refs, "preview", **fields)
        assert answer.status_code == 200
        page = words_of(answer.get_data(as_text=True))
        assert "3 letters go out" in page or "3 people are included" in page, act
    assert many.letters() == many.all(Contact) == []
    assert {each.state for each in many.all(Promise)} == {"open"}
    assert {each.owner_id for each in many.all(Application)} == {many.user.id}


def test_what_was_not_shown_is_not_done(many: Round) -> None:
    _, refs = many.open()
    shown = many.post("write", refs, "preview", **LETTER).get_data(as_text=True)
    digest = dict(_HIDDEN.findall(shown))["digest"]
    other = {**LETTER, "next_word_by": "2026-03-05", "digest": digest}
    answer = many.post("write", refs, "confirm", **other)

    assert answer.status_code == 409
    assert "Nothing was done: read it again and confirm." in words_of(answer.get_data(as_text=True))
    assert many.letters() == []


def test_who_changed_meanwhile_is_left_out_and_said(many: Round) -> None:
    _, refs = many.open()
    many.said(many.through("release", refs[:1], why="As agreed")[1])
    page, answer = many.through("call", refs, how="reached")

    assert "2 people are included, 1 is left out" in page
    assert "because what was owed is settled meanwhile" in page
    assert "Done for 2 people. 1 person was left out." in many.said(answer)
    states = Counter(each.state for each in many.all(Promise))
    assert (states["kept_late"], states["released"]) == (2, 1)


def test_dates_are_moved_with_a_note_each_and_moved_back(many: Round) -> None:
    _, refs = many.open()
    page, answer = many.through("move", refs, when="tomorrow", telling="note")

    assert "3 letters go out" in page
    assert "now by tomorrow 17:00" in page
    assert "3 notes are on their way." in many.said(answer)
    many.undo(answer)
    assert sorted(each.state for each in many.all(Promise)) == ["open"] * 3 + ["replaced"] * 3
    assert {each.state for each in many.letters()} == {"cancelled"}


def test_people_are_handed_over_and_back(many: Round) -> None:
    priya = person(many.employer, name="Priya Shah")
    _, refs = many.open()
    _, answer = many.through("assign", refs, owner=priya.id)
    assert {each.owner_id for each in many.all(Application)} == {priya.id}

    many.undo(answer)
    assert {each.owner_id for each in many.all(Application)} == {many.user.id}


@pytest.mark.parametrize(
    ("act", "fields", "fault"),
    [
        ("write", {"kind": "nonsense"}, "Choose a letter."),
        ("write", {"kind": "status-update"}, "The letter needs this."),
        ("move", {"telling": "note"}, "Choose when, or say it in your own words."),
        ("move", {"when": "friday"}, "Say how the candidates hear of it."),
        ("assign", {"owner": "usr_nobody"}, "Choose a colleague."),
        ("release", {"why": " "}, "Say why: colleagues read it later."),
    ],
)
def test_what_says_too_little_is_asked_again(
    many: Round, act: str, fields: dict[str, str], fault: str
) -> None:
    _, refs = many.open()
    answer = many.post(act, refs, "preview", **fields)

    assert answer.status_code == 422
    assert fault in words_of(answer.get_data(as_text=True))


@pytest.mark.parametrize(
    ("act", "refs", "said"),
    [
        ("write", [], "Choose somebody first."),
        ("nonsense", ["app_1:1"], "Choose what to do."),
        ("write", [f"app_{n}:1" for n in range(501)], "Choose at most 500 people at a time."),
    ],
)
def test_a_selection_that_means_nothing_is_answered(
    many: Round, act: str, refs: list[str], said: str
) -> None:
    assert said in many.said(many.post(act, refs, "preview"))


def test_strange_names_of_rows_are_left_out(many: Round) -> None:
    refs = ["", "x", "app_1:1:prm_1", "app_none:1", "app_'--:1", "\x00:1", "app_1:١"]
    answer = many.post("release", refs, "preview", why="As agreed")

    assert answer.status_code == 200
    assert "7 are left out" in words_of(answer.get_data(as_text=True))


def test_one_letter_that_fails_keeps_nobody_elses_back(many: Round) -> None:
    with many.employer.work() as work:
        application = work.session.get_one(Application, many.ids[0][0])
        application.job.title = "\u200b"
    _, refs = many.open()
    page, answer = many.through("write", refs, **LETTER)

    assert "2 letters go out, 1 is left out" in page
    assert "2 letters are written." in many.said(answer)


def test_something_is_promised_to_many_whatever_minute_it_is_confirmed_in(many: Round) -> None:
    """ "In an hour" ends a minute later when it is confirmed a minute later."""
    _, refs = many.open()
    fields = {"kind": "feedback", "wording": "Feedback", "when": "1 business hour"}
    shown = many.post("promise", refs, "preview", **fields).get_data(as_text=True)
    assert "Feedback, by today 13:00" in words_of(shown)
    many.employer.clock.advance(timedelta(minutes=3))
    digest = dict(_HIDDEN.findall(shown))["digest"]
    answer = many.post("promise", refs, "confirm", **fields, digest=digest)

    assert "Done for 3 people." in many.said(answer)
    made = [each for each in many.all(Promise) if each.kind == "feedback"]
    assert [each.promised_by_id for each in made] == [many.user.id] * 3
    assert "Taken back for 3 people." in many.undo(answer)
    assert {each.state for each in many.all(Promise) if each.kind == "feedback"} == {"released"}

    # Another day is another promise.
    moved = {"when": "own", "within": "3 business hours", "telling": "silent"}
    shown = many.post("move", refs, "preview", **moved).get_data(as_text=True)
    digest = dict(_HIDDEN.findall(shown))["digest"]
    many.employer.clock.advance(timedelta(hours=3))
    again = many.post("move", refs, "confirm", **moved, digest=digest)
    assert again.status_code == 409


def test_many_are_decided_about_and_each_goes_back_to_where_they_stood(many: Round) -> None:
    with many.employer.work() as work:
        work.session.get_one(Application, many.ids[0][0]).stage = "offer"
        work.session.get_one(Application, many.ids[1][0]).stage = "withdrawn"
    viewer = person(many.employer, "viewer", name="Only Looks")
    _, refs = many.open()
    refused = many.post("decide", refs, "preview", decided_by=viewer.id)
    assert refused.status_code == 422
    assert "A decision is made by an active recruiter" in words_of(refused.get_data(as_text=True))

    page, answer = many.through("decide", refs, decided_by=many.user.id, why="Filled")
    assert "2 people are included, 1 is left out" in page
    assert "decided by Maria Keller; the news is owed from now on" in page
    many.said(answer)
    stages = {each.id: each.stage for each in many.all(Application)}
    assert [stages[id_] for id_, _ in many.ids] == ["rejected", "withdrawn", "rejected"]

    assert "Taken back for 2 people." in many.undo(answer)
    stages = {each.id: each.stage for each in many.all(Application)}
    assert [stages[id_] for id_, _ in many.ids] == ["offer", "withdrawn", "interview"]


def test_a_confirmation_that_is_sent_twice_does_it_once(many: Round) -> None:
    _, refs = many.open()
    for act, fields, kind, said in (
        ("call", {"how": "no_answer"}, Contact, "you logged this a moment ago"),
        (
            "promise",
            {"kind": "callback", "when": "tomorrow", "wording": "A second call"},
            Promise,
            "you promised them this a moment ago",
        ),
    ):
        known = len(many.all(kind))
        shown = many.post(act, refs, "preview", **fields).get_data(as_text=True)
        sent = {**fields, "digest": dict(_HIDDEN.findall(shown))["digest"]}
        assert "Done for 3 people." in many.said(many.post(act, refs, "confirm", **sent))
        again = words_of(many.post(act, refs, "confirm", **sent).get_data(as_text=True))

        assert said in again, act
        assert len(many.all(kind)) == known + 3, act
    # Who is rung again later is logged again.
    many.employer.clock.advance(timedelta(minutes=3))
    _, refs = many.open()
    _, answer = many.through("call", refs, how="no_answer")
    assert "Done for 3 people." in many.said(answer)


def test_a_voicemail_to_many_is_logged_as_one(many: Round) -> None:
    _, refs = many.open()
    many.said(many.through("call", refs, how="left_message")[1])

    assert {(each.channel, each.outcome) for each in many.all(Contact)} == {
        ("voicemail", "left_message")
    }
    assert many.post("call", refs, "preview", how="nonsense").status_code == 422
