"""What the pages do in a real browser beyond being read: reasons, letters, the outbox, alarms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from service.domain.policies import Kind
from service.workflows.promise_making import Spoken, make_spoken
from tests.acceptance.busy_employer import make_busy
from tests.acceptance.hands import Keyboard
from tests.browser import Site, barriers, chromium, picture, running, sideways, tab
from tests.harness import add_application


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def site(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Site]:
    with running(new_database("sqlite", started=True), tmp_path) as served:
        yield served


def test_every_reason_can_be_opened_with_the_keyboard_alone(browser: Browser, site: Site) -> None:
    busy = make_busy(site.employer)
    with tab(browser, site, user_id=busy.administrator) as (page, _watch):
        page.goto("/?tab=all")
        reasons = page.locator(".owed details").count()
        hand = Keyboard(page)
        opened = 0
        while hand.step():
            if page.evaluate("document.activeElement.matches('.owed summary')"):
                page.keyboard.press("Enter")
                opened += 1

        assert opened == reasons > 0
        assert page.locator(".owed details:not([open])").count() == 0


def test_a_letter_is_shown_in_its_frame_and_what_slipped_into_it_does_not_run(
    browser: Browser, site: Site
) -> None:
    busy = make_busy(site.employer)
    with tab(browser, site, user_id=busy.administrator) as (page, watch):
        page.goto(f"/outbox/{busy.letter}")
        assert "not done yet" in page.frame_locator("iframe.letter").locator("body").inner_text()

        page.goto("/outbox")
        page.get_by_role("link", name="A", exact=True).first.click()
        page.wait_for_url("**/outbox/*")
        page.frame_locator("iframe.letter").locator("p").wait_for()
        page.wait_for_load_state("networkidle")

        # Its script would have named the page so, and the browser says why it did not.
        assert page.title() != "taken"
        (refused,) = {fault.split(" in ")[0] for fault in watch.told()}
        assert refused == "error: Blocked script execution"


def test_the_outbox_can_be_acted_on_without_any_script(browser: Browser, site: Site) -> None:
    busy = make_busy(site.employer)
    with tab(
        browser,
        site,
        user_id=busy.administrator,
        java_script_enabled=False,
        viewport={"width": 390, "height": 844},
    ) as (page, _watch):
        page.goto("/outbox")
        for deed in page.locator("details.deed > summary").all():
            deed.click()
        assert sideways(page) <= 0
        picture(page, "outbox-deeds")

        page.get_by_role("button", name="Cancel the letter (59 min left)").click()
        page.wait_for_url("**/outbox?*")
        expect(page.get_by_role("status")).to_contain_text("The letter is cancelled.")

        page.locator("summary", has_text="Pause all mail").click()
        page.get_by_label("Why, for your colleagues").first.fill("a wrong letter")
        page.get_by_role("button", name="Pause all mail").click()
        page.get_by_role("button", name="Let mail go out again").wait_for()
        expect(page.get_by_role("status")).to_contain_text("All mail is paused.")


def test_on_a_phone_the_first_person_is_in_the_first_look(browser: Browser, site: Site) -> None:
    busy = make_busy(site.employer)
    phone = {"width": 390, "height": 844}
    with tab(browser, site, user_id=busy.administrator, viewport=phone) as (page, _watch):
        page.goto("/?tab=all")
        box = page.locator("[data-row]").first.bounding_box()
        assert box is not None
        # Also with two alarms above it.
        assert box["y"] < 844 * 0.6
        for line in (".top nav", ".tabs", ".trust ul"):
            height = page.locator(line).evaluate("each => each.clientHeight")
            assert height < 56, line
        page.locator("[data-row] [name=who]").first.check()
        # What can be done for who is chosen is at hand, and not below everybody.
        expect(page.get_by_role("button", name="Write to them")).to_be_in_viewport()
        assert page.locator(".bulk").evaluate("each => each.clientHeight") < 72
        assert not sideways(page)
        page.goto("/settings")
        at = page.locator(".top nav [aria-current]")
        assert at.evaluate("each => each.getBoundingClientRect().right") <= 390


def test_what_was_done_is_where_the_reading_goes_on_and_menus_close(
    browser: Browser, site: Site
) -> None:
    busy = make_busy(site.employer)
    with tab(browser, site, user_id=busy.administrator) as (page, _watch):
        page.goto("/outbox")
        page.get_by_role("button", name="Cancel the letter (59 min left)").click()
        page.wait_for_url("**/outbox?*")
        expect(page.get_by_role("status")).to_be_focused()

        page.goto("/?tab=all")
        menu = page.locator(".acts .menu").first
        menu.locator("summary").click()
        page.keyboard.press("Escape")
        assert menu.get_attribute("open") is None
        expect(menu.locator("summary")).to_be_focused()


def test_a_late_checker_and_an_empty_page_are_seen(browser: Browser, site: Site) -> None:
    with site.employer.work() as work:
        application = add_application(work, first_name="Jonas", last_name="Weber")
        make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", within="2 business days"))
    site.employer.clock.advance(timedelta(minutes=2))
    with tab(browser, site) as (page, _watch):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto("/")
            expect(page.get_by_role("heading", level=1)).to_contain_text("Nobody is waiting.")
            expect(page.get_by_role("alert").last).to_contain_text("The checker has not run yet.")
            assert barriers(page) == []
            picture(page, f"empty-{scheme}")
