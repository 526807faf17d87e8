"""The strip tells when the page cannot be trusted and what needs a hand."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from service.models import TemplateVersion
from service.workflows.channel import pause_channel
from service.workflows.connections import add_connection
from service.workflows.template_versions import withdraw
from tests.harness import Employer
from tests.reading_pages import (
    colleague,
    html_of,
    letter,
    page_of,
    promise_call,
    turn_loops,
)


def test_the_strip_tells_when_the_checker_ran_and_what_happens_to_mail(employer: Employer) -> None:
    with employer.work() as work:
        spoke = add_connection(
            work, "greenhouse-main", "generic", ["whsec_" + "QUJD" * 8], rejections_by="keepword"
        )
        spoke.last_authentic_at = work.now - timedelta(minutes=3)
        add_connection(work, "lever", "generic", ["whsec_" + "QUJD" * 8], rejections_by="keepword")

    assert "◐ checker has not run yet" in page_of(employer)

    turn_loops(employer)
    employer.clock.advance(timedelta(seconds=4))
    page = page_of(employer)

    assert "✓ checker ran 4 s ago outbox 0 ○ mail is kept here, nothing is sent" in page
    assert "greenhouse-main last spoke 3 min ago ◐ lever has not spoken yet" in page
    assert 'role="alert"' not in html_of(employer)


def test_an_ats_that_used_to_speak_and_fell_silent_needs_a_hand(employer: Employer) -> None:
    with employer.work() as work:
        spoke = add_connection(
            work, "greenhouse-main", "generic", ["whsec_" + "QUJD" * 8], rejections_by="keepword"
        )
        spoke.last_authentic_at = work.now
    employer.clock.advance(timedelta(days=4))

    assert "See in the ATS" not in page_of(employer)
    employer.clock.advance(timedelta(days=1))
    page = page_of(employer)

    assert "◐ greenhouse-main last spoke 5 days ago" in page
    assert "silent for longer than its habit, over 32 working hours. See in the ATS" in page


def test_a_late_checker_is_a_red_bar_with_its_remedy_on_every_page(employer: Employer) -> None:
    turn_loops(employer)
    employer.clock.advance(timedelta(minutes=5))
    turn_loops(employer, "check")

    for path in ("/", "/outbox"):
        html = html_of(employer, path)
        assert html.count('<div class="bar broken" role="alert">') == 1
        assert "The checker last ran 5 min ago. Nobody is reminded" in html
        assert "“keepword serve” runs everything" in html

    turn_loops(employer)

    assert 'role="alert"' not in html_of(employer)


def test_paused_mail_and_what_needs_a_hand_are_said_in_words(employer: Employer) -> None:
    promise_call(employer, by=colleague(employer))
    with employer.work() as work:
        pause_channel(work.session, work.now, "the key is being changed", by_provider=False)
    employer.pass_time(hours=2)
    with employer.work() as work:
        for state in ("blocked", "uncertain", "failed", "failed"):
            letter(work, state)
    page = page_of(employer)

    assert "Mail is paused since today 09:00: the key is being changed." in page
    assert "outbox 1 ◐ mail paused" in page
    assert "Needs a hand 3 ◐ 1 letter is stopped until somebody looks" in page
    assert "1 letter may or may not have gone out" in page
    assert "2 letters could not be sent" in page


def test_what_only_a_person_can_say_is_asked_for_on_the_first_page(employer: Employer) -> None:
    with employer.work() as work:
        asked = add_connection(
            work, "main", "generic", ["whsec_" + "QUJD" * 8], rejections_by="keepword"
        )
        asked.rejections_by = None
        wording = work.session.scalars(
            select(TemplateVersion).where(TemplateVersion.kind == "holding")
        ).one()
        withdraw(work, wording, "it names another company", None)

    page = page_of(employer)

    assert "Nobody has said who sends the rejections of main, so Keepword sends none." in page
    assert "No holding can be written" in page
    html = html_of(employer)
    for mended_at in ("/connections/main#faults", "/settings/letters/holding"):
        assert f'<a href="{mended_at}">' in html
        assert html_of(employer, mended_at.partition("#")[0])
    remedy = "“keepword connection rejections main keepword”, or with “ats”"
    assert remedy in page_of(employer, "/connections/main")
