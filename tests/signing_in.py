"""Signs people in for tests: by a session of their own, or by typing as they would."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from service.auth.passwords import set_password
from service.auth.sessions import begin_session
from service.models import Team, TeamMember, User
from service.parts import parts
from tests.harness import Employer, add_user

PASSWORD = "quiet harbour lantern"
_TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')


def person(
    employer: Employer,
    role: str = "recruiter",
    *,
    name: str = "Maria Keller",
    password: str | None = None,
    teams: tuple[str, ...] = (),
    **fields: Any,
) -> User:
    """Add a colleague of this role, in teams by name; with a password where one is given."""
    with employer.work() as work:
        user = add_user(work, name, role=role, **fields)
        for team_name in teams:
            team = work.session.query(Team).filter_by(name=team_name).one_or_none()
            if team is None:
                team = Team(name=team_name, created_at=work.now)
                work.session.add(team)
                work.session.flush()
            work.session.add(TeamMember(team_id=team.id, user_id=user.id))
        if password:
            set_password(work.session, user, password, work.now)
        return user


def client_of(employer: Employer, user: User, agent: str = "a test's browser") -> FlaskClient:
    """Return a browser in which this person is signed in."""
    with employer.work() as work:
        row = work.session.get_one(User, user.id)
        _, token = begin_session(work.session, work.now, row, how="test", user_agent=agent)
    client = employer.app.test_client()
    https = parts(employer.app).config.base_url.startswith("https:")
    name = "__Host-keepword-session" if https else "keepword-session"
    client.set_cookie(name, token, secure=https)
    return client


def token_in(html: str) -> str:
    """Return the token of a page's forms."""
    found = _TOKEN.search(html)
    assert found is not None, "the page has no form of ours"
    return found[1]


def version_in(html: str) -> str:
    """Return the version that a page's first form was made from."""
    return html.split('name="version" value="')[1].split('"')[0]


def token_of(client: FlaskClient, path: str = "/sign-in") -> str:
    """Return the token of the forms on a page, as this browser is shown it."""
    return token_in(client.get(path).get_data(as_text=True))


def type_in(
    client: FlaskClient, email: str, password: str, *, wanted: str = "", **headers: str
) -> Any:
    """Sign in by typing; return the answer."""
    form = {"token": token_of(client), "email": email, "password": password, "next": wanted}
    return client.post("/sign-in", data=form, headers=headers)
