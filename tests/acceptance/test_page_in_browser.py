"""The pages in a real browser: nothing foreign, nothing sideways, everything by keyboard."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from service.db import db
from service.domain.contacts import Channel, Outcome
from service.domain.policies import Kind
from service.models import Heartbeat, Job, SendBatch
from service.worker import STEPS
from service.workflows.connections import add_connection
from service.workflows.contacts import log_contact
from service.workflows.enquire import enquire
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import Employer, add_application, add_user, make_employer
from tests.reading_pages import letter

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
    """A Chromium that asks nobody anything on its own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def employer(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Employer]:
    """An employer with people who wait, some with names that try a page's patience."""
    made = make_employer(new_database("sqlite"), tmp_path)
    _seed(made)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def _seed(employer: Employer) -> None:
    with employer.work() as work:
        connection = add_connection(
            work, "greenhouse-main", "greenhouse", ["an invented secret"], rejections_by="keepword"
        )
        maria, jonas = add_user(work), add_user(work, "Jonas Brandt")
        backend = Job(title="Backend Engineer", status="open", created_at=work.now)
        accountant = Job(title="Accountant", status="open", created_at=work.now)
        amara = add_application(work, owner=maria, stage="interview", job=backend)
        weber = add_application(
            work,
            first_name="Jonas",
            last_name="Weber",
            owner=jonas,
            job=accountant,
            stage="interview",
        )
        lucia = add_application(work, first_name="Lucía", last_name="Fernández", owner=maria)
        long = add_application(
            work,
            first_name="Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft",
            last_name="<b>Müller</b>",
            job=Job(title="Staff " * 30 + "Engineer", status="open", created_at=work.now),
        )
        log_contact(
            work,
            amara,
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            at=work.now,
            by_user_id=maria.id,
        )
        weber.candidate.emails[0].suppressed_at = work.now
        for application, kind, wording, within, by in (
            (amara, Kind.CALLBACK, "A call about the panel date", "by monday 17:00", maria),
            (amara, Kind.FEEDBACK, "Feedback on the exercise", "2 business days", maria),
            (weber, Kind.DECISION, "A decision", "3 business days", jonas),
            (lucia, Kind.REPLY, "A reply to her question", "by friday 12:00", maria),
            (long, Kind.CALLBACK, "x" * 200, "8 business hours", None),
        ):
            make_spoken(
                work,
                application,
                Spoken(kind, wording, within=within, promised_by_id=by.id if by else None),
            )
        amara_id = amara.id
    employer.clock.move_to(employer.now + timedelta(days=3, hours=5))
    with employer.work() as work:
        amara = work.session.get_one(type(amara), amara_id)
        for at in (timedelta(days=3), timedelta(days=2), timedelta(hours=3)):
            enquire(work, amara, channel=Channel.PHONE, at=work.now - at, note=None)
        found = work.session.get_one(type(connection), connection.id)
        found.last_authentic_at = work.now - timedelta(minutes=3)
        for step in STEPS:
            work.session.merge(Heartbeat(name=f"loop:{step.name}", at=work.now, data={}))
    employer.turn()
    employer.clock.advance(timedelta(seconds=4))


@contextmanager
def _served(employer: Employer) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, employer.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _tab(browser: Browser, base: str, **settings: Any) -> Iterator[Page]:
    """Open a tab; afterwards fail on any error, violation or request to elsewhere."""
    context = browser.new_context(base_url=base, **settings)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(base) else wrong.append(asked.url),
    )
    page.on("response", lambda got: wrong.append(got.url) if got.status >= 400 else None)
    try:
        yield page
        page.wait_for_load_state("networkidle")
    finally:
        context.close()

    assert wrong == []


def _picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def _sideways(page: Page) -> int:
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1120, 390, 320])
def test_no_page_asks_elsewhere_or_scrolls_sideways(
    browser: Browser, employer: Employer, width: int, scheme: str
) -> None:
    with (
        _served(employer) as base,
        _tab(browser, base, viewport={"width": width, "height": 844}, color_scheme=scheme) as page,
    ):
        page.goto("/")
        assert page.get_by_role("heading", level=1).inner_text() == (
            "3 people are waiting for a word from you"
        )
        page.locator("summary").first.click()
        assert page.locator(".trace").first.is_visible()
        assert _sideways(page) == 0
        _picture(page, f"waiting-{scheme}-{width}")

        page.get_by_role("link", name="Outbox").click()
        # A click returns before the next page stands: what is measured must be that page.
        page.wait_for_url("**/outbox")
        assert _sideways(page) == 0
        _picture(page, f"outbox-{scheme}-{width}")

        page.locator(".letters a").first.click()
        page.wait_for_url("**/outbox/*")
        framed = page.frame_locator("iframe.letter")
        assert "Keepword" in framed.locator("body").inner_text()
        assert _sideways(page) == 0
        _picture(page, f"letter-{scheme}-{width}")

        page.get_by_role("link", name="Connections").click()
        page.wait_for_url("**/connections")
        assert _sideways(page) == 0
        page.get_by_role("link", name="greenhouse-main").click()
        page.wait_for_url("**/connections/greenhouse-main")
        assert _sideways(page) == 0
        _picture(page, f"connection-{scheme}-{width}")


def test_every_reason_can_be_opened_with_the_keyboard_alone(
    browser: Browser, employer: Employer
) -> None:
    with _served(employer) as base, _tab(browser, base) as page:
        page.goto("/")
        reached: list[str] = []
        for _ in range(150):
            page.keyboard.press("Tab")
            tag = page.evaluate("document.activeElement.tagName")
            if tag == "BODY":
                break
            reached.append(tag)
            style = page.evaluate(
                "(() => { const s = getComputedStyle(document.activeElement);"
                " return s.outlineStyle + ' ' + s.outlineWidth; })()"
            )
            assert style == "solid 2px", f"no ring on {tag}"
            if tag == "SUMMARY":
                page.keyboard.press("Enter")

        reasons = page.locator(".owed details").count()
        assert reached.count("SUMMARY") >= reasons > 0
        assert page.locator(".owed details:not([open])").count() == 0


def test_text_stands_out_from_its_ground_in_both_schemes(
    browser: Browser, employer: Employer
) -> None:
    for scheme in ("light", "dark"):
        with _served(employer) as base, _tab(browser, base, color_scheme=scheme) as page:
            page.goto("/")
            # Asked of the browser, which alone knows what light-dark() and oklch() come to.
            faint = page.evaluate(_CONTRAST)

            assert faint == []


def _fill_outbox(employer: Employer) -> None:
    with employer.work() as work:
        batch = SendBatch(provider="sendgrid", size=2, created_at=work.now)
        work.session.add(batch)
        work.session.flush()
        soon = work.now + timedelta(minutes=59, seconds=30)
        long = "x" * 300
        letter(work, "uncertain", batch_id=batch.id, reason="the answer was lost")
        letter(work, "uncertain", batch_id=batch.id, reason="the answer was lost")
        letter(work, "uncertain", subject=long, to_name=long, reason=long)
        letter(work, "blocked", reason="the person has been in touch since", subject="A")
        letter(work, "unconfirmed", reason="SendGrid has not said what became of it")
        letter(work, "failed", reason="the address is malformed")
        letter(work, "held", due_at=soon, hold_until=soon)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1120, 390, 320])
def test_the_outbox_can_be_acted_on_without_any_script(
    browser: Browser, employer: Employer, width: int, scheme: str
) -> None:
    _fill_outbox(employer)
    with (
        _served(employer) as base,
        _tab(
            browser,
            base,
            viewport={"width": width, "height": 844},
            color_scheme=scheme,
        ) as page,
    ):
        page.goto("/outbox")
        for deed in page.locator("details.deed > summary").all():
            deed.click()
        assert _sideways(page) == 0
        assert page.evaluate(_CONTRAST) == []
        small = page.evaluate(_SMALL)
        assert small == []
        _picture(page, f"outbox-deeds-{scheme}-{width}")

        page.get_by_role("button", name="Cancel the letter (59 min left)").click()
        page.wait_for_url("**/outbox?*")
        assert "The letter is cancelled." in page.get_by_role("status").inner_text()

        page.locator("summary", has_text="Pause all mail").click()
        page.get_by_label("Why, for your colleagues").first.fill("a wrong letter")
        page.get_by_role("button", name="Pause all mail").click()
        page.get_by_role("button", name="Let mail go out again").wait_for()
        assert "All mail is paused." in page.get_by_role("status").inner_text()


_SMALL = """
() => [...document.querySelectorAll('button, input:not([type=hidden]), summary')]
  .filter((element) => element.checkVisibility())
  .filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width < 24 || box.height < 24;
  })
  .map((element) => element.textContent)
"""


_CONTRAST = """
() => {
  const context = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const bytes = (colour, under) => {
    context.fillStyle = under; context.fillRect(0, 0, 1, 1);
    context.fillStyle = colour; context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const root = getComputedStyle(document.documentElement).backgroundColor;
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)') return colour;
    }
    return root;
  };
  const faint = [];
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.checkVisibility()) continue;
    const under = ground(element);
    const a = light(bytes(under, root));
    const b = light(bytes(getComputedStyle(element).color, under));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${element.className || element.tagName} ${ratio.toFixed(2)}`);
  }
  return faint;
}
"""


def test_a_late_checker_and_an_empty_page_are_seen(
    browser: Browser, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    quiet = make_employer(new_database("sqlite"), tmp_path)
    with quiet.work() as work:
        application = add_application(work, first_name="Jonas", last_name="Weber")
        make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", within="2 business days"))
    quiet.clock.advance(timedelta(minutes=2))
    for scheme in ("light", "dark"):
        with _served(quiet) as base, _tab(browser, base, color_scheme=scheme) as page:
            page.goto("/")
            assert "Nobody is waiting." in page.get_by_role("heading", level=1).inner_text()
            assert "The checker has not run yet." in page.get_by_role("alert").last.inner_text()
            _picture(page, f"empty-{scheme}")
    with quiet.app.app_context():
        db.engine.dispose()
