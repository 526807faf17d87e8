"""Signing in with a real browser: by password without any script, by passkey with one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import Site, chromium, picture, running, tab
from tests.signing_in import PASSWORD, person


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def site(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Site]:
    with running(new_database("sqlite", started=True), tmp_path) as served:
        person(served.employer, "administrator", email="maria@example.com", password=PASSWORD)
        yield served


def typed_in(page: Page) -> None:
    page.goto("/account")
    picture(page, "sign-in")
    page.get_by_label("Mail address").fill("maria@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/account")


def signed_out(page: Page) -> None:
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/sign-in")


def test_password_and_sign_out_need_no_script(browser: Browser, site: Site) -> None:
    with tab(browser, site, java_script_enabled=False) as (page, _watch):
        typed_in(page)
        signed_out(page)
        page.goto("/account")

        assert "/sign-in" in page.url


def test_a_passkey_is_made_and_signs_in_and_nothing_is_refused(
    browser: Browser, site: Site
) -> None:
    with tab(browser, site) as (page, _watch):
        device = page.context.new_cdp_session(page)
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
        typed_in(page)
        page.get_by_label("What to call it").fill("My laptop")
        page.get_by_role("button", name="Make a passkey").click()
        page.get_by_text("My laptop", exact=True).first.wait_for()
        signed_out(page)
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"{site.address}/")
        page.goto("/account")

        assert page.get_by_text("last used").count() >= 1


def test_htmx_runs_under_the_policy_and_acts_on_no_markup_but_ours(
    browser: Browser, site: Site
) -> None:
    with tab(browser, site) as (page, watch):
        typed_in(page)
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
        (refused,) = watch.told()
        assert "blocked <button#slipped-in>: no hx-nonce attribute" in refused
