"""A query narrowed to somebody's reach gives what the rule says of each single row."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from service.domain.changes import CLOSED_STAGES
from service.domain.rights import EVERYWHERE, Role, reach_of, within
from service.models import Application, Job, Team
from service.queries.extent import applications_within, jobs_within
from tests.harness import Employer, add_application, add_user


@pytest.mark.parametrize("role", [*Role, "unheard of", None])
def test_the_query_and_the_rule_agree(employer: Employer, role: str | None) -> None:
    with employer.work() as work:
        maria, other = add_user(work), add_user(work, "Tomas")
        teams = [Team(name=name, created_at=work.now) for name in ("one", "two")]
        work.session.add_all(teams)
        work.session.flush()
        for team in (None, *teams):
            for waiting_on in (None, maria, other):
                job = Job(
                    title="Cook",
                    status="open",
                    team_id=team.id if team else None,
                    created_at=work.now,
                )
                awaited = waiting_on.id if waiting_on else None
                for stage in ("interview", "rejected"):
                    add_application(work, job=job, stage=stage, waiting_on_id=awaited)
        mine = frozenset({teams[0].id})
        reach = reach_of(role, maria.id, mine) if role else EVERYWHERE
        rows = work.session.execute(select(Application, Job).join(Job)).all()
        wanted = {
            application.id
            for application, job in rows
            if within(
                reach,
                team_id=job.team_id,
                waiting_on_id=application.waiting_on_id,
                closed=application.stage in CLOSED_STAGES,
            )
        }
        found = set(work.session.scalars(select(Application.id).where(applications_within(reach))))
        jobs = set(work.session.scalars(select(Job.id).where(jobs_within(reach))))

        assert len(rows) == 18
        if role == Role.HIRING_MANAGER:
            assert len(wanted) == 3, "a closed one waits for nobody"
        assert found == wanted
        assert jobs == {job.id for application, job in rows if application.id in wanted}
