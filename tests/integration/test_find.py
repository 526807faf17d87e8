"""Finding people, jobs and pages: the page and the palette's data say the same, within reach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.db import db
from service.models import Job, Team
from tests.harness import Employer, add_application, make_employer
from tests.reading_pages import words_of
from tests.signing_in import client_of, person

HOSTILE = "<img src=x onerror=alert(1)>"
DATA = {"Accept": "application/json"}


@pytest.fixture
def alone(new_database: Any, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword, where one database says as much as two."""
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def found(client: Any, search: str) -> dict[str, list[str]]:
    """Return what the palette is told, by kind; every address in it opens."""
    groups = client.get("/find", query_string={"q": search}, headers=DATA).get_json()["groups"]
    for group in groups:
        for each in group["entries"]:
            assert client.get(each["url"]).status_code == 200, each
    return {group["label"]: [each["label"] for each in group["entries"]] for group in groups}


def test_a_few_letters_find_people_jobs_and_pages_within_reach(alone: Employer) -> None:
    recruiter = person(alone, teams=("Berlin",))
    outside = person(alone, name="Sam Outside")
    manager = person(alone, "hiring_manager", name="Hanna")
    with alone.work() as work:
        team = work.session.query(Team).one()
        job = Job(title="Éditeur 100% Numbers", status="open", team_id=team.id, created_at=work.now)
        application = add_application(work, last_name="Numbers", job=job)
        add_application(work, first_name="Zora", last_name="Else", waiting_on_id=manager.id)
        name = f"{application.candidate.first_name} Numbers"
    hers, others, theirs = (client_of(alone, each) for each in (recruiter, outside, manager))

    assert found(hers, "numbers") == {
        "People": [name],
        "Jobs": ["Éditeur 100% Numbers"],
        "Pages": ["Numbers"],
    }
    assert found(hers, "éditeur 100%")["Jobs"] == ["Éditeur 100% Numbers"]
    assert found(others, "numbers") == {"Pages": ["Numbers"]}
    assert found(theirs, "numbers") == {}
    assert found(theirs, "zora") == {"People": ["Zora Else"]}
    assert found(hers, "nobody at all") == {}
    assert "Your absences" in found(hers, "")["Pages"]
    assert "Keys" not in found(hers, "")["Pages"]


def test_the_page_says_what_the_palette_says_and_runs_nothing(alone: Employer) -> None:
    client = client_of(alone, person(alone))
    with alone.work() as work:
        add_application(work, first_name="Amara", last_name=HOSTILE)
    html = client.get("/find", query_string={"q": "amara"}).get_data(as_text=True)
    empty = client.get("/find", query_string={"q": HOSTILE + "x"}).get_data(as_text=True)

    assert f"Amara {HOSTILE}" in words_of(html)
    assert HOSTILE not in html
    assert "Nothing is found." in words_of(empty)
    assert HOSTILE not in empty
