"""A spreadsheet brought to the page: chosen, answered, imported and taken back by two hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from service.models import Candidate
from tests.acceptance.hands import Keyboard, Mouse
from tests.browser import Site, barriers, chromium, picture, running, sideways, tab
from tests.signing_in import person

SHEET = """name,email,job,stage,applied on,Mood,Rejected on
Amara Okafor,amara@example.com,Bookbinder,Kennenlernen,16/02/2026,glad,
Jonas Weber,jonas@example.com,Bookbinder,Phone screen,20/02/2026,,
"Fernández, Lucía",lucia@example.com,Gilder,applied,27/02/2026,,12/02/2026
Nobody,no address,Gilder,applied,27/02/2026,,
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def site(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Site]:
    with running(new_database("sqlite", started=True), tmp_path) as served:
        yield served


class ByMouse(Mouse):
    """Points, clicks and chooses from lists."""

    def bring(self, path: Path) -> None:
        """Choose a file."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_label("Sheet", exact=True).click()
        chooser.value.set_files(path)

    def answer(self, label: str, choice: str) -> None:
        """Choose from a list."""
        self.page.get_by_label(label).select_option(label=choice)


class ByKeyboard(Keyboard):
    """The same with nothing but keys."""

    def bring(self, path: Path) -> None:
        """Tab to the field and press Enter."""
        # The browser is told first that we answer for its dialog: told at the moment of the key, it
        # may hear of the key before.
        with self.page.expect_file_chooser() as chooser:
            self._go_to(self.page.get_by_label("Sheet", exact=True))
            self.page.keyboard.press("Enter")
        chooser.value.set_files(path)

    def answer(self, label: str, choice: str) -> None:
        """Tab to the list and type what is wanted."""
        self._go_to(self.page.get_by_label(label))
        self.page.keyboard.type(choice)
        chosen = self.page.get_by_label(label).evaluate("(list) => list.selectedOptions[0].text")
        assert chosen == choice


@pytest.mark.parametrize(
    ("hand_of", "width", "scripts"),
    [(ByMouse, 390, False), (ByKeyboard, 1280, True)],
    ids=["mouse without scripts on a phone", "keyboard"],
)
def test_a_spreadsheet_becomes_people_and_is_taken_back(
    browser: Browser,
    site: Site,
    tmp_path: Path,
    hand_of: type[ByMouse | ByKeyboard],
    width: int,
    scripts: bool,
) -> None:
    ada = person(site.employer, "administrator", name="Ada Stone")
    file = tmp_path / "applicants.csv"
    file.write_text(SHEET, encoding="utf-8")
    size = {"width": width, "height": 844}
    settings = {"viewport": size, "java_script_enabled": scripts, "accept_downloads": True}
    with tab(browser, site, user_id=ada.id, **settings) as (page, _watch):
        hand = hand_of(page)
        page.goto("/people")
        hand.follow("People from a sheet")
        expect(page.get_by_role("heading", name="People from a sheet")).to_be_visible()
        hand.bring(file)
        hand.press("Show what it would make")
        expect(page.get_by_text("4 of 4 rows are at fault")).to_be_visible()
        _fits(page, f"sheet-asked-{width}", scripts=scripts)

        hand.answer("What “Kennenlernen” means", "interview")
        hand.answer("What the heading “Rejected on” means", "leave it out")
        hand.answer("In a date such as", "the day")
        hand.press("Look again")
        expect(page.get_by_text("1 of 4 rows is at fault")).to_be_visible()
        with page.expect_download() as download:
            hand.press("Download the refused row")
        assert download.value.suggested_filename == "applicants.refused.csv"
        assert "Nobody" in download.value.path().read_text(encoding="utf-8-sig")
        hand.unfold("Leave them out")
        hand.press("Import 3 applications, leave out 1 row")

        expect(page.get_by_text("3 applications, 3 new people, 2 new jobs")).to_be_visible()
        expect(page.get_by_text("Imported by Ada Stone")).to_be_visible()
        _fits(page, f"sheet-imported-{width}", scripts=scripts)
        assert _people(site) == 3
        hand.press("Take it back")
        expect(page.get_by_text("3 applications, 3 people, 2 jobs")).to_be_visible()
        hand.press("Remove 3 applications")
        expect(page.get_by_text("Taken back.")).to_be_visible()
    assert _people(site) == 0


def _fits(page: Page, name: str, *, scripts: bool) -> None:
    picture(page, name)
    if scripts:
        assert sideways(page) == 0
        assert barriers(page) == []


def _people(site: Site) -> int:
    with site.employer.session() as session:
        return session.scalars(select(func.count()).select_from(Candidate)).one()


def test_enter_in_an_answer_looks_again_and_imports_nobody(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    ada = person(site.employer, "administrator", name="Ada Stone")
    file = tmp_path / "applicants.csv"
    file.write_text("name,email\nAmara Okafor,amara@example.com\n", encoding="utf-8")
    with tab(browser, site, user_id=ada.id) as (page, _watch):
        page.goto("/people/import")
        page.get_by_label("Sheet", exact=True).set_input_files(file)
        page.get_by_label("Job of everybody").fill("Bookbinder")
        page.get_by_role("button", name="Show what it would make").click()
        page.get_by_label("Job of everybody").press("Enter")
        page.wait_for_load_state()
        assert _people(site) == 0
        page.get_by_label("Job of everybody").fill("Gilder")
        page.get_by_label("Job of everybody").press("Enter")
        expect(page.get_by_text("1 application, 1 new person, 1 new job").first).to_be_visible()
        page.get_by_role("button", name="Import 1 application").click()
        expect(page.get_by_text("Imported by Ada Stone")).to_be_visible()
    assert _people(site) == 1
