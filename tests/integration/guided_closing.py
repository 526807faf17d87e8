"""Somebody on the guided page on which a job is closed."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from service.models import JobClosing, User
from tests.harness import Employer
from tests.integration.closing_case import Closing
from tests.reading_pages import words_of
from tests.signing_in import client_of, token_in


class Guided:
    """A recruiter on the guided page of one job."""

    def __init__(self, employer: Employer) -> None:
        self.employer = employer
        self.case = Closing(employer)
        with employer.session() as session:
            maria = session.get_one(User, self.case.maria)
        self.client: FlaskClient = client_of(employer, maria)
        self.path = f"/jobs/{self.case.job}/close"

    @property
    def token(self) -> str:
        return token_in(self.client.get(self.path).get_data(as_text=True))

    def post(self, **fields: Any) -> Any:
        data = {"token": self.token, "step": "plan", "outcome": "filled", **fields}
        return self.client.post(self.path, data=data)

    def html(self, **fields: Any) -> str:
        text: str = self.post(**fields).get_data(as_text=True)
        return text

    def column(self, part: str, **fields: Any) -> str:
        """Return what stands in one column of the plan."""
        html = self.html(**fields)
        return words_of(html.split(f'id="part-{part}"')[1].split("</section>")[0].partition(">")[2])

    def closed(self, **fields: Any) -> str:
        """Close the job; return the address of the page that follows."""
        answer = self.post(step="close", **fields)
        assert answer.status_code == 303
        return str(answer.location).split("?", maxsplit=1)[0]

    def closings(self) -> int:
        with self.employer.session() as session:
            return session.query(JobClosing).count()
