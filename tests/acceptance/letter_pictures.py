"""Takes the pictures of docs/letters: every letter to a candidate, as a phone and a desk show it.

Everybody in them is invented. Run it after changing a letter:
``.venv/bin/python -m tests.acceptance.letter_pictures`` (needs chromium on the machine).
"""

from __future__ import annotations

import json
import shutil
import sys
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from service.mail.compiling import load_templates
from service.mail.examples import example_values
from service.mail.variables import CANDIDATE_KINDS
from service.resources import resource_folder

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "letters"
WIDTHS = (390, 800)
SCHEMES = ("light", "dark")


def main() -> int:
    """Take all pictures anew; return 1 where a letter is wider than its window."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("There is no chromium on this machine: the pictures stay as they are.\n")
        return 1
    letters = load_templates(resource_folder("templates/email"))
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    too_wide = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for kind in sorted(CANDIDATE_KINDS):
            html = letters[kind].render(example_values(letters[kind])).html
            for width, scheme in product(WIDTHS, SCHEMES):
                picture = FOLDER / f"{kind}-{width}-{scheme}.png"
                if not take(browser, html, width, scheme, picture):
                    too_wide.append(picture.stem)
        browser.close()
    # Which words the pictures show; a test compares it with the words of today.
    versions = {kind: letters[kind].version for kind in sorted(CANDIDATE_KINDS)}
    (FOLDER / "versions.json").write_text(json.dumps(versions, indent=2) + "\n", encoding="utf-8")
    for stem in too_wide:
        sys.stderr.write(f"{stem} has to be scrolled sideways.\n")
    return 1 if too_wide else 0


def take(browser: Browser, html: str, width: int, scheme: str, picture: Path) -> bool:
    """Take one picture of a letter; return whether it fits its window."""
    context = browser.new_context(
        viewport={"width": width, "height": 300},
        color_scheme="dark" if scheme == "dark" else "light",
        offline=True,
    )
    page = context.new_page()
    page.set_content(html)
    page.screenshot(path=picture, full_page=True)
    widest = int(page.evaluate("document.documentElement.scrollWidth"))
    context.close()
    return widest <= width


if __name__ == "__main__":
    sys.exit(main())
