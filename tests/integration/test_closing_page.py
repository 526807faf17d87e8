"""Closing a job on its guided page: who is told how, moved, confirmed, watched and taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.domain.closing_terms import MANY
from tests.harness import Employer
from tests.integration.guided_closing import Guided
from tests.integration.people_case import text_of
from tests.integration.watching import run_dispatch
from tests.reading_pages import words_of
from tests.signing_in import token_in, version_in


@pytest.fixture
def guided(employer: Employer) -> Guided:
    return Guided(employer)


def test_the_plan_puts_everybody_in_a_column_with_the_reason_and_the_letter(
    guided: Guided,
) -> None:
    guided.case.applicant("Amara")
    held = guided.employer.now - timedelta(days=2)
    guided.case.applicant("Jonas", stage="interview", interviewed_at=held)
    guided.case.applicant("Vera", stage="withdrawn")

    html = guided.html()
    page = words_of(html)

    assert guided.column("mail").startswith("Told by mail 1")
    assert "Amara Okafor, applied applied · not interviewed the letter" in page
    assert "Hello Amara, We have hired someone else for Bookbinder" in page
    assert "Call first 1" in page
    assert "was interviewed: a call comes before any letter +1 416 555 0100" in page
    assert page.index("withdrew, so no decision is owed 1 person") < page.index("Told by mail")
    assert "1 letter goes out today 10:00; you can take it back until then." in page
    assert guided.closings() == 0


def test_whoever_is_ticked_is_left_out_and_put_back(guided: Guided) -> None:
    amara = guided.case.applicant("Amara")
    guided.case.applicant("Jonas")

    moved = guided.html(step="", move="leave", person=[amara])
    back = guided.html(step="", move="rules", person=[amara], leave=amara)

    assert "Left out 1" in words_of(moved)
    assert "left out by choice" in words_of(moved)
    assert f'name="leave" value="{amara}"' in moved
    assert 'name="leave" value=""' in back
    assert "Told by mail 2" in words_of(back)


def test_who_was_interviewed_can_be_written_to_by_choice(guided: Guided) -> None:
    held = guided.employer.now - timedelta(days=2)
    amara = guided.case.applicant("Amara", stage="interview", interviewed_at=held)

    moved = guided.html(step="", move="mail", person=[amara])

    assert "told by mail at once, by choice" in words_of(moved)
    assert f'name="mail" value="{amara}"' in moved


def test_a_second_choice_needs_a_day_and_gets_its_own_letter(guided: Guided) -> None:
    amara = guided.case.applicant("Amara")

    without = guided.post(step="", move="second", person=[amara])
    dated = guided.column("second_choice", second=amara, until="2026-03-20")

    assert without.status_code == 422
    assert "Say until when they are kept as second choice" in words_of(
        without.get_data(as_text=True)
    )
    assert "Second choice 1" in dated
    assert "Friday 20 March" in dated


def test_moving_somebody_takes_them_from_where_they_were(guided: Guided) -> None:
    amara = guided.case.applicant("Amara")

    html = guided.html(step="", move="leave", person=[amara], mail=amara)

    assert 'name="mail" value=""' in html
    assert f'name="leave" value="{amara}"' in html


def test_the_job_is_closed_as_it_was_shown(guided: Guided) -> None:
    amara = guided.case.applicant("Amara")
    leaves = guided.case.applicant("Vera")

    path = guided.closed(letters="1", leave=leaves, reason="budget was cut")

    page = text_of(guided.client, path)
    assert "the position was filled · decided by Maria Keller · today 09:00" in page
    assert "Told by mail 1" in page
    assert "Amara Okafor · rejected not interviewed ○ waits to leave" in page
    assert "Left out 1" in page
    assert guided.case.application(amara).stage == "rejected"
    assert guided.case.application(leaves).stage == "applied"
    assert guided.case.job_status() == "filled"


def test_nothing_is_done_where_the_number_is_not_the_one_shown(guided: Guided) -> None:
    guided.case.applicant("Amara")
    guided.case.applicant("Jonas")

    answer = guided.post(step="close", letters="1")

    page = words_of(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "2 letters would go out" in page
    assert "Nothing was done." in page
    assert "Close the job and send 2 letters" in page
    assert guided.closings() == 0


def test_many_letters_are_confirmed_by_typing_their_number(guided: Guided) -> None:
    with guided.employer.work() as work:
        for number in range(MANY + 1):
            guided.case.apply(work, f"Person{number}")

    html = guided.html()

    assert "Type the number of letters to confirm it" in words_of(html)
    for typed in ("", "30", "many", "-31", "٣١"):
        assert guided.post(step="close", letters="31", confirm=typed).status_code == 422
    assert guided.closings() == 0
    assert guided.post(step="close", letters="31", confirm="31").status_code == 303


def test_with_few_letters_no_number_is_asked(guided: Guided) -> None:
    guided.case.applicant("Amara")

    assert "Type the number" not in guided.html()


def test_a_closing_is_taken_back_while_its_letters_are_held(guided: Guided) -> None:
    amara = guided.case.applicant("Amara")
    path = guided.closed(letters="1")
    html = guided.client.get(path).get_data(as_text=True)
    form = {
        "token": token_in(html),
        "version": version_in(html),
    }

    assert "Take it back and cancel 1 letter (1 h left)" in words_of(html)
    page = words_of(
        guided.client.post(f"{path}/undo", data=form, follow_redirects=True).get_data(as_text=True)
    )

    assert "The closing is taken back: 1 letter cancelled, 1 person considered again." in page
    assert "This closing was taken back today 09:00." in page
    assert guided.case.application(amara).stage == "applied"
    assert guided.case.job_status() == "open"
    again = guided.client.post(f"{path}/undo", data=form, follow_redirects=True)
    assert "Somebody else changed this meanwhile" in words_of(again.get_data(as_text=True))


def test_too_late_is_said_honestly(guided: Guided) -> None:
    guided.case.applicant("Amara")
    path = guided.closed(letters="1")
    html = guided.client.get(path).get_data(as_text=True)
    form = {
        "token": token_in(html),
        "version": version_in(html),
    }
    guided.employer.clock.advance(timedelta(hours=2))
    run_dispatch(guided.employer)

    page = words_of(
        guided.client.post(f"{path}/undo", data=form, follow_redirects=True).get_data(as_text=True)
    )

    assert "Too late: everybody whom this closing was about has been told" in page


def test_the_letters_alone_can_be_cancelled(guided: Guided) -> None:
    amara = guided.case.applicant("Amara")
    path = guided.closed(letters="1")
    html = guided.client.get(path).get_data(as_text=True)
    form = {
        "token": token_in(html),
        "version": version_in(html),
    }

    page = words_of(
        guided.client.post(f"{path}/cancel-letters", data=form, follow_redirects=True).get_data(
            as_text=True
        )
    )

    assert "1 letter is cancelled. The decision stands" in page
    assert guided.case.application(amara).stage == "rejected"


def test_the_calls_that_are_owed_are_followed(guided: Guided) -> None:
    held = guided.employer.now - timedelta(days=2)
    guided.case.applicant("Jonas", stage="interview", interviewed_at=held)

    path = guided.closed(letters="0")

    page = text_of(guided.client, f"{path}?part=call_first")
    assert "calls still owed 1" in page or "calls still owed1" in page
    assert "○ a call is owed" in page
    assert "+1 416 555 0100" in page
