"""Signing in with a real browser: by password without any script, by passkey with one."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from service.db import db
from tests.harness import Employer, make_employer
from tests.signing_in import PASSWORD, person

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = os.environ.get("KEEPWORD_TEST_PICTURES")
"""A folder to leave pictures of the pages in, for a person to look at."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def site(new_database: Any, tmp_path: Path) -> Iterator[tuple[Employer, str]]:
    """A running Keepword, served under a name: browsers make no passkeys for a bare address."""
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    address = f"http://localhost:{server.port}"
    made = make_employer(new_database("sqlite"), tmp_path, base_url=address)
    server.app = made.app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made, address
    server.shutdown()
    thread.join()
    server.server_close()
    with made.app.app_context():
        db.engine.dispose()


def watched(page: Page) -> list[str]:
    """Collect what a browser complains of: refused scripts, console errors, foreign requests."""
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on(
        "request",
        lambda asked: None if "//localhost:" in asked.url else faults.append(asked.url),
    )
    return faults


def typed_in(page: Page, address: str) -> None:
    page.goto(f"{address}/account")
    page.get_by_label("Mail address").fill("maria@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{address}/account")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_password_and_sign_out_need_no_script(
    browser: Browser, site: tuple[Employer, str], width: int, scheme: Any
) -> None:
    employer, address = site
    person(employer, "administrator", email="maria@example.com", password=PASSWORD)
    context = browser.new_context(
        java_script_enabled=False,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
    )
    page = context.new_page()
    page.goto(f"{address}/account")
    picture(page, f"sign-in-{width}-{scheme}")
    typed_in(page, address)
    picture(page, f"account-{width}-{scheme}")

    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()

    page.wait_for_url(f"{address}/sign-in")
    context.close()


def test_a_passkey_is_made_and_signs_in_and_nothing_is_refused(
    browser: Browser, site: tuple[Employer, str]
) -> None:
    employer, address = site
    person(employer, "administrator", email="maria@example.com", password=PASSWORD)
    context = browser.new_context()
    page = context.new_page()
    faults = watched(page)
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    typed_in(page, address)
    page.get_by_label("What to call it").fill("My laptop")
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_text("My laptop", exact=True).first.wait_for()
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url(f"{address}/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/account")

    assert page.get_by_text("last used").count() >= 1
    assert faults == []
    context.close()


def test_htmx_runs_under_the_policy_and_acts_on_no_markup_but_ours(
    browser: Browser, site: tuple[Employer, str]
) -> None:
    employer, address = site
    person(employer, "administrator", email="maria@example.com", password=PASSWORD)
    context = browser.new_context()
    page = context.new_page()
    typed_in(page, address)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.resource_type))

    version = page.evaluate("htmx.version")
    page.evaluate(
        """() => {
          const button = document.createElement("button");
          button.id = "slipped-in";
          button.setAttribute("hx-post", "/sign-out");
          document.getElementById("content").append(button);
          htmx.process(button);
          button.click();
        }"""
    )
    page.wait_for_timeout(200)

    assert version == "4.0.1"
    assert {"fetch", "xhr", "document"}.isdisjoint(asked)  # the icon comes when it likes
    context.close()
