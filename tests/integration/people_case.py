"""People for the tests of the pages about them: they apply, belong to teams, and are called."""

from __future__ import annotations

from flask.testing import FlaskClient

from service.domain.contacts import Channel, Outcome
from service.models import Application, Job, Team
from service.workflows.contacts import log_contact
from service.workflows.promise_changes import lock_application
from service.workflows.work import Work
from tests.harness import Employer, add_application
from tests.reading_pages import words_of


def candidate_of(employer: Employer, application_id: str) -> str:
    with employer.session() as session:
        return session.get_one(Application, application_id).candidate_id


def applied(employer: Employer, **fields: object) -> tuple[str, str]:
    """Let somebody apply; return the ids of the application and the candidate."""
    with employer.work() as work:
        made = add_application(work, **fields)
        return made.id, made.candidate_id


def in_team(employer: Employer, name: str, application_id: str) -> None:
    """Make an application's job one of a team's."""
    with employer.work() as work:
        team = work.session.query(Team).filter_by(name=name).one_or_none()
        if team is None:
            team = Team(name=name, created_at=work.now)
            work.session.add(team)
            work.session.flush()
        work.session.get_one(Application, application_id).job.team_id = team.id


def text_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return words_of(answer.get_data(as_text=True))


def call(work: Work, application_id: str, note: str | None = None, by: str | None = None) -> None:
    application = lock_application(work, application_id)
    assert application is not None
    log_contact(
        work,
        application,
        channel=Channel.PHONE,
        outcome=Outcome.REACHED,
        at=work.now,
        note=note,
        by_user_id=by,
    )


def team_of(employer: Employer, job_id: str, name: str) -> str:
    """Give a job to a team; return the team's id."""
    with employer.work() as work:
        team = work.session.query(Team).filter_by(name=name).one_or_none()
        if team is None:
            team = Team(name=name, created_at=work.now)
            work.session.add(team)
            work.session.flush()
        work.session.get_one(Job, job_id).team_id = team.id
        return team.id
