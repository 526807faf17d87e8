"""A real browser on the fullest pages, with hostile text in every field: nothing of it runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, sync_playwright

from service.db import db
from tests.every_path import every_path
from tests.harness import make_employer
from tests.hostile_text import fill
from tests.served import serving
from tests.whole_world import WholeWorld

CHROMIUM = shutil.which("chromium")
FULL = frozenset(
    {
        "pages.waiting",
        "pages.candidate",
        "pages.job",
        "pages.closing",
        "pages.outbox",
        "pages.connection",
        "pages.delivery",
        "pages.numbers",
        "pages.settings_people",
        "pages.settings_letter",
        "pages.account",
    }
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


def test_no_text_of_anybody_runs_or_opens_anything(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    employer = make_employer(new_database("sqlite", started=True), tmp_path)
    world = WholeWorld(employer)
    with employer.session() as session:
        fill(session, lambda payload: payload)
    chosen = dict(reversed([each for each in every_path(world) if each[0] in FULL]))
    cookie = world.client.get_cookie("keepword-session")
    assert cookie is not None
    opened: list[str] = []

    def refuse(dialog: Dialog) -> None:
        opened.append(dialog.message)
        dialog.dismiss()

    with serving(employer) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        context = browser.new_context()
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        page = context.new_page()
        page.on("dialog", refuse)
        page.on("console", lambda said: opened.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: opened.append(str(error)))
        page.on(
            "request",
            lambda request: None if request.url.startswith(address) else opened.append(request.url),
        )
        for endpoint, path in chosen.items():
            answer = page.goto(address + path)
            assert answer is not None, endpoint
            assert answer.status == 200, endpoint
            page.mouse.move(200, 300)
            assert page.locator("img[src=x], svg[onload], [onmouseover]").count() == 0, endpoint
        browser.close()
    with employer.app.app_context():
        db.engine.dispose()

    assert len(chosen) == len(FULL)
    assert opened == []
