"""The letters in a real browser: no value runs, nothing is fetched, nobody scrolls sideways."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from service.mail.compiling import load_templates
from service.mail.examples import example_values
from service.mail.variables import CANDIDATE_KINDS, KINDS, LISTS
from service.resources import resource_folder
from tests.acceptance.letter_pictures import FOLDER, SCHEMES, WIDTHS
from tests.browser import chromium

LETTERS = load_templates(resource_folder("templates/email"))
HOSTILE = [
    "<script>document.title='run'</script>",
    "<img src=x onerror=\"document.title='run'\">",
    "\"><svg onload=document.title='run'>",
    "{{job_title}} {{7*7}}",
    "-k3f9.greeting_name-",
    "x" * 320,
    "אמרה אוקפור \u05d0\u05d1\u05d2",
    "مرحبا بكم جميعا",
    'Robert"; DROP TABLE candidate;--',
]
CHECKED = frozenset(
    {"sender_email", "help_email", "scheduling_link", "page_url", "sign_in_url"}
    | {"overdue_count", "due_soon_count"}
)
"""Variables whose rule lets nothing through but an address, a link or a number."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium of our own."""
    with chromium() as opened:
        yield opened


def written_with(kind: str, value: str) -> str:
    values = {
        name: known
        if name in CHECKED
        else [dict.fromkeys(LISTS[name], value)]
        if name in LISTS
        else value
        for name, known in example_values(LETTERS[kind]).items()
    }
    return LETTERS[kind].render(values).html


def test_no_name_runs_fetches_or_widens_any_letter(browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: dialog.dismiss())

    for kind in sorted(KINDS):
        for value in HOSTILE:
            page.set_content(written_with(kind, value))
            seen = page.evaluate(
                "({title: document.title, width: document.documentElement.scrollWidth,"
                " text: document.body.innerText,"
                " made: document.querySelectorAll('script, img, svg').length})"
            )

            assert seen["title"] != "run", (kind, value)
            assert seen["made"] == 0, (kind, value)
            assert seen["width"] <= 390, (kind, value)
            assert value in re.sub(r"\s+", " ", seen["text"]), (kind, value)
    context.close()

    assert asked == []


def test_every_letter_is_dark_by_night(browser: Browser) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    for kind, letter in LETTERS.items():
        page.set_content(letter.render(example_values(letter)).html)
        paper = page.evaluate("getComputedStyle(document.querySelector('.paper')).backgroundColor")
        ink = page.evaluate("getComputedStyle(document.querySelector('p')).color")

        assert (paper, ink) == ("rgb(15, 18, 22)", "rgb(231, 228, 221)"), kind
    context.close()


def test_the_pictures_show_the_words_of_today() -> None:
    shown = json.loads((FOLDER / "versions.json").read_text("utf-8"))

    assert shown == {kind: LETTERS[kind].version for kind in shown}, (
        "run python -m tests.acceptance.letter_pictures"
    )


def test_every_letter_to_a_candidate_is_pictured_and_every_picture_shown() -> None:
    shown = json.loads((FOLDER / "versions.json").read_text("utf-8"))
    page = (FOLDER.parent / "letters.md").read_text("utf-8")
    wanted = {
        f"{kind}-{width}-{scheme}.png" for kind in shown for width in WIDTHS for scheme in SCHEMES
    }

    assert shown.keys() == CANDIDATE_KINDS.keys()
    assert {path.name for path in FOLDER.glob("*.png")} == wanted
    assert set(re.findall(r'src="letters/([^"]+)"', page)) == wanted
