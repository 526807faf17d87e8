"""The page of figures and its files: drawn by us, in words, a table beneath each, and as CSV."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

from sqlalchemy import event
from sqlalchemy.engine import Engine

from service.models import Decision, Job, Team
from service.queries.numbers_tables import TABLES
from tests.harness import MONDAY, Employer, add_application, add_user
from tests.integration.figures_case import asked, promised, touched
from tests.signing_in import client_of, person

HOUR = timedelta(hours=1)
FORMULA = '=HYPERLINK("http://example.org","x")'


def _history(employer: Employer, title: str = "Chef", team: str | None = None) -> str:
    """Add a job with something in every figure; return its id."""
    with employer.work() as work:
        owner, manager = add_user(work, "Odd <b>Owner</b>"), add_user(work, "Priya Nair")
        team_id = None
        if team is not None:
            row = work.session.query(Team).filter_by(name=team).one_or_none()
            row = row or Team(name=team, created_at=work.now)
            work.session.add(row)
            work.session.flush()
            team_id = row.id
        job = Job(title=title, status="open", created_at=work.now, team_id=team_id)
        one = add_application(work, owner=owner, job=job, waiting_on_id=manager.id)
        promised(work, one, MONDAY + HOUR, state="kept", kept_at=MONDAY)
        promised(work, one, MONDAY + HOUR)
        touched(work, one, MONDAY + HOUR)
        asked(work, one, MONDAY + 2 * HOUR, after=True)
        work.session.add(
            Decision(
                application_id=one.id,
                outcome="rejected",
                source="keepword",
                decided_at=MONDAY,
                created_at=MONDAY,
            )
        )
        return job.id


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_chart_is_an_image_with_words_and_has_its_table_beneath(employer: Employer) -> None:
    _history(employer)
    employer.clock.move_to(MONDAY + timedelta(days=1))
    html = client_of(employer, person(employer)).get("/numbers").get_data(as_text=True)

    sections = re.findall(r'<section class="figure.*?</section>', html, re.DOTALL)
    names = [re.findall(r'aria-labelledby="([\w-]+)"', each)[0] for each in sections]
    assert names == [name for name in TABLES if name != "kept-by-owner"]
    for each in sections:
        (drawn,) = re.findall(r"<svg.*?</svg>", each, re.DOTALL)
        root = ET.fromstring(drawn)  # noqa: S314 - drawn by us
        ids = root.attrib["aria-labelledby"].split()
        assert root.attrib["role"] == "img"
        assert [each.attrib["id"] for each in root[:2]] == ids
        assert all(each.text for each in root[:2])
        assert each.index("<svg") < each.index("<table>")
        assert "<td" in each
    assert "style=" not in html


def test_weeks_before_anything_happened_stand_in_the_file_alone(employer: Employer) -> None:
    _history(employer)
    employer.clock.move_to(MONDAY + timedelta(weeks=5, days=1))
    client = client_of(employer, person(employer))
    html = client.get("/numbers").get_data(as_text=True)
    asked_by_week = html[html.index('id="enquiries"') :].partition("</section>")[0]

    assert re.findall(r'<th scope="row"><bdi>(.*?)</bdi>', asked_by_week) == [
        "2 Mar", "9 Mar", "16 Mar", "23 Mar", "30 Mar", "6 Apr", "All weeks"
    ]  # fmt: skip
    assert "6 more rows are in the file." in asked_by_week
    assert len(_rows(client.get("/numbers/enquiries.csv").data.decode("utf-8-sig"))) == 13


def test_nobodys_name_stands_beside_a_rate_unless_somebody_asks(employer: Employer) -> None:
    _history(employer)
    client = client_of(employer, person(employer))
    assert "Promises kept, by owner" not in client.get("/numbers").get_data(as_text=True)

    html = client.get("/numbers?people=yes").get_data(as_text=True)
    assert "Promises kept, by owner" in html
    assert "Odd &lt;b&gt;Owner" in html
    assert "<b>Owner" not in html


def test_every_table_is_to_be_had_as_csv(employer: Employer) -> None:
    _history(employer)
    employer.clock.move_to(MONDAY + timedelta(days=1))
    client = client_of(employer, person(employer))
    for name in TABLES:
        answer = client.get(f"/numbers/{name}.csv?weeks=4")
        assert answer.status_code == 200
        assert answer.content_type == "text/csv; charset=utf-8"
        assert f'filename="keepword-{name}.csv"' in answer.headers["Content-Disposition"]
        assert _rows(answer.data.decode("utf-8-sig"))
    weeks = _rows(client.get("/numbers/kept-by-week.csv?weeks=4").data.decode("utf-8-sig"))
    assert weeks[-1] | {"week": "all", "n": "2", "kept": "1", "kept_rate": "0.5"} == weeks[-1]
    assert [row["week"] for row in weeks[-2:]] == ["2026-03-02", "all"]
    assert client.get("/numbers/salaries.csv").status_code == 404


def test_a_title_that_looks_like_a_formula_stays_text_in_the_file(employer: Employer) -> None:
    _history(employer, FORMULA)
    client = client_of(employer, person(employer))
    text = client.get("/numbers/kept-by-job.csv").data.decode("utf-8-sig")

    assert [row["job"] for row in _rows(text)] == [f"'{FORMULA}"]


def test_the_figures_are_narrowed_to_a_team_a_job_and_some_weeks(employer: Employer) -> None:
    chef = _history(employer, "Chef", team="Berlin")
    _history(employer, "Baker")
    client = client_of(employer, person(employer, "administrator"))

    def jobs(query: str) -> set[str]:
        answer = client.get(f"/numbers/kept-by-job.csv?{query}")
        return {row["job"] for row in _rows(answer.data.decode("utf-8-sig"))}

    with employer.session() as session:
        team = session.query(Team).one().id
    assert jobs("") == {"Chef", "Baker"}
    assert jobs(f"team={team}") == {"Chef"}
    assert jobs(f"job={chef}") == {"Chef"}
    employer.clock.move_to(MONDAY + timedelta(weeks=6))
    assert jobs("weeks=4") == set()
    assert jobs("weeks=12") == {"Chef", "Baker"}


def test_another_teams_job_is_unknown_here_and_counts_in_no_figure(employer: Employer) -> None:
    chef = _history(employer, "Chef", team="Berlin")
    _history(employer, "Baker")
    client = client_of(employer, person(employer, teams=("Hamburg",)))

    html = client.get("/numbers?people=yes").get_data(as_text=True)
    assert "Baker" in html
    assert "Chef" not in html
    assert "Berlin" not in html
    with employer.session() as session:
        team = session.query(Team).filter_by(name="Berlin").one().id
    for query in (f"job={chef}", f"team={team}", "job=nothing", "team=nothing"):
        assert client.get(f"/numbers?{query}").status_code == 404
        assert client.get(f"/numbers/kept-by-job.csv?{query}").status_code == 404


def test_hiring_managers_have_no_figures(employer: Employer) -> None:
    client = client_of(employer, person(employer, "hiring_manager"))
    assert client.get("/numbers").status_code == 404
    assert client.get("/numbers/kept-by-week.csv").status_code == 404


def test_an_empty_company_has_a_page_without_figures(employer: Employer) -> None:
    html = client_of(employer, person(employer)).get("/numbers").get_data(as_text=True)
    assert "<svg" not in html
    assert "Nothing to count here." in html


def test_how_many_statements_it_takes_does_not_grow_with_what_there_is(
    employer: Employer,
) -> None:
    client = client_of(employer, person(employer, "administrator"))
    _history(employer)
    # The first look compiles the calendar and notes that somebody is here.
    _statements(client)
    few = _statements(client)
    for number in range(5):
        _history(employer, f"Job {number}", team=f"Team {number}")
    assert _statements(client) == few
    assert few <= 40


def _statements(client: Any) -> int:
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        counted.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        assert client.get("/numbers?people=yes").status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return len(counted)
