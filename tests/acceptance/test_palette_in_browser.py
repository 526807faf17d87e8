"""The palette, its keys and who is looking, in a real browser; each also without any script."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from service.auth.sessions import begin_session
from service.db import db
from service.models import User
from tests.harness import Employer, add_application, make_employer
from tests.served import serving
from tests.signing_in import person

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-sync"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


@pytest.fixture
def employer(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    """An employer with two people who applied."""
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    with made.work() as work:
        add_application(work)
        add_application(work, first_name="Lucía", last_name="<b>Fernández</b>")
    yield made
    with made.app.app_context():
        db.engine.dispose()


@contextmanager
def tab(browser: Browser, base: str, employer: Employer, who: User, **more: Any) -> Iterator[Page]:
    """Open a tab in which somebody is signed in; fail on any error or foreign request."""
    context = browser.new_context(base_url=base, viewport={"width": 900, "height": 700}, **more)
    with employer.work() as work:
        user = work.session.get_one(User, who.id)
        _, token = begin_session(work.session, work.now, user, how="test", user_agent="a test")
    context.add_cookies([{"name": "keepword-session", "value": token, "url": base}])
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda to: None if to.url.startswith(base) else wrong.append(to.url))
    page.on("response", lambda got: wrong.append(got.url) if got.status >= 400 else None)
    try:
        yield page
    finally:
        context.close()
    assert wrong == []


def test_things_are_found_by_keyboard_and_colleagues_are_seen(employer: Employer) -> None:
    maria = person(employer, email="m@example.com")
    sam = person(employer, name="Sam Stand", preferences={"shortcuts": False})
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as browser,
        serving(employer) as base,
    ):
        with tab(browser, base, employer, maria) as page:
            palette = page.get_by_role("dialog", name="Find")
            field = palette.get_by_role("searchbox")

            page.goto("/account")
            page.get_by_label("Your name").press("/")
            expect(palette).to_be_hidden()
            page.get_by_label("Your name").press("Control+k")
            expect(field).to_be_focused()
            expect(palette.get_by_role("link", name="Numbers")).to_be_visible()
            page.keyboard.press("Escape")
            expect(page.get_by_label("Your name")).to_be_focused()

            page.locator("main").focus()
            page.keyboard.press("/")
            page.keyboard.type("fern")
            found = palette.get_by_role("link", name="Lucía <b>Fernández</b>")
            expect(found).to_be_visible()
            expect(palette.get_by_role("status")).to_have_text("found: 1")
            page.keyboard.press("ArrowDown")
            expect(found).to_be_focused()
            page.keyboard.press("ArrowUp")
            expect(field).to_be_focused()
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", level=1)).to_have_text("Lucía <b>Fernández</b>")
            page.wait_for_load_state("networkidle")
            where = page.url

            with tab(browser, base, employer, sam) as other:
                other.goto(where)
                expect(other.get_by_text("Maria Keller is looking at this now")).to_be_visible()
                # His keys are switched off; the link does the same.
                other.keyboard.press("Control+k")
                other.keyboard.press("/")
                expect(other.get_by_role("dialog", name="Find")).to_be_hidden()
                other.get_by_role("link", name="Find").click()
                other.get_by_role("searchbox").fill("okafor")
                other.get_by_role("link", name="Amara Okafor").click()
                expect(other.get_by_role("heading", level=1)).to_have_text("Amara Okafor")

        with tab(browser, base, employer, maria, java_script_enabled=False) as plain:
            plain.goto("/")
            plain.get_by_role("link", name="Find").click()
            plain.get_by_role("searchbox").fill("okafor")
            plain.get_by_role("button", name="Find").click()
            plain.get_by_role("link", name="Amara Okafor").click()
            expect(plain.get_by_role("heading", level=1)).to_have_text("Amara Okafor")
