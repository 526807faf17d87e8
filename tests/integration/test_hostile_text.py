"""What people and programs wrote is shown as itself, wherever it is shown, and does nothing."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.db import db
from service.mail.compiling import load_templates
from service.mail.examples import example_values
from service.mail.templates import Value
from service.mail.variables import KINDS, one_line
from service.resources import resource_folder
from tests.every_path import every_path
from tests.foreign_columns import UNSHOWN
from tests.harness import make_employer
from tests.hostile_text import (
    BEGINNINGS,
    MARK,
    Page,
    columns_to_fill,
    fill,
    harmless,
    mark_of,
    not_as_put_in,
    payload_of,
)
from tests.whole_world import WholeWorld


@pytest.fixture
def world(new_database: Callable[..., str], tmp_path: Path) -> Iterator[WholeWorld]:
    """One of everything; what a page makes of text is the same on every database."""
    employer = make_employer(new_database("sqlite", started=True), tmp_path)
    made = WholeWorld(employer)
    made.pause_mail()
    yield made
    with employer.app.app_context():
        db.engine.dispose()


def test_what_anybody_wrote_is_shown_as_itself_and_makes_nothing_of_a_page(
    world: WholeWorld,
) -> None:
    with world.employer.session() as session:
        fill(session, harmless)
    paths = every_path(world)
    bones = {
        path: Page(world.looked_at(path).get_data(as_text=True)).bones
        for endpoint, path in paths
        if _is_page(endpoint)
    }
    put_in: dict[str, str] = {}

    def noted(payload: str) -> str:
        put_in[mark_of(payload)] = payload
        return payload

    with world.employer.session() as session:
        fill(session, noted)
    shown: set[int] = set()
    faults: dict[str, list[str]] = defaultdict(list)
    for endpoint, path in paths:
        answer = world.looked_at(path)
        assert answer.status_code == (503 if path == "/readyz" else 200), path
        text = answer.get_data(as_text=True)
        shown |= {int(found[1]) for found in MARK.finditer(text)}
        if path.endswith(".csv"):
            _check_cells(text)
        if not _is_page(endpoint) or "html" not in answer.content_type:
            continue
        page = Page(text)
        for fault in page.faults():
            faults[fault].append(path)
        for mark, found in not_as_put_in(page.said(), put_in):
            faults[f"{mark} as {found[:200]!r}"].append(path)
        if _grown(endpoint, page, bones[path]):
            faults["its bones"].append(path)

    assert dict(faults) == {}
    unseen = {name for number, name in enumerate(columns_to_fill()) if number not in shown}
    assert unseen == UNSHOWN.keys()


def _grown(endpoint: str, page: Page, tame: list[tuple[str, ...]]) -> bool:
    """Tell whether a page has other elements than one that nobody attacks.

    Their order hangs on how names are sorted; and the editor of letters finds other faults in a
    wording that holds markup.
    """
    if endpoint == "pages.settings_letter":
        return not set(page.bones) <= set(tame)
    return Counter(page.bones) != Counter(tame)


def _is_page(endpoint: str) -> bool:
    return endpoint.startswith("pages.")


def _check_cells(text: str) -> None:
    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        foreign = [cell for cell in row if MARK.search(cell)]
        assert [cell for cell in foreign if cell.startswith(BEGINNINGS[:5])] == []


def test_what_anybody_wrote_reads_as_itself_in_every_letter() -> None:
    letters = load_templates(resource_folder("templates/email"))
    for row, kind in enumerate(sorted(KINDS)):
        template, payload = letters[kind], payload_of(0, row)
        written, harmlessly = (
            template.render(_with(example_values(template), text))
            for text in (payload, harmless(payload))
        )
        page, shown = Page(written.html), one_line(payload)

        assert page.bones == Page(harmlessly.html).bones, kind
        assert [fault for fault in page.faults() if "style=" not in fault] == [], kind
        assert shown in one_line("".join(page.texts)), kind
        assert shown in one_line(written.text), kind
        assert written.subject == one_line(written.subject), kind


def _with(values: dict[str, Value], text: str) -> dict[str, Value]:
    """Put a text wherever a letter takes any."""
    free = {"greeting_name", "job_title", "company_name", "sender_name", "promised_what"}
    free |= {"next_step", "still_open", "promised_for", "next_word_by", "reply_by", "valid_until"}
    changed: dict[str, Value] = dict.fromkeys(values.keys() & free, text)
    if "items" in values:
        changed["items"] = [{"line": text, "detail": text}]
    return {**values, **changed}
