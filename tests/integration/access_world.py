"""One employer with a thing of every sort that belongs to a team, and a browser for every role.

The database is put back as it was after whatever may have changed it, so that each request of a
matrix meets the same world.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask.testing import FlaskClient

from service.domain.policies import Kind
from service.domain.rights import RIGHTS, Right, Role
from service.models import (
    ApiKey,
    Application,
    Calendar,
    Connection,
    Delivery,
    Import,
    ImportedApplication,
    Job,
    JobClosing,
    Policy,
    SendBatch,
    SignInSession,
    Team,
    User,
    UserAbsence,
)
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import Employer, add_application
from tests.reading_pages import letter
from tests.signing_in import client_of, person


@dataclass(frozen=True)
class Reader:
    """Somebody who asks: what they may, whether the team's things are theirs, and how they ask."""

    name: str
    client: FlaskClient
    rights: frozenset[Right]
    reaches: bool
    token: str = ""
    headers: Mapping[str, str] | None = None
    is_key: bool = False
    is_awaited: bool = False

    def get(self, path: str) -> Any:
        """Open a page."""
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, **form: str) -> Any:
        """Send a form of ours."""
        return self.client.post(path, data={"token": self.token, **form}, headers=self.headers)


class AccessWorld:
    """Things of the team Berlin, and everybody who may come by."""

    def __init__(self, employer: Employer, file: str) -> None:
        self.employer = employer
        admin = person(employer, "administrator", name="Ada Stone", password="quiet harbour lamp")
        maria = person(employer, "recruiter", name="Maria Keller", teams=("Berlin",))
        tomas = person(employer, "recruiter", name="Tomas Ruiz", teams=("Lisbon",))
        vera = person(employer, "viewer", name="Vera Holm", teams=("Berlin",))
        omar = person(employer, "hiring_manager", name="Omar Said", teams=("Berlin",))
        noor = person(employer, "hiring_manager", name="Noor Baker", teams=("Berlin",))
        self.ids = self._things(maria, omar)
        self.nobody = Reader("nobody", employer.app.test_client(), frozenset(), reaches=False)
        self.readers = [
            self._signed_in("administrator", admin, reaches=True),
            self._signed_in("recruiter of the team", maria, reaches=True),
            self._signed_in("recruiter of another team", tomas, reaches=False),
            self._signed_in("viewer", vera, reaches=True),
            self._signed_in("awaited hiring manager", omar, reaches=True, is_awaited=True),
            self._signed_in("other hiring manager", noor, reaches=False),
            self._keyed("key that looks", "read", Role.VIEWER),
            self._keyed("key that acts", "write", Role.RECRUITER),
            self._keyed("key of another team", "admin", Role.RECRUITER, tomas, reaches=False),
        ]
        with employer.session() as session:
            key = session.query(ApiKey).order_by(ApiKey.created_at, ApiKey.id).first()
            assert key is not None
            self.ids["key_id"] = key.id
        self._live, self._kept = sqlite3.connect(file), sqlite3.connect(":memory:")
        self._live.backup(self._kept)
        self._seen = self._changes()

    def named(self, name: str) -> Reader:
        """Return one of the readers."""
        return next(each for each in self.readers if each.name == name)

    def put_back(self) -> None:
        """Make the world what it was, where anybody changed it."""
        if self.has_changed():
            self._kept.backup(self._live)
            self._seen = self._changes()

    def has_changed(self) -> bool:
        """Tell whether anybody changed it."""
        return self._changes() != self._seen

    def close(self) -> None:
        """Let go of the database."""
        self._live.close()
        self._kept.close()

    def _changes(self) -> int:
        """Return a number that differs once others than this very connection have written."""
        (number,) = self._live.execute("PRAGMA data_version").fetchone()
        return int(number)

    def _things(self, maria: User, omar: User) -> dict[str, str]:
        with self.employer.work() as work:
            session = work.session
            berlin = session.query(Team).filter_by(name="Berlin").one()
            job = Job(
                title="Glass Blower",
                status="open",
                team_id=berlin.id,
                hiring_manager_id=omar.id,
                created_at=work.now,
            )
            session.add(job)
            application = add_application(
                work,
                first_name="Zuzana",
                last_name="Quillfeather",
                email="zuzana.quillfeather@example.com",
                owner=session.get_one(User, maria.id),
                stage="interview",
                job=job,
                waiting_on_id=omar.id,
            )
            spoken = Spoken(
                Kind.CALLBACK, "A call", within="1 business hour", promised_by_id=maria.id
            )
            promise = make_spoken(work, application, spoken)
            closing = JobClosing(
                job_id=job.id, outcome="filled", job_status_before="open", created_at=work.now
            )
            batch = SendBatch(provider="recording", size=2, created_at=work.now)
            session.add_all([closing, batch])
            session.flush()
            about: dict[str, Any] = {
                "application_id": application.id,
                "to_name": "Zuzana Quillfeather",
                "to_address": "zuzana.quillfeather@example.com",
            }
            for _ in range(2):
                letter(work, "uncertain", batch_id=batch.id, **about)
            letter(work, "held", closing_id=closing.id, due_at=work.now, **about)
            letter(work, "failed", **about)
            stopped = letter(work, "blocked", reason="an interview is booked", **about)
            connection = Connection(
                name="main",
                vendor="greenhouse",
                secrets=[],
                stage_map={},
                rejections_by="keepword",
                created_at=work.now,
            )
            session.add(connection)
            session.flush()
            delivery = Delivery(
                connection_id=connection.id,
                identity="1",
                headers={},
                body=b'{"name": "Zuzana Quillfeather"}',
                received_at=work.now,
                next_attempt_at=work.now,
                state="done",
            )
            away = UserAbsence(
                user_id=maria.id,
                from_on=date(2026, 8, 3),
                until_on=date(2026, 8, 7),
                created_at=work.now,
            )
            sheet = Import(
                file_name="Quillfeather.csv",
                digest="1",
                options={},
                actor=f"user:{maria.id}",
                created_at=work.now,
            )
            session.add_all([delivery, away, sheet])
            session.flush()
            session.add(
                ImportedApplication(
                    application_id=application.id,
                    import_id=sheet.id,
                    candidate_id=application.candidate_id,
                    made_candidate=False,
                    line=2,
                )
            )
            session.flush()
            return {
                "application_id": application.id,
                "candidate_id": application.candidate_id,
                "promise_id": promise.id,
                "job_id": job.id,
                "closing_id": closing.id,
                "batch_id": batch.id,
                "message_id": stopped.id,
                "delivery_id": delivery.id,
                "connection_id": connection.id,
                "name": connection.name,
                "team_id": berlin.id,
                "user_id": maria.id,
                "absence_id": away.id,
                "import_id": sheet.id,
                "calendar_id": session.query(Calendar).first().id,
                "policy_id": session.query(Policy).first().id,
                "kind": "status-update",
                "number": "1",
                "version": str(session.get_one(Application, application.id).version),
                "stamp": f"{application.id}:{application.version}",
            }

    def _signed_in(
        self, name: str, user: User, *, reaches: bool, is_awaited: bool = False
    ) -> Reader:
        cookie = client_of(self.employer, user).get_cookie("keepword-session")
        assert cookie is not None
        with self.employer.session() as session:
            row = session.query(SignInSession).filter_by(user_id=user.id).one()
            rights = RIGHTS[Role(user.role)]
            token = self._token(row.id)
        # Not in a jar, which signing out would empty.
        client = self.employer.app.test_client(use_cookies=False)
        headers = {"Cookie": f"{cookie.key}={cookie.value}"}
        return Reader(name, client, rights, reaches, token, headers, is_awaited=is_awaited)

    def _keyed(
        self, name: str, scope: str, role: Role, user: User | None = None, *, reaches: bool = True
    ) -> Reader:
        secret = self.employer.key(scope, user_id=user.id if user else None)
        basic = base64.b64encode(f"any:{secret}".encode()).decode()
        with self.employer.session() as session:
            (key_id,) = session.query(ApiKey.id).filter_by(start=secret[: len("kw_") + 6]).one()
        return Reader(
            name,
            self.employer.app.test_client(),
            RIGHTS[role],
            reaches,
            self._token(key_id),
            {"Authorization": f"Basic {basic}"},
            is_key=True,
        )

    def _token(self, who: str) -> str:
        token: str = self.employer.app.extensions["keepword.forms"].token(who, self.employer.now)
        return token
