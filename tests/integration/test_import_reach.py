"""Whoever imports for their teams alone adds nobody to another team's job and uses nobody of it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from service.domain.rights import Extent, Reach
from service.models import Application, Job, Team
from tests.harness import Employer
from tests.integration.sheets import imported

OTHERS = "this job is another team's: they add its people"


def test_a_reach_ends_where_another_teams_jobs_begin(employer: Employer, tmp_path: Path) -> None:
    with employer.work() as work:
        berlin, lisbon = (Team(name=each, created_at=work.now) for each in ("Berlin", "Lisbon"))
        work.session.add_all([berlin, lisbon])
        work.session.flush()
        for title, team in (
            ("Glass Blower", berlin),
            ("Bookbinder", berlin),
            ("Bookbinder", lisbon),
        ):
            job = Job(title=title, status="open", team_id=team.id, created_at=work.now)
            work.session.add(job)
        reach = Reach(Extent.TEAMS, "usr_tomas", frozenset({lisbon.id}))
        own = lisbon.id
    head = "candidate id,application id,name,email,job\n"
    imported(employer, tmp_path, head + "17,a1,Berta Quill,berta@example.com,Glass Blower\n")
    rows = (
        ",,Zoe,zoe@example.com,glass  BLOWER\n"
        ",a1,Berta,,Gilder\n"
        "17,,,,Gilder\n"
        # Of two jobs of one title the one within the reach is meant.
        ",,Noor,noor@example.com,Bookbinder\n"
        # An address is known by who was given it.
        ",,Berta,berta@example.com,Gilder\n"
    )

    report = imported(employer, tmp_path, head + rows, reach=reach)

    assert [(fault.line, fault.column, fault.text) for fault in report.faults] == [
        (2, "job", OTHERS),
        (3, "application id", OTHERS),
        (4, "candidate id", OTHERS),
    ]
    assert (report.applications, report.candidates) == (2, 1)
    with employer.session() as session:
        noor = session.scalars(select(Application).join(Job).where(Job.title == "Bookbinder"))
        assert noor.one().job.team_id == own
    whole = imported(employer, tmp_path, head + rows.replace("Gilder", "Glass Blower"), keep=False)
    # Two jobs of one title are a fault to who reaches both.
    assert [fault.line for fault in whole.faults] == [5]


def test_two_runs_of_one_sheet_are_told_apart_by_what_became_of_each_row(
    employer: Employer, tmp_path: Path
) -> None:
    sheet = "email,job\nzoe@example.com,Gilder\nnoor@example.com,Gilder\n"
    outlines = [
        imported(employer, tmp_path, sheet, keep=False).outline,
        imported(employer, tmp_path, sheet).outline,
        imported(employer, tmp_path, sheet).outline,
        imported(employer, tmp_path, sheet.replace("noor@example.com", "x")).outline,
    ]

    assert outlines[0] == outlines[1]
    assert len(set(outlines)) == 3
