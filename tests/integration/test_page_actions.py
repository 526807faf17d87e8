"""What a person does on the outbox page: settle, release, cancel, pause; and who may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from service.db import db
from service.models import (
    Application,
    Job,
    JobClosing,
    MailChannel,
    Message,
    SendBatch,
    TimelineEntry,
)
from service.workflows.applications import add_interview
from service.workflows.decide import reject
from service.workflows.messages import Wish, write_letter
from tests.harness import Employer, add_application, add_user, make_employer
from tests.integration.test_page_access import basic
from tests.reading_pages import html_of, letter, page_of, words_of
from tests.signing_in import PASSWORD, client_of, person, token_in


def token_of(employer: Employer, **headers: str) -> str:
    """Return the token that the page offers to whoever sends these headers."""
    html = employer.app.test_client().get("/outbox", headers=headers).get_data(as_text=True)
    found = re.search(r'name="token" value="([0-9a-f]+)"', html)
    assert found is not None
    return found[1]


def press(employer: Employer, path: str, /, headers: Any = None, **fields: str) -> TestResponse:
    """Press a button as a browser does that shows our page."""
    sent = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost", **(headers or {})}
    own = {key: value for key, value in (headers or {}).items() if key in ("Authorization", "Host")}
    form = {"token": token_of(employer, **own), **fields}
    return employer.app.test_client().post(path, data=form, headers=sent)


def said(employer: Employer, path: str, /, headers: Any = None, **fields: str) -> str:
    """Press a button and return what the page then says."""
    answer = press(employer, path, headers, **fields)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    shown = employer.app.test_client().get(answer.headers["Location"], headers=headers or {})
    html = shown.get_data(as_text=True)
    line = re.search(r'<p class="said \w+" role="status">(.*?)</p>', html, re.DOTALL)
    assert line is not None, html
    return words_of(line[1])


def about(employer: Employer, state: str, **fields: Any) -> str:
    """Return the id of a new letter about an application, in this state."""
    with employer.work() as work:
        application = add_application(work)
        found = letter(
            work,
            state,
            **{
                "application_id": application.id,
                "to_address": application.candidate.emails[0].address,
                "kind": "holding",
                **fields,
            },
        )
        return found.id


def state_of(employer: Employer, id_: str) -> str:
    with employer.session() as session:
        return session.get_one(Message, id_).state


def actors(employer: Employer) -> set[str]:
    with employer.session() as session:
        return {entry.actor for entry in session.query(TimelineEntry)}


def test_a_letter_that_arrived_after_all_is_settled(employer: Employer) -> None:
    id_ = about(employer, "uncertain", first_tried_at=employer.now)

    answer = said(employer, f"/outbox/{id_}/settle", outcome="arrived")

    assert answer == "✓ It counts as arrived."
    assert state_of(employer, id_) == "delivered"
    assert "page" in actors(employer)


def test_a_letter_that_is_sent_again_goes_out_with_the_next_pass(employer: Employer) -> None:
    id_ = about(employer, "uncertain", first_tried_at=employer.now)

    said(employer, f"/outbox/{id_}/settle", outcome="send-again")

    assert state_of(employer, id_) == "ready"


def test_what_is_no_longer_in_doubt_is_said_and_not_changed(employer: Employer) -> None:
    id_ = about(employer, "delivered")

    answer = said(employer, f"/outbox/{id_}/settle", outcome="send-again")

    assert "there is nothing to settle about it" in answer
    assert state_of(employer, id_) == "delivered"


def a_request(employer: Employer, number: int) -> tuple[str, list[str]]:
    with employer.work() as work:
        batch = SendBatch(provider="recording", size=number, created_at=work.now)
        work.session.add(batch)
        work.session.flush()
        ids = []
        for at in range(number):
            application = add_application(work, first_name=f"Person{at}")
            ids.append(
                letter(
                    work,
                    "uncertain",
                    application_id=application.id,
                    batch_id=batch.id,
                    first_tried_at=work.now,
                    reason="the answer was lost",
                ).id
            )
        return batch.id, ids


def test_a_lost_request_is_settled_as_a_whole(employer: Employer) -> None:
    batch_id, ids = a_request(employer, 3)
    page = page_of(employer, "/outbox")
    assert "3 letters of one request may or may not have gone out" in page
    assert "All 3 arrived" in page
    assert "Send 3 letters again" in page
    assert page_of(employer, f"/outbox/requests/{batch_id}").count("to Amara Okafor") == 3

    answer = said(employer, f"/outbox/requests/{batch_id}/settle", outcome="arrived")

    assert answer == "✓ 3 letters count as arrived."
    assert {state_of(employer, id_) for id_ in ids} == {"delivered"}
    again = said(employer, f"/outbox/requests/{batch_id}/settle", outcome="arrived")
    assert again == "◐ Nothing of it is in doubt any more: it was settled meanwhile."


def a_stopped_letter(employer: Employer) -> str:
    """Return the id of a letter that was stopped though nothing stands against it any more."""
    with employer.work() as work:
        application = add_application(work)
        wish = Wish("status-update", {"next_word_by": "2026-03-13"})
        found = write_letter(work, application, wish)
        found.state, found.due_at = "blocked", None
        found.reason = "the person has been in touch since"
        return found.id


def test_a_stopped_letter_is_let_go_with_a_reason(employer: Employer) -> None:
    id_ = a_stopped_letter(employer)

    missing = said(employer, f"/outbox/{id_}/release", why=" ")
    assert missing == "◐ Say why: colleagues read it later."
    assert state_of(employer, id_) == "blocked"

    said(employer, f"/outbox/{id_}/release", why="she asked for it in writing")
    assert state_of(employer, id_) == "ready"


def test_a_letter_stopped_for_another_reason_by_now_is_read_again_first(
    employer: Employer,
) -> None:
    with employer.work() as work:
        maria = add_user(work)
        application = add_application(work, owner=maria, stage="interview")
        starts_at = work.now + timedelta(days=1)
        add_interview(work, application, held=False, starts_at=starts_at, ended_at=None)
        reject(
            work,
            application,
            reason="experience",
            decided_by_id=maria.id,
            decided_at=work.now,
            source="api",
        )
        found = write_letter(work, application, Wish("rejection-interview", {}))
        found.state, found.due_at = "blocked", None
        found.reason = "the person has been in touch since"
        id_ = found.id

    first = said(employer, f"/outbox/{id_}/release", why="she knows")
    assert first == "◐ It is still stopped, now for another reason: read it again."
    assert "an interview is still booked" in page_of(employer, f"/outbox/{id_}")
    second = said(employer, f"/outbox/{id_}/release", why="the interview is off")

    assert second.startswith("✓ It goes out")
    assert state_of(employer, id_) == "ready"


def test_what_may_never_go_out_is_not_let_go(employer: Employer) -> None:
    id_ = a_stopped_letter(employer)
    with employer.work() as work:
        found = work.session.get_one(Message, id_)
        application = work.session.get_one(Application, found.application_id)
        application.candidate.can_email = False

    answer = said(employer, f"/outbox/{id_}/release", why="it is right")

    assert answer.startswith("◐ This must not go out: ")
    assert state_of(employer, id_) == "blocked"


def test_a_letter_is_cancelled_until_it_leaves(employer: Employer) -> None:
    held = about(employer, "held", due_at=employer.now + timedelta(minutes=59, seconds=30))
    gone = about(employer, "accepted", accepted_at=employer.now)
    assert "Cancel the letter (59 min left)" in page_of(employer, "/outbox")

    assert said(employer, f"/outbox/{held}/cancel") == "✓ The letter is cancelled."
    late = said(employer, f"/outbox/{gone}/cancel")

    assert said(employer, f"/outbox/{held}/cancel") == "✓ The letter was cancelled before."
    assert late == "◐ Too late: the letter is accepted already."
    assert (state_of(employer, held), state_of(employer, gone)) == ("cancelled", "accepted")


def test_the_letters_own_page_can_do_the_same_and_comes_back_to_itself(employer: Employer) -> None:
    id_ = about(employer, "held", due_at=employer.now + timedelta(hours=1))
    assert 'name="back" value="letter"' in html_of(employer, f"/outbox/{id_}")

    answer = press(employer, f"/outbox/{id_}/cancel", back="letter")

    assert answer.headers["Location"].startswith(f"/outbox/{id_}?")
    assert "The letter is cancelled." in page_of(employer, answer.headers["Location"])


def test_all_that_has_not_left_is_cancelled_and_what_was_written_since_is_not(
    employer: Employer,
) -> None:
    first = about(employer, "held", due_at=employer.now + timedelta(hours=1))
    second = about(employer, "blocked", reason="x")
    gone = about(employer, "accepted", accepted_at=employer.now)
    shown = employer.now.isoformat()
    assert "Cancel 2 letters" in page_of(employer, "/outbox")
    employer.clock.advance(timedelta(seconds=1))
    later = about(employer, "held", due_at=employer.now + timedelta(hours=1))

    answer = said(employer, "/outbox/cancel", as_of=shown, why="the wrong wording")

    assert answer == "✓ 2 letters are cancelled."
    states = [state_of(employer, id_) for id_ in (first, second, gone, later)]
    assert states == ["cancelled", "cancelled", "accepted", "held"]


def a_closing(employer: Employer) -> str:
    with employer.work() as work:
        job = Job(title="Site Engineer", status="closed", created_at=work.now)
        work.session.add(job)
        work.session.flush()
        closing = JobClosing(
            job_id=job.id, outcome="filled", job_status_before="open", created_at=work.now
        )
        work.session.add(closing)
        work.session.flush()
        return closing.id


def test_a_closing_is_taken_back_in_one_press_and_says_who_it_was_too_late_for(
    employer: Employer,
) -> None:
    closing_id, other = a_closing(employer), a_closing(employer)
    due_at = employer.now + timedelta(minutes=59, seconds=30)
    for _ in range(3):
        about(employer, "held", due_at=due_at, closing_id=closing_id)
    about(employer, "accepted", accepted_at=employer.now, closing_id=closing_id)
    kept = about(employer, "held", due_at=due_at, closing_id=other)
    page = page_of(employer, "/outbox")
    assert "3 letters about closing Site Engineer" in page
    assert "Cancel 3 letters (59 min left)" in page

    answer = said(employer, "/outbox/cancel", closing_id=closing_id, as_of=employer.now.isoformat())

    assert answer == (
        "◐ 3 letters are cancelled. Too late for the others: 1 letter was sent already."
    )
    assert state_of(employer, kept) == "held"


def test_a_form_that_does_not_say_which_letters_it_showed_cancels_none(employer: Employer) -> None:
    id_ = about(employer, "held", due_at=employer.now + timedelta(hours=1))

    for as_of in ("", "yesterday", "2026-03-02T09:00:00"):
        answer = said(employer, "/outbox/cancel", as_of=as_of)
        assert answer == "◐ The form does not say which letters were shown."
    assert state_of(employer, id_) == "held"


def test_all_mail_is_paused_with_who_and_why_and_goes_out_again(employer: Employer) -> None:
    with employer.work() as work:
        maria_id = add_user(work).id
    key = {**basic(employer.key("write", user_id=maria_id)), "Host": "keepword.example.com"}
    own = {**key, "Origin": "https://keepword.example.com"}

    answer = said(employer, "/outbox/pause", own, why="a wrong letter went out")

    assert answer == "✓ All mail is paused. Every letter keeps its place."
    page = page_of(employer, "/outbox")
    assert "Paused by Maria Keller since today 09:00: a wrong letter went out." in page
    with employer.session() as session:
        assert session.query(MailChannel).one().paused_by == f"user:{maria_id}"

    said(employer, "/outbox/resume")
    assert "Paused by" not in page_of(employer, "/outbox")


def test_without_a_reason_mail_is_not_paused(employer: Employer) -> None:
    assert said(employer, "/outbox/pause", why="") == "◐ Say why: colleagues read it later."
    assert said(employer, "/outbox/pause", why="x" * 501).startswith("◐ Say why in at most 500")
    assert "Paused by" not in page_of(employer, "/outbox")


def test_an_unknown_letter_is_said_to_be_none(employer: Employer) -> None:
    answer = press(employer, "/outbox/msg_none/cancel")

    assert answer.status_code == 404
    assert "There is no such letter" in answer.get_data(as_text=True)


def test_what_needs_a_person_is_counted_on_every_page_and_never_cut_off_silently(
    employer: Employer,
) -> None:
    with employer.work() as work:
        for _ in range(53):
            letter(work, "blocked", reason="x")
        letter(work, "failed", reason="the address is malformed")

    page = page_of(employer, "/outbox")

    assert "Outbox 53 need a person" in page_of(employer)
    assert "And 3 more. “keepword outbox list” shows all." in page
    assert "could not be sent: the address is malformed" in page


# Who may not: one database will do.


@pytest.fixture
def alone(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword with one letter that could be cancelled."""
    yield from _employer(new_database, tmp_path)


@pytest.fixture
def locked(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """The same where every visitor shows a key."""
    yield from _employer(new_database, tmp_path, pages="key")


def _employer(new_database: Any, home: Path, **config: Any) -> Iterator[Employer]:
    made = make_employer(new_database("sqlite"), home, **config)
    yield made
    with made.app.app_context():
        db.engine.dispose()


ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "http://["},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_a_form_on_another_site_changes_nothing_even_with_the_token(
    alone: Employer, headers: dict[str, str]
) -> None:
    id_ = about(alone, "held", due_at=alone.now + timedelta(hours=1))

    answer = press(alone, f"/outbox/{id_}/cancel", headers)

    assert answer.status_code == 403
    assert "This form came from another site" in answer.get_data(as_text=True)
    assert state_of(alone, id_) == "held"


@pytest.mark.parametrize("token", ["", "0" * 64, "ü", "\ud800"])
def test_a_form_without_our_token_changes_nothing(alone: Employer, token: str) -> None:
    id_ = about(alone, "held", due_at=alone.now + timedelta(hours=1))
    token = token.encode("utf-8", "replace").decode()

    answer = alone.app.test_client().post(f"/outbox/{id_}/cancel", data={"token": token})

    assert answer.status_code == 403
    assert "This form is out of date" in answer.get_data(as_text=True)
    assert state_of(alone, id_) == "held"


def test_a_token_lasts_until_the_end_of_the_next_day(alone: Employer) -> None:
    first = about(alone, "held", due_at=alone.now + timedelta(days=9))
    second = about(alone, "held", due_at=alone.now + timedelta(days=9))
    token = token_of(alone)
    client = alone.app.test_client()

    alone.clock.advance(timedelta(days=1))
    in_time = client.post(f"/outbox/{first}/cancel", data={"token": token})
    alone.clock.advance(timedelta(days=1))
    too_late = client.post(f"/outbox/{second}/cancel", data={"token": token})

    assert (in_time.status_code, too_late.status_code) == (303, 403)


def test_a_token_is_good_for_the_visitor_it_was_offered_to(locked: Employer) -> None:
    id_ = about(locked, "held", due_at=locked.now + timedelta(hours=1))
    mine, hers = basic(locked.key("write")), basic(locked.key("write"))

    answer = locked.app.test_client().post(
        f"/outbox/{id_}/cancel", data={"token": token_of(locked, **hers)}, headers=mine
    )

    assert answer.status_code == 403
    assert state_of(locked, id_) == "held"


def test_a_key_that_may_only_look_sees_no_button_and_may_not_act(locked: Employer) -> None:
    id_ = about(locked, "held", due_at=locked.now + timedelta(hours=1))
    key = basic(locked.key("read"))
    client = locked.app.test_client()
    shown = client.get("/outbox", headers=key).get_data(as_text=True)

    answer = client.post(f"/outbox/{id_}/cancel", data={"token": "x"}, headers=key)

    assert "<button" not in shown
    assert "Your key may look and not act" in shown
    assert answer.status_code == 403
    assert "This key may only look" in answer.get_data(as_text=True)
    assert state_of(locked, id_) == "held"


def test_without_a_key_nothing_is_done(locked: Employer) -> None:
    id_ = about(locked, "held", due_at=locked.now + timedelta(hours=1))

    answer = locked.app.test_client().post(f"/outbox/{id_}/cancel", data={"token": "x"})

    assert answer.status_code == 401
    assert state_of(locked, id_) == "held"


def test_a_link_cannot_put_words_into_our_page(alone: Employer) -> None:
    page = page_of(alone, "/outbox?style=good&said=All+letters+are+cancelled.&seal=" + "0" * 64)

    assert "All letters are cancelled." not in page


def test_what_was_said_to_somebody_is_not_said_to_another(alone: Employer) -> None:
    admin = person(alone, "administrator", name="Ada", password=PASSWORD)
    hers, his = client_of(alone, admin), client_of(alone, person(alone, name="Tomas Ruiz"))
    token = token_in(hers.get("/outbox").get_data(as_text=True))
    form = {"token": token, "why": "the provider is down"}
    told = hers.post("/outbox/pause", data=form).headers["Location"]

    assert "All mail is paused." in words_of(hers.get(told).get_data(as_text=True))
    assert "All mail is paused." not in words_of(his.get(told).get_data(as_text=True))


def test_a_page_with_forms_lets_them_come_back_to_us_alone(alone: Employer) -> None:
    about(alone, "held", due_at=alone.now + timedelta(hours=1))
    policy = alone.app.test_client().get("/outbox").headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "form-action 'self'" in policy
    assert "'unsafe-" not in policy


def test_sending_again_is_asked_about_before_it_is_done(employer: Employer) -> None:
    id_ = about(employer, "uncertain")

    html = html_of(employer, f"/outbox/{id_}")

    before, _, after = html.partition('value="send-again"')
    assert "gets the same letter twice" in before.rpartition("<details")[2]
    assert "</details>" in after
