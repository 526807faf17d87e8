"""Takes the pictures of docs/pages: what a recruiter sees, of the demo's invented company.

Run it after changing a page: ``.venv/bin/python -m tests.acceptance.page_pictures`` (needs
chromium on the machine; takes about two minutes). With Pillow at hand the pictures become smaller.
The weeks played are always the same, so a picture changes only where a page does.
"""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import func, select

from service.app import engine_of, session_of
from service.auth.sessions import begin_session
from service.demo.company import MARIA, RUTH, Colleague
from service.demo.play import FIXED_END, play
from service.demo.server import serving
from service.models import Application, Calendar, Heartbeat, Job, User
from service.steps import STEPS

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pages"
SCHEMES = ("light", "dark")
HEIGHTS = {1280: 800, 390: 844}
"""Widths of a desk and a phone, each with the height of its window."""

LARGEST = 150 * 1024
"""Bytes of the largest picture that is kept without a word."""

SEED = 7

Way = Callable[[Page], object]

SHEET = """Vorname;Nachname;E-Mail-Adresse;Telefon;Stelle;Status;Beworben am;Haarfarbe
Lena;Hartmann;lena.hartmann@example.com;+49 30 5550100;Bookbinder;Vorstellungsgespräch;02.03.2026;
Tomás;Villaverde;tomas@example.org;;Bookbinder;applied;28.02.2026;
Aiko;Morita;aiko.morita@example.com;;Gilder;phone screen;27.02.2026;
"""
"""What an applicant list of an invented company looks like, saved from a German spreadsheet."""


@dataclass(frozen=True)
class Picture:
    """One picture: who looks, where they start, and what they press before it is taken."""

    name: str
    who: Colleague
    path: str
    way: Way = lambda _: None
    widths: Sequence[int] = (1280,)


def main(folder: Path = FOLDER, scale: float = 1.0) -> int:
    """Take all pictures anew; return 1 where one is too large or a page scrolls sideways.

    ``scale`` is how much of the demo's applications are played.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("There is no chromium on this machine: the pictures stay as they are.\n")
        return 1
    home = Path(tempfile.mkdtemp(prefix="keepword-pictures-"))
    try:
        played = play(home, FIXED_END, seed=SEED, scale=scale)
        _loops_ran(played.app)
        with sync_playwright() as playwright, serving(played.app) as base:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            wrong = take_all(browser, played.app, base, folder)
            browser.close()
        engine_of(played.app).dispose()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong else 0


def pictures(app: Flask) -> list[Picture]:
    """Return what is taken of this company: the job to close is its largest open one."""
    with session_of(app) as session:
        people = func.count(Application.id)
        job_id = session.scalars(
            select(Job.id)
            .join(Application, Application.job_id == Job.id)
            .where(Job.status == "open", Application.stage.not_in(("rejected", "withdrawn")))
            .group_by(Job.id)
            .order_by(people.desc(), Job.id)
        ).first()
        calendar_id = session.scalars(select(Calendar.id).where(Calendar.is_default)).one()
    return [
        Picture("queue", MARIA, "/?tab=all", widths=(1280, 390)),
        Picture("candidate", MARIA, "/?tab=all", lambda page: _press(page, "[data-open]")),
        Picture(
            "closing",
            MARIA,
            f"/jobs/{job_id}/close",
            _plan,
        ),
        Picture("sheet", MARIA, "/people/import", _looked_at),
        Picture("numbers", RUTH, "/numbers"),
        Picture("settings", RUTH, f"/settings/calendars/{calendar_id}"),
    ]


def take_all(browser: Browser, app: Flask, base: str, folder: Path) -> list[str]:
    """Put every picture into a folder, in place of the older ones; return what is wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    wrong = []
    for each in pictures(app):
        token = _signed_in(app, each.who)
        for width in each.widths:
            for scheme in SCHEMES:
                path = folder / f"{each.name}-{width}-{scheme}.png"
                fits = take(browser, base, token, each, width, scheme, path)
                make_smaller(path)
                if not fits:
                    wrong.append(f"{path.name} has to be scrolled sideways.")
                if path.stat().st_size > LARGEST:
                    wrong.append(f"{path.name} has {path.stat().st_size // 1024} KB.")
    return wrong


def take(
    browser: Browser, base: str, token: str, picture: Picture, width: int, scheme: str, path: Path
) -> bool:
    """Take one picture of the first window of a page; return whether it fits sideways."""
    context = browser.new_context(
        base_url=base,
        viewport={"width": width, "height": HEIGHTS[width]},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB",
    )
    context.add_cookies([{"name": "keepword-session", "value": token, "url": base}])
    page = context.new_page()
    answer = page.goto(picture.path)
    if answer is None or not answer.ok:
        raise RuntimeError(f"{picture.path} does not open")
    picture.way(page)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)
    widest = int(page.evaluate("document.documentElement.scrollWidth"))
    context.close()
    return widest <= width


def make_smaller(path: Path) -> None:
    """Give a picture a palette of 256 colours where Pillow is there; else it stays as it is."""
    try:
        images: Any = importlib.import_module("PIL.Image")
    except ImportError:
        return
    with images.open(path) as image:
        small = image.convert("RGB").quantize(colors=256, dither=images.Dither.NONE)
    small.save(path, optimize=True)


def _signed_in(app: Flask, who: Colleague) -> str:
    with session_of(app) as session:
        user = session.scalars(select(User).where(User.email == who.email)).one()
        _row, token = begin_session(
            session, FIXED_END, user, how="picture", user_agent="Chrome/1 Linux"
        )
        session.commit()
        return token


def _loops_ran(app: Flask) -> None:
    """Say that every loop has just run: the demo turns the hours itself, and none runs since."""
    with session_of(app) as session:
        for step in STEPS:
            at = FIXED_END - timedelta(seconds=4)
            session.merge(Heartbeat(name=f"loop:{step.name}", at=at, data={}))
        session.commit()


def _plan(page: Page) -> None:
    """Have the run planned, and turn to who is told how."""
    _press(page, "button[value=plan]")
    page.locator("main h2").first.evaluate("each => each.scrollIntoView()")


def _looked_at(page: Page) -> None:
    """Have a sheet looked at."""
    sheet: Any = {"name": "bewerber.csv", "mimeType": "text/csv", "buffer": SHEET.encode()}
    page.set_input_files("input[name=file]", sheet)
    page.select_option("select[name=dates]", "dmy")
    _press(page, "button.main")


def _press(page: Page, what: str) -> None:
    page.locator(what).first.click()
    page.wait_for_load_state("load")


if __name__ == "__main__":
    sys.exit(main())
