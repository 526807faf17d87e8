"""The static files: small, our own, and those of others exactly as they were released."""

from __future__ import annotations

import re

import pytest

from service.dashboard.assets import PINNED, STATIC, integrity_of

OWN_SCRIPTS = sorted(path.name for path in STATIC.glob("*.js"))


@pytest.mark.parametrize("name", sorted(PINNED))
def test_a_file_of_others_is_the_pinned_one_and_is_recorded(name: str) -> None:
    record = (STATIC / "vendor/README.md").read_text(encoding="utf-8")

    assert integrity_of(name) == PINNED[name]
    assert f"`{name.removeprefix('vendor/')}`" in record
    assert PINNED[name] in record


def test_every_file_of_others_is_pinned() -> None:
    scripts = {f"vendor/{path.name}" for path in (STATIC / "vendor").glob("*.js")}

    assert scripts == PINNED.keys()
    assert (STATIC / "vendor/htmx-LICENSE.txt").is_file()


def test_the_stylesheet_of_all_pages_is_small_and_layered() -> None:
    sheet = (STATIC / "keepword.css").read_text(encoding="utf-8")

    assert len(sheet.encode()) <= 15 * 1024
    assert "@layer base, layout, parts, pages, states;" in sheet


def test_no_sheet_loads_anything() -> None:
    for path in STATIC.glob("*.css"):
        assert not re.search(r"url\(|@import", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("name", OWN_SCRIPTS)
def test_no_script_of_ours_writes_markup(name: str) -> None:
    text = (STATIC / name).read_text(encoding="utf-8")

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
