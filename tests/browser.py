"""A real Chromium on a real server, watched: what a page must never do fails the test by itself.

Whatever a tab says on its console, throws, asks of another origin, breaks of its policy, is
answered with an error or opens as a dialog is a fault; a test ends with no fault but those it
named beforehand.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from service.auth.sessions import begin_session
from service.db import db
from service.models import User
from tests.harness import Employer, make_employer

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-US",
]
PICTURES = os.environ.get("KEEPWORD_TEST_PICTURES")
"""A folder to leave pictures of the pages in, for a person to look at."""

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
AXE_INTEGRITY = "sha384-xt1SFg49QaDwsyt0Xfs2XAyBtYPClXl3X2q5OOLeGAUmq9jZTYIMdztpF99WdhiH"
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""WCAG 2.2 at levels A and AA, as axe names the criteria of each edition."""

_POLICY_WATCH = """
document.addEventListener('securitypolicyviolation', (event) => {
  console.error(`refused by the policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Open the machine's Chromium, else playwright's own; skip where there is neither."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or _own_chromium(playwright)
        if path is None:
            pytest.skip("there is no Chromium on this machine: run playwright install chromium")
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield opened
        finally:
            opened.close()


def _own_chromium(playwright: Playwright) -> str | None:
    path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


class _QuietHandler(WSGIRequestHandler):
    # Headers and body are written apart; without this every answer waits for a delayed ACK.
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's
        """Say nothing: the faults of a page are the watcher's to tell."""


@dataclass(frozen=True)
class Site:
    """A running Keepword and the address it is served at."""

    employer: Employer
    address: str

    def sign_in(self, context: BrowserContext, user_id: str) -> None:
        """Sign somebody in without typing: a session of their own, in the browser's jar."""
        with self.employer.work() as work:
            row = work.session.get_one(User, user_id)
            _, token = begin_session(
                work.session, work.now, row, how="test", user_agent="a test's browser"
            )
        context.add_cookies(
            [{"name": "keepword-session", "value": token, "url": self.address, "httpOnly": True}]
        )


@contextmanager
def running(database_url: str, home: Path, **config: Any) -> Iterator[Site]:
    """Serve a new employer under a name: browsers make no passkeys for a bare address."""
    server = make_server(
        "127.0.0.1", 0, lambda _environ, _start: [], threaded=True, request_handler=_QuietHandler
    )
    address = f"http://localhost:{server.port}"
    made = make_employer(database_url, home, base_url=address, **config)
    server.app = made.app
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Site(made, address)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with made.app.app_context():
            db.engine.dispose()


class Watch:
    """What went wrong in one tab, in the order in which it did."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.faults: list[str] = []
        self.expected: set[int] = set()
        """Statuses of refusals that the test provokes; whatever else is refused is a fault."""
        self._address = address
        context.add_init_script(_POLICY_WATCH)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        context.on("dialog", self._asked)
        context.on("request", self._requested)
        context.on("response", self._answered)

    def _said(self, message: Any) -> None:
        # Chromium says of each refusal what the answer says already.
        if not any(f"status of {status} " in message.text for status in self.expected):
            self.faults.append(f"{message.type}: {message.text}")

    def _asked(self, dialog: Any) -> None:
        self.faults.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Any) -> None:
        if not request.url.startswith(f"{self._address}/"):
            self.faults.append(f"asked elsewhere: {request.url}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.status} {response.url}")

    def told(self) -> list[str]:
        """Return the faults so far and begin anew: they are of the page that was just seen."""
        found, self.faults = self.faults, []
        return found


@contextmanager
def tab(
    browser: Browser, site: Site, *, user_id: str | None = None, **settings: Any
) -> Iterator[tuple[Page, Watch]]:
    """Open a tab, signed in where a person is named; afterwards fail on any fault in it."""
    context = browser.new_context(base_url=site.address, **settings)
    context.set_default_timeout(10_000)
    watch = Watch(context, site.address)
    if user_id is not None:
        site.sign_in(context, user_id)
    page = context.new_page()
    try:
        yield page, watch
        page.wait_for_load_state("networkidle")
    finally:
        context.close()
    assert not watch.faults, "\n".join(watch.faults)


def picture(page: Page, name: str) -> None:
    """Leave a picture where a person asked for pictures."""
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def sideways(page: Page) -> int:
    """Return how many pixels the page is wider than its window."""
    return int(page.evaluate("document.scrollingElement.scrollWidth - innerWidth"))


@cache
def axe_source() -> str:
    """Return axe-core, where it is the release we recorded."""
    data = AXE.read_bytes()
    found = "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()
    assert found == AXE_INTEGRITY, f"{AXE.name} is not the file that was recorded"
    return data.decode()


def barriers(page: Page) -> list[str]:
    """Return what axe finds on a page that keeps somebody from reading or using it."""
    page.evaluate(axe_source())
    found = page.evaluate(
        """async (tags) => {
          const result = await axe.run(document, {
            runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'],
            preload: false, iframes: false, elementRef: false, ancestry: false,
          });
          return result.violations.flatMap((rule) => rule.nodes.map((node) =>
            `${rule.id}: ${node.target.join(' ')}: ${(node.any[0] ?? node.all[0] ??
              node.none[0] ?? {message: rule.help}).message}`));
        }""",
        list(AXE_TAGS),
    )
    return list(found)
