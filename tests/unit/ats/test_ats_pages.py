"""Each ATS has its page for people, and the table of all of them says what the adapter does."""

from __future__ import annotations

from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[3] / "docs" / "ats"


@pytest.fixture
def row(case) -> list[str]:
    """The cells of the table that belong to an adapter."""
    lines = (PAGES / "README.md").read_text(encoding="utf-8").splitlines()
    (found,) = [line for line in lines if line.startswith("| [") and f"({case.name}.md)" in line]
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_it_has_a_page_that_tells_how_to_connect_it(case) -> None:
    page = (PAGES / f"{case.name}.md").read_text(encoding="utf-8")

    assert f"--vendor {case.name}" in page
    assert "connection test" in page
    assert "not to work" in page


def test_the_table_says_how_it_answers_and_whether_it_is_asked_and_written_to(case, row) -> None:
    adapter = case.adapter

    assert str(adapter.success_status) in row[2]
    assert (row[5] == "no") == (adapter.api is None)
    assert (row[6] == "no") == (adapter.poller is None)
    assert (row[7] == "no") == (adapter.write_back is None)
